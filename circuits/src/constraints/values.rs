//! The same gadgets over numbers: what a prover that has the matrices needs, in about a millisecond for the largest statement.
//!
//! Each function appends the variables of its twin in the twin's order, and notes when a row that could fail does not hold.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use zeroize::Zeroizing;

use crate::field::power_of_two;

/// The variables of a circuit in order, and whether they satisfy it so far. Secret: wiped when dropped.
pub(crate) struct Values {
    /// The constant one and the public inputs.
    public: Zeroizing<Vec<Fr>>,
    /// The private variables.
    private: Zeroizing<Vec<Fr>>,
    /// All rows so far hold.
    holds: bool,
}

impl Values {
    /// No variables, with room for so many: vectors that never grow leave no copies of secrets behind.
    pub(crate) fn with_room(public: usize, private: usize) -> Self {
        let room = |count| Zeroizing::new(Vec::with_capacity(count));
        let mut values = Self { public: room(1 + public + private), private: room(private), holds: true };
        values.public.push(Fr::ONE);
        values
    }

    /// The private variables.
    pub(crate) fn into_private(self) -> Zeroizing<Vec<Fr>> {
        self.private
    }

    /// All variables in one: the constant, the public inputs, the private ones.
    pub(crate) fn into_assignment(self) -> Zeroizing<Vec<Fr>> {
        let Self { mut public, private, .. } = self;
        public.extend_from_slice(&private);
        public
    }

    /// Whether all rows so far hold.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// A row holds if this does.
    pub(crate) fn require(&mut self, holds: bool) {
        self.holds &= holds;
    }

    /// A new public input.
    pub(crate) fn public(&mut self, x: Fr) {
        self.public.push(x);
    }

    /// A new private variable.
    pub(crate) fn private(&mut self, x: Fr) -> Fr {
        self.private.push(x);
        x
    }

    /// Private variables that were computed before.
    pub(crate) fn extend(&mut self, private: &[Fr]) {
        self.private.extend_from_slice(private);
    }

    /// a · b, as `&a * &b` of two variables.
    pub(crate) fn product(&mut self, a: Fr, b: Fr) -> Fr {
        self.private(a * b)
    }

    /// Twin of [`bit`](super::bit()), and of what r1cs-std computes as a `Boolean`.
    pub(crate) fn bit(&mut self, set: bool) -> bool {
        self.private(Fr::from(set));
        set
    }

    /// Twin of `Boolean & Boolean`.
    pub(crate) fn and(&mut self, a: bool, b: bool) -> bool {
        self.bit(a && b)
    }

    /// Twin of `FpVar::conditionally_select`.
    pub(crate) fn select(&mut self, bit: bool, if_set: Fr, if_clear: Fr) -> Fr {
        self.private(if bit { if_set } else { if_clear })
    }

    /// Twin of [`in_bits`](super::in_bits).
    pub(crate) fn in_bits(&mut self, x: Fr, count: u32) {
        let _number = self.bits(x, count);
    }

    /// Twin of [`not_negative`](super::not_negative).
    pub(crate) fn not_negative(&mut self, x: Fr) -> bool {
        self.bits(x + power_of_two(64), 65).get_bit(64)
    }

    /// Twin of [`is_zero`](super::is_zero).
    pub(crate) fn is_zero(&mut self, x: Fr) -> bool {
        self.private(inverse_or_zero(x));
        self.bit(x == Fr::ZERO)
    }

    /// Twin of [`product_is_zero`](super::product_is_zero).
    pub(crate) fn product_is_zero(&mut self, factors: &[Fr]) {
        let [first, middle @ .., last] = factors else {
            return self.require(false);
        };
        let product = middle.iter().fold(*first, |product, factor| self.product(product, *factor));
        self.require(product == Fr::ZERO || *last == Fr::ZERO);
    }

    fn bits(&mut self, x: Fr, count: u32) -> <Fr as PrimeField>::BigInt {
        let number = x.into_bigint();
        self.private.extend((0..count as usize).map(|i| Fr::from(number.get_bit(i))));
        self.require(number.num_bits() <= count);
        number
    }
}

/// The inverse, and of zero zero.
pub(super) fn inverse_or_zero(x: Fr) -> Fr {
    x.inverse().unwrap_or(Fr::ZERO)
}
