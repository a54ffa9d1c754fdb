//! Circuit keys: which may be published, when each is valid, and which one is used at a given time.
//!
//! A key is named by the digest of its verifying key. Several keys of one circuit and version live side by side, so that a
//! new one is everywhere before the old one ends. The registry has no clock: whoever uses a key brings the time.
//!
//! A key of a version of its statement that is not proved any more stays what it was in a log, and is used by nobody.

use std::sync::Arc;

use circuits::credential::DepartmentId;
use circuits::{enroll, show};
use groth16::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::moment::{Judged, Moment};
use super::{Addition, Registry, RegistryError};
use crate::digest::Digest;
use crate::record::{KeyPublish, KeyRetire, KeyUse, Record};

/// A circuit's verifying key, decoded and compared with its digest.
#[derive(Clone)]
pub struct PublishedKey {
    /// The record; its `vk` is what `verifying_key` was decoded from.
    pub record: KeyPublish,
    /// The key.
    pub verifying_key: VerifyingKey,
    /// By whom it was submitted.
    pub publisher: DepartmentId,
    /// Index of the entry.
    pub index: u64,
    /// The newest announcement of its end after it was published.
    pub retirement: Option<Retirement>,
}

/// When proofs under a key are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyPeriod {
    /// Unix seconds; `None`: since it was published.
    pub valid_from: Option<u64>,
    /// Unix seconds, which belong to the time after it; `None`: its end is not announced.
    pub retire_at: Option<u64>,
}

impl KeyPeriod {
    /// Where a key stands at `now` (unix seconds).
    pub fn status_at(self, now: u64) -> KeyStatus {
        match (self.valid_from, self.retire_at) {
            (_, Some(at)) if at <= now => KeyStatus::Retired { at },
            (Some(from), _) if from > now => KeyStatus::NotYet { from },
            _ => KeyStatus::Live,
        }
    }
    /// Whether a key is live at `now` (unix seconds).
    pub fn check(self, now: u64) -> Result<(), KeyUseError> {
        match self.status_at(now) {
            KeyStatus::NotYet { from } => Err(KeyUseError::NotYet { from }),
            KeyStatus::Retired { at } => Err(KeyUseError::Retired { at }),
            KeyStatus::Live => Ok(()),
        }
    }
}

/// What a `key.retire` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// Unix seconds.
    pub at: u64,
    /// Index of the entry.
    pub index: u64,
}

/// Where a key stands at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// It is valid later.
    NotYet {
        /// Unix seconds.
        from: u64,
    },
    /// Proofs under it are accepted.
    Live,
    /// Proofs under it are accepted no more.
    Retired {
        /// Unix seconds.
        at: u64,
    },
}

/// Whether keys are accepted whose toxic waste somebody may know.
///
/// In configurations `true` or `false`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum Development {
    /// Only keys of a ceremony.
    #[default]
    Refused,
    /// Development keys too; everything that rests on one is marked.
    Accepted,
}

impl From<bool> for Development {
    fn from(accepted: bool) -> Self {
        if accepted { Self::Accepted } else { Self::Refused }
    }
}

impl From<Development> for bool {
    fn from(development: Development) -> bool {
        development == Development::Accepted
    }
}

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyUseError {
    /// The ledger publishes none.
    #[error("the ledger publishes no such key")]
    NotPublished,
    /// It is valid later.
    #[error("the key is valid from {from} on")]
    NotYet {
        /// Unix seconds.
        from: u64,
    },
    /// It is valid no more.
    #[error("the key was retired at {at}")]
    Retired {
        /// Unix seconds.
        at: u64,
    },
    /// It is a development key, and those are not accepted here.
    #[error("the key is a development key, which is not accepted here")]
    Development,
    /// It is of a version of its statement that is not proved any more.
    #[error("the key is of an earlier version of its statement, which is not used any more")]
    EarlierStatement,
}

impl PublishedKey {
    /// SHA-256 of the verifying key: its name.
    pub fn digest(&self) -> &Digest {
        &self.record.vk_digest
    }
    /// When proofs under it are accepted, by its record and the newest announcement of its end.
    pub fn period(&self) -> KeyPeriod {
        let announced = self.retirement.map(|retirement| retirement.at);
        KeyPeriod { valid_from: self.record.valid_from, retire_at: announced.or(self.record.retire_at) }
    }
    /// Whether it is used at `now` (unix seconds) where development keys are treated so.
    pub fn usable_at(&self, now: u64, development: Development) -> Result<(), KeyUseError> {
        self.period().check(now)?;
        self.accepted(development)
    }
    /// Whether it may be used at all where development keys are treated so.
    pub fn accepted(&self, development: Development) -> Result<(), KeyUseError> {
        if is_earlier(&self.record) {
            return Err(KeyUseError::EarlierStatement);
        }
        match (self.record.key_use, development) {
            (KeyUse::Development, Development::Refused) => Err(KeyUseError::Development),
            _ => Ok(()),
        }
    }
}

