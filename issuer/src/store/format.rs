//! The database's format: what makes each from the one before, so that what an older version wrote is opened.

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, spellings};

/// Brings a new or older file to the newest format, all of it or nothing. Of two processes that open it at once, one does.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), StoreError> {
    let making = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = making.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let steps = steps.ok_or(StoreError::Newer { found, known: STEPS.len() })?;
    if steps.is_empty() {
        return Ok(());
    }
    for step in steps {
        step(&making)?;
    }
    making.pragma_update(None, "user_version", STEPS.len())?;
    Ok(making.commit()?)
}

/// What makes format n + 1 from format n. A new file, and one of the first release, say 0; the first step therefore
/// makes only what is missing.
const STEPS: [Step; 5] = [tables, looked_at, persons, devices, recoveries];
type Step = fn(&Connection) -> Result<(), StoreError>;

fn tables(db: &Connection) -> Result<(), StoreError> {
    Ok(db.execute_batch(include_str!("tables.sql"))?)
}

/// From here on a person has one spelling: what was kept under others is brought under it once.
fn looked_at(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(include_str!("looked_at.sql"))?;
    spellings::unify(db)
}

/// From here on the desk knows persons. Of whoever enrolled before it knows none: the next enrolment is their first.
fn persons(db: &Connection) -> Result<(), StoreError> {
    Ok(db.execute_batch(include_str!("persons.sql"))?)
}

/// From here on a record may have several holders. Whoever enrolled before it has the one device that is known.
fn devices(db: &Connection) -> Result<(), StoreError> {
    Ok(db.execute_batch(include_str!("devices.sql"))?)
}

/// From here on the desk hears of bundles of shares. Of whoever dealt none since, only a reset helps.
fn recoveries(db: &Connection) -> Result<(), StoreError> {
    Ok(db.execute_batch(include_str!("recoveries.sql"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the first release, with a plan, a proposal, and lists that run.
    fn first_release() -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("tables.sql")).unwrap();
        db.execute_batch(
            r#"INSERT INTO plans (id, entries, commit_at, state, at) VALUES (1,
                '[{"record":{"kind":"credential.status","id":"desk/s"}},{"record":{"kind":"credential.commit","id":"desk/c"}}]',
                1, 'landed', 5);
            INSERT INTO lists (id, at, clerk, file, schema, act, state) VALUES
                (1, 1, 'wei', 'a.csv', 'identity/1', 'issue', 'running'),
                (2, 1, 'wei', 'b.csv', 'identity/1', 'issue', 'running');
            INSERT INTO lines (list, line, person, preview) VALUES (1, 1, 'p', '{}'), (1, 2, 'q', '{}');
            INSERT INTO proposals (id, at, clerk, schema, person, act, reason, state)
                VALUES (7, 3, 'wei', 'identity/1', 'p', 'revoke', 'fraud', 'open');
            INSERT INTO proposals (id, at, clerk, schema, list, act, state)
                VALUES (8, 3, 'wei', 'identity/1', 1, 'issue', 'approved');
            INSERT INTO enrolments (person, schema, holder, source, at) VALUES ('P', 'identity/1', '5', 'protocol', 1);"#,
        )
        .unwrap();
        db
    }

    fn ask<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> T {
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_keeps_what_it_has() {
        let mut db = first_release();
        for _ in 0..2 {
            bring_up_to_date(&mut db).unwrap();
            assert_eq!(
                ask::<String>(&db, "SELECT group_concat(id || act || state) FROM proposals"),
                "7revokeopen,8issueapproved"
            );
            assert_eq!(ask::<String>(&db, "SELECT commit_id || status_id FROM plans"), "desk/cdesk/s");
            // What a second person approved goes on; what nobody did is held to the limit of one clerk.
            assert_eq!(ask::<Option<u64>>(&db, "SELECT may_touch FROM lists WHERE id = 1"), Some(2));
            assert_eq!(ask::<Option<u64>>(&db, "SELECT may_touch FROM lists WHERE id = 2"), None);
        }
        for act in ["paper", "reset"] {
            let sql = "INSERT INTO proposals (at, clerk, schema, person, act, state) VALUES (1, 'wei', 'a/1', 'p', ?, 'open')";
            db.execute(sql, [act]).unwrap();
        }
        assert_eq!(ask::<u64>(&db, "SELECT count(*) FROM persons"), 0);
    }

    #[test]
    fn a_record_of_an_older_file_keeps_its_device_and_takes_more() {
        let mut db = first_release();
        bring_up_to_date(&mut db).unwrap();
        let sql = "INSERT INTO enrolments (person, schema, holder, source, at) VALUES (?, 'identity/1', ?, 'protocol', 2)";
        db.execute(sql, ["P", "6"]).unwrap();
        assert_eq!(
            ask::<String>(&db, "SELECT group_concat(holder) FROM enrolments WHERE person = 'P'"),
            "5,6"
        );
        assert!(db.execute(sql, ["Q", "6"]).is_err(), "a holder speaks for one person");
    }

    #[test]
    fn a_record_of_an_older_file_has_no_bundle_and_takes_one() {
        let mut db = first_release();
        bring_up_to_date(&mut db).unwrap();
        assert_eq!(ask::<u64>(&db, "SELECT count(*) FROM bundles"), 0);
        let sql = "INSERT INTO recoveries (person, schema, bundle, record, proposal, clerk, at)
            VALUES ('P', 'identity/1', 'b', ?, '{}', 'wei', 1)";
        db.execute(sql, ["desk/1"]).unwrap();
        assert!(db.execute(sql, ["desk/2"]).is_err(), "one open request for a bundle");
    }

    #[test]
    fn a_newer_file_is_refused() {
        let mut db = first_release();
        db.pragma_update(None, "user_version", STEPS.len() + 1).unwrap();
        assert!(matches!(bring_up_to_date(&mut db), Err(StoreError::Newer { found: 6, known: 5 })));
    }
}
