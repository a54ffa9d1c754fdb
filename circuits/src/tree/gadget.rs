//! In-circuit twin of [`Path::root`].

use ark_relations::gr1cs::SynthesisError;

use super::{ARITY, DEPTH, Path};
use crate::constraints::{Builder, Expr};
use crate::poseidon::gadget::hash;

/// The root that `leaf` has along `path`: per level five rows that name the child, and a hash.
pub(crate) fn root(b: &Builder, leaf: &Expr, path: Option<&Path>) -> Result<Expr, SynthesisError> {
    (0..DEPTH).try_fold(leaf.clone(), |below, level| {
        let children = children(b, &below, level, path)?;
        let digit = path.map(|p| p.position.digit(level));
        names(b, digit, &children, &below)?;
        hash(b, &children.each_ref())
    })
}

/// Four private variables: the hash above them constrains each.
fn children(
    b: &Builder,
    below: &Expr,
    level: usize,
    path: Option<&Path>,
) -> Result<[Expr; ARITY], SynthesisError> {
    let values = path.zip(below.value()).map(|(p, below)| p.children(level, below));
    let child = |i: usize| b.private(values.map(|v| v[i]));
    Ok([child(0)?, child(1)?, child(2)?, child(3)?])
}

/// The child that the base-4 digit names is the node below.
fn names(
    b: &Builder,
    digit: Option<usize>,
    [c0, c1, c2, c3]: &[Expr; ARITY],
    below: &Expr,
) -> Result<(), SynthesisError> {
    let low = b.bit(digit.map(|d| d & 1 == 1))?;
    let high = b.bit(digit.map(|d| d & 2 == 2))?;
    let of_first_pair = b.choose(&low, c1, c0)?;
    let of_second_pair = b.choose(&low, c3, c2)?;
    b.enforce(&high, &(&of_second_pair - &of_first_pair), &(below - &of_first_pair))
}
