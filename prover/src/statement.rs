//! What a circuit tells the prover about itself: name, shape, native check and constraint system.

use ark_bn254::Fr;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use circuits::credential::HolderSecret;
use circuits::{enroll, show};
use zeroize::Zeroizing;

use crate::{ProveError, witness};

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
        witness::synthesised::<Self>(public, private).map_err(|_| ProveError::Synthesis)
    }
}

/// The statement `show`, version 1.
#[derive(Clone, Copy, Debug)]
pub enum Show {}

impl Statement for Show {
    type Public = show::Public;
    type Private = show::Private;

    const NAME: &'static str = show::NAME;
    const VERSION: u32 = show::VERSION;
    const PUBLIC_INPUTS: usize = show::PUBLIC_INPUTS;
    const MATRICES: &'static str = include_str!("../pins/show-1.matrices").trim_ascii_end();

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

/// The statement `enroll`, version 1.
#[derive(Clone, Copy, Debug)]
pub enum Enroll {}

impl Statement for Enroll {
    type Public = enroll::Public;
    type Private = HolderSecret;

    const NAME: &'static str = enroll::NAME;
    const VERSION: u32 = enroll::VERSION;
    const PUBLIC_INPUTS: usize = enroll::PUBLIC_INPUTS;
    const MATRICES: &'static str = include_str!("../pins/enroll-1.matrices").trim_ascii_end();

    fn check(public: &enroll::Public, secret: &HolderSecret) -> Result<(), ProveError> {
        if enroll::check(public, secret) { Ok(()) } else { Err(ProveError::OtherHolder) }
    }

    fn inputs(public: &enroll::Public) -> Vec<Fr> {
        public.to_inputs()
    }

    fn synthesize(
        assignment: Option<(&enroll::Public, &HolderSecret)>,
        cs: ConstraintSystemRef<Fr>,
    ) -> Result<(), SynthesisError> {
        let assignment = assignment.map(|(public, secret)| (public.clone(), secret.clone()));
        enroll::Circuit { assignment }.generate_constraints(cs)
    }

    fn assign(public: &enroll::Public, secret: &HolderSecret) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Self::check(public, secret)?;
        enroll::assign(public, secret).map_err(|_| ProveError::Synthesis)
    }
}
