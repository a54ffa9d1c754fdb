//! The verifying keys of `show`, each of which knows what it is for, when it is valid, and whether its proofs can be forged.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use circuits::show;
use groth16::{PreparedVerifier, VerifyingKey};
use ledger::digest::Digest;
use ledger::record::KeyUse;
use ledger::registry::{Development, KeyPeriod, KeyUseError, PublishedKey, Registry};
use openid4vc::offline::KeyStart;
use openid4vc::vp::KeyDigest;

/// Why a key is none of the statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is not the one that the digest names.
    #[error("the key is not the one that its digest names")]
    OtherDigest,
    /// It is a key for another number of public inputs.
    #[error("the key is for {given} public inputs, the statement has {}", show::PUBLIC_INPUTS)]
    OtherStatement {
        /// By the key.
        given: usize,
    },
}

/// A checked verifying key of the statement `show`.
#[derive(Clone)]
pub struct ShowKey {
    verifier: Arc<PreparedVerifier>,
    digest: Digest,
    key_use: KeyUse,
}

impl ShowKey {
    /// Compares a key with its digest and the statement before anything is checked with it.
    pub fn new(key: VerifyingKey, digest: &Digest, key_use: KeyUse) -> Result<Self, KeyError> {
        if key.digest() != *digest.as_bytes() {
            return Err(KeyError::OtherDigest);
        }
        let given = key.as_ark().gamma_abc_g1.len().saturating_sub(1);
        if given != show::PUBLIC_INPUTS {
            return Err(KeyError::OtherStatement { given });
        }
        Ok(Self {
            verifier: Arc::new(PreparedVerifier::new(key, &varying_inputs())),
            digest: *digest,
            key_use,
        })
    }

    /// What checks proofs.
    pub fn verifier(&self) -> &PreparedVerifier {
        &self.verifier
    }
    /// SHA-256 of the key, as the ledger publishes it.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
    /// Whether somebody may be able to forge proofs under it.
    pub fn key_use(&self) -> KeyUse {
        self.key_use
    }
}

impl fmt::Debug for ShowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShowKey")
            .field("digest", &self.digest)
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}

/// All keys of the statement that the ledger publishes, in the order of their entries. Several may be live at a time.
#[derive(Clone, Debug)]
pub struct ShowKeys {
    keys: Vec<(KeyPeriod, ShowKey)>,
    development: Development,
}

impl ShowKeys {
    /// These keys, the newest last, where development keys are treated so.
    pub fn new(keys: Vec<(KeyPeriod, ShowKey)>, development: Development) -> Self {
        Self { keys, development }
    }

    /// What the ledger publishes.
    pub fn from_registry(registry: &Registry, development: Development) -> Self {
        Self::new(Vec::new(), development).renewed(registry)
    }

    /// What the ledger publishes now. Keys that were known keep what was prepared with them.
    #[must_use]
    pub fn renewed(&self, registry: &Registry) -> Self {
        let published = registry.keys_of(show::NAME, show::VERSION);
        let keys = published.filter_map(|key| Some((key.period(), self.known_or_made(key)?)));
        Self::new(keys.collect(), self.development)
    }

    /// The key of this digest, if it is used at `now` (unix seconds).
    pub fn named(&self, digest: &Digest, now: u64) -> Result<&ShowKey, KeyUseError> {
        let known = self.keys.iter().find(|(_, key)| key.digest == *digest);
        self.usable(known.ok_or(KeyUseError::NotPublished)?, now)
    }

    /// The name of the newest key that begins so, used or not. Another that begins likewise is no danger: proofs are checked
    /// with the key itself.
    pub(crate) fn beginning_with(&self, start: KeyStart) -> Option<&Digest> {
        let mut digests = self.keys.iter().rev().map(|(_, key)| &key.digest);
        digests.find(|digest| start.begins(&KeyDigest(*digest.as_bytes())))
    }

    /// The newest key that is used at `now` (unix seconds); if there is none, why the newest of all is not.
    pub fn newest(&self, now: u64) -> Result<&ShowKey, KeyUseError> {
        let newest = self.keys.last().ok_or(KeyUseError::NotPublished)?;
        let usable = self.keys.iter().rev().find_map(|known| self.usable(known, now).ok());
        usable.map_or_else(|| self.usable(newest, now), Ok)
    }

    fn usable<'k>(
        &self,
        (period, key): &'k (KeyPeriod, ShowKey),
        now: u64,
    ) -> Result<&'k ShowKey, KeyUseError> {
        period.check(now)?;
        match (key.key_use, self.development) {
            (KeyUse::Development, Development::Refused) => Err(KeyUseError::Development),
            _ => Ok(key),
        }
    }

    /// The registry has compared the key with its digest and its circuit already, so there is none that is not made.
    fn known_or_made(&self, published: &PublishedKey) -> Option<ShowKey> {
        let known = self.keys.iter().map(|(_, key)| key).find(|key| key.digest == *published.digest());
        let make =
            || ShowKey::new(published.verifying_key.clone(), published.digest(), published.record.key_use);
        known.map_or_else(|| make().ok(), |key| Some(key.clone()))
    }
}

/// The public inputs of `show` in which two proofs of one policy differ: those before the rows, but for what the policy
/// fixes, and the revealed values, each of which stands in all members of its slot.
pub fn varying_inputs() -> Vec<Vec<usize>> {
    let names = show::input_names();
    let mut slots: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, name) in names.iter().enumerate() {
        if let Some((slot, _)) = name.split_once(".member[") {
            slots.entry(slot).or_default().push(i);
        }
    }
    let before_rows = names.iter().take(show::SCHEMA_INPUT).enumerate();
    let varying = before_rows.filter(|(_, name)| !["named", "uses", "linked"].contains(&name.as_str()));
    varying.map(|(i, _)| vec![i]).chain(slots.into_values()).collect()
}

#[cfg(test)]
mod tests {
    use circuits::Fr;
    use groth16::Sample;

    use super::*;

    #[test]
    fn a_value_revealed_in_all_members_needs_no_new_prepared_inputs() {
        let sample = Sample::built_in();
        let verifier = PreparedVerifier::new(sample.key().clone(), &varying_inputs());
        let (inputs, proof) = &sample.claims()[0];
        verifier.verify(inputs, proof).unwrap();
        let mut other = inputs.clone();
        for (place, name) in show::input_names().iter().enumerate() {
            if name.starts_with("slots[1].member") {
                other[place] += Fr::from(9u64);
            }
        }
        assert!(verifier.verify(&other, proof).is_err());
        assert_eq!(verifier.cached_inputs(), 1);
    }
}
