//! The values of all variables of the constraint system, computed without one.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use zeroize::Zeroizing;

use super::check::choices;
use super::{BINS, Clause, DIFFERENCE_BITS, END_BITS, PUBLIC_INPUTS, Private, Public, Rows, Violated};
use crate::constraints::values::Values;
use crate::credential::Credential;
use crate::field::{absent, power_of_two};
use crate::opening::values::{COMMITTED_VARIABLES, committed, opens};

/// Why there are no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unassigned {
    /// The statement does not hold.
    #[error(transparent)]
    Violated(#[from] Violated),
    /// What is called the credential's variables has another number of them: a defect of this program.
    #[error("the credential has another number of variables than an opening")]
    Incomplete,
}

/// The values of all variables: the constant one, the public inputs, the private variables.
///
/// Computes what [`Circuit`](super::Circuit) assigns, without a constraint system, and checks in the same pass the rows that
/// could fail: the answer is that of [`check`](super::check()).
pub fn assign(public: &Public, private: &Private) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    assign_after_opening(public, private, &assign_opening(&private.opening.credential))
}

/// The private variables of the credential, the first of all. They depend on nothing else, and neither do the first
/// [`OPENING_ROWS`](super::OPENING_ROWS) rows.
pub fn assign_opening(credential: &Credential) -> Zeroizing<Vec<Fr>> {
    let mut values = Values::with_room(0, COMMITTED_VARIABLES);
    committed(&mut values, credential);
    values.into_private()
}

/// [`assign`] with the outcome of [`assign_opening`] for the credential of the same `private`.
pub fn assign_after_opening(
    public: &Public,
    private: &Private,
    opening: &[Fr],
) -> Result<Zeroizing<Vec<Fr>>, Unassigned> {
    if opening.len() != COMMITTED_VARIABLES {
        return Err(Unassigned::Incomplete);
    }
    let mut values = Values::with_room(PUBLIC_INPUTS, ROOM);
    public.clone().for_each(|_, x| values.public(x));
    values.extend(opening);
    link(&mut values, public, private);
    held(&values, Clause::Opening)?;
    let sum = bins(&mut values, public, private);
    held(&values, Clause::Bins)?;
    within(&mut values, public, sum);
    held(&values, Clause::Sum)?;
    context(&mut values, public);
    Ok(values.into_assignment())
}

/// More private variables than the statement has.
const ROOM: usize = 1 << 12;

fn held(values: &Values, clause: Clause) -> Result<(), Violated> {
    if values.holds() { Ok(()) } else { Err(Violated(clause)) }
}

/// 1. Opening: the link is that of the credential and its blind.
fn link(values: &mut Values, public: &Public, private: &Private) {
    opens(values, &private.opening, public.link);
}

/// 2. Bins: the sum of the points of what each attribute is.
fn bins(values: &mut Values, public: &Public, private: &Private) -> Fr {
    let attributes = private.opening.credential.values.elements();
    let chosen = choices(&public.rows, &attributes);
    let of = |(i, a): (usize, &Fr)| points(values, &public.rows, i, *a, chosen[i]);
    attributes.iter().enumerate().map(of).sum()
}

/// What attribute i counts.
fn points(values: &mut Values, rows: &Rows, i: usize, a: Fr, chosen: usize) -> Fr {
    let mut bits = [Fr::ZERO; BINS + 1];
    bits[chosen] = Fr::ONE;
    for bit in &bits[..BINS] {
        values.private(*bit);
    }
    let is_absent = bits[BINS];
    let is_present = Fr::ONE - is_absent;

    let edges = &rows.edge[i];
    let begin = weighted(values, &bits[..BINS], edges);
    let end = weighted(values, &bits[..BINS - 1], &edges[1..]) + bits[BINS - 1] * power_of_two(END_BITS);
    let a_in_bin = values.product(is_present, a);
    values.in_bits(a_in_bin - begin, DIFFERENCE_BITS);
    values.in_bits(end - is_present - a_in_bin, DIFFERENCE_BITS);

    let used_and_there = values.product(rows.used[i], a - absent());
    values.require(used_and_there * is_absent == Fr::ZERO);
    weighted(values, &bits, &rows.points[i])
}

/// Twin of `FpVar::inner_product` of two lists of variables.
fn weighted(values: &mut Values, bits: &[Fr], numbers: &[Fr]) -> Fr {
    bits.iter().zip(numbers).map(|(bit, x)| values.product(*bit, *x)).sum()
}

/// 3. Sum: of the chosen points, within the bounds.
fn within(values: &mut Values, public: &Public, sum: Fr) {
    values.in_bits(sum - public.rows.low, DIFFERENCE_BITS);
    values.in_bits(public.rows.high - sum, DIFFERENCE_BITS);
}

/// 4. Context: squared.
fn context(values: &mut Values, public: &Public) {
    values.product(public.context, public.context);
}
