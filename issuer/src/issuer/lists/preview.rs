//! What a list would do, without doing it. The rules are those of the doing.

use std::collections::BTreeSet;

use circuits::schema::{Schema, SchemaId};
use rusqlite::Connection;

use super::{Preview, Work};
use crate::admin::MAX_ROWS;
use crate::issuer::cells::person_of;
use crate::issuer::grant::{Authority, Candidate, Devices, GrantDecision};
use crate::issuer::import::{RecordLine, Row, once, record_line};
use crate::issuer::sight::Basis;
use crate::issuer::{Act, ActError, Issuer, IssuerError};
use crate::person::{IdNumbers, PersonId};
use crate::store::credentials;
use crate::store::lists::{self, ListLine, UploadedList};
use crate::store::{StoreError, people};

impl Issuer {
    /// One preview per row. The database is free for others between parts of the list.
    pub(super) fn preview(
        &self,
        schema: &SchemaId,
        work: &Work,
        rows: &[Row],
    ) -> Result<Vec<Preview>, ActError> {
        let (grantable, published) = self.granted(schema)?;
        let mut seen = BTreeSet::new();
        let mut previews = Vec::with_capacity(rows.len());
        for part in rows.chunks(MAX_ROWS) {
            let store = self.store();
            for row in part {
                let db = store.read();
                previews.push(match work {
                    Work::Issue => match record_line(&published, grantable, row, &mut seen) {
                        Ok(RecordLine { person, values }) => {
                            let values = self.dated(db, &published, grantable, &person, values)?;
                            issue(self, db, &published, RecordLine { person, values })?
                        }
                        Err(refusal) => Preview::Refused(refusal),
                    },
                    Work::Status(act, _) => status(db, schema, row, *act, &mut seen)?,
                });
            }
        }
        Ok(previews)
    }

    /// Previews a list anew; the answer is how many credentials that exist it would change.
    pub(in crate::issuer) fn look_again(&self, list: &UploadedList, work: &Work) -> Result<u64, ActError> {
        let lines = lists::lines(self.store().read(), list.id, 0, super::MAX_LINES)?;
        let rows = lines.iter().map(ListLine::row).collect::<Result<Vec<Row>, _>>()?;
        let previews = self.preview(&list.schema, work, &rows)?;
        self.store().write(|db| {
            for (line, preview) in lines.into_iter().zip(&previews) {
                lists::put_line(db, list.id, &ListLine { preview: super::json(preview), ..line })?;
            }
            Ok::<_, StoreError>(())
        })?;
        let touches = |p: &&Preview| matches!(p, Preview::Replaces | Preview::Changes);
        Ok(previews.iter().filter(touches).count() as u64)
    }
}

fn issue(issuer: &Issuer, db: &Connection, schema: &Schema, line: RecordLine) -> Result<Preview, StoreError> {
    let holders = people::holders(db, &line.person, &schema.schema)?;
    if holders.is_empty() {
        return Ok(Preview::Refused(IssuerError::NotEnrolled));
    }
    let RecordLine { person, values } = line;
    let authority = Authority::List;
    let basis = Basis::Present;
    let devices = Devices::all(holders);
    let candidate = Candidate { person, devices, proved_person: None, values, authority, basis };
    Ok(match issuer.decide(db, schema, &candidate)? {
        Err(refusal) => Preview::Refused(refusal),
        Ok(GrantDecision::Keep(_)) => Preview::Unchanged,
        Ok(GrantDecision::Commit { ends, .. }) if ends.is_empty() => Preview::New,
        Ok(GrantDecision::Commit { .. }) => Preview::Replaces,
    })
}

/// What is wrong with a number is not looked at further: whoever is in the records under it can be taken out of them.
fn status(
    db: &Connection,
    schema: &SchemaId,
    row: &Row,
    act: Act,
    seen: &mut BTreeSet<PersonId>,
) -> Result<Preview, StoreError> {
    let person = match person_of(row, IdNumbers::Any).and_then(|person| once(person, seen)) {
        Ok(person) => person,
        Err(refusal) => return Ok(Preview::Refused(refusal)),
    };
    let Some(held) = credentials::newest(db, &person, schema)? else {
        return Ok(Preview::Refused(IssuerError::NotHeld));
    };
    Ok(match act.changes(held, credentials::in_force(db, &person, schema)?) {
        Ok(changes) if changes.is_empty() => Preview::Unchanged,
        Ok(_) => Preview::Changes,
        Err(refusal) => Preview::Refused(refusal),
    })
}
