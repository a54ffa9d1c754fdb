//! From rows to transactions.

use std::collections::BTreeMap;

use ledger::record::KeyUse;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{Nonce, Reason, Receipt};
use rusqlite::Row;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{Outcome, StoreError, Transaction};

/// In the order that [`transaction`] reads.
pub(super) const COLUMNS: &str = "transactions.id, request, state, nonce, policy, policy_digest, key_digest, \
     development, made_at, expires_at, keep_until, match_code, status, reason, revealed, receipts.body, response_key";

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
    Ok(assembled.and_then(|transaction| Ok(Transaction { response_key: response_key(key)?, ..transaction })))
}

fn response_key(bytes: Option<Vec<u8>>) -> Result<Option<ResponseKey>, StoreError> {
    let Some(bytes) = bytes.map(Zeroizing::new) else { return Ok(None) };
    let key = <&[u8; 32]>::try_from(bytes.as_slice()).ok().and_then(ResponseKey::from_bytes);
    key.map(Some).ok_or(StoreError::Malformed("response key"))
}

/// The columns that say how it ended.
struct Ended {
    status: String,
    reason: Option<String>,
    revealed: Option<String>,
    receipt: Option<String>,
}

fn assemble(
    texts: [String; 7],
    key_use: KeyUse,
    [made_at, expires_at, keep_until]: [u64; 3],
    match_code: String,
    ended: &Ended,
) -> Result<Transaction, StoreError> {
    let [id, request, state, nonce, policy, policy_digest, key_digest] = texts;
    Ok(Transaction {
        id: word(id)?.into(),
        request: word(request)?.into(),
        state: word(state)?,
        nonce: word(nonce)?,
        policy: policy.try_into().map_err(|_| StoreError::Malformed("policy"))?,
        policy_digest: policy_digest.parse().map_err(|_| StoreError::Malformed("policy digest"))?,
        key_digest: key_digest.parse().map_err(|_| StoreError::Malformed("key digest"))?,
        key_use,
        made_at,
        expires_at,
        keep_until,
        match_code,
        response_key: None,
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

fn word(text: String) -> Result<Nonce, StoreError> {
    text.try_into().map_err(|_| StoreError::Malformed("identifier"))
}
