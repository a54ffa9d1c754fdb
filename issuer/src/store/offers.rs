//! Offers (one use, short-lived, five tries of the `tx_code`), the access tokens that they are redeemed for (one
//! credential each), and notification identifiers.

use std::ops::RangeInclusive;

use circuits::Fr;
use circuits::schema::SchemaId;
use circuits::tree::Position;
use rusqlite::{Connection, OptionalExtension as _, params};
use subtle::ConstantTimeEq as _;

use super::credentials::CredentialId;
use super::people::Enrolment;
use super::{StoreError, decimal};
use crate::person::PersonId;
use crate::tokens::Digest;

/// An offer as it is stored: digests only.
pub(crate) struct NewOffer<'a> {
    pub(crate) offer: Digest,
    pub(crate) code: Digest,
    pub(crate) tx_code: Digest,
    pub(crate) person: &'a PersonId,
    pub(crate) schema: &'a SchemaId,
    pub(crate) expires_at: u64,
    /// Who made it.
    pub(crate) clerk: &'a str,
    /// What becomes of the record's other devices.
    pub(crate) enrolment: Enrolment,
}

/// For whom and what a redeemed offer was.
pub(crate) struct Redeemed {
    pub(crate) person: PersonId,
    pub(crate) schema: SchemaId,
    /// Who made it; offers of older versions do not know.
    pub(crate) clerk: Option<String>,
    /// What becomes of the record's other devices.
    pub(crate) enrolment: Enrolment,
}

/// Why an offer is not redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedeemError {
    /// No such code.
    Unknown,
    /// It was redeemed before.
    Used,
    /// Its time is over.
    Expired,
    /// The `tx_code` is wrong; the try is counted, and so many are left.
    WrongTxCode {
        /// At least one.
        left: u32,
    },
    /// Too many wrong `tx_code`s.
    Locked,
}

/// Writes an offer; earlier ones for the same person and schema die.
pub(crate) fn insert(db: &Connection, offer: &NewOffer<'_>) -> Result<(), StoreError> {
    cancel(db, offer.person, offer.schema)?;
    let sql = "INSERT INTO offers (offer, code, tx_code, person, schema, expires_at, clerk, enrolment)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    db.prepare_cached(sql)?.execute(params![
        offer.offer,
        offer.code,
        offer.tx_code,
        offer.person.as_str(),
        offer.schema.as_str(),
        offer.expires_at,
        offer.clerk,
        offer.enrolment.as_str(),
    ])?;
    Ok(())
}

/// For whom and what an offer is that can still be redeemed.
pub(crate) fn open(db: &Connection, offer: &Digest, now: u64) -> Result<Option<Redeemed>, StoreError> {
    let sql = "SELECT person, schema, clerk, enrolment FROM offers
        WHERE offer = ? AND expires_at >= ? AND redeemed = 0 AND attempts < ?";
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<TokenColumns> { row.try_into() };
    let key = params![offer, now, MAX_ATTEMPTS];
    db.prepare_cached(sql)?.query_row(key, read).optional()?.map(redeemed).transpose()
}

/// Redeems a code. Run in a write transaction that is committed also for refusals, so that tries are counted.
pub(crate) fn redeem(
    db: &Connection,
    code: &Digest,
    tx_code: &Digest,
    now: u64,
) -> Result<Result<Redeemed, RedeemError>, StoreError> {
    let Some(stored) = find(db, code)? else { return Ok(Err(RedeemError::Unknown)) };
    if let Err(refused) = stored.open(now) {
        return Ok(Err(refused));
    }
    if !bool::from(tx_code.ct_eq(&stored.tx_code)) {
        db.prepare_cached("UPDATE offers SET attempts = attempts + 1 WHERE code = ?")?.execute([code])?;
        let left = MAX_ATTEMPTS.saturating_sub(stored.attempts.saturating_add(1));
        return Ok(Err(if left == 0 { RedeemError::Locked } else { RedeemError::WrongTxCode { left } }));
    }
    db.prepare_cached("UPDATE offers SET redeemed = 1 WHERE code = ?")?.execute([code])?;
    Ok(Ok(stored.redeemed))
}

