//! In-circuit twins of [`Atom::bit`] and [`formula`](super::formula()).

use ark_bn254::Fr;
use ark_r1cs_std::boolean::Boolean;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::SynthesisError;

use super::Atom;
use crate::constraints::{is_zero, not_negative, product_is_zero};

impl<const WIDTH: usize> Atom<FpVar<Fr>, WIDTH> {
    /// The slot's bit: `WIDTH` + 147 rows.
    pub(crate) fn bit_in_circuit(
        &self,
        attributes: &[FpVar<Fr>; WIDTH],
    ) -> Result<FpVar<Fr>, SynthesisError> {
        let v = FpVar::inner_product(&self.weight, attributes)?;
        let ordered = &self.k_order * FpVar::from(self.between_in_circuit(&v)?);
        let listed = &self.k_member * self.is_member_in_circuit(&v)?;
        Ok(ordered + listed + &self.k_const)
    }

    /// [low ≤ v] · [v ≤ high]; outside ±2^64 of a bound there is no assignment.
    fn between_in_circuit(&self, v: &FpVar<Fr>) -> Result<Boolean<Fr>, SynthesisError> {
        let above_low = not_negative(&(&self.order * (v - &self.low)))?;
        let below_high = not_negative(&(&self.order * (&self.high - v)))?;
        Ok(above_low & below_high)
    }

    /// Whether v is one of the members.
    fn is_member_in_circuit(&self, v: &FpVar<Fr>) -> Result<FpVar<Fr>, SynthesisError> {
        let [first, others @ ..] = self.member.each_ref().map(|member| v - member);
        is_zero(&others.iter().fold(first, |product, factor| product * factor))
    }
}

/// Every clause names an atom that holds: 2 · `SLOTS` − 1 rows a clause.
pub(crate) fn formula<const SLOTS: usize>(
    literal: &[[FpVar<Fr>; SLOTS]],
    bits: &[FpVar<Fr>; SLOTS],
) -> Result<(), SynthesisError> {
    for clause in literal {
        let misses: Vec<FpVar<Fr>> = clause.iter().zip(bits).map(|(l, bit)| FpVar::one() - l * bit).collect();
        product_is_zero(&misses)?;
    }
    Ok(())
}
