//! What a circuit tells the prover about itself: name, shape, native check and constraint system; and the full assignment of
//! its variables, computed without constraints.

mod bindings;

use ark_bn254::Fr;
use ark_relations::gr1cs::{
    ConstraintSystem, ConstraintSystemRef, OptimizationGoal, SynthesisError, SynthesisMode,
};
use zeroize::{Zeroize, Zeroizing};

use crate::ProveError;

/// A statement that can be proved.
pub trait Statement: Send + Sync + Sized + 'static {
    /// What the verifier sees.
    type Public;
    /// What only the prover knows.
    type Private;

    /// Circuit name, as in key files and `key.publish` records.
    const NAME: &'static str;
    /// Circuit version.
    const VERSION: u32;
    /// Number of public inputs, without the constant one.
    const PUBLIC_INPUTS: usize;
    /// Lower-case hex of the digest of the constraint matrices that this program proves with.
    const MATRICES: &'static str;

    /// The statement in plain Rust.
    fn check(public: &Self::Public, private: &Self::Private) -> Result<(), ProveError>;

    /// The public inputs in order.
    fn inputs(public: &Self::Public) -> Vec<Fr>;

    /// The constraint system; without an assignment its shape alone.
    fn synthesize(
        assignment: Option<(&Self::Public, &Self::Private)>,
        cs: ConstraintSystemRef<Fr>,
    ) -> Result<(), SynthesisError>;

    /// The values of all variables in order: one, public inputs, private variables. Refuses what [`Self::check`] refuses,
    /// for the same reason.
    fn assign(public: &Self::Public, private: &Self::Private) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Self::check(public, private)?;
        synthesised::<Self>(public, private).map_err(|_| ProveError::Synthesis)
    }
}

/// The statement `show`, version 2.
#[derive(Clone, Copy, Debug)]
pub enum Show {}

/// The statement `enroll`, version 2.
#[derive(Clone, Copy, Debug)]
pub enum Enroll {}

/// The statement `join`, version 1.
#[derive(Clone, Copy, Debug)]
pub enum Join {}

/// The statement `score`, version 1.
#[derive(Clone, Copy, Debug)]
pub enum Score {}

/// z = (1, public inputs, private variables). Secret: no `Debug`, zeroized on drop.
pub struct Assignment {
    values: Zeroizing<Vec<Fr>>,
    public_inputs: usize,
}

impl Assignment {
    /// Computes all variables of `S`, if the statement holds.
    pub fn new<S: Statement>(public: &S::Public, private: &S::Private) -> Result<Self, ProveError> {
        Self::fitting::<S>(public, S::assign(public, private)?)
    }

    /// Takes over all variables of `S`, if they have the public inputs.
    pub(crate) fn fitting<S: Statement>(
        public: &S::Public,
        values: Zeroizing<Vec<Fr>>,
    ) -> Result<Self, ProveError> {
        if values.get(1..=S::PUBLIC_INPUTS) != Some(&S::inputs(public)[..]) {
            return Err(ProveError::Synthesis);
        }
        Ok(Self { values, public_inputs: S::PUBLIC_INPUTS })
    }

    /// Values of which only some are known yet.
    pub(crate) fn unfinished<S: Statement>(values: Zeroizing<Vec<Fr>>) -> Self {
        Self { values, public_inputs: S::PUBLIC_INPUTS }
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
    pub fn from_values_for_tests_only(values: Vec<Fr>, public_inputs: usize) -> Self {
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