/// How far an offer has come, as the pages shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nobody has redeemed it yet.
    Waiting,
    /// A wallet has redeemed it and asks for the credential.
    Redeemed,
    /// The wallet has the credential.
    Received,
    /// Too many wrong numbers.
    Locked,
    /// Its time is over, or a newer offer or act has ended it.
    Ended,
}

/// Remembers which token a code was redeemed for.
pub(crate) fn deliver(db: &Connection, code: &Digest, token: &Digest) -> Result<(), StoreError> {
    let sql = "INSERT INTO deliveries (offer, token) SELECT offer, ?2 FROM offers WHERE code = ?1
        ON CONFLICT DO UPDATE SET token = ?2";
    db.prepare_cached(sql)?.execute(params![code, token])?;
    Ok(())
}

/// How far an offer has come.
pub(crate) fn progress(db: &Connection, offer: &Digest, now: u64) -> Result<Progress, StoreError> {
    let sql = "SELECT o.redeemed, o.attempts, o.expires_at, t.holder IS NOT NULL FROM offers o
        LEFT JOIN deliveries d ON d.offer = o.offer LEFT JOIN tokens t ON t.token = d.token WHERE o.offer = ?";
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(bool, u32, u64, bool)> { row.try_into() };
    let stored = db.prepare_cached(sql)?.query_row([offer], read).optional()?;
    let Some((redeemed, attempts, expires_at, received)) = stored else { return Ok(Progress::Ended) };
    Ok(match (received, redeemed) {
        (true, _) => Progress::Received,
        (_, true) => Progress::Redeemed,
        _ if attempts >= MAX_ATTEMPTS => Progress::Locked,
        _ if expires_at < now => Progress::Ended,
        _ => Progress::Waiting,
    })
}

/// Kills offers and tokens of a person, so that nothing granted before a change outlives it.
pub(crate) fn cancel(db: &Connection, person: &PersonId, schema: &SchemaId) -> Result<(), StoreError> {
    let key = params![person.as_str(), schema.as_str()];
    db.prepare_cached("DELETE FROM offers WHERE person = ? AND schema = ?")?.execute(key)?;
    db.prepare_cached("DELETE FROM tokens WHERE person = ? AND schema = ?")?.execute(key)?;
    Ok(())
}

/// Ends offers and tokens of whoever has a credential in force at one of these leaves.
pub(crate) fn cancel_within(db: &Connection, leaves: &RangeInclusive<Position>) -> Result<(), StoreError> {
    for table in ["offers", "tokens"] {
        let sql = format!(
            "DELETE FROM {table} WHERE (person, schema) IN (SELECT person, schema FROM credentials
                WHERE position BETWEEN ? AND ? AND state <> 'revoked')"
        );
        db.prepare_cached(&sql)?.execute([leaves.start().get(), leaves.end().get()])?;
    }
    Ok(())
}

/// Forgets offers and tokens that ended long ago.
pub(crate) fn sweep(db: &Connection, before: u64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM offers WHERE expires_at < ?")?.execute([before])?;
    db.prepare_cached("DELETE FROM deliveries WHERE offer NOT IN (SELECT offer FROM offers)")?.execute([])?;
    db.prepare_cached("DELETE FROM tokens WHERE expires_at < ?")?.execute([before])?;
    Ok(())
}

struct StoredOffer {
    tx_code: Digest,
    expires_at: u64,
    attempts: u32,
    used: bool,
    redeemed: Redeemed,
}

impl StoredOffer {
    /// Whether a `tx_code` is looked at.
    fn open(&self, now: u64) -> Result<(), RedeemError> {
        if self.used {
            return Err(RedeemError::Used);
        }
        if now > self.expires_at {
            return Err(RedeemError::Expired);
        }
        if self.attempts >= MAX_ATTEMPTS { Err(RedeemError::Locked) } else { Ok(()) }
    }
}

type OfferColumns = (Digest, u64, u32, bool, String, String, Option<String>, String);

fn find(db: &Connection, code: &Digest) -> Result<Option<StoredOffer>, StoreError> {
    let sql = "SELECT tx_code, expires_at, attempts, redeemed, person, schema, clerk, enrolment FROM offers WHERE code = ?";
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<OfferColumns> { row.try_into() };
    let Some(row) = db.prepare_cached(sql)?.query_row([code], read).optional()? else { return Ok(None) };
    let (tx_code, expires_at, attempts, used, person, schema, clerk, word) = row;
    let redeemed = redeemed((person, schema, clerk, word))?;
    Ok(Some(StoredOffer { tx_code, expires_at, attempts, used, redeemed }))
}

