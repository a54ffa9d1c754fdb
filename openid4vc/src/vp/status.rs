//! How a transaction ended, as the counter's page reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::digest::{KeyDigest, PolicyDigest};
use circuits::field::Element;
use circuits::schema::SchemaId;

/// `GET /transactions/<id>`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionStatus {
    /// The transaction's identifier; whoever has it may read the result.
    pub transaction: String,
    /// Where it stands.
    pub status: Status,
    /// What the program that asked calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The policy asked.
    pub policy: SchemaId,
    /// The four digits that the wallet shows too.
    pub match_code: String,
    /// Until when it may be answered, unix seconds.
    pub expires_at: u64,
    /// By credential, what the citizen handed over; only where passed and the policy reveals.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub revealed: BTreeMap<String, Map<String, Value>>,
    /// Where an answer was accepted or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// The verifying key that the answer named; before there is one, the newest that an answer may name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyDigest>,
    /// Whether the keys are development keys, whose proofs anybody who kept the setup's secrets can forge.
    pub development: bool,
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No answer yet.
    Pending,
    /// Qualifies.
    Passed,
    /// An answer came that does not prove the statement; see the reason.
    Refused,
    /// The wallet answered `access_denied`: no credential, or no consent.
    Declined,
    /// Nobody answered in time.
    Expired,
}

/// Why a presentation was refused, as far as the wallet and the counter are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The request is too old, or was never made here.
    Expired,
    /// The root was never in the log.
    UnknownRoot,
    /// The root was superseded longer ago than the policy accepts.
    StaleRoot,
    /// The verifying key is not published, not valid yet, retired, or not accepted here.
    KeyNotValid,
    /// The message is not a response to this request.
    Malformed,
    /// The proof does not prove the statement.
    NotProved,
    /// The policy has conditions that need a network, and the answer came without one.
    NotOffline,
    /// The policy's scope has not begun.
    NotStarted,
    /// The policy's uses are counted by a register that the verifier is not.
    OtherRegister,
    /// The request was answered before, or the pseudonym has no uses left.
    AlreadyUsed,
}

impl Reason {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::UnknownRoot => "unknown_root",
            Self::StaleRoot => "stale_root",
            Self::KeyNotValid => "key_not_valid",
            Self::Malformed => "malformed",
            Self::NotProved => "not_proved",
            Self::NotOffline => "not_offline",
            Self::NotStarted => "not_started",
            Self::OtherRegister => "other_register",
            Self::AlreadyUsed => "already_used",
        }
    }
}

/// What the counter keeps.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The receipt's own identifier.
    pub id: String,
    /// The policy asked.
    pub policy: SchemaId,
    /// SHA-256 of its canonical JSON.
    pub policy_digest: PolicyDigest,
    /// When the answer was judged, unix seconds.
    pub time: u64,
    /// Passed or refused.
    pub verdict: Status,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The credential tree's root that the proof is about; absent where none was understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Element>,
    /// The pseudonym, only where the policy has a named scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nullifier: Option<Element>,
    /// The verifying key that the proof was checked with; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyDigest>,
    /// Whether it rests on development keys.
    pub development: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_on_the_wire() {
        let all = [
            Reason::Expired,
            Reason::UnknownRoot,
            Reason::StaleRoot,
            Reason::KeyNotValid,
            Reason::Malformed,
            Reason::NotProved,
            Reason::NotOffline,
            Reason::NotStarted,
            Reason::OtherRegister,
            Reason::AlreadyUsed,
        ];
        for reason in all {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
