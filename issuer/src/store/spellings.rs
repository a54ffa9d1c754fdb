//! Databases of older versions, which kept a person once for each spelling of the identity number: `…001x` beside
//! `…001X`. Whatever stands under a small letter is brought under the one spelling.
//!
//! Where both spellings have a credential that is in use, or a wallet each, the newer one is the person's. The older one
//! cannot be ended here, because only the ledger can do that: it is kept under the number with `-2` behind it, where
//! staff finds and revokes it, and the audit list says so.

use rusqlite::{Connection, params};

use super::StoreError;

/// Brings every person under one spelling. Does nothing where that was done.
pub(super) fn unify(db: &Connection) -> Result<(), StoreError> {
    let mut held_twice = 0;
    for small in spelled_small(db)? {
        let canonical = small.to_ascii_uppercase();
        for schema in contested(db, &small, &canonical)? {
            set_aside(db, &small, &canonical, &schema)?;
            held_twice += 1;
        }
        merge(db, &small, &canonical)?;
    }
    if held_twice > 0 {
        tracing::warn!(
            "{held_twice} credentials were held twice under two spellings of one identity number; the older of each is \
             now under the number with `-2` behind it: see `unify` in the audit list, and revoke it there"
        );
    }
    Ok(())
}

fn spelled_small(db: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT person FROM records WHERE person GLOB '*[a-z]*'
        UNION SELECT person FROM enrolments WHERE person GLOB '*[a-z]*'
        UNION SELECT person FROM credentials WHERE person GLOB '*[a-z]*'
        UNION SELECT person FROM offers WHERE person GLOB '*[a-z]*'
        UNION SELECT person FROM people WHERE person GLOB '*[a-z]*'";
    let mut query = db.prepare(sql)?;
    let people = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(people)
}

/// Schemas under which both spellings have a wallet, or a credential that is in use.
fn contested(db: &Connection, small: &str, canonical: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT a.schema FROM enrolments a JOIN enrolments b USING (schema)
            WHERE a.person = ?1 AND b.person = ?2
        UNION SELECT a.schema FROM credentials a JOIN credentials b USING (schema)
            WHERE a.person = ?1 AND b.person = ?2
                AND a.state IN ('planned', 'active', 'suspended') AND b.state IN ('planned', 'active', 'suspended')";
    let mut query = db.prepare_cached(sql)?;
    let schemas = query.query_map([small, canonical], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(schemas)
}

/// Puts what the spelling with the older credential has under a schema under a number of its own.
fn set_aside(db: &Connection, small: &str, canonical: &str, schema: &str) -> Result<(), StoreError> {
    let newest = |person: &str| -> Result<(i64, i64), StoreError> {
        let sql = "SELECT (SELECT coalesce(max(id), 0) FROM credentials WHERE person = ?1 AND schema = ?2
                    AND state IN ('planned', 'active', 'suspended')),
                (SELECT coalesce(max(at), 0) FROM enrolments WHERE person = ?1 AND schema = ?2)";
        Ok(db.prepare_cached(sql)?.query_row([person, schema], |row| row.try_into())?)
    };
    let older = if newest(small)? > newest(canonical)? { canonical } else { small };
    let aside = free(db, canonical)?;
    let sql = "INSERT OR IGNORE INTO records SELECT ?3, schema, attributes FROM records WHERE person = ?1 AND schema = ?2";
    db.execute(sql, [older, schema, aside.as_str()])?;
    for table in ["enrolments", "credentials"] {
        let sql = format!("UPDATE {table} SET person = ?3 WHERE person = ?1 AND schema = ?2");
        db.execute(&sql, [older, schema, aside.as_str()])?;
    }
    for table in ["offers", "tokens"] {
        db.execute(&format!("DELETE FROM {table} WHERE person = ?1 AND schema = ?2"), [older, schema])?;
    }
    let sql = "INSERT INTO audit (at, clerk, act, person, schema, detail, outcome)
        VALUES (unixepoch(), 'upgrade', 'unify', ?1, ?2, ?3, 'done')";
    db.execute(sql, params![canonical, schema, aside])?;
    Ok(())
}

/// A number behind that of a person, under which there is nothing yet.
fn free(db: &Connection, canonical: &str) -> Result<String, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM enrolments WHERE person = ?1)
        OR EXISTS (SELECT 1 FROM credentials WHERE person = ?1)";
    for behind in 2..=9 {
        let aside = format!("{canonical}-{behind}");
        if !db.prepare_cached(sql)?.query_row([&aside], |row| row.get::<_, bool>(0))? {
            return Ok(aside);
        }
    }
    Err(StoreError::Damaged("one person under more than nine spellings"))
}

