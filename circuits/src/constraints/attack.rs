//! For tests: for every row an assignment that an attacker could choose, and that no other row refuses.
//!
//! The attacker alters what the row alone holds and computes everything after it as a prover does. Outputs follow: who may
//! claim another root, nullifier or link than the true one proves something false.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

use super::determinism::{Copied, Derivation, Step, boolean};
use super::matrices::{Matrices, value};
use crate::field::power_of_two;

/// What is done against a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Another value of the variable that the row fixes.
    Computed,
    /// Something else than 0 and 1 as a bit, made good by another bit of the sum.
    Bit,
    /// Bits of another number.
    Sum,
    /// A number's inverse, or what says that it has none, is wrong.
    ZeroUndecided,
    /// Another number is said to be 0.
    ZeroClaimed,
    /// An inverse of zero.
    InverseOfZero,
}

/// An attack on a row.
pub(crate) struct Attack {
    pub(crate) kind: Kind,
    /// The variable that the row holds.
    pub(crate) variable: usize,
    pub(crate) altered: Vec<(usize, Fr)>,
}

/// A circuit, and a satisfying choice of what is chosen in it.
pub(crate) struct Target {
    pub(crate) system: Matrices,
    derivation: Derivation,
    pub(crate) honest: Vec<Fr>,
}

impl Target {
    /// The variables `chosen` of the honest assignment, and what is copied, determine all others.
    pub(crate) fn new(system: Matrices, chosen: &[usize], copies: &[Copied], honest: Vec<Fr>) -> Self {
        let derivation = Derivation::with_copies(&system, chosen.iter().copied(), copies);
        assert_eq!(derivation.open, [0usize; 0], "not fixed by what is chosen");
        assert_eq!(system.broken(&honest), [0usize; 0]);
        let given: Vec<(usize, Fr)> = chosen.iter().map(|v| (*v, honest[*v])).collect();
        assert!(derivation.complete(&system, &given) == honest, "the rows alone give another assignment");
        Self { system, derivation, honest }
    }

    /// The honest choice but for these variables, and everything that follows.
    pub(crate) fn altered(&self, altered: &[(usize, Fr)]) -> Vec<Fr> {
        let mut z = self.honest.clone();
        self.derivation.follow(&self.system, &mut z, altered, &mut vec![false; self.system.variables]);
        z
    }

    /// The rows that refuse it.
    pub(crate) fn refused_by(&self, altered: &[(usize, Fr)]) -> Vec<usize> {
        let mut z = self.honest.clone();
        let mut stale = vec![false; self.system.variables];
        self.derivation.follow(&self.system, &mut z, altered, &mut stale);
        self.system.broken_among(&z, &stale)
    }

    /// By row, the attacks on rows that fix a variable or hold a bit. The rest is what a statement asserts.
    pub(crate) fn attacks(&self) -> BTreeMap<usize, Attack> {
        let mut attacks = BTreeMap::new();
        let booleanity: BTreeMap<usize, usize> = self.booleanity().collect();
        for step in &self.derivation.steps {
            match step {
                Step::Solve { row, variable } => {
                    let altered = vec![(*variable, self.honest[*variable] + Fr::from(3u64))];
                    attacks.insert(*row, Attack { kind: Kind::Computed, variable: *variable, altered });
                }
                Step::Bits { row, bits, .. } => {
                    let lowest = bits.iter().min().expect("a sum has bits").1;
                    let altered = vec![(lowest, Fr::ONE - self.honest[lowest])];
                    attacks.insert(*row, Attack { kind: Kind::Sum, variable: lowest, altered });
                    attacks.extend(bits.iter().map(|bit| (booleanity[&bit.1], self.bit(*bit, bits))));
                }
                Step::IsZero { rows, x, answer } => self.is_zero(*rows, x, *answer, &mut attacks),
                Step::Inverse { rows: [_, third], x, inverse } if value(x, &self.honest) == Fr::ZERO => {
                    let altered = vec![(*inverse, Fr::from(7u64))];
                    attacks.insert(*third, Attack { kind: Kind::InverseOfZero, variable: *inverse, altered });
                }
                Step::Inverse { .. } | Step::Copy { .. } => {}
            }
        }
        attacks
    }

    /// The rows that hold a variable to 0 and 1, by variable.
    pub(crate) fn booleanity(&self) -> impl Iterator<Item = (usize, usize)> {
        self.system.rows.iter().enumerate().filter_map(|(row, terms)| Some((boolean(terms)?, row)))
    }

    /// The sum holds if the bit changes by what its neighbour's flip is worth to it.
    fn bit(&self, (exponent, bit): (u32, usize), bits: &[(u32, usize)]) -> Attack {
        let (other, neighbour) = if bits[0].1 == bit { bits[1] } else { bits[0] };
        let flipped = Fr::ONE - self.honest[neighbour];
        let worth = power_of_two(other) * power_of_two(exponent).inverse().expect("a power of two");
        let made_good = self.honest[bit] - (flipped - self.honest[neighbour]) * worth;
        Attack { kind: Kind::Bit, variable: bit, altered: vec![(neighbour, flipped), (bit, made_good)] }
    }

    /// Without the first row nothing says that a number without inverse is zero; without the second, that only zero is.
    fn is_zero(
        &self,
        [first, second]: [usize; 2],
        x: &[(Fr, usize)],
        answer: usize,
        attacks: &mut BTreeMap<usize, Attack>,
    ) {
        let inverse = self.system.rows[first][1][0].1;
        let altered = vec![(answer, Fr::ZERO), (inverse, Fr::ZERO)];
        attacks.insert(first, Attack { kind: Kind::ZeroUndecided, variable: answer, altered });
        if value(x, &self.honest) != Fr::ZERO {
            let altered = vec![(answer, Fr::ONE), (inverse, Fr::ZERO)];
            attacks.insert(second, Attack { kind: Kind::ZeroClaimed, variable: answer, altered });
        }
    }
}
