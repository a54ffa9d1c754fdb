//! Making, finding and fetching requests, and forgetting what the policy promised not to keep.

use openid4vc::vp::Nonce;
use rusqlite::{Connection, OptionalExtension, params};

use super::open::commit;
use super::transaction::{COLUMNS, transaction};
use super::{Database, RequestId, StoreError, Transaction, TransactionId};
use crate::relying_party::Reference;

impl Database {
    /// Keeps new, pending transactions, all or none.
    pub(super) fn insert_batch(&mut self, transactions: &[Transaction]) -> Result<(), StoreError> {
        let writes = self.connection.transaction()?;
        transactions.iter().try_for_each(|transaction| insert(&writes, transaction))?;
        Ok(commit(writes, self.faults)?)
    }

    /// By the counter's identifier.
    pub(super) fn transaction(&self, id: &TransactionId) -> Result<Option<Transaction>, StoreError> {
        self.find("transactions.id", id.as_str())
    }
    /// By the wallet's `state`.
    pub(super) fn by_state(&self, state: &Nonce) -> Result<Option<Transaction>, StoreError> {
        self.find("state", state.as_str())
    }
    /// By the name of the key that a response is encrypted to.
    pub(super) fn by_kid(&self, kid: &str) -> Result<Option<Transaction>, StoreError> {
        self.find("kid", kid)
    }
    /// By the request object's identifier.
    pub(super) fn by_request(&self, request: &RequestId) -> Result<Option<Transaction>, StoreError> {
        self.find("request", request.as_str())
    }

    /// Counts a fetch of the request object; `false` if it was fetched too often or is answered. The first wallet that
    /// sends a nonce has a count of its own, which nobody else can use up: nobody else knows the nonce.
    pub(super) fn fetch(
        &mut self,
        request: &RequestId,
        wallet_nonce: Option<&Nonce>,
    ) -> Result<bool, StoreError> {
        if let Some(nonce) = wallet_nonce {
            let own = "UPDATE transactions SET wallet_nonce = ?2, wallet_fetches = wallet_fetches + 1 WHERE request = ?1 \
                       AND status = 'pending' AND coalesce(wallet_nonce, ?2) = ?2 AND wallet_fetches < ?3";
            let counted =
                self.connection.execute(own, params![request.as_str(), nonce.as_str(), MAX_FETCHES])?;
            if counted == 1 {
                return Ok(true);
            }
        }
        let others = "UPDATE transactions SET fetches = fetches + 1 WHERE request = ?1 AND status = 'pending' AND fetches < ?2";
        Ok(self.connection.execute(others, params![request.as_str(), MAX_FETCHES])? == 1)
    }

    /// `column` is one of the names above, never from outside.
    pub(super) fn find(&self, column: &'static str, value: &str) -> Result<Option<Transaction>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM transactions LEFT JOIN receipts ON answered = transactions.id WHERE {column} = ?1"
        );
        let found =
            self.connection.prepare_cached(&query)?.query_row(params![value], transaction).optional()?;
        found.transpose()
    }
}

pub(super) fn insert(writes: &Connection, t: &Transaction) -> Result<(), StoreError> {
    let keep = "INSERT INTO transactions (id, request, state, nonce, policy, policy_digest, key_digest, development, \
                made_at, expires_at, keep_until, match_code, response_key, kid, reference, return_to, response_code) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    writes.prepare_cached(keep)?.execute(params![
        t.id.as_str(),
        t.request.as_str(),
        t.state.as_str(),
        t.nonce.as_str(),
        t.policy.as_str(),
        t.policy_digest.to_string(),
        t.key_digest.to_string(),
        bool::from(t.key_use),
        t.made_at,
        t.expires_at,
        t.keep_until,
        t.match_code,
        t.response_key.as_ref().map(|key| key.to_bytes().to_vec()),
        t.response_key.as_ref().and_then(|key| key.public().kid),
        t.reference.as_ref().map(Reference::as_str),
        t.redirect.as_ref().map(|redirect| redirect.to.as_str()),
        t.redirect.as_ref().map(|redirect| redirect.response_code.as_str()),
    ])?;
    Ok(())
}

impl Database {
    /// Wipes keys of requests that expired and revealed attributes an hour after their request expired, and deletes
    /// transactions with their receipts at the end of the policy's retention; what an offline counter accepted, not before
    /// the service has it. Uses of pseudonyms stay. Returns how many transactions and answers without a network were deleted.
    pub(super) fn forget(&mut self, now: u64) -> Result<usize, StoreError> {
        self.connection.execute(
            "UPDATE transactions SET revealed = NULL WHERE revealed IS NOT NULL AND expires_at < ?1",
            params![now.saturating_sub(REVEALED_KEPT_S)],
        )?;
        self.connection.execute(
            "UPDATE transactions SET response_key = NULL WHERE response_key IS NOT NULL AND expires_at < ?1",
            params![now],
        )?;
        let offline = "DELETE FROM offline WHERE keep_until < ?1 AND text IS NULL";
        let offline = self.connection.execute(offline, params![now])?;
        let online =
            self.connection.execute("DELETE FROM transactions WHERE keep_until < ?1", params![now])?;
        Ok(offline + online)
    }
}

/// How often one request object is given out: each time it is signed anew. A wallet needs it once, and again when the
/// network failed it; how often one address may ask is counted before.
pub(super) const MAX_FETCHES: u32 = 256;
/// Seconds that revealed attributes stay readable at the counter.
pub(super) const REVEALED_KEPT_S: u64 = 3600;
