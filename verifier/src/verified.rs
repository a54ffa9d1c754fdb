//! A value that proves that verification happened.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::field::Element;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use openid4vc::vp::LinkedProof;
use serde_json::{Map, Value};

use crate::CircuitKey;
use crate::receipt::Shown;
use crate::verify::{CheckedLinked, CheckedPresentation};

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
    /// The presentations' proofs in the order of the policy.
    pub proofs: Vec<Shown>,
    /// The proof of the condition across credentials, if the policy has one.
    pub across: Option<LinkedProof>,
    /// The proofs of scores in the order of the policy.
    pub models: Vec<LinkedProof>,
    /// The key that the presentations were checked with; the other proofs name their own.
    pub key_digest: Digest,
    /// Whether the proofs could have been forged by whoever made the key.
    pub key_use: KeyUse,
}

impl Answer {
    pub(crate) fn new(
        root: Fr,
        nullifier: Fr,
        key: &CircuitKey,
        presentations: Vec<CheckedPresentation>,
        across: Option<CheckedLinked>,
        models: Vec<CheckedLinked>,
    ) -> Self {
        let linked = across.iter().chain(&models).map(|proof| proof.key.key_use());
        let key_use = weakest(key.key_use(), linked);
        let shown = |one: &CheckedPresentation| Shown {
            id: one.id.clone(),
            link: one.presentation.link,
            proof: one.presentation.proof.clone(),
        };
        let proofs = presentations.iter().map(shown).collect();
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
            across: across.map(|proof| proof.linked),
            models: models.into_iter().map(|proof| proof.linked).collect(),
            key_digest: *key.digest(),
            key_use,
        }
    }
}

/// An answer rests on all its keys, so one that is for development is enough.
pub(crate) fn weakest(first: KeyUse, others: impl IntoIterator<Item = KeyUse>) -> KeyUse {
    others.into_iter().fold(first, |weakest, other| match (weakest, other) {
        (KeyUse::Ceremony, KeyUse::Ceremony) => KeyUse::Ceremony,
        (KeyUse::Development, _) | (_, KeyUse::Development) => KeyUse::Development,
    })
}
