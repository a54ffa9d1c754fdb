//! A transaction: one request at the counter and how it ended.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::schema::SchemaId;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{KeyDigest, Nonce, Reason, Receipt, Status, TransactionStatus};
use serde_json::{Map, Value};

/// Who has it may read the result. Given to the counter alone; never logged.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(pub(super) Nonce);

/// Names the request object; in the QR code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(pub(super) Nonce);

macro_rules! identifier {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }
        impl From<Nonce> for $name {
            fn from(nonce: Nonce) -> Self {
                Self(nonce)
            }
        }
    };
}
identifier!(TransactionId);
identifier!(RequestId);

/// Characters of a request's number: 48 bits, short enough to be read out.
const NUMBER: usize = 8;

impl TransactionId {
    /// What a request is called in lists and on paper. It comes from the identifier, but does not lead back to it.
    pub fn number(&self) -> String {
        let digest = Digest::of_parts(&[b"yong/request-number", self.as_str().as_bytes()]);
        let mut number = URL_SAFE_NO_PAD.encode(digest.as_bytes());
        number.truncate(NUMBER);
        number
    }
}

/// One request and how it ended. Holds revealed attributes: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// For the counter.
    pub id: TransactionId,
    /// For the wallet, to fetch the request object.
    pub request: RequestId,
    /// For the wallet, to answer.
    pub state: Nonce,
    /// What the answer's proofs are bound to.
    pub nonce: Nonce,
    /// What is asked.
    pub policy: SchemaId,
    /// Which text of it.
    pub policy_digest: Digest,
    /// The newest key that answers could name when it was made.
    pub key_digest: Digest,
    /// Whether that is a development key.
    pub key_use: KeyUse,
    /// The `now` row, unix seconds.
    pub made_at: u64,
    /// Until when it may be answered, unix seconds.
    pub expires_at: u64,
    /// When everything about it is deleted, unix seconds.
    pub keep_until: u64,
    /// Four digits on both screens.
    pub match_code: String,
    /// What the answer is encrypted to; wiped when the transaction ends.
    pub response_key: Option<ResponseKey>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a transaction ended.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not answered.
    Pending,
    /// The wallet declined.
    Declined,
    /// The answer is believed.
    Passed {
        /// By credential, what was handed over; empty again an hour later.
        revealed: BTreeMap<String, Map<String, Value>>,
        /// What is kept.
        receipt: Receipt,
    },
    /// The answer is not believed.
    Refused {
        /// As the wallet was told.
        reason: Reason,
        /// What is kept.
        receipt: Receipt,
    },
}

impl Transaction {
    /// Whether an answer at `now` comes in time.
    pub fn is_alive_at(&self, now: u64) -> bool {
        now <= self.expires_at
    }

    /// As the counter's page reads it at `now` (unix seconds).
    pub fn status_at(&self, now: u64) -> TransactionStatus {
        let mut status = TransactionStatus {
            transaction: self.id.as_str().to_owned(),
            status: Status::Pending,
            reason: None,
            policy: self.policy.clone(),
            match_code: self.match_code.clone(),
            expires_at: self.expires_at,
            revealed: BTreeMap::new(),
            receipt: None,
            key: Some(KeyDigest(*self.key_digest.as_bytes())),
            development: self.key_use == KeyUse::Development,
        };
        match &self.outcome {
            Outcome::Pending if self.is_alive_at(now) => {}
            Outcome::Pending => status.status = Status::Expired,
            Outcome::Declined => status.status = Status::Declined,
            Outcome::Passed { revealed, receipt } => {
                status.status = Status::Passed;
                status.revealed.clone_from(revealed);
                status.receipt = Some(receipt.clone());
                (status.key, status.development) = (receipt.key.or(status.key), receipt.development);
            }
            Outcome::Refused { reason, receipt } => {
                status.status = Status::Refused;
                status.reason = Some(*reason);
                status.receipt = Some(receipt.clone());
            }
        }
        status
    }
}
