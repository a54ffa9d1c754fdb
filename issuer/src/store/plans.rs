//! Signed batches: written before they are sent, settled when the ledger has answered.

use circuits::schema::SchemaId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::credentials::{CredentialId, CredentialState};
use crate::person::PersonId;

/// Row number of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlanId(pub(crate) i64);

/// A plan that has no answer yet.
pub(crate) struct Pending {
    /// JSON array of signed entries, to be sent as they are.
    pub(crate) entries: String,
    /// Which entry commits credentials, if any.
    pub(crate) commit_at: Option<usize>,
}

/// What a plan does to a credential that exists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlannedChange<'a> {
    pub(crate) credential: CredentialId,
    pub(crate) state: CredentialState,
    pub(crate) reason: &'a str,
    /// Whether staff takes it away.
    pub(crate) withdrawn: bool,
}

/// A new plan.
pub(crate) struct NewPlan<'a> {
    /// JSON array of signed entries.
    pub(crate) entries: &'a str,
    /// Which of them commits credentials, if any.
    pub(crate) commit_at: Option<usize>,
    /// Identifier of the record that commits.
    pub(crate) commit_id: Option<&'a str>,
    /// Identifier of the record that changes credentials which exist.
    pub(crate) status_id: Option<&'a str>,
}

/// Writes a plan.
pub(crate) fn insert(db: &Connection, plan: &NewPlan<'_>, at: u64) -> Result<PlanId, StoreError> {
    let sql = "INSERT INTO plans (entries, commit_at, commit_id, status_id, state, at)
        VALUES (?, ?, ?, ?, 'pending', ?)";
    let NewPlan { entries, commit_at, commit_id, status_id } = plan;
    db.prepare_cached(sql)?.execute(params![entries, commit_at, commit_id, status_id, at])?;
    Ok(PlanId(db.last_insert_rowid()))
}

/// Whether a record of this identifier was planned here.
pub(crate) fn is_known(db: &Connection, record: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM plans WHERE commit_id = ?1)
        OR EXISTS (SELECT 1 FROM plans WHERE status_id = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([record], |row| row.get(0))?)
}

/// When a plan was made, Unix seconds.
pub(crate) fn made_at(db: &Connection, plan: PlanId) -> Result<u64, StoreError> {
    Ok(db.prepare_cached("SELECT at FROM plans WHERE id = ?")?.query_row([plan.0], |row| row.get(0))?)
}

/// Adds a change of an existing credential to a plan.
pub(crate) fn change(db: &Connection, plan: PlanId, change: &PlannedChange<'_>) -> Result<(), StoreError> {
    let sql = "INSERT INTO changes (plan, credential, state, reason, withdrawn) VALUES (?, ?, ?, ?, ?)";
    let row = params![plan.0, change.credential.0, change.state.as_str(), change.reason, change.withdrawn];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// The plan about this person's credential that has no answer yet, if any.
pub(crate) fn pending_for(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Option<PlanId>, StoreError> {
    unanswered(db, person, Some(schema))
}

/// A plan about a person, whatever the schema, that has no answer yet.
pub(crate) fn pending_of(db: &Connection, person: &PersonId) -> Result<Option<PlanId>, StoreError> {
    unanswered(db, person, None)
}

fn unanswered(
    db: &Connection,
    person: &PersonId,
    schema: Option<&SchemaId>,
) -> Result<Option<PlanId>, StoreError> {
    let sql = "SELECT p.id FROM credentials c JOIN plans p ON p.id = c.plan
            WHERE c.person = ?1 AND c.schema = coalesce(?2, c.schema) AND p.state = 'pending'
        UNION SELECT p.id FROM credentials c JOIN changes h ON h.credential = c.id JOIN plans p ON p.id = h.plan
            WHERE c.person = ?1 AND c.schema = coalesce(?2, c.schema) AND p.state = 'pending' LIMIT 1";
    let key = params![person.as_str(), schema.map(SchemaId::as_str)];
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0).map(PlanId)).optional()?)
}