/// A record of the canonical spelling stays; all else moves to it.
fn merge(db: &Connection, small: &str, canonical: &str) -> Result<(), StoreError> {
    for table in ["records", "people"] {
        db.execute(
            &format!("UPDATE OR IGNORE {table} SET person = ?2 WHERE person = ?1"),
            [small, canonical],
        )?;
        db.execute(&format!("DELETE FROM {table} WHERE person = ?1"), [small])?;
    }
    for table in ["enrolments", "credentials", "offers", "tokens", "acts", "audit", "lines", "proposals"] {
        db.execute(&format!("UPDATE {table} SET person = ?2 WHERE person = ?1"), [small, canonical])?;
    }
    // What a credential says was committed to and stays; what the next one will say is the record.
    let sql = "UPDATE records SET attributes = json_set(attributes, '$.id_number', ?2)
        WHERE person = ?2 AND json_extract(attributes, '$.id_number') = ?1";
    db.execute(sql, [small, canonical])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const SMALL: &str = "45019920010203001x";
    const ONE: &str = "45019920010203001X";

    fn desk(rows: &str) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("tables.sql")).unwrap();
        db.execute_batch("INSERT INTO plans (id, entries, state, at) VALUES (1, '[]', 'landed', 1)").unwrap();
        db.execute_batch(rows).unwrap();
        db
    }

    fn credential(id: u8, person: &str, state: &str) -> String {
        format!(
            "INSERT INTO credentials (id, person, schema, holder, attributes, salt, valid_from, valid_until, plan, place, state)
             VALUES ({id}, '{person}', 'identity/1', '{id}', '{{}}', '1', 1, 2, 1, {id}, '{state}');
             INSERT INTO enrolments VALUES ('{person}', 'identity/1', '{id}', 'protocol', {id});"
        )
    }

    fn record(person: &str) -> String {
        format!(
            "INSERT INTO records VALUES ('{person}', 'identity/1', '{{\"id_number\":\"{person}\",\"name\":\"覃\"}}');
             INSERT INTO people (person) VALUES ('{person}');"
        )
    }

    fn all(db: &Connection, sql: &str) -> Vec<String> {
        db.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_person_under_a_small_letter_moves_to_the_one_spelling_with_everything() {
        let db = desk(&(record(SMALL) + &credential(1, SMALL, "active")));
        unify(&db).unwrap();
        for table in ["records", "enrolments", "credentials", "people"] {
            assert_eq!(all(&db, &format!("SELECT person FROM {table}")), [ONE], "{table}");
        }
        assert_eq!(all(&db, "SELECT json_extract(attributes, '$.id_number') FROM records"), [ONE]);
        unify(&db).unwrap();
        assert_eq!(all(&db, "SELECT person FROM people"), [ONE]);
    }

    #[test]
    fn of_two_records_that_are_one_persons_one_is_left() {
        let db = desk(&(record(SMALL) + &record(ONE) + &credential(1, SMALL, "active")));
        unify(&db).unwrap();
        assert_eq!(all(&db, "SELECT person FROM records UNION ALL SELECT person FROM people"), [ONE, ONE]);
        assert_eq!(all(&db, "SELECT person FROM credentials"), [ONE]);
    }

    #[test]
    fn of_two_credentials_in_use_the_older_is_set_aside_and_named() {
        for (older, newer) in [(SMALL, ONE), (ONE, SMALL)] {
            let rows = record(SMALL) + &record(ONE);
            let db = desk(&(rows + &credential(1, older, "active") + &credential(2, newer, "suspended")));
            unify(&db).unwrap();
            let aside = format!("{ONE}-2");
            assert_eq!(all(&db, "SELECT person FROM credentials ORDER BY id"), [aside.as_str(), ONE]);
            assert_eq!(all(&db, "SELECT person FROM enrolments ORDER BY at"), [aside.as_str(), ONE]);
            let told = "SELECT person || ' ' || detail FROM audit WHERE act = 'unify'";
            assert_eq!(all(&db, told), [format!("{ONE} {aside}")]);
            assert!(crate::person::PersonId::try_from(aside).is_ok());
        }
    }

    #[test]
    fn opening_an_older_desk_unifies() {
        let folder = tempfile::tempdir().unwrap();
        let db = Connection::open(folder.path().join(super::super::FILE)).unwrap();
        db.execute_batch(include_str!("tables.sql")).unwrap();
        db.execute_batch(&record(SMALL)).unwrap();
        drop(db);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(all(store.read(), "SELECT person FROM records"), [ONE]);
    }
}
