//! A value that proves that verification happened.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::field::Element;
use groth16::Proof;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use serde_json::{Map, Value};

use crate::ShowKey;
use crate::verify::CheckedPresentation;

/// Something that was verified. Only [`crate::verify_batch`] makes one.
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }
    /// Skips the verification, to test what comes after it.
    #[cfg(any(test, feature = "test-support"))]
    pub fn assumed_for_tests_only(value: T) -> Self {
        Self(value)
    }
    /// What was verified.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// What a verified answer says. Holds personal data: no `Debug`.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The credential tree's root that all proofs are about.
    pub root: Element,
    /// The pseudonym in the request's scope, of all proofs.
    pub nullifier: Element,
    /// By credential, the revealed attributes; credentials that reveal nothing are left out.
    pub revealed: BTreeMap<String, Map<String, Value>>,
    /// The proofs in the order of the policy, each with the policy's name for its credential.
    pub proofs: Vec<(String, Proof)>,
    /// The key that they were checked with.
    pub key_digest: Digest,
    /// Whether the proofs could have been forged by whoever made the key.
    pub key_use: KeyUse,
}

impl Answer {
    pub(crate) fn new(
        root: Fr,
        nullifier: Fr,
        presentations: Vec<CheckedPresentation>,
        key: &ShowKey,
    ) -> Self {
        let proofs = presentations.iter().map(|p| (p.id.clone(), p.presentation.proof.clone())).collect();
        let revealed = presentations
            .into_iter()
            .filter(|checked| !checked.presentation.revealed.is_empty())
            .map(|checked| (checked.id, checked.presentation.revealed))
            .collect();
        Self {
            root: root.into(),
            nullifier: nullifier.into(),
            revealed,
            proofs,
            key_digest: *key.digest(),
            key_use: key.key_use(),
        }
    }
}
