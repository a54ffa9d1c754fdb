//! The statement in plain Rust, clause by clause.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

use super::{BINS, Clause, DIFFERENCE_BITS, END_BITS, Private, Public, Rows, Violated};
use crate::field;
use crate::schema::ATTRIBUTES;

/// The statement in plain Rust: the first clause that does not hold, or nothing. It agrees with the constraint system on
/// every input that a verifier makes; clause 4 holds of any context.
pub fn check(public: &Public, private: &Private) -> Result<(), Violated> {
    let require = |holds: bool, clause| if holds { Ok(()) } else { Err(Violated(clause)) };
    require(opening(public, private), Clause::Opening)?;
    let sum = bins(public, private).ok_or(Violated(Clause::Bins))?;
    require(within(public, sum), Clause::Sum)
}

/// 1. Opening: the link is that of the credential and its blind.
fn opening(public: &Public, private: &Private) -> bool {
    private.opening.link() == public.link
}

/// 2. Bins: the sum of the points of what each attribute is; none if a used one is in no bin and not absent.
fn bins(public: &Public, private: &Private) -> Option<Fr> {
    let attributes = private.opening.credential.values.elements();
    let mut sum = Fr::ZERO;
    for (i, a) in attributes.into_iter().enumerate() {
        let place = bin(&public.rows.edge[i], a);
        if place.is_none() && public.rows.used[i] * (a - field::absent()) != Fr::ZERO {
            return None;
        }
        sum += public.rows.points[i][place.unwrap_or(BINS)];
    }
    Some(sum)
}

/// 3. Sum: of the chosen points, within the bounds.
fn within(public: &Public, sum: Fr) -> bool {
    not_negative(sum - public.rows.low) && not_negative(public.rows.high - sum)
}

/// What is chosen for each attribute: the first bin that it is in, `BINS` where there is none.
pub(super) fn choices(rows: &Rows, attributes: &[Fr; ATTRIBUTES]) -> [usize; ATTRIBUTES] {
    std::array::from_fn(|i| bin(&rows.edge[i], attributes[i]).unwrap_or(BINS))
}

/// The first b with `edge_b` ≤ a < `edge_{b+1}`, where the last bin ends before 2^62.
fn bin(edges: &[Fr; BINS], a: Fr) -> Option<usize> {
    let end = field::power_of_two(END_BITS);
    (0..BINS).find(|b| {
        let next = edges.get(b + 1).copied().unwrap_or(end);
        not_negative(a - edges[*b]) && not_negative(next - Fr::ONE - a)
    })
}

/// Whether a difference has 63 bits.
fn not_negative(difference: Fr) -> bool {
    difference.into_bigint().num_bits() <= DIFFERENCE_BITS
}
