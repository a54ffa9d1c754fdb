//! The four statements of the crate `circuits`, as the prover sees them.

use ark_bn254::Fr;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use circuits::credential::HolderSecrets;
use circuits::{enroll, join, score, show};
use zeroize::Zeroizing;

use super::{Enroll, Join, Score, Show, Statement};
use crate::ProveError;

/// Statements whose module has `check`, `assign` and a `Circuit` of one form. `assign` checks in the same pass: the hashes are
/// most of the work of either.
macro_rules! statement {
    ($name:ident, $module:ident, $pin:literal, $violated:path) => {
        impl Statement for $name {
            type Public = $module::Public;
            type Private = $module::Private;

            const NAME: &'static str = $module::NAME;
            const VERSION: u32 = $module::VERSION;
            const PUBLIC_INPUTS: usize = $module::PUBLIC_INPUTS;
            const MATRICES: &'static str =
                include_str!(concat!("../../pins/", $pin, ".matrices")).trim_ascii_end();

            fn check(public: &$module::Public, private: &$module::Private) -> Result<(), ProveError> {
                $module::check(public, private).map_err(|violated| $violated(violated.0))
            }

            fn inputs(public: &$module::Public) -> Vec<Fr> {
                public.to_inputs()
            }

            fn synthesize(
                assignment: Option<(&$module::Public, &$module::Private)>,
                cs: ConstraintSystemRef<Fr>,
            ) -> Result<(), SynthesisError> {
                let assignment = assignment.map(|(public, private)| (public.clone(), private.clone()));
                $module::Circuit { assignment }.generate_constraints(cs)
            }

            fn assign(
                public: &$module::Public,
                private: &$module::Private,
            ) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
                Ok($module::assign(public, private)?)
            }
        }

        impl From<$module::Unassigned> for ProveError {
            fn from(unassigned: $module::Unassigned) -> Self {
                match unassigned {
                    $module::Unassigned::Violated(violated) => $violated(violated.0),
                    $module::Unassigned::Incomplete => Self::Synthesis,
                }
            }
        }
    };
}

statement!(Show, show, "show-2", ProveError::Violated);
statement!(Join, join, "join-1", ProveError::JoinViolated);
statement!(Score, score, "score-1", ProveError::ScoreViolated);

impl Statement for Enroll {
    type Public = enroll::Public;
    type Private = HolderSecrets;

    const NAME: &'static str = enroll::NAME;
    const VERSION: u32 = enroll::VERSION;
    const PUBLIC_INPUTS: usize = enroll::PUBLIC_INPUTS;
    const MATRICES: &'static str = include_str!("../../pins/enroll-2.matrices").trim_ascii_end();

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
