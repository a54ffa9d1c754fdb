//! Credentials as granted, with where they stand.

use std::ops::RangeInclusive;

use circuits::Fr;
use circuits::credential::{Credential, DepartmentId, Validity};
use circuits::schema::{Schema, SchemaId, Values};
use circuits::tree::Position;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::{StoreError, decimal, element};
use crate::person::PersonId;
use crate::store::plans::PlanId;

/// Row number of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CredentialId(pub(crate) i64);

/// Where a credential stands on the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialState {
    /// In the tree.
    Active,
    /// Out of the tree for now.
    Suspended,
    /// Out of the tree for good.
    Revoked,
}

/// A credential that landed. Personal data: no `Debug`.
pub(crate) struct HeldCredential {
    pub(crate) id: CredentialId,
    pub(crate) holder: Fr,
    pub(crate) state: CredentialState,
    /// Whether staff took it away (rather than a newer one replacing it).
    pub(crate) withdrawn: bool,
    pub(crate) validity: Validity,
    pub(crate) position: Position,
    pub(crate) entry: u64,
    /// What committed it.
    pub(crate) plan: PlanId,
    salt: Fr,
    attributes: String,
}

/// A credential that a plan is about to commit.
pub(crate) struct PlannedCredential<'a> {
    pub(crate) person: &'a PersonId,
    pub(crate) credential: &'a Credential,
    /// Index within the commit record.
    pub(crate) place: usize,
}

/// What [`read`] reads.
const HELD: &str =
    "SELECT id, holder, state, withdrawn, valid_from, valid_until, position, entry, plan, salt, attributes
    FROM credentials";

/// The newest credential of a person that is in force, or else the newest that landed, if any. All that are in force say
/// the same, each for another device.
pub(crate) fn newest(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Option<HeldCredential>, StoreError> {
    let sql = format!(
        "{HELD} WHERE person = ? AND schema = ? AND state <> 'planned'
        ORDER BY state IN ('active', 'suspended') DESC, id DESC LIMIT 1"
    );
    let key = params![person.as_str(), schema.as_str()];
    first(db, &sql, key)
}

/// Everything that a person holds and that is not revoked, of whatever schema, also one that is not granted any more.
pub(crate) fn in_force_under_any_schema(
    db: &Connection,
    person: &PersonId,
) -> Result<Vec<HeldCredential>, StoreError> {
    let sql = format!("{HELD} WHERE person = ? AND state IN ('active', 'suspended') ORDER BY id");
    all(db, &sql, params![person.as_str()])
}

/// The newest credential of one device that landed, if any.
pub(crate) fn newest_of(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    holder: &Fr,
) -> Result<Option<HeldCredential>, StoreError> {
    let sql = format!(
        "{HELD} WHERE person = ? AND schema = ? AND holder = ? AND state <> 'planned' ORDER BY id DESC LIMIT 1"
    );
    let key = params![person.as_str(), schema.as_str(), decimal(holder)];
    first(db, &sql, key)
}

/// The credentials of a person that are not revoked, the newest first: at most one for each device.
pub(crate) fn in_force(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Vec<HeldCredential>, StoreError> {
    let sql = format!(
        "{HELD} WHERE person = ? AND schema = ? AND state IN ('active', 'suspended') ORDER BY id DESC"
    );
    all(db, &sql, params![person.as_str(), schema.as_str()])
}

/// How many entries of the log, and how many leaves, there were after the newest commitment that is known here.
pub(crate) fn known_until(db: &Connection) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT coalesce(max(entry) + 1, 0), coalesce(max(position) + 1, 0) FROM credentials";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.try_into())?)
}

/// Whether a credential at one of these leaves is known here.
pub(crate) fn is_within(db: &Connection, leaves: &RangeInclusive<Position>) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM credentials WHERE position BETWEEN ? AND ?)";
    let ends = [leaves.start().get(), leaves.end().get()];
    Ok(db.prepare_cached(sql)?.query_row(ends, |row| row.get(0))?)
}

