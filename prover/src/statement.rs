//! What a circuit tells the prover about itself: name, shape, native check and constraint system; and the full assignment of
//! its variables, computed without constraints.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, OptimizationGoal, SynthesisError,
    SynthesisMode,
};
use circuits::credential::HolderSecrets;
use circuits::{enroll, show};
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

impl Statement for Show {
    type Public = show::Public;
    type Private = show::Private;

    const NAME: &'static str = show::NAME;
    const VERSION: u32 = show::VERSION;
    const PUBLIC_INPUTS: usize = show::PUBLIC_INPUTS;
    const MATRICES: &'static str = include_str!("../pins/show-2.matrices").trim_ascii_end();

    fn check(public: &show::Public, private: &show::Private) -> Result<(), ProveError> {
        show::check(public, private).map_err(|violated| ProveError::Violated(violated.0))
    }

    fn inputs(public: &show::Public) -> Vec<Fr> {
        public.to_inputs()
    }

    fn synthesize(
        assignment: Option<(&show::Public, &show::Private)>,
        cs: ConstraintSystemRef<Fr>,
    ) -> Result<(), SynthesisError> {
        let assignment = assignment.map(|(public, private)| (public.clone(), private.clone()));
        show::Circuit { assignment }.generate_constraints(cs)
    }

    /// One pass for both: the hashes are most of the work of either.
    fn assign(public: &show::Public, private: &show::Private) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Ok(show::assign(public, private)?)
    }
}

/// The statement `enroll`, version 2.
#[derive(Clone, Copy, Debug)]
pub enum Enroll {}

impl Statement for Enroll {
    type Public = enroll::Public;
    type Private = HolderSecrets;

    const NAME: &'static str = enroll::NAME;
    const VERSION: u32 = enroll::VERSION;
    const PUBLIC_INPUTS: usize = enroll::PUBLIC_INPUTS;
    const MATRICES: &'static str = include_str!("../pins/enroll-2.matrices").trim_ascii_end();

    fn check(public: &enroll::Public, secrets: &HolderSecrets) -> Result<(), ProveError> {
        if enroll::check(public, secrets) { Ok(()) } else { Err(ProveError::OtherHolder) }
    }

    fn inputs(public: &enroll::Public) -> Vec<Fr> {
        public.to_inputs()
    }

    fn synthesize(
        assignment: Option<(&enroll::Public, &HolderSecrets)>,
        cs: ConstraintSystemRef<Fr>,
    ) -> Result<(), SynthesisError> {
        let assignment = assignment.map(|(public, secrets)| (public.clone(), secrets.clone()));
        enroll::Circuit { assignment }.generate_constraints(cs)
    }

    fn assign(public: &enroll::Public, secrets: &HolderSecrets) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Self::check(public, secrets)?;
        enroll::assign(public, secrets).map_err(|_| ProveError::Synthesis)
    }
}

/// z = (1, public inputs, private variables). Secret: no `Debug`, zeroized on drop.
pub struct Assignment {
    values: Zeroizing<Vec<Fr>>,
    public_inputs: usize,
}

impl Assignment {
    /// Computes all variables of `S`, if the statement holds.
    pub fn new<S: Statement>(public: &S::Public, private: &S::Private) -> Result<Self, ProveError> {
        let values = S::assign(public, private)?;
        Ok(Self { values, public_inputs: S::PUBLIC_INPUTS })
    }

    /// The variables of `show` when those of clause 1 are known and it holds, if the other clauses hold.
    pub(crate) fn for_show_after_leaf(
        public: &show::Public,
        private: &show::Private,
        leaf: &[Fr],
    ) -> Result<Self, ProveError> {
        let values = show::assign_after_leaf(public, private, leaf)?;
        Ok(Self { values, public_inputs: show::PUBLIC_INPUTS })
    }

    /// Only what clause 1 of `show` fixes, and zero elsewhere: one, root, schema, and the first private variables.
    pub(crate) fn from_leaf(root: &Fr, schema: &Fr, leaf: &[Fr], variables: usize) -> Self {
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

    /// The private variables.
    pub(crate) fn private(&self) -> &[Fr] {
        &self.values[1 + self.public_inputs..]
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