/// All plans made by `until` that have no answer yet, oldest first.
pub(crate) fn all_pending(db: &Connection, until: u64) -> Result<Vec<PlanId>, StoreError> {
    let mut query =
        db.prepare_cached("SELECT id FROM plans WHERE state = 'pending' AND at <= ? ORDER BY id")?;
    let ids = query.query_map([until], |row| row.get(0).map(PlanId))?.collect::<Result<_, _>>()?;
    Ok(ids)
}

/// What to send, if the plan has no answer yet.
pub(crate) fn pending(db: &Connection, plan: PlanId) -> Result<Option<Pending>, StoreError> {
    let sql = "SELECT entries, commit_at FROM plans WHERE id = ? AND state = 'pending'";
    let read = |row: &rusqlite::Row<'_>| Ok(Pending { entries: row.get(0)?, commit_at: row.get(1)? });
    Ok(db.prepare_cached(sql)?.query_row([plan.0], read).optional()?)
}

/// Puts the same records, signed anew, in the place of what the ledger refused.
pub(crate) fn replace_entries(db: &Connection, plan: PlanId, entries: &str) -> Result<(), StoreError> {
    let sql = "UPDATE plans SET entries = ? WHERE id = ? AND state = 'pending'";
    db.prepare_cached(sql)?.execute(params![entries, plan.0])?;
    Ok(())
}

/// The ledger has the plan: changes take effect, then planned credentials become active. A second time does nothing.
pub(crate) fn land(db: &Connection, plan: PlanId, landed: Option<Landed>) -> Result<(), StoreError> {
    if outcome_of(db, plan)?.is_some() {
        return Ok(());
    }
    db.prepare_cached(
        "UPDATE credentials SET state = h.state, reason = h.reason, withdrawn = h.withdrawn
            FROM changes h WHERE h.credential = credentials.id AND h.plan = ?",
    )?
    .execute([plan.0])?;
    if let Some(at) = landed {
        db.prepare_cached(
            "UPDATE credentials SET state = 'active', position = ?2 + place, entry = ?3
                WHERE plan = ?1 AND state = 'planned'",
        )?
        .execute(params![plan.0, at.first_position, at.entry])?;
    }
    close(db, plan, "landed", None)
}

/// Where a commit record landed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Landed {
    /// Position of its first leaf.
    pub(crate) first_position: u64,
    /// Its index in the log.
    pub(crate) entry: u64,
}

/// How a plan ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PlanOutcome {
    /// The ledger has it.
    Landed,
    /// The ledger refused it, for this reason.
    Refused(String),
}

/// How a plan ended; `None` while it has no answer.
pub(crate) fn outcome_of(db: &Connection, plan: PlanId) -> Result<Option<PlanOutcome>, StoreError> {
    let sql = "SELECT state, refusal FROM plans WHERE id = ?";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?));
    let (state, refusal) = db.prepare_cached(sql)?.query_row([plan.0], read)?;
    Ok(match state.as_str() {
        "landed" => Some(PlanOutcome::Landed),
        "refused" => Some(PlanOutcome::Refused(refusal.unwrap_or_default())),
        _ => None,
    })
}

/// The ledger refused the plan: nothing of it happened. A plan that another thread saw land stays landed.
pub(crate) fn refuse(db: &Connection, plan: PlanId, why: &str) -> Result<(), StoreError> {
    if outcome_of(db, plan)?.is_some() {
        return Ok(());
    }
    db.prepare_cached("DELETE FROM credentials WHERE plan = ? AND state = 'planned'")?.execute([plan.0])?;
    db.prepare_cached("DELETE FROM changes WHERE plan = ?")?.execute([plan.0])?;
    close(db, plan, "refused", Some(why))
}

fn close(db: &Connection, plan: PlanId, state: &str, refusal: Option<&str>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE plans SET state = ?2, refusal = ?3 WHERE id = ?1 AND state = 'pending'")?
        .execute(params![plan.0, state, refusal])?;
    Ok(())
}
