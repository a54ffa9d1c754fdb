//! Many claims at once: one final exponentiation if all are true, and few more for each that is not.
//!
//! Each claim's equation e(A, B) = e(α, β)·e(X, γ)·e(C, δ) is raised to a random coefficient and all are multiplied (Bellare,
//! Garay, Rabin, EUROCRYPT 1998). The points are fixed when the coefficients are drawn and all groups have prime order, so
//! an invalid claim goes unseen with probability at most 2^−128. The products of neighbouring claims are kept: where the whole
//! does not hold, one exponentiation tells a half from the other, and within the last few each claim is checked by itself.

mod bisect;
mod part;

use rand::{CryptoRng, RngCore};
use rayon::prelude::*;

use crate::coefficient::Coefficient;
use crate::{Claim, PreparedVerifier, ProofError};
use bisect::{Node, SearchResult};
use part::Term;

/// Most claims whose Miller loops run together.
const BLOCK: usize = 128;

impl PreparedVerifier {
    /// Verifies all claims together. Gives the invalid ones by index in ascending order, which are those that
    /// [`PreparedVerifier::verify`] refuses; none if all are valid. Uses the threads of the current rayon pool.
    ///
    /// `rng` must be the system's generator or as good: whoever can foresee it can make invalid claims that pass together.
    pub fn verify_batch(&self, claims: &[Claim<'_>], rng: &mut (impl RngCore + CryptoRng)) -> Vec<usize> {
        if let [claim] = claims {
            return self.verify(&claim.inputs, claim.proof).err().map(|_| 0).into_iter().collect();
        }
        let mut terms = Vec::with_capacity(claims.len());
        let mut invalid = Vec::new();
        for (index, claim) in claims.iter().enumerate() {
            match self.term(index, claim, random_coefficient(rng)) {
                Ok(term) => terms.push(term),
                Err(_) => invalid.push(index),
            }
        }
        invalid.extend(self.search(&terms).invalid);
        invalid.sort_unstable();
        invalid
    }

    fn term<'a>(
        &self,
        index: usize,
        claim: &'a Claim<'a>,
        coefficient: Coefficient,
    ) -> Result<Term<'a>, ProofError> {
        let base = self.inputs_near(&claim.inputs)?;
        let differences = base.differences(&claim.inputs)?;
        Ok(Term { index, claim, base, differences, coefficient })
    }

    fn search(&self, terms: &[Term<'_>]) -> SearchResult {
        let size = terms.len().div_ceil(rayon::current_num_threads()).clamp(1, BLOCK);
        let parts = terms.par_chunks(size).flat_map_iter(part::parts).collect();
        Node::over(parts).map_or_else(SearchResult::default, |all| all.search(self))
    }
}

fn random_coefficient(rng: &mut (impl RngCore + CryptoRng)) -> Coefficient {
    loop {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        if let Some(coefficient) = Coefficient::from_bytes(bytes) {
            return coefficient;
        }
    }
}

#[cfg(test)]
mod tests;
