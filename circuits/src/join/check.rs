//! The statement in plain Rust, clause by clause.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;

use super::{Clause, Private, Public, SLOTS, Violated};
use crate::atom;

/// The statement in plain Rust: the first clause that does not hold, or nothing. It agrees with the constraint system on
/// every input; clause 4 holds of any context.
pub fn check(public: &Public, private: &Private) -> Result<(), Violated> {
    let require = |holds: bool, clause| if holds { Ok(()) } else { Err(Violated(clause)) };
    require(openings(public, private), Clause::Openings)?;
    let bits = atoms(public, private).ok_or(Violated(Clause::Atoms))?;
    require(formula(public, &bits), Clause::Formula)
}

/// 1. Openings: each link is that of its credential and its blind.
fn openings(public: &Public, private: &Private) -> bool {
    let mut links = public.links.iter().zip(&private.openings);
    links.all(|(link, opening)| opening.link() == *link)
}

/// 2. Atoms: the slots' bits; none if an order atom compares a number outside ±2^64 of its bounds.
fn atoms(public: &Public, private: &Private) -> Option<[Fr; SLOTS]> {
    let attributes = private.attributes();
    let mut bits = [Fr::ZERO; SLOTS];
    for (bit, atom) in bits.iter_mut().zip(&public.rows.atoms) {
        *bit = atom.bit(&attributes)?;
    }
    Some(bits)
}

/// 3. Formula: every clause names an atom that holds.
fn formula(public: &Public, bits: &[Fr; SLOTS]) -> bool {
    atom::formula(&public.rows.literal, bits)
}
