//! In-circuit twin of [`Path::root`].

use ark_bn254::Fr;
use ark_r1cs_std::GR1CSVar;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_r1cs_std::select::CondSelectGadget;
use ark_relations::gr1cs::SynthesisError;

use super::{ARITY, DEPTH, Path};
use crate::constraints::values::Values;
use crate::constraints::{bit, private};
use crate::poseidon::gadget::{Input, hash, hash_values};

/// The root that `leaf` has along `path`: per level five rows that name the child, and a hash.
pub(crate) fn root(leaf: &FpVar<Fr>, path: Option<&Path>) -> Result<FpVar<Fr>, SynthesisError> {
    (0..DEPTH).try_fold(leaf.clone(), |below, level| {
        let children = children(&below, level, path)?;
        let digit = path.map(|p| p.position.digit(level));
        names(digit, &children, &below)?;
        hash(children.each_ref())
    })
}

/// Four private variables: the hash above them constrains each.
fn children(
    below: &FpVar<Fr>,
    level: usize,
    path: Option<&Path>,
) -> Result<[FpVar<Fr>; ARITY], SynthesisError> {
    let values = path.zip(below.value().ok()).map(|(p, below)| p.children(level, below));
    let child = |i: usize| private(&below.cs(), values.map(|v| v[i]));
    Ok([child(0)?, child(1)?, child(2)?, child(3)?])
}

/// The child that the base-4 digit names is the node below. The last selection is the equality, so no variable stands between
/// them.
fn names(
    digit: Option<usize>,
    [c0, c1, c2, c3]: &[FpVar<Fr>; ARITY],
    below: &FpVar<Fr>,
) -> Result<(), SynthesisError> {
    let low = bit(&below.cs(), digit.map(|d| d & 1 == 1))?;
    let high = bit(&below.cs(), digit.map(|d| d & 2 == 2))?;
    let of_first_pair = FpVar::conditionally_select(&low, c1, c0)?;
    let of_second_pair = FpVar::conditionally_select(&low, c3, c2)?;
    FpVar::from(high).mul_equals(&(of_second_pair - &of_first_pair), &(below - &of_first_pair))
}

/// [`root`] over numbers. Nothing in it can fail: the path says which child is the node below.
pub(crate) fn root_values(values: &mut Values, leaf: Fr, path: &Path) -> Fr {
    (0..DEPTH).fold(leaf, |below, level| {
        let children = path.children(level, below).map(|child| values.private(child));
        let digit = path.position.digit(level);
        let low = values.bit(digit & 1 == 1);
        values.bit(digit & 2 == 2);
        values.select(low, children[1], children[0]);
        values.select(low, children[3], children[2]);
        hash_values(values, children.map(Input::Variable))
    })
}
