//! The verifying keys of a bundle, as the ledger published them.

use circuits::show;
use groth16::VerifyingKey;
use ledger::checkpoint::Checkpoint;
use ledger::digest::Digest;
use ledger::follow::Included;
use ledger::record::{KeyPublish, KeyUse, Record};
use ledger::registry::KeyPeriod;
use openid4vc::vp::KeyDigest;

use super::super::{Bundle, Part, ReceiptError};
use super::entry;
use crate::Circuit;
use crate::verified::weakest;

/// The keys that the proofs of a bundle name.
pub(super) struct Keys {
    /// That of the proofs of credentials.
    pub(super) show: Key,
    /// Those of `across` and `models`.
    pub(super) linked: Vec<Key>,
}

/// A key that was live when the answer was judged.
pub(super) struct Key {
    pub(super) record: KeyPublish,
    pub(super) verifies: VerifyingKey,
    pub(super) period: KeyPeriod,
}

/// Exactly the keys that the proofs name, each of its statement, and what its record says; live when the answer was judged.
pub(super) fn keys(bundle: &Bundle, checkpoint: &Checkpoint) -> Result<Keys, ReceiptError> {
    let published = |included: &Included, retirement: Option<&Included>| Published {
        record: (included.clone(), Part::Key),
        retirement: retirement.map(|retirement| (retirement.clone(), Part::Retirement)),
    };
    let show = published(&bundle.key, bundle.retirement.as_ref());
    let named = bundle.receipt.key.ok_or(ReceiptError::OtherKey)?;
    let show = show.check(Circuit::Show, named, bundle, checkpoint)?;
    let named = linked(bundle);
    if named.len() != bundle.linked_keys.len() {
        return Err(ReceiptError::OtherKey);
    }
    let linked = named.into_iter().zip(&bundle.linked_keys).map(|((circuit, digest), key)| {
        let published = Published {
            record: (key.key.clone(), Part::LinkedKeys),
            retirement: key.retirement.clone().map(|retirement| (retirement, Part::LinkedKeys)),
        };
        published.check(circuit, digest, bundle, checkpoint)
    });
    let keys = Keys { show, linked: linked.collect::<Result<_, _>>()? };
    if bundle.receipt.development == bool::from(keys.key_use()) {
        Ok(keys)
    } else {
        Err(ReceiptError::KeyUse)
    }
}

/// The digests that `across` and `models` name, each once, with the statement that it must be a key of.
fn linked(bundle: &Bundle) -> Vec<(Circuit, KeyDigest)> {
    let across = bundle.across.iter().map(|showing| (Circuit::Join, showing.key));
    let models = bundle.models.iter().map(|showing| (Circuit::Score, showing.key));
    let mut named: Vec<(Circuit, KeyDigest)> = Vec::new();
    for (circuit, digest) in across.chain(models) {
        if !named.contains(&(circuit, digest)) {
            named.push((circuit, digest));
        }
    }
    named
}

impl Keys {
    /// The receipt rests on all of them.
    pub(super) fn key_use(&self) -> KeyUse {
        weakest(self.show.record.key_use, self.linked.iter().map(|key| key.record.key_use))
    }

    /// The one of this digest among those of `across` and `models`.
    pub(super) fn linked(&self, digest: KeyDigest) -> Result<&VerifyingKey, ReceiptError> {
        let named = |key: &&Key| *key.record.vk_digest.as_bytes() == digest.0;
        self.linked.iter().find(named).map(|key| &key.verifies).ok_or(ReceiptError::OtherKey)
    }
}

/// The records of one key, with what they are in the bundle.
struct Published {
    record: (Included, Part),
    retirement: Option<(Included, Part)>,
}

impl Published {
    fn check(
        &self,
        circuit: Circuit,
        named: KeyDigest,
        bundle: &Bundle,
        checkpoint: &Checkpoint,
    ) -> Result<Key, ReceiptError> {
        let (included, part) = &self.record;
        let entry = entry(included, checkpoint, *part)?;
        let Record::Key(record) = entry.record() else { return Err(ReceiptError::OtherRecord(*part)) };
        let of_circuit = record.circuit.as_str() == circuit.name();
        if of_circuit && circuit == Circuit::Show && record.version < show::VERSION {
            return Err(ReceiptError::EarlierStatement { version: record.version });
        }
        if !of_circuit || record.version != circuit.version() || named.0 != *record.vk_digest.as_bytes() {
            return Err(ReceiptError::OtherKey);
        }
        let verifies = record.verifying_key().map_err(|_| ReceiptError::OtherKey)?;
        if verifies.digest() != *record.vk_digest.as_bytes() {
            return Err(ReceiptError::OtherKey);
        }
        let announced = self.retired_at(&record.vk_digest, checkpoint)?;
        let period = KeyPeriod { valid_from: record.valid_from, retire_at: announced.or(record.retire_at) };
        period.check(bundle.receipt.time).map_err(ReceiptError::KeyNotLive)?;
        Ok(Key { record: record.clone(), verifies, period })
    }

    fn retired_at(&self, key: &Digest, checkpoint: &Checkpoint) -> Result<Option<u64>, ReceiptError> {
        let Some((included, part)) = &self.retirement else { return Ok(None) };
        match entry(included, checkpoint, *part)?.record() {
            Record::Retire(retire) if retire.vk_digest == *key => Ok(Some(retire.retire_at)),
            _ => Err(ReceiptError::OtherRecord(*part)),
        }
    }
}
