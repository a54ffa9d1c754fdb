//! Making, finding, fetching and cancelling requests, and forgetting what the policy promised not to keep.

use std::collections::HashMap;

use deadpool_postgres::{Client, GenericClient};
use futures_util::future::try_join_all;
use openid4vc::vp::Nonce;
use tokio_postgres::Row;
use zeroize::Zeroizing;

use super::super::audit::{AuditAction, AuditEvent};
use super::super::requests::{MAX_FETCHES, REVEALED_KEPT_S};
use super::super::transaction::{COLUMNS, Ended, FromProgram, assemble, response_key};
use super::{
    AnswerTo, Attempt, PostgresStore, RequestId, StoreError, Transaction, TransactionId, lists, signed,
    unsigned,
};
use crate::relying_party::Reference;

impl PostgresStore {
    pub(super) async fn insert_all(
        &self,
        client: &mut Client,
        attempt: Attempt,
        transactions: &[Transaction],
    ) -> Result<(), StoreError> {
        let writes = client.transaction().await?;
        if let (Attempt::AfterLostCommit, Some(first)) = (attempt, transactions.first())
            && is_known(&writes, &first.id).await?
        {
            return Ok(());
        }
        let nothing = Beside::default();
        try_join_all(transactions.iter().map(|transaction| insert(&writes, transaction, &nothing))).await?;
        self.commit(writes).await
    }

    pub(super) async fn insert_asked(
        &self,
        client: &mut Client,
        attempt: Attempt,
        transaction: &Transaction,
        by: &str,
    ) -> Result<(), StoreError> {
        let writes = client.transaction().await?;
        if attempt == Attempt::AfterLostCommit && is_known(&writes, &transaction.id).await? {
            return Ok(());
        }
        insert(&writes, transaction, &Beside { by: Some(by), ..Beside::default() }).await?;
        note_request(&writes, transaction, by).await?;
        self.commit(writes).await
    }

    /// One that is gone after a lost commit was deleted by it: identifiers are drawn at random, and nothing that is pending
    /// is old enough to be forgotten.
    pub(super) async fn cancel_one(
        &self,
        client: &mut Client,
        attempt: Attempt,
        id: &TransactionId,
        note: &AuditEvent<'_>,
    ) -> Result<bool, StoreError> {
        let writes = client.transaction().await?;
        let cancel = "DELETE FROM transactions WHERE id = $1 AND status = 'pending'";
        if writes.execute(cancel, &[&id.as_str()]).await? == 0 {
            return Ok(attempt == Attempt::AfterLostCommit && !is_known(&writes, id).await?);
        }
        lists::note(&writes, note).await?;
        self.commit(writes).await?;
        Ok(true)
    }

    /// One process at a time; what another one forgets now need not be looked for.
    pub(super) async fn forget_old(&self, client: &mut Client, now: u64) -> Result<usize, StoreError> {
        let now = signed(now)?;
        let writes = client.transaction().await?;
        let alone: bool =
            writes.query_one("SELECT pg_try_advisory_xact_lock($1)", &[&FORGETTING]).await?.try_get(0)?;
        if !alone {
            return Ok(0);
        }
        let revealed =
            "UPDATE transactions SET revealed = NULL WHERE revealed IS NOT NULL AND expires_at < $1";
        writes.execute(revealed, &[&now.saturating_sub(signed(REVEALED_KEPT_S)?)]).await?;
        let keys =
            "UPDATE transactions SET response_key = NULL WHERE response_key IS NOT NULL AND expires_at < $1";
        writes.execute(keys, &[&now]).await?;
        let offline = "DELETE FROM offline WHERE keep_until < $1 AND text IS NULL";
        let offline = writes.execute(offline, &[&now]).await?;
        let online = writes.execute("DELETE FROM transactions WHERE keep_until < $1", &[&now]).await?;
        self.commit(writes).await?;
        Ok(usize::try_from(offline + online).unwrap_or(usize::MAX))
    }
}

pub(super) async fn note_request(
    client: &impl GenericClient,
    transaction: &Transaction,
    who: &str,
) -> Result<(), StoreError> {
    let number = transaction.id.number();
    let note = AuditEvent {
        time: transaction.made_at,
        who,
        act: AuditAction::CreatedRequest,
        matter: Some(&transaction.policy),
        number: Some(&number),
    };
    lists::note(client, &note).await
}

pub(super) async fn is_known(client: &impl GenericClient, id: &TransactionId) -> Result<bool, StoreError> {
    let known = "SELECT EXISTS (SELECT 1 FROM transactions WHERE id = $1)";
    Ok(client.query_one(known, &[&id.as_str()]).await?.try_get(0)?)
}

/// What is kept beside a new transaction.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// Who made it; `None` for a program.
    pub(super) by: Option<&'a str>,
    /// The program's key, and what it asked with it.
    pub(super) once: Option<(String, String)>,
    /// When a program is to be told of its end at the latest, unix seconds.
    pub(super) notify_at: Option<i64>,
}

