//! The full assignment of a circuit's variables, computed without touching the matrices.

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSystem, ConstraintSystemRef, OptimizationGoal, SynthesisError, SynthesisMode,
};
use zeroize::Zeroize;

use crate::statement::Statement;

/// z = (1, public inputs, private variables). Secret: no `Debug`, zeroized on drop.
pub struct Assignment {
    values: Vec<Fr>,
    public_inputs: usize,
}

impl Assignment {
    /// Runs the circuit of `S` in witness mode.
    pub fn of<S: Statement>(public: &S::Public, private: &S::Private) -> Result<Self, SynthesisError> {
        let cs = ConstraintSystem::new_ref();
        cs.set_optimization_goal(OptimizationGoal::Constraints);
        cs.set_mode(SynthesisMode::Prove { construct_matrices: false, generate_lc_assignments: false });
        let synthesised = S::synthesize(Some((public, private)), cs.clone());
        let assignment = Self::take(&cs);
        synthesised?;
        assignment.ok_or(SynthesisError::AssignmentMissing)
    }

    /// All of z.
    pub fn as_slice(&self) -> &[Fr] {
        &self.values
    }

    /// The public inputs, without the constant one.
    pub fn public(&self) -> &[Fr] {
        &self.values[1..=self.public_inputs]
    }

    /// Makes it unfit for its key.
    #[cfg(test)]
    pub(crate) fn push_for_tests_only(&mut self, x: Fr) {
        self.values.push(x);
    }

    /// Moves the values out and wipes what the constraint system still holds.
    fn take(cs: &ConstraintSystemRef<Fr>) -> Option<Self> {
        let mut cs = cs.borrow_mut()?;
        let assignments = &mut cs.assignments;
        let public_inputs = assignments.instance_assignment.len().checked_sub(1)?;
        let mut values = Vec::with_capacity(1 + public_inputs + assignments.witness_assignment.len());
        values.extend_from_slice(&assignments.instance_assignment);
        values.extend_from_slice(&assignments.witness_assignment);
        assignments.witness_assignment.zeroize();
        assignments.lc_assignment.zeroize();
        Some(Self { values, public_inputs })
    }
}

impl Drop for Assignment {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}
