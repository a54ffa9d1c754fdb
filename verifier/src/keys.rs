//! The verifying keys of the statements, each of which knows what it is for, when it is valid, and whether its proofs can be
//! forged.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use circuits::policy::CheckedPolicy;
use circuits::{join, score, show};
use groth16::{PreparedVerifier, VerifyingKey};
use ledger::digest::Digest;
use ledger::record::KeyUse;
use ledger::registry::{Development, KeyPeriod, KeyUseError, PublishedKey, Registry};
use openid4vc::offline::KeyStart;
use openid4vc::vp::KeyDigest;

/// A statement whose proofs answers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// [`circuits::show`]: a credential.
    Show,
    /// [`circuits::join`]: a condition across credentials.
    Join,
    /// [`circuits::score`]: a score under a published model.
    Score,
}

impl Circuit {
    /// The name in `key.publish` records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Show => show::NAME,
            Self::Join => join::NAME,
            Self::Score => score::NAME,
        }
    }

    /// The version whose proofs are checked.
    pub fn version(self) -> u32 {
        match self {
            Self::Show => show::VERSION,
            Self::Join => join::VERSION,
            Self::Score => score::VERSION,
        }
    }

    /// The number of its public inputs.
    pub fn public_inputs(self) -> usize {
        match self {
            Self::Show => show::PUBLIC_INPUTS,
            Self::Join => join::PUBLIC_INPUTS,
            Self::Score => score::PUBLIC_INPUTS,
        }
    }

    /// The public inputs in which two proofs of one policy differ, those of equal differences together.
    pub fn varying_inputs(self) -> Vec<Vec<usize>> {
        match self {
            Self::Show => varying_in_show(),
            Self::Join => varying(join::input_names().iter().take(join::LINKS_INPUT + join::LINKS)),
            Self::Score => varying(score::input_names().iter().take(score::LINK_INPUT + 1)),
        }
    }
}

/// Why a key is none of the statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is not the one that the digest names.
    #[error("the key is not the one that its digest names")]
    OtherDigest,
    /// It is a key for another number of public inputs.
    #[error("the key is for {given} public inputs, `{}` has {}", circuit.name(), circuit.public_inputs())]
    OtherStatement {
        /// What it should be a key of.
        circuit: Circuit,
        /// By the key.
        given: usize,
    },
}

/// A checked verifying key of a statement.
#[derive(Clone)]
pub struct CircuitKey {
    verifier: Arc<PreparedVerifier>,
    digest: Digest,
    key_use: KeyUse,
}

impl CircuitKey {
    /// Compares a key with its digest and the statement before anything is checked with it.
    pub fn new(
        circuit: Circuit,
        key: VerifyingKey,
        digest: &Digest,
        key_use: KeyUse,
    ) -> Result<Self, KeyError> {
        if key.digest() != *digest.as_bytes() {
            return Err(KeyError::OtherDigest);
        }
        let given = key.as_ark().gamma_abc_g1.len().saturating_sub(1);
        if given != circuit.public_inputs() {
            return Err(KeyError::OtherStatement { circuit, given });
        }
        let verifier = Arc::new(PreparedVerifier::new(key, &circuit.varying_inputs()));
        Ok(Self { verifier, digest: *digest, key_use })
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

impl fmt::Debug for CircuitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitKey")
            .field("digest", &self.digest)
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}

/// All keys of the statements that answers have proofs of.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Of [`Circuit::Show`]: every answer needs one.
    pub show: CircuitKeys,
    /// Of [`Circuit::Join`]: needed where a policy has a condition across credentials.
    pub join: CircuitKeys,
    /// Of [`Circuit::Score`]: needed where a policy has a condition on a score.
    pub score: CircuitKeys,
}

impl Keys {
    /// What the ledger publishes.
    pub fn from_registry(registry: &Registry, development: Development) -> Self {
        let none = |circuit| CircuitKeys::new(circuit, Vec::new(), development);
        let none = Self { show: none(Circuit::Show), join: none(Circuit::Join), score: none(Circuit::Score) };
        none.renewed(registry)
    }

