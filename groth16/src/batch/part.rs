//! Neighbouring claims with their coefficients, multiplied as far as can be without looking whether they are true.

use std::collections::BTreeMap;
use std::sync::Arc;

use ark_bn254::{Fq12, Fr, G1Projective};
use ark_ec::CurveGroup;

use crate::coefficient::Coefficient;
use crate::pairing::{miller_loops, multiples};
use crate::{Claim, Differences, PreparedInputs, PreparedVerifier};

/// Parts that a block is divided into: as many Miller loops run side by side.
const PARTS: usize = 8;

/// A claim with its coefficient.
pub(super) struct Term<'a> {
    pub(super) index: usize,
    pub(super) claim: &'a Claim<'a>,
    pub(super) base: Arc<PreparedInputs>,
    pub(super) differences: Differences,
    pub(super) coefficient: Coefficient,
}

/// A few claims and what they come to.
pub(super) struct Part<'a> {
    pub(super) terms: &'a [Term<'a>],
    pub(super) sums: Sums,
}

/// The two sides of the product of some equations: Σ over coefficients r of r·A with B, r, r·X and r·C.
#[derive(Clone)]
pub(super) struct Sums {
    /// Miller loops.
    product: Fq12,
    weight: Fr,
    /// X by bases and by differences from them.
    bases: Vec<(Arc<PreparedInputs>, Fr)>,
    differences: BTreeMap<usize, Fr>,
    c: G1Projective,
}

/// Divides a block into parts.
pub(super) fn parts<'a>(block: &'a [Term<'a>]) -> Vec<Part<'a>> {
    let coefficients: Vec<_> = block.iter().map(|term| term.coefficient).collect();
    let proofs = || block.iter().map(|term| term.claim.proof.as_ark());
    let size = block.len().div_ceil(PARTS).max(1);
    let a = multiples(&proofs().map(|proof| proof.a).collect::<Vec<_>>(), &coefficients, 1);
    let c = multiples(&proofs().map(|proof| proof.c).collect::<Vec<_>>(), &coefficients, size);
    let pairs: Vec<_> =
        G1Projective::normalize_batch(&a).into_iter().zip(proofs().map(|proof| proof.b)).collect();
    let parts = block.chunks(size).zip(miller_loops(&pairs, size)).zip(c);
    parts.map(|((terms, product), c)| Part { terms, sums: Sums::new(terms, &product, c) }).collect()
}

impl Sums {
    fn new(terms: &[Term<'_>], product: &Fq12, c: G1Projective) -> Self {
        let mut sums =
            Self { product: *product, weight: 0.into(), bases: vec![], differences: BTreeMap::new(), c };
        for term in terms {
            let r = term.coefficient.scalar();
            sums.weight += r;
            sums.add_base(&term.base, r);
            for (place, difference) in &term.differences {
                *sums.differences.entry(*place).or_default() += r * difference;
            }
        }
        sums
    }

    /// The sums of both.
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut sums = self.clone();
        sums.product *= &other.product;
        sums.weight += other.weight;
        sums.c += other.c;
        for (base, weight) in &other.bases {
            sums.add_base(base, *weight);
        }
        for (place, difference) in &other.differences {
            *sums.differences.entry(*place).or_default() += difference;
        }
        sums
    }

    /// One if the equations hold; values of disjoint parts multiply.
    pub(super) fn value(&self, verifier: &PreparedVerifier) -> Fq12 {
        let bases: G1Projective = self.bases.iter().map(|(base, weight)| *base.point() * weight).sum();
        let inputs = bases + verifier.key().difference_point(&self.differences);
        verifier.key().pairing_check(&self.product, &self.weight, &inputs, &self.c)
    }

    fn add_base(&mut self, base: &Arc<PreparedInputs>, weight: Fr) {
        match self.bases.iter_mut().find(|(known, _)| Arc::ptr_eq(known, base)) {
            Some((_, sum)) => *sum += weight,
            None => self.bases.push((Arc::clone(base), weight)),
        }
    }
}
