//! The database's format: what makes each from the one before, so that what an older version wrote is opened.

use rusqlite::Connection;

use super::StoreError;

/// Brings a new or older file to the newest format, all of it or nothing.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let steps = steps.ok_or(StoreError::Newer { found, known: STEPS.len() })?;
    if steps.is_empty() {
        return Ok(());
    }
    let making = connection.transaction()?;
    for step in steps {
        making.execute_batch(step)?;
    }
    making.pragma_update(None, "user_version", STEPS.len())?;
    Ok(making.commit()?)
}

/// What makes format n + 1 from format n. A new file, and one of the first release, say 0; the first step therefore
/// makes only what is missing.
const STEPS: [&str; 2] = [include_str!("tables.sql"), include_str!("looked_at.sql")];