impl Registry {
    /// All keys of all circuits in the order of their entries, ended ones included.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &PublishedKey> {
        self.keys.iter().map(Arc::as_ref)
    }
    /// The keys of one circuit in the order of their entries, ended ones included.
    pub fn keys_of(&self, circuit: &str, version: u32) -> impl DoubleEndedIterator<Item = &PublishedKey> {
        self.keys().filter(move |key| key.record.circuit.as_str() == circuit && key.record.version == version)
    }
    /// The key of this digest.
    pub fn key(&self, digest: &Digest) -> Option<&PublishedKey> {
        self.keys().find(|key| key.digest() == digest)
    }
    /// The keys that are used at `now` (unix seconds), the newest entry first: never none. If there is none, why the newest
    /// key is not.
    pub fn usable_keys(
        &self,
        circuit: &str,
        version: u32,
        now: u64,
        development: Development,
    ) -> Result<Vec<&PublishedKey>, KeyUseError> {
        let newest = self.keys_of(circuit, version).next_back().ok_or(KeyUseError::NotPublished)?;
        let usable = |key: &&PublishedKey| key.usable_at(now, development).is_ok();
        let keys: Vec<_> = self.keys_of(circuit, version).rev().filter(usable).collect();
        if keys.is_empty() { newest.usable_at(now, development).map(|()| vec![newest]) } else { Ok(keys) }
    }

    pub(super) fn publish_key(
        &self,
        at: Moment,
        record: &Record,
        key: &KeyPublish,
    ) -> Result<Addition, RegistryError> {
        if self.key(&key.vk_digest).is_some() {
            return Err(RegistryError::KeyPublished(key.vk_digest));
        }
        check_version(at, key)?;
        check_period(key)?;
        check_secrets(key)?;
        self.check_governance(at, record)?;
        let verifying_key = key.verifying_key()?;
        if verifying_key.digest() != *key.vk_digest.as_bytes() {
            return Err(RegistryError::KeyDigest);
        }
        check_inputs(key, &verifying_key)?;
        Ok(Addition::Key(Box::new((key.clone(), verifying_key))))
    }
    pub(super) fn retire_key(
        &self,
        at: Moment,
        record: &Record,
        retire: &KeyRetire,
    ) -> Result<Addition, RegistryError> {
        let digest = retire.vk_digest;
        let key = self.key(&digest).ok_or(RegistryError::UnknownKey(digest))?;
        if let Some(announced) = key.period().retire_at.filter(|announced| *announced <= retire.retire_at) {
            return Err(RegistryError::LaterRetirement { announced });
        }
        self.check_governance(at, record)?;
        Ok(Addition::Retired(digest, retire.retire_at))
    }
    /// Takes in what [`Self::retire_key`] allowed.
    pub(super) fn retire(&mut self, digest: &Digest, retirement: Retirement) {
        if let Some(key) = self.keys.iter_mut().find(|key| key.digest() == digest) {
            Arc::make_mut(key).retirement = Some(retirement);
        }
    }
}

/// Logs hold keys of earlier versions; nobody can use another one.
fn check_version(at: Moment, key: &KeyPublish) -> Result<(), RegistryError> {
    match at.judged {
        Judged::Anew | Judged::Rehearsed if is_earlier(key) => {
            Err(RegistryError::EarlierStatement { version: key.version })
        }
        Judged::Anew | Judged::Rehearsed | Judged::InLog => Ok(()),
    }
}

fn is_earlier(key: &KeyPublish) -> bool {
    let newest = STATEMENTS.iter().find(|statement| statement.circuit == key.circuit.as_str());
    newest.is_some_and(|newest| key.version < newest.version)
}

fn check_period(key: &KeyPublish) -> Result<(), RegistryError> {
    match (key.valid_from, key.retire_at) {
        (Some(valid_from), Some(retire_at)) if retire_at <= valid_from => {
            Err(RegistryError::KeyPeriod { valid_from, retire_at })
        }
        _ => Ok(()),
    }
}

/// A key that one party can forge with is not published as one for everybody.
fn check_secrets(key: &KeyPublish) -> Result<(), RegistryError> {
    match (key.key_use, key.secrets) {
        (KeyUse::Ceremony, Some(secrets)) if !secrets.are_shared() => {
            Err(RegistryError::KeyOfOneParty(secrets))
        }
        (KeyUse::Ceremony | KeyUse::Development, _) => Ok(()),
    }
}

/// A key with another number of inputs could never verify anything, or worse, would leave inputs unchecked.
fn check_inputs(key: &KeyPublish, verifying_key: &VerifyingKey) -> Result<(), RegistryError> {
    let given = verifying_key.as_ark().gamma_abc_g1.len().saturating_sub(1);
    let of_key = |s: &&Statement| s.circuit == key.circuit.as_str() && s.version == key.version;
    match STATEMENTS.iter().find(of_key) {
        Some(Statement { inputs, .. }) if *inputs != given => {
            Err(RegistryError::PublicInputs { expected: *inputs, given })
        }
        Some(_) | None => Ok(()),
    }
}

/// A statement in the version that is proved.
struct Statement {
    circuit: &'static str,
    version: u32,
    /// Its public inputs.
    inputs: usize,
}

/// Keys of other circuits are published as whoever publishes them likes.
const STATEMENTS: [Statement; 4] = [
    Statement { circuit: show::NAME, version: show::VERSION, inputs: show::PUBLIC_INPUTS },
    Statement { circuit: enroll::NAME, version: enroll::VERSION, inputs: enroll::PUBLIC_INPUTS },
    // A condition over three credentials: the context, three links, three slots of 36 + 14 and three clauses of 3.
    Statement { circuit: "join", version: 1, inputs: 1 + 3 + 3 * (36 + 14) + 3 * 3 },
    // An additive model: context, link, bounds, and of twelve attributes 16 edges, 17 points and whether it is used.
    Statement { circuit: "score", version: 1, inputs: 2 + 12 * (16 + 17 + 1) + 2 },
];
