//! The variables of [`gadget`](super::gadget) over numbers.

use ark_bn254::Fr;
use ark_ff::Field;

use super::Atom;
use crate::constraints::values::Values;

impl<const WIDTH: usize> Atom<Fr, WIDTH> {
    /// The slot's bit.
    pub(crate) fn bit_values(&self, values: &mut Values, attributes: &[Fr; WIDTH]) -> Fr {
        let v = self.weight.iter().zip(attributes).map(|(w, a)| values.product(*w, *a)).sum();
        let between = self.between_values(values, v);
        let ordered = values.product(self.k_order, Fr::from(between));
        let is_member = self.is_member_values(values, v);
        let listed = values.product(self.k_member, Fr::from(is_member));
        self.k_const + ordered + listed
    }

    fn between_values(&self, values: &mut Values, v: Fr) -> bool {
        let since_low = values.product(self.order, v - self.low);
        let above_low = values.not_negative(since_low);
        let to_high = values.product(self.order, self.high - v);
        let below_high = values.not_negative(to_high);
        values.and(above_low, below_high)
    }

    fn is_member_values(&self, values: &mut Values, v: Fr) -> bool {
        let [first, others @ ..] = self.member.each_ref().map(|member| v - member);
        let distance = others.iter().fold(first, |product, factor| values.product(product, *factor));
        values.is_zero(distance)
    }
}

/// Every clause names an atom that holds.
pub(crate) fn formula<const SLOTS: usize>(values: &mut Values, literal: &[[Fr; SLOTS]], bits: &[Fr; SLOTS]) {
    for clause in literal {
        let mut misses = [Fr::ONE; SLOTS];
        for ((miss, l), bit) in misses.iter_mut().zip(clause).zip(bits) {
            *miss -= values.product(*l, *bit);
        }
        values.product_is_zero(&misses);
    }
}
