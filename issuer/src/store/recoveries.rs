//! Requests for the shares of a person's secret, as proposed to a second department. Rows are never deleted.

use circuits::schema::SchemaId;
use ledger::record::BundleId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use super::offers::{person, schema};
use super::plans::PlanId;
use crate::person::PersonId;

/// Row number of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecoveryId(pub(crate) i64);

/// A request. Personal data: no `Debug`.
pub(crate) struct StoredRecovery {
    pub(crate) id: RecoveryId,
    pub(crate) person: PersonId,
    pub(crate) schema: SchemaId,
    /// JSON, as the other department gets it.
    pub(crate) proposal: String,
    /// Who proposed it.
    pub(crate) clerk: String,
    /// When, Unix seconds.
    pub(crate) at: u64,
    /// Whether another took its place, or a reset made it useless.
    pub(crate) ended: bool,
    /// What carries it out, once it is approved and signed.
    pub(crate) plan: Option<PlanId>,
}

/// A new request.
pub(crate) struct NewRecovery<'a> {
    pub(crate) person: &'a PersonId,
    pub(crate) schema: &'a SchemaId,
    pub(crate) bundle: &'a BundleId,
    /// Identifier of the record.
    pub(crate) record: &'a str,
    /// JSON.
    pub(crate) proposal: &'a str,
    pub(crate) clerk: &'a str,
}

/// Writes a request. An earlier one of the same person that was never sent ends.
pub(crate) fn insert(db: &Connection, new: &NewRecovery<'_>, at: u64) -> Result<RecoveryId, StoreError> {
    end_open(db, new.person, at)?;
    let sql = "INSERT INTO recoveries (person, schema, bundle, record, proposal, clerk, at)
        VALUES (?, ?, ?, ?, ?, ?, ?)";
    let NewRecovery { record, proposal, clerk, .. } = new;
    let (person, schema, bundle) = (new.person.as_str(), new.schema.as_str(), new.bundle.to_string());
    db.prepare_cached(sql)?.execute(params![person, schema, bundle, record, proposal, clerk, at])?;
    Ok(RecoveryId(db.last_insert_rowid()))
}

/// Ends what waits about a person and was never sent.
pub(crate) fn end_open(db: &Connection, person: &PersonId, at: u64) -> Result<(), StoreError> {
    let sql = "UPDATE recoveries SET ended = ?2 WHERE person = ?1 AND ended IS NULL AND plan IS NULL";
    db.prepare_cached(sql)?.execute(params![person.as_str(), at])?;
    Ok(())
}

/// The newest request about a person.
pub(crate) fn newest(db: &Connection, person: &PersonId) -> Result<Option<StoredRecovery>, StoreError> {
    let sql = format!("{RECOVERY} WHERE person = ? ORDER BY id DESC LIMIT 1");
    db.prepare_cached(&sql)?.query_row([person.as_str()], |row| Ok(read(row))).optional()?.transpose()
}

/// The request whose record has this identifier.
pub(crate) fn of_record(db: &Connection, record: &str) -> Result<Option<StoredRecovery>, StoreError> {
    let sql = format!("{RECOVERY} WHERE record = ?");
    db.prepare_cached(&sql)?.query_row([record], |row| Ok(read(row))).optional()?.transpose()
}

/// What was sent for a bundle, if anything was that the ledger did not refuse.
pub(crate) fn sent_for(db: &Connection, bundle: &BundleId) -> Result<Option<PlanId>, StoreError> {
    let sql = "SELECT p.id FROM recoveries r JOIN plans p ON p.id = r.plan
        WHERE r.bundle = ? AND p.state <> 'refused' LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([bundle.to_string()], |row| row.get(0).map(PlanId)).optional()?)
}

/// Remembers what carries a request out; false if it is not open any more.
pub(crate) fn set_plan(db: &Connection, id: RecoveryId, plan: PlanId) -> Result<bool, StoreError> {
    let sql = "UPDATE recoveries SET plan = ?2 WHERE id = ?1 AND ended IS NULL AND plan IS NULL";
    Ok(db.prepare_cached(sql)?.execute(params![id.0, plan.0])? == 1)
}

fn read(row: &Row<'_>) -> Result<StoredRecovery, StoreError> {
    Ok(StoredRecovery {
        id: RecoveryId(row.get(0)?),
        person: person(row.get(1)?)?,
        schema: schema(row.get(2)?)?,
        proposal: row.get(3)?,
        clerk: row.get(4)?,
        at: row.get(5)?,
        ended: row.get::<_, Option<u64>>(6)?.is_some(),
        plan: row.get::<_, Option<i64>>(7)?.map(PlanId),
    })
}

const RECOVERY: &str = "SELECT id, person, schema, proposal, clerk, at, ended, plan FROM recoveries";
