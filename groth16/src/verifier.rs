//! Verification that remembers what public inputs have in common.

use std::sync::{Arc, PoisonError, RwLock};

use ark_bn254::Fr;

use crate::{PreparedInputs, PreparedKey, Proof, ProofError, VerifyingKey};

/// A proof with the public inputs that it is claimed to be for.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// In the order of the statement.
    pub inputs: Vec<Fr>,
    /// The proof.
    pub proof: &'a Proof,
}

/// Verifies claims under one key, with public inputs that come again and again prepared once.
///
/// Prepared inputs are a shortcut only: whichever are taken, the verdict is the same. So it need not be known what a claim
/// is about: the nearest are taken, and where even those differ in places that should not change, the claim's own inputs are
/// prepared and remembered.
pub struct PreparedVerifier {
    key: PreparedKey,
    cache: InputCache,
}

/// Prepared inputs, the newest last, at most [`KEPT`].
#[derive(Default)]
struct InputCache(RwLock<Vec<Arc<PreparedInputs>>>);

impl PreparedVerifier {
    /// Takes some tens of milliseconds. `changing` is that of [`PreparedKey::new`].
    pub fn new(key: VerifyingKey, changing: &[Vec<usize>]) -> Self {
        Self { key: PreparedKey::new(key, changing), cache: InputCache::default() }
    }

    /// The key.
    pub fn key(&self) -> &PreparedKey {
        &self.key
    }

    /// How many prepared public inputs are kept: one for each kind of claim in use, 32 at most.
    pub fn cached_inputs(&self) -> usize {
        self.cache.all().len()
    }

    /// Verifies one claim.
    pub fn verify(&self, inputs: &[Fr], proof: &Proof) -> Result<(), ProofError> {
        let near = self.inputs_near(inputs)?;
        self.key.verify(&self.key.update_inputs(&near, inputs.to_vec())?, proof)
    }

    /// Prepared inputs that differ in changing places only.
    pub(crate) fn inputs_near(&self, inputs: &[Fr]) -> Result<Arc<PreparedInputs>, ProofError> {
        let known = self.cache.all();
        let comparable = known.iter().rev().filter(|near| near.inputs().len() == inputs.len());
        let by_changes = comparable.map(|near| (self.key.changed_fixed_inputs(near, inputs), near));
        let prepared = match by_changes.min_by_key(|(changes, _)| *changes) {
            Some((0, near)) => return Ok(Arc::clone(near)),
            Some((1..FAR, near)) => self.key.update_inputs(near, inputs.to_vec())?,
            _ => self.key.prepare_inputs(inputs.to_vec())?,
        };
        Ok(self.cache.insert(prepared))
    }
}

impl InputCache {
    fn all(&self) -> Vec<Arc<PreparedInputs>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn insert(&self, prepared: PreparedInputs) -> Arc<PreparedInputs> {
        let prepared = Arc::new(prepared);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push(Arc::clone(&prepared));
        prepared
    }
}

/// Prepared inputs that are kept: one for each kind of claim in use.
const KEPT: usize = 32;
/// From so many changes on, preparing all inputs is quicker than preparing the changes.
const FAR: usize = 24;

#[cfg(test)]
pub(crate) mod tests;