    /// What the ledger publishes now. Keys that were known keep what was prepared with them.
    #[must_use]
    pub fn renewed(&self, registry: &Registry) -> Self {
        let Self { show, join, score } = self;
        Self { show: show.renewed(registry), join: join.renewed(registry), score: score.renewed(registry) }
    }

    /// The newest key that an answer to this policy may name at `now` (unix seconds), if there is one of each statement that
    /// the policy needs.
    pub fn newest_for(&self, policy: &CheckedPolicy, now: u64) -> Result<&CircuitKey, KeyUseError> {
        if policy.policy().across.is_some() {
            self.join.newest(now)?;
        }
        if !policy.policy().models.is_empty() {
            self.score.newest(now)?;
        }
        self.show.newest(now)
    }
}

/// All keys of one statement that the ledger publishes, in the order of their entries. Several may be live at a time.
#[derive(Clone, Debug)]
pub struct CircuitKeys {
    circuit: Circuit,
    keys: Vec<(KeyPeriod, CircuitKey)>,
    development: Development,
}

impl CircuitKeys {
    /// These keys, the newest last, where development keys are treated so.
    pub fn new(circuit: Circuit, keys: Vec<(KeyPeriod, CircuitKey)>, development: Development) -> Self {
        Self { circuit, keys, development }
    }

    fn renewed(&self, registry: &Registry) -> Self {
        let published = registry.keys_of(self.circuit.name(), self.circuit.version());
        let keys = published.filter_map(|key| Some((key.period(), self.known_or_made(key)?)));
        Self::new(self.circuit, keys.collect(), self.development)
    }

    /// The statement.
    pub fn circuit(&self) -> Circuit {
        self.circuit
    }

    /// The key of this digest, if it is used at `now` (unix seconds).
    pub fn named(&self, digest: &Digest, now: u64) -> Result<&CircuitKey, KeyUseError> {
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
    pub fn newest(&self, now: u64) -> Result<&CircuitKey, KeyUseError> {
        let newest = self.keys.last().ok_or(KeyUseError::NotPublished)?;
        let usable = self.keys.iter().rev().find_map(|known| self.usable(known, now).ok());
        usable.map_or_else(|| self.usable(newest, now), Ok)
    }

    fn usable<'k>(
        &self,
        (period, key): &'k (KeyPeriod, CircuitKey),
        now: u64,
    ) -> Result<&'k CircuitKey, KeyUseError> {
        period.check(now)?;
        match (key.key_use, self.development) {
            (KeyUse::Development, Development::Refused) => Err(KeyUseError::Development),
            _ => Ok(key),
        }
    }

    /// The registry has compared the key with its digest and its circuit already, so there is none that is not made.
    fn known_or_made(&self, published: &PublishedKey) -> Option<CircuitKey> {
        let known = self.keys.iter().map(|(_, key)| key).find(|key| key.digest == *published.digest());
        let key_use = published.record.key_use;
        let make =
            || CircuitKey::new(self.circuit, published.verifying_key.clone(), published.digest(), key_use);
        known.map_or_else(|| make().ok(), |key| Some(key.clone()))
    }
}

/// Those before the rows, but for what the policy fixes, and the revealed values, each of which stands in all members of its slot.
fn varying_in_show() -> Vec<Vec<usize>> {
    let names = show::input_names();
    let mut slots: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, name) in names.iter().enumerate() {
        if let Some((slot, _)) = name.split_once(".member[") {
            slots.entry(slot).or_default().push(i);
        }
    }
    let before_rows = varying(names.iter().take(show::SCHEMA_INPUT));
    before_rows.into_iter().chain(slots.into_values()).collect()
}

/// The places of those of the first inputs that a policy does not fix, each by itself.
fn varying<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Vec<usize>> {
    let places = names.enumerate().filter(|(_, name)| !["named", "uses", "linked"].contains(&name.as_str()));
    places.map(|(i, _)| vec![i]).collect()
}

#[cfg(test)]
mod tests {
    use circuits::Fr;
    use groth16::Sample;

    use super::*;

    #[test]
    fn a_value_revealed_in_all_members_needs_no_new_prepared_inputs() {
        let sample = Sample::built_in();
        let verifier = PreparedVerifier::new(sample.key().clone(), &Circuit::Show.varying_inputs());
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
