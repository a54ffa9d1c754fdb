//! One slot of a formula: a weighted sum that is compared by order, or looked for in a set.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};

use crate::field;
use crate::row::{RowName, array};
use crate::schema::ATTRIBUTES;

pub(crate) mod gadget;
pub(crate) mod values;

/// Members of a set.
pub const MEMBERS: usize = 8;

/// One slot's rows over `WIDTH` attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom<T = Fr, const WIDTH: usize = ATTRIBUTES> {
    /// v = Σ `weight_i` · `a_i`.
    pub weight: [T; WIDTH],
    /// Least v.
    pub low: T,
    /// Greatest v.
    pub high: T,
    /// 1 where the atom compares by order, else 0.
    pub order: T,
    /// The set; fewer are padded by repetition.
    pub member: [T; MEMBERS],
    /// bit = `k_const` + `k_order` · between + `k_member` · member.
    pub k_const: T,
    /// See `k_const`.
    pub k_order: T,
    /// See `k_const`.
    pub k_member: T,
}

impl<const WIDTH: usize> Atom<Fr, WIDTH> {
    /// The slot's bit; none if it compares by order a number outside ±2^64 of its bounds.
    pub(crate) fn bit(&self, attributes: &[Fr; WIDTH]) -> Option<Fr> {
        let v = self.weight.iter().zip(attributes).map(|(w, a)| *w * a).sum();
        Some(self.k_const + self.k_order * self.between(v)? + self.k_member * self.is_member(v))
    }

    fn between(&self, v: Fr) -> Option<Fr> {
        let above_low = not_negative(self.order * (v - self.low))?;
        let below_high = not_negative(self.order * (self.high - v))?;
        Some(Fr::from(above_low && below_high))
    }

    fn is_member(&self, v: Fr) -> Fr {
        Fr::from(self.member.contains(&v))
    }
}

/// Whether x ≥ 0, for −2^64 ≤ x < 2^64.
fn not_negative(x: Fr) -> Option<bool> {
    let shifted = (x + field::power_of_two(64)).into_bigint();
    (shifted.num_bits() <= 65).then(|| shifted.get_bit(64))
}

/// Whether every clause names an atom that holds.
pub(crate) fn formula<const SLOTS: usize>(literal: &[[Fr; SLOTS]], bits: &[Fr; SLOTS]) -> bool {
    let one = Fr::from(1u64);
    literal.iter().all(|clause| clause.iter().zip(bits).any(|(l, bit)| *l * bit == one))
}

impl<T, const WIDTH: usize> Atom<T, WIDTH> {
    /// The same rows with `f` of each one's name and value, in the statements' order.
    pub(crate) fn try_map<U, E>(
        self,
        slot: usize,
        f: &mut impl FnMut(RowName, T) -> Result<U, E>,
    ) -> Result<Atom<U, WIDTH>, E> {
        let name = |field| RowName::within("slots", slot, field);
        Ok(Atom {
            weight: array(name("weight"), self.weight, f)?,
            low: f(name("low"), self.low)?,
            high: f(name("high"), self.high)?,
            order: f(name("order"), self.order)?,
            member: array(name("member"), self.member, f)?,
            k_const: f(name("k_const"), self.k_const)?,
            k_order: f(name("k_order"), self.k_order)?,
            k_member: f(name("k_member"), self.k_member)?,
        })
    }
}

impl<T: Copy, const WIDTH: usize> Atom<T, WIDTH> {
    /// One value everywhere.
    pub(crate) fn filled(x: T) -> Self {
        Self {
            weight: [x; WIDTH],
            low: x,
            high: x,
            order: x,
            member: [x; MEMBERS],
            k_const: x,
            k_order: x,
            k_member: x,
        }
    }
}

#[cfg(test)]
mod tests;
