//! The full assignment of a circuit's variables, computed without constraints.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{
    ConstraintSystem, ConstraintSystemRef, OptimizationGoal, SynthesisError, SynthesisMode,
};
use circuits::show;
use zeroize::{Zeroize, Zeroizing};

use crate::ProveError;
use crate::statement::Statement;

/// z = (1, public inputs, private variables). Secret: no `Debug`, zeroized on drop.
pub struct Assignment {
    values: Zeroizing<Vec<Fr>>,
    public_inputs: usize,
}

impl Assignment {
    /// Computes all variables of `S`, if the statement holds.
    pub fn of<S: Statement>(public: &S::Public, private: &S::Private) -> Result<Self, ProveError> {
        let values = S::assign(public, private)?;
        Ok(Self { values, public_inputs: S::PUBLIC_INPUTS })
    }

    /// The variables of `show` when those of clause 1 are known and it holds, if the other clauses hold.
    pub(crate) fn of_show_after_leaf(
        public: &show::Public,
        private: &show::Private,
        leaf: &[Fr],
    ) -> Result<Self, ProveError> {
        let values = show::assign_after_leaf(public, private, leaf)?;
        Ok(Self { values, public_inputs: show::PUBLIC_INPUTS })
    }

    /// Only what clause 1 of `show` fixes, and zero elsewhere: one, root, schema, and the first private variables.
    pub(crate) fn of_leaf(root: &Fr, schema: &Fr, leaf: &[Fr], variables: usize) -> Self {
        let mut values = vec![Fr::ZERO; variables];
        values[0] = Fr::ONE;
        (values[1 + show::ROOT_INPUT], values[1 + show::SCHEMA_INPUT]) = (*root, *schema);
        values[1 + show::PUBLIC_INPUTS..][..leaf.len()].copy_from_slice(leaf);
        Self { values: Zeroizing::new(values), public_inputs: show::PUBLIC_INPUTS }
    }

    /// All of z.
    pub fn as_slice(&self) -> &[Fr] {
        &self.values
    }

    /// The public inputs, without the constant one.
    pub fn public(&self) -> &[Fr] {
        &self.values[1..=self.public_inputs]
    }

    /// Any values, to compare engines with.
    #[cfg(any(test, feature = "test-support"))]
    pub fn of_values_for_tests_only(values: Vec<Fr>, public_inputs: usize) -> Self {
        Self { values: Zeroizing::new(values), public_inputs }
    }

    /// Makes it unfit for its key.
    #[cfg(test)]
    pub(crate) fn push_for_tests_only(&mut self, x: Fr) {
        self.values.push(x);
    }
}

/// Runs the circuit of `S` in witness mode: the reference for everything that computes variables directly.
pub(crate) fn synthesised<S: Statement>(
    public: &S::Public,
    private: &S::Private,
) -> Result<Zeroizing<Vec<Fr>>, SynthesisError> {
    let cs = ConstraintSystem::new_ref();
    cs.set_optimization_goal(OptimizationGoal::Constraints);
    cs.set_mode(SynthesisMode::Prove { construct_matrices: false, generate_lc_assignments: false });
    let synthesised = S::synthesize(Some((public, private)), cs.clone());
    let values = take(&cs);
    synthesised?;
    values.ok_or(SynthesisError::AssignmentMissing)
}

/// Moves the values out and wipes what the constraint system still holds.
fn take(cs: &ConstraintSystemRef<Fr>) -> Option<Zeroizing<Vec<Fr>>> {
    let mut cs = cs.borrow_mut()?;
    let assignments = &mut cs.assignments;
    let values = [&assignments.instance_assignment[..], &assignments.witness_assignment[..]].concat();
    assignments.witness_assignment.zeroize();
    assignments.lc_assignment.zeroize();
    Some(Zeroizing::new(values))
}
