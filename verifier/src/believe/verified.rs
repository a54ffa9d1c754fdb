//! A value that proves that verification happened.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::field::Element;
use ledger::record::KeyUse;
use serde_json::{Map, Value};

use super::Answered;

/// Something that was verified. Only [`super::prove`] makes one.
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(super) fn new(value: T) -> Self {
        Self(value)
    }
    /// Skips the verification, to test what comes after it.
    #[cfg(test)]
    pub(crate) fn assumed_for_tests_only(value: T) -> Self {
        Self(value)
    }
    /// What was verified.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// What a believed answer says. Holds personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The credential tree's root that all proofs are about.
    pub root: Element,
    /// The pseudonym in the request's scope, of all proofs.
    pub nullifier: Element,
    /// By credential, the revealed attributes; credentials that reveal nothing are left out.
    pub revealed: BTreeMap<String, Map<String, Value>>,
    /// Whether the proofs could have been forged by whoever made the key.
    pub key_use: KeyUse,
}

impl Answer {
    pub(super) fn new(root: Fr, nullifier: Fr, presentations: Vec<Answered<'_>>, key_use: KeyUse) -> Self {
        let revealed = presentations
            .into_iter()
            .filter(|(_, presentation)| !presentation.revealed.is_empty())
            .map(|(query, presentation)| (query.id.clone(), presentation.revealed))
            .collect();
        Self { root: root.into(), nullifier: nullifier.into(), revealed, key_use }
    }
}
