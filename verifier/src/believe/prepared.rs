//! The engine of the statement `show`: it remembers what the public inputs of one policy have in common.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use circuits::Fr;
use circuits::show;
use circuits::wire::proof::{Base, PreparedKey, Proof, ProofError, VerifyingKey};

use super::engine::{Claim, Engine};

/// Bases that are kept: one for each credential of the policies in use.
const KEPT: usize = 32;
/// From so many differences on, folding all inputs is quicker than folding the differences.
const FAR: usize = 24;

/// Checks claims under one key, with the rows of each policy folded once.
///
/// A base is a shortcut only: whichever is taken, the verdict is the same. So it need not be known which policy a claim is
/// of: the nearest base is taken, and where even that is off in places that should not vary, such as on a new day, the
/// claim's own inputs become one.
pub struct Prepared {
    key: PreparedKey,
    /// The newest last.
    bases: RwLock<Vec<Arc<Base>>>,
}

impl Prepared {
    /// Takes some tens of milliseconds.
    pub fn new(key: VerifyingKey) -> Self {
        Self { key: PreparedKey::new(key, &varying()), bases: RwLock::default() }
    }

    /// The key.
    pub fn key(&self) -> &PreparedKey {
        &self.key
    }

    /// Checks one claim.
    pub fn check_one(&self, inputs: &[Fr], proof: &Proof) -> Result<(), ProofError> {
        let base = self.base_near(inputs)?;
        self.key.verify(&self.key.moved(&base, inputs.to_vec())?, proof)
    }

    /// A base from which only varying places differ.
    pub(super) fn base_near(&self, inputs: &[Fr]) -> Result<Arc<Base>, ProofError> {
        let known = self.bases.read().unwrap_or_else(PoisonError::into_inner).clone();
        let far = known.iter().rev().filter(|base| base.inputs().len() == inputs.len());
        let base = match far.map(|base| (self.key.steps(base, inputs), base)).min_by_key(|(steps, _)| *steps)
        {
            Some((0, base)) => return Ok(Arc::clone(base)),
            Some((1..FAR, base)) => self.key.moved(base, inputs.to_vec())?,
            _ => self.key.base(inputs.to_vec())?,
        };
        let base = Arc::new(base);
        let mut bases = self.bases.write().unwrap_or_else(PoisonError::into_inner);
        if bases.len() >= KEPT {
            bases.remove(0);
        }
        bases.push(Arc::clone(&base));
        Ok(base)
    }
}

impl Engine for Prepared {
    fn check(&self, claims: &[Claim<'_>]) -> Result<(), usize> {
        match claims.iter().position(|claim| self.check_one(&claim.inputs, claim.proof).is_err()) {
            None => Ok(()),
            Some(false_claim) => Err(false_claim),
        }
    }
}

/// What differs between two proofs of one policy: the six inputs before the rows, and the revealed values, each of which
/// stands in all members of its slot.
fn varying() -> Vec<Vec<usize>> {
    let mut slots: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, name) in show::input_names().into_iter().enumerate() {
        if let Some((slot, _)) = name.split_once(".member[") {
            slots.entry(slot.to_owned()).or_default().push(i);
        }
    }
    (0..show::SCHEMA_INPUT).map(|i| vec![i]).chain(slots.into_values()).collect()
}

#[cfg(test)]
mod tests;