/// What a token opens.
pub(crate) struct OpenedToken {
    /// For whom and what.
    pub(crate) grant: Redeemed,
}

/// Writes a token.
pub(crate) fn insert_token(
    db: &Connection,
    token: &Digest,
    grant: &Redeemed,
    expires_at: u64,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO tokens (token, person, schema, expires_at, clerk, enrolment) VALUES (?, ?, ?, ?, ?, ?)";
    db.prepare_cached(sql)?.execute(params![
        token,
        grant.person.as_str(),
        grant.schema.as_str(),
        expires_at,
        grant.clerk,
        grant.enrolment.as_str(),
    ])?;
    Ok(())
}

/// Person, schema, clerk and what the enrolment does.
type TokenColumns = (String, String, Option<String>, String);

/// What a token opens, if it is known and its time is not over.
pub(crate) fn open_token(
    db: &Connection,
    token: &Digest,
    now: u64,
) -> Result<Option<OpenedToken>, StoreError> {
    let sql = "SELECT person, schema, clerk, enrolment FROM tokens WHERE token = ? AND expires_at >= ?";
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<TokenColumns> { row.try_into() };
    let found = db.prepare_cached(sql)?.query_row(params![token, now], read).optional()?;
    Ok(found.map(redeemed).transpose()?.map(|grant| OpenedToken { grant }))
}

/// Takes the token for one holder while it is being served, so that of two wallets that come at once one waits for the
/// refusal of the other; false if another has it, or its time is over.
pub(crate) fn claim_token(
    db: &Connection,
    token: &Digest,
    holder: &Fr,
    now: u64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE tokens SET claimed = ?2 WHERE token = ?1 AND expires_at >= ?3
        AND (holder IS NULL OR holder = ?2) AND (claimed IS NULL OR claimed = ?2)";
    Ok(db.prepare_cached(sql)?.execute(params![token, decimal(holder), now])? == 1)
}

/// Gives the token back after a refusal.
pub(crate) fn release_token(db: &Connection, token: &Digest) -> Result<(), StoreError> {
    let sql = "UPDATE tokens SET claimed = NULL WHERE token = ? AND holder IS NULL";
    db.prepare_cached(sql)?.execute([token])?;
    Ok(())
}

/// From now on the token serves this holder only.
pub(crate) fn bind_token(db: &Connection, token: &Digest, holder: &Fr) -> Result<(), StoreError> {
    let row = params![token, decimal(holder)];
    db.prepare_cached("UPDATE tokens SET holder = ?2 WHERE token = ?1 AND holder IS NULL")?.execute(row)?;
    Ok(())
}

/// Remembers which credential a notification will be about.
pub(crate) fn expect_notification(
    db: &Connection,
    id: &Digest,
    credential: CredentialId,
) -> Result<(), StoreError> {
    let row = params![id, credential.0];
    db.prepare_cached("INSERT INTO notifications (id, credential) VALUES (?, ?)")?.execute(row)?;
    Ok(())
}

/// Notes what a wallet did; false if there is no such notification.
pub(crate) fn set_notified(db: &Connection, id: &Digest, event: &str) -> Result<bool, StoreError> {
    let row = params![id, event];
    Ok(db.prepare_cached("UPDATE notifications SET event = ?2 WHERE id = ?1")?.execute(row)? == 1)
}

/// A person from the column.
pub(super) fn person(text: String) -> Result<PersonId, StoreError> {
    text.try_into().map_err(|_| StoreError::Damaged("a person's key"))
}

fn redeemed((person_text, schema_text, clerk, word): TokenColumns) -> Result<Redeemed, StoreError> {
    let enrolment = Enrolment::from_word(&word).ok_or(StoreError::Damaged("what an enrolment does"))?;
    Ok(Redeemed { person: person(person_text)?, schema: schema(schema_text)?, clerk, enrolment })
}

/// A schema from the column.
pub(super) fn schema(text: String) -> Result<SchemaId, StoreError> {
    text.try_into().map_err(|_| StoreError::Damaged("a schema's name"))
}

/// Wrong `tx_code`s until an offer is dead.
pub(crate) const MAX_ATTEMPTS: u32 = 5;
