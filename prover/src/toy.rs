//! A small statement for tests of everything that does not depend on the real circuits: x · y = product, and
//! `tag` occurs in it.

use ark_bn254::Fr;
use ark_relations::gr1cs::{ConstraintSystemRef, LinearCombination, SynthesisError, Variable};

use crate::ProveError;
use crate::statement::Statement;

/// The toy.
pub(crate) enum Toy {}

/// The same with other coefficients, name or version.
pub(crate) enum OtherConstraints {}
pub(crate) enum OtherName {}
pub(crate) enum OtherVersion {}

/// What the verifier of a toy sees.
#[derive(Clone, Copy)]
pub(crate) struct Public {
    pub(crate) product: Fr,
    pub(crate) tag: Fr,
}

pub(crate) fn sample() -> (Public, (Fr, Fr)) {
    (Public { product: Fr::from(143), tag: Fr::from(5) }, (Fr::from(11), Fr::from(13)))
}

macro_rules! toy {
    ($name:ident, $circuit:literal, $version:literal, $matrices:expr, $k:literal) => {
        impl Statement for $name {
            type Public = Public;
            type Private = (Fr, Fr);
            const NAME: &'static str = $circuit;
            const VERSION: u32 = $version;
            const PUBLIC_INPUTS: usize = 2;
            const MATRICES: &'static str = $matrices;

            fn check(public: &Public, (x, y): &(Fr, Fr)) -> Result<(), ProveError> {
                if *x * y == public.product { Ok(()) } else { Err(ProveError::OtherHolder) }
            }

            fn inputs(public: &Public) -> Vec<Fr> {
                vec![public.product, public.tag]
            }

            fn synthesize(
                assignment: Option<(&Public, &(Fr, Fr))>,
                cs: ConstraintSystemRef<Fr>,
            ) -> Result<(), SynthesisError> {
                synthesize(assignment, &cs, Fr::from($k))
            }
        }
    };
}

toy!(Toy, "toy", 1, TOY_MATRICES, 3u64);
toy!(OtherConstraints, "toy", 1, OTHER_MATRICES, 4u64);
toy!(OtherName, "lot", 1, TOY_MATRICES, 3u64);
toy!(OtherVersion, "toy", 2, TOY_MATRICES, 3u64);

fn synthesize(
    assignment: Option<(&Public, &(Fr, Fr))>,
    cs: &ConstraintSystemRef<Fr>,
    k: Fr,
) -> Result<(), SynthesisError> {
    let value = |f: fn(&Public, &(Fr, Fr)) -> Fr| {
        assignment.map(|(public, private)| f(public, private)).ok_or(SynthesisError::AssignmentMissing)
    };
    let product = cs.new_input_variable(|| value(|public, _| public.product))?;
    let tag = cs.new_input_variable(|| value(|public, _| public.tag))?;
    let x = cs.new_witness_variable(|| value(|_, (x, _)| *x))?;
    let y = cs.new_witness_variable(|| value(|_, (_, y)| *y))?;
    let square = cs.new_witness_variable(|| value(|public, _| public.tag * public.tag))?;
    let just = |v: Variable| LinearCombination::from(v);
    // k·x · y = k·product, written with a repeated term that the canonical form sums up.
    cs.enforce_r1cs_constraint(|| just(x) * (k - Fr::from(1)) + just(x), || just(y), || just(product) * k)?;
    cs.enforce_r1cs_constraint(|| just(tag), || just(tag), || just(square))
}

const TOY_MATRICES: &str = "cf7d0d5e3edafc6a6faef3523f6b33719d331652e89081b58c682815c8d16c00";
const OTHER_MATRICES: &str = "bb05f8b90968d40784ffe084fbfa849aaa4d4065e61b2df71c241899f4ebbafc";
