//! A transaction: one request and how it ended, and how it stands in the database.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::schema::SchemaId;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{KeyDigest, Nonce, Reason, Receipt, Status, TransactionStatus};
use rusqlite::Row;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::StoreError;
use crate::relying_party::{Redirect, Reference, ReturnTo};

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
    /// What the program that made it calls it.
    pub reference: Option<Reference>,
    /// Where the wallet is sent back to once it answered.
    pub redirect: Option<Redirect>,
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

impl Outcome {
    /// Whether the answer is believed.
    pub fn has_passed(&self) -> bool {
        match self {
            Self::Passed { .. } => true,
            Self::Pending | Self::Declined | Self::Refused { .. } => false,
        }
    }
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
            reference: self.reference.as_ref().map(|reference| reference.as_str().to_owned()),
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

/// In the order that [`transaction`] reads.
pub(super) const COLUMNS: &str = "transactions.id, request, state, nonce, policy, policy_digest, key_digest, \
     development, made_at, expires_at, keep_until, match_code, status, reason, revealed, receipts.body, response_key, reference, \
     return_to, response_code";

/// The outer error is SQLite's, the inner one means that the file was changed by somebody else.
pub(super) fn transaction(row: &Row<'_>) -> rusqlite::Result<Result<Transaction, StoreError>> {
    let texts: [String; 7] =
        [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
    let development: bool = row.get(7)?;
    let times: [u64; 3] = [row.get(8)?, row.get(9)?, row.get(10)?];
    let match_code = row.get(11)?;
    let ended =
        Ended { status: row.get(12)?, reason: row.get(13)?, revealed: row.get(14)?, receipt: row.get(15)? };
    let assembled = assemble(texts, development.into(), times, match_code, &ended);
    let key: Option<Vec<u8>> = row.get(16)?;
    let program =
        FromProgram { reference: row.get(17)?, return_to: row.get(18)?, response_code: row.get(19)? };
    Ok(assembled.and_then(|transaction| {
        let redirect = program.redirect()?;
        Ok(Transaction {
            response_key: response_key(key)?,
            reference: program.reference()?,
            redirect,
            ..transaction
        })
    }))
}

/// The columns of what a program added.
pub(super) struct FromProgram {
    pub(super) reference: Option<String>,
    pub(super) return_to: Option<String>,
    pub(super) response_code: Option<String>,
}

impl FromProgram {
    pub(super) fn reference(self) -> Result<Option<Reference>, StoreError> {
        self.reference.map(Reference::try_from).transpose().map_err(|_| StoreError::Malformed("reference"))
    }

    pub(super) fn redirect(&self) -> Result<Option<Redirect>, StoreError> {
        let (Some(to), Some(code)) = (&self.return_to, &self.response_code) else { return Ok(None) };
        let to = ReturnTo::try_from(to.clone()).map_err(|_| StoreError::Malformed("return address"))?;
        Ok(Some(Redirect { to, response_code: identifier(code.clone())? }))
    }
}

pub(super) fn response_key(bytes: Option<Vec<u8>>) -> Result<Option<ResponseKey>, StoreError> {
    let Some(bytes) = bytes.map(Zeroizing::new) else { return Ok(None) };
    let key = <&[u8; 32]>::try_from(bytes.as_slice()).ok().and_then(ResponseKey::from_bytes);
    key.map(Some).ok_or(StoreError::Malformed("response key"))
}

/// The columns that say how it ended.
pub(super) struct Ended {
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) revealed: Option<String>,
    pub(super) receipt: Option<String>,
}

pub(super) fn assemble(
    texts: [String; 7],
    key_use: KeyUse,
    [made_at, expires_at, keep_until]: [u64; 3],
    match_code: String,
    ended: &Ended,
) -> Result<Transaction, StoreError> {
    let [id, request, state, nonce, policy, policy_digest, key_digest] = texts;
    Ok(Transaction {
        id: identifier(id)?.into(),
        request: identifier(request)?.into(),
        state: identifier(state)?,
        nonce: identifier(nonce)?,
        policy: policy.try_into().map_err(|_| StoreError::Malformed("policy"))?,
        policy_digest: policy_digest.parse().map_err(|_| StoreError::Malformed("policy digest"))?,
        key_digest: key_digest.parse().map_err(|_| StoreError::Malformed("key digest"))?,
        key_use,
        made_at,
        expires_at,
        keep_until,
        match_code,
        response_key: None,
        reference: None,
        redirect: None,
        outcome: outcome(ended)?,
    })
}

fn outcome(ended: &Ended) -> Result<Outcome, StoreError> {
    match ended.status.as_str() {
        "pending" => Ok(Outcome::Pending),
        "declined" => Ok(Outcome::Declined),
        "passed" => Ok(Outcome::Passed {
            revealed: ended.revealed.as_deref().map_or(Ok(BTreeMap::new()), |text| json(text, "revealed"))?,
            receipt: receipt(ended)?,
        }),
        "refused" => Ok(Outcome::Refused { reason: reason(ended)?, receipt: receipt(ended)? }),
        _ => Err(StoreError::Malformed("status")),
    }
}

fn receipt(ended: &Ended) -> Result<Receipt, StoreError> {
    json(ended.receipt.as_deref().ok_or(StoreError::Malformed("receipt"))?, "receipt")
}

fn reason(ended: &Ended) -> Result<Reason, StoreError> {
    let word = ended.reason.clone().ok_or(StoreError::Malformed("reason"))?;
    serde_json::from_value(word.into()).map_err(|_| StoreError::Malformed("reason"))
}

pub(super) fn json<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Malformed(what))
}

fn identifier(text: String) -> Result<Nonce, StoreError> {
    text.try_into().map_err(|_| StoreError::Malformed("identifier"))
}
