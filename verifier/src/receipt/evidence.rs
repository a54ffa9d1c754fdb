//! What the counter keeps of a believed answer beside its receipt, as long as the receipt.

use circuits::Fr;
use circuits::field::Element;
use groth16::Proof;
use ledger::canonical;
use ledger::digest::Digest;
use openid4vc::handover;
use openid4vc::vp::{LinkedProof, Nonce, Receipt};
use serde::{Deserialize, Serialize};

use super::seal::Sealed;
use crate::Answer;

/// The session that an answer was given in: what its proofs are bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// `x509_hash:` and the hash of the counter's certificate.
    pub client_id: String,
    /// The request's nonce.
    pub nonce: Nonce,
    /// RFC 7638 thumbprint of the key that the answer was encrypted to.
    pub thumbprint: Digest,
    /// Where the answer went.
    pub response_uri: String,
    /// When it was asked, unix seconds: the `now` row.
    pub asked_at: u64,
    /// Until when it could be answered, unix seconds.
    pub expires_at: u64,
}

impl Session {
    /// The `context` row.
    pub fn context(&self) -> Fr {
        let thumbprint = Some(self.thumbprint.as_bytes());
        handover::openid4vp(&self.client_id, self.nonce.as_str(), thumbprint, &self.response_uri)
    }
}

/// The proof of one credential of an answer.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The policy's name for the credential.
    pub id: String,
    /// What the other proofs of the answer know the credential by, where one of them speaks of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Element>,
    /// The proof.
    pub proof: Proof,
}

/// What is kept. Has the pseudonym of the session, which occurs nowhere else, but no attribute.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The session.
    pub session: Session,
    /// The pseudonym that all proofs have.
    pub nullifier: Element,
    /// In the order of the policy.
    pub shown: Vec<Shown>,
    /// The proof of the policy's condition across credentials, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<LinkedProof>,
    /// The proofs of scores, in the order of the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<LinkedProof>,
    /// Index of the `state.root` that states the root of the receipt, if it is known.
    pub root_entry: Option<u64>,
    /// The counter's word, signed when it judged.
    pub seal: String,
}

impl Evidence {
    /// Of an answer that was verified; `seal` signs in the counter's name.
    pub fn sealed(
        session: Session,
        answer: &Answer,
        receipt: &Receipt,
        (genesis, root_entry): (Digest, Option<u64>),
        seal: impl FnOnce(&Sealed) -> String,
    ) -> Self {
        let Answer { nullifier, proofs: shown, across, models, .. } = answer;
        let proofs = AllProofs { shown, across: across.as_ref(), models };
        let statement = statement(receipt, &session, nullifier, proofs);
        let seal = seal(&Sealed { genesis, statement });
        Self {
            session,
            nullifier: *nullifier,
            shown: shown.clone(),
            across: across.clone(),
            models: models.clone(),
            root_entry,
            seal,
        }
    }
}

/// Every proof of an answer.
#[derive(Clone, Copy, Serialize)]
pub struct AllProofs<'a> {
    /// Of credentials, in the order of the policy.
    pub shown: &'a [Shown],
    /// Of the condition across credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub across: Option<&'a LinkedProof>,
    /// Of scores, in the order of the policy.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub models: &'a [LinkedProof],
}

/// The digest of everything that the counter answers for.
pub fn statement(receipt: &Receipt, session: &Session, nullifier: &Element, proofs: AllProofs<'_>) -> Digest {
    #[derive(Serialize)]
    struct Statement<'a> {
        receipt: &'a Receipt,
        session: &'a Session,
        nullifier: &'a Element,
        #[serde(flatten)]
        proofs: AllProofs<'a>,
    }
    let bytes = canonical::to_vec(&Statement { receipt, session, nullifier, proofs });
    // Numbers beyond what JSON can say exactly have no canonical form; no clock gives them, and no seal has this digest.
    Digest::of(&bytes.unwrap_or_default())
}