/// `false` if the program's key was used before; nothing is kept then.
pub(super) async fn insert(
    client: &impl GenericClient,
    t: &Transaction,
    beside: &Beside<'_>,
) -> Result<bool, StoreError> {
    let keep = "INSERT INTO transactions (id, request, state, nonce, policy, policy_digest, key_digest, development, \
                made_at, expires_at, keep_until, match_code, response_key, kid, asked_by, reference, return_to, response_code, \
                idempotency_key, asked, notify_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) \
                ON CONFLICT (idempotency_key) DO NOTHING";
    let keep = client.prepare_cached(keep).await?;
    let key = t.response_key.as_ref().map(|key| Zeroizing::new(key.to_bytes().to_vec()));
    let key: Option<&[u8]> = key.as_ref().map(|key| key.as_slice());
    let kid = t.response_key.as_ref().and_then(|key| key.public().kid);
    let (once_key, asked) = beside.once.as_ref().map(|(key, asked)| (key, asked)).unzip();
    let redirect = t.redirect.as_ref();
    let (policy_digest, key_digest) = (t.policy_digest.to_string(), t.key_digest.to_string());
    let inserted = client
        .execute(
            &keep,
            &[
                &t.id.as_str(),
                &t.request.as_str(),
                &t.state.as_str(),
                &t.nonce.as_str(),
                &t.policy.as_str(),
                &policy_digest,
                &key_digest,
                &bool::from(t.key_use),
                &signed(t.made_at)?,
                &signed(t.expires_at)?,
                &signed(t.keep_until)?,
                &t.match_code,
                &key,
                &kid,
                &beside.by,
                &t.reference.as_ref().map(Reference::as_str),
                &redirect.map(|redirect| redirect.to.as_str()),
                &redirect.map(|redirect| redirect.response_code.as_str()),
                &once_key,
                &asked,
                &beside.notify_at,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// `column` is a name of ours, never from outside.
pub(super) async fn find(
    client: &Client,
    column: &'static str,
    value: &str,
) -> Result<Option<Transaction>, StoreError> {
    let query = format!(
        "SELECT {COLUMNS}, kid FROM transactions LEFT JOIN receipts ON answered = transactions.id WHERE {column} = $1"
    );
    let query = client.prepare_cached(&query).await?;
    client.query_opt(&query, &[&value]).await?.as_ref().map(transaction).transpose()
}

/// All of them in one question to the server.
pub(super) async fn answered_by(
    client: &Client,
    answers: &[AnswerTo<'_>],
) -> Result<Vec<Option<Transaction>>, StoreError> {
    let (mut states, mut kids) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            AnswerTo::State(state) => states.push(state.as_str()),
            // PostgreSQL's texts have no zero character, and no name of ours has one.
            AnswerTo::Kid(kid) if !kid.contains('\0') => kids.push(*kid),
            AnswerTo::Kid(_) => {}
        }
    }
    let query = format!(
        "SELECT {COLUMNS}, kid FROM transactions LEFT JOIN receipts ON answered = transactions.id \
         WHERE state = ANY ($1) OR kid = ANY ($2)"
    );
    let query = client.prepare_cached(&query).await?;
    let (mut by_state, mut by_kid) = (HashMap::new(), HashMap::new());
    for row in client.query(&query, &[&states, &kids]).await? {
        let found = transaction(&row)?;
        if let Some(kid) = row.try_get::<_, Option<String>>("kid")? {
            by_kid.insert(kid, found.clone());
        }
        by_state.insert(found.state.as_str().to_owned(), found);
    }
    let found = answers.iter().map(|answer| match answer {
        AnswerTo::State(state) => by_state.get(state.as_str()).cloned(),
        AnswerTo::Kid(kid) => by_kid.get(*kid).cloned(),
    });
    Ok(found.collect())
}

pub(super) async fn fetch(
    client: &Client,
    request: &RequestId,
    wallet_nonce: Option<&Nonce>,
) -> Result<bool, StoreError> {
    let most = i32::try_from(MAX_FETCHES).unwrap_or(i32::MAX);
    if let Some(nonce) = wallet_nonce {
        let own = "UPDATE transactions SET wallet_nonce = $2, wallet_fetches = wallet_fetches + 1 WHERE request = $1 \
                   AND status = 'pending' AND coalesce(wallet_nonce, $2) = $2 AND wallet_fetches < $3";
        let own = client.prepare_cached(own).await?;
        if client.execute(&own, &[&request.as_str(), &nonce.as_str(), &most]).await? == 1 {
            return Ok(true);
        }
    }
    let others = "UPDATE transactions SET fetches = fetches + 1 WHERE request = $1 AND status = 'pending' AND fetches < $2";
    let others = client.prepare_cached(others).await?;
    Ok(client.execute(&others, &[&request.as_str(), &most]).await? == 1)
}

pub(super) async fn asker(client: &Client, id: &TransactionId) -> Result<Option<String>, StoreError> {
    let found = client.query_opt("SELECT asked_by FROM transactions WHERE id = $1", &[&id.as_str()]).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?.flatten())
}

pub(super) fn transaction(row: &Row) -> Result<Transaction, StoreError> {
    let mut texts: [String; 7] = Default::default();
    for (column, text) in texts.iter_mut().enumerate() {
        *text = row.try_get(column)?;
    }
    let development: bool = row.try_get(7)?;
    let times = [unsigned(row.try_get(8)?)?, unsigned(row.try_get(9)?)?, unsigned(row.try_get(10)?)?];
    let ended = Ended {
        status: row.try_get(12)?,
        reason: row.try_get(13)?,
        revealed: row.try_get(14)?,
        receipt: row.try_get(15)?,
    };
    let found = assemble(texts, development.into(), times, row.try_get(11)?, &ended)?;
    let program = FromProgram {
        reference: row.try_get(17)?,
        return_to: row.try_get(18)?,
        response_code: row.try_get(19)?,
    };
    let redirect = program.redirect()?;
    let reference = program.reference()?;
    Ok(Transaction { response_key: response_key(row.try_get(16)?)?, reference, redirect, ..found })
}

/// Held by the process that forgets.
const FORGETTING: i64 = 0x796f_6e67_0001_7003;