/// Writes where the credentials at these leaves stand on the ledger, as far as they are known here. What is revoked stays
/// as it is, as it does on the ledger.
pub(crate) fn set_state(
    db: &Connection,
    leaves: &RangeInclusive<Position>,
    state: CredentialState,
    reason: &str,
    withdrawn: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE credentials SET state = ?3, reason = ?4, withdrawn = ?5
        WHERE position BETWEEN ?1 AND ?2 AND state <> 'revoked'";
    let (first, last) = (leaves.start().get(), leaves.end().get());
    db.prepare_cached(sql)?.execute(params![first, last, state.as_str(), reason, withdrawn])?;
    Ok(())
}

/// Adds a credential that `plan` commits.
pub(crate) fn plan(db: &Connection, plan: PlanId, planned: &PlannedCredential<'_>) -> Result<(), StoreError> {
    let credential = planned.credential;
    let sql = "INSERT INTO credentials
        (person, schema, holder, attributes, salt, valid_from, valid_until, plan, place, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned')";
    db.prepare_cached(sql)?.execute(params![
        planned.person.as_str(),
        credential.schema.as_str(),
        decimal(&credential.holder),
        attributes_json(&credential.values),
        decimal(&credential.salt),
        credential.validity.from,
        credential.validity.until,
        plan.0,
        planned.place,
    ])?;
    Ok(())
}

/// Attribute values as the store keeps them.
pub(crate) fn attributes_json(values: &Values) -> String {
    serde_json::Value::Object(values.to_json()).to_string()
}

impl HeldCredential {
    /// The credential itself, its values checked against the schema once more.
    pub(crate) fn credential(
        &self,
        issuer: &DepartmentId,
        schema: &Schema,
    ) -> Result<Credential, StoreError> {
        Ok(Credential {
            issuer: issuer.clone(),
            schema: schema.schema.clone(),
            holder: self.holder,
            validity: self.validity,
            salt: self.salt,
            document: None,
            values: stored_values(schema, &self.attributes)?,
        })
    }
    /// Whether the attributes are these.
    pub(crate) fn has(&self, values: &Values) -> bool {
        self.attributes == attributes_json(values)
    }
}

/// Values from their column.
pub(crate) fn stored_values(schema: &Schema, json: &str) -> Result<Values, StoreError> {
    let map = serde_json::from_str(json).map_err(|_| StoreError::Damaged("attributes are not JSON"))?;
    schema.values(&map).map_err(|_| StoreError::Damaged("attributes do not fit the schema"))
}

impl CredentialState {
    /// The word in the `state` column.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
    fn from_column(word: &str) -> Result<Self, StoreError> {
        [Self::Active, Self::Suspended, Self::Revoked]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(StoreError::Damaged("a credential's state"))
    }
}

fn first(db: &Connection, sql: &str, key: &[&dyn ToSql]) -> Result<Option<HeldCredential>, StoreError> {
    db.prepare_cached(sql)?.query_row(key, |row| Ok(read(row))).optional()?.transpose()
}

fn all(db: &Connection, sql: &str, key: &[&dyn ToSql]) -> Result<Vec<HeldCredential>, StoreError> {
    db.prepare_cached(sql)?.query_map(key, |row| Ok(read(row)))?.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<HeldCredential, StoreError> {
    let position: u64 = row.get("position")?;
    Ok(HeldCredential {
        id: CredentialId(row.get("id")?),
        holder: element(&row.get::<_, String>("holder")?)?,
        state: CredentialState::from_column(&row.get::<_, String>("state")?)?,
        withdrawn: row.get("withdrawn")?,
        validity: Validity { from: row.get("valid_from")?, until: row.get("valid_until")? },
        position: Position::new(position).map_err(|_| StoreError::Damaged("a position"))?,
        entry: row.get("entry")?,
        plan: PlanId(row.get("plan")?),
        salt: element(&row.get::<_, String>("salt")?)?,
        attributes: row.get("attributes")?,
    })
}
