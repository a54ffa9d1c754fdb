//! Which bundle has the shares of a person's secret; a record has the newest that its wallet told.

use circuits::schema::SchemaId;
use ledger::record::BundleId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use crate::person::PersonId;

/// What keeping a bundle did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BundleWrite {
    /// The record had none, or another.
    Written,
    /// It was there already.
    Same,
}

/// Keeps a bundle beside a person's record, in place of an earlier one.
pub(crate) fn keep(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    bundle: &BundleId,
    at: u64,
) -> Result<BundleWrite, StoreError> {
    let sql = "INSERT INTO bundles (person, schema, bundle, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET schema = ?2, bundle = ?3, at = ?4 WHERE bundle <> ?3";
    let row = params![person.as_str(), schema.as_str(), bundle.to_string(), at];
    let changed = db.prepare_cached(sql)?.execute(row)?;
    Ok(if changed == 0 { BundleWrite::Same } else { BundleWrite::Written })
}

/// The newest bundle of a person.
pub(crate) fn of(db: &Connection, person: &PersonId) -> Result<Option<BundleId>, StoreError> {
    let sql = "SELECT bundle FROM bundles WHERE person = ?";
    let text: Option<String> =
        db.prepare_cached(sql)?.query_row([person.as_str()], |row| row.get(0)).optional()?;
    text.map(|text| text.parse().map_err(|_| StoreError::Damaged("a bundle's name"))).transpose()
}

/// Forgets the bundle of a person who has ended.
pub(crate) fn forget(db: &Connection, person: &PersonId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM bundles WHERE person = ?")?.execute([person.as_str()])?;
    Ok(())
}
