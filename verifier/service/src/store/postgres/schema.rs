//! The tables, their version, and who the database belongs to.

use deadpool_postgres::Client;
use tokio_postgres::Transaction;

use super::{StoreError, signed};

/// Makes the tables, or brings them to this program's version; one process at a time, the others wait and find it done.
pub(super) async fn prepare(client: &mut Client) -> Result<(), StoreError> {
    let making = client.transaction().await?;
    making.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let found = version(&making).await?;
    let steps = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let steps = steps.ok_or(StoreError::Newer { found, known: VERSION })?;
    for step in steps {
        making.batch_execute(step).await?;
    }
    making.execute("UPDATE counter SET version = $1 WHERE version <> $1", &[&VERSION]).await?;
    Ok(making.commit().await?)
}

/// 0 where there are no tables.
async fn version(making: &Transaction<'_>) -> Result<i64, StoreError> {
    let known: bool = making.query_one("SELECT to_regclass('counter') IS NOT NULL", &[]).await?.try_get(0)?;
    if !known {
        return Ok(0);
    }
    Ok(making.query_one("SELECT version FROM counter", &[]).await?.try_get(0)?)
}

/// Begins a write and takes it back.
pub(super) async fn try_write(client: &mut Client) -> Result<(), StoreError> {
    let writes = client.transaction().await?;
    writes.batch_execute("SET LOCAL lock_timeout = '1s'; UPDATE counter SET version = version").await?;
    Ok(writes.rollback().await?)
}

/// See [`super::CounterStore::ask_as`].
pub(super) async fn ask_as(client: &mut Client, identity: &str, now: u64) -> Result<(), StoreError> {
    let writes = client.transaction().await?;
    let row = writes.query_one("SELECT identity FROM counter FOR UPDATE", &[]).await?;
    let theirs: Option<String> = row.try_get(0)?;
    if theirs.as_deref() == Some(identity) {
        return Ok(());
    }
    let open = "SELECT EXISTS (SELECT 1 FROM transactions WHERE status = 'pending' AND expires_at >= $1)";
    let open: bool = writes.query_one(open, &[&signed(now)?]).await?.try_get(0)?;
    match theirs {
        Some(theirs) if open => Err(StoreError::OtherCounter { theirs, ours: identity.to_owned() }),
        _ => {
            writes.execute("UPDATE counter SET identity = $1", &[&identity]).await?;
            Ok(writes.commit().await?)
        }
    }
}

/// Two processes that open a new database at once: an arbitrary number that no other program of ours uses.
const LOCK: i64 = 0x796f_6e67_0000_7003;
/// What makes version n + 1 from version n; a new database starts at 0.
const STEPS: [&str; VERSION as usize] = [TABLES];
/// The version after all of them.
pub(super) const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE counter (
    one         smallint PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    version     bigint NOT NULL,
    -- Under which name and address the processes ask.
    identity    text
);
INSERT INTO counter (version) VALUES (1);
CREATE TABLE transactions (
    id              text COLLATE \"C\" PRIMARY KEY,
    request         text COLLATE \"C\" NOT NULL UNIQUE,
    state           text COLLATE \"C\" NOT NULL UNIQUE,
    nonce           text COLLATE \"C\" NOT NULL UNIQUE,
    policy          text NOT NULL,
    policy_digest   text NOT NULL,
    key_digest      text NOT NULL,
    development     boolean NOT NULL,
    made_at         bigint NOT NULL,
    expires_at      bigint NOT NULL,
    keep_until      bigint NOT NULL,
    match_code      text NOT NULL,
    fetches         integer NOT NULL DEFAULT 0,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'passed', 'refused', 'declined')),
    reason          text,
    revealed        text,
    response_key    bytea,
    kid             text COLLATE \"C\" UNIQUE,
    asked_by        text,
    wallet_nonce    text,
    wallet_fetches  integer NOT NULL DEFAULT 0,
    -- What a program calls it, and where its wallet is sent back to.
    reference       text,
    return_to       text,
    response_code   text,
    -- SHA-256 of the program's key, and of what it asked with it.
    idempotency_key text COLLATE \"C\" UNIQUE,
    asked           text,
    -- NULL: nobody is to be told of its end, or somebody was.
    notify_at       bigint,
    notify_attempts integer NOT NULL DEFAULT 0
);
CREATE INDEX transactions_by_age ON transactions (keep_until);
CREATE INDEX transactions_by_notification ON transactions (notify_at) WHERE notify_at IS NOT NULL;
CREATE INDEX transactions_with_revealed ON transactions (expires_at) WHERE revealed IS NOT NULL;
CREATE INDEX transactions_with_key ON transactions (expires_at) WHERE response_key IS NOT NULL;
-- The JSON of a receipt, one for each judged transaction, with what lists of them are read by.
CREATE TABLE receipts (
    id          text COLLATE \"C\" PRIMARY KEY,
    answered    text COLLATE \"C\" NOT NULL UNIQUE REFERENCES transactions (id) ON DELETE CASCADE,
    time        bigint NOT NULL,
    passed      boolean NOT NULL,
    nullifier   text COLLATE \"C\",
    body        text NOT NULL
);
CREATE INDEX receipts_by_time ON receipts (time);
CREATE INDEX receipts_by_nullifier ON receipts (nullifier) WHERE nullifier IS NOT NULL;
-- What shows a receipt to be true, for as long as the receipt is kept.
CREATE TABLE evidence (
    receipt     text COLLATE \"C\" PRIMARY KEY REFERENCES receipts (id) ON DELETE CASCADE,
    body        text NOT NULL
);
-- Never deleted: a use that is forgotten could be repeated.
CREATE TABLE uses (
    publisher   text COLLATE \"C\" NOT NULL,
    scope       text COLLATE \"C\" NOT NULL,
    nullifier   bytea NOT NULL,
    used        bigint NOT NULL,
    PRIMARY KEY (publisher, scope, nullifier)
);
-- Never deleted either.
CREATE TABLE audit (
    entry       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time        bigint NOT NULL,
    who         text NOT NULL,
    act         text NOT NULL,
    matter      text,
    number      text
);
CREATE INDEX audit_by_number ON audit (number);
-- Answers that were made without a network and brought here.
CREATE TABLE offline (
    id          text COLLATE \"C\" PRIMARY KEY,
    answer      bytea NOT NULL,
    counter     text NOT NULL,
    scanned_at  bigint NOT NULL,
    keep_until  bigint NOT NULL,
    time        bigint NOT NULL,
    passed      boolean NOT NULL,
    nullifier   text COLLATE \"C\",
    body        text NOT NULL,
    text        text,
    scanned_by  text
);
CREATE INDEX offline_by_answer ON offline (answer);
CREATE INDEX offline_by_age ON offline (keep_until);
CREATE INDEX offline_by_time ON offline (time);
CREATE INDEX offline_by_nullifier ON offline (nullifier) WHERE nullifier IS NOT NULL;
";
