//! What a list would do, without doing it. The rules are those of the doing.

use std::collections::HashSet;

use circuits::schema::{Schema, SchemaId};
use openid4vc::vci::PERSON_ATTRIBUTE;
use rusqlite::Connection;

use super::{Preview, Work};
use crate::admin::MAX_ROWS;
use crate::issuer::grant::{Authority, Candidate, GrantDecision};
use crate::issuer::import::{Row, person_of, record_line};
use crate::issuer::sight::Basis;
use crate::issuer::{Act, ActError, Issuer, IssuerError};
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
        let (_, published) = self.granted(schema)?;
        let mut seen = HashSet::new();
        let mut previews = Vec::with_capacity(rows.len());
        for part in rows.chunks(MAX_ROWS) {
            let store = self.store();
            for row in part {
                previews.push(self.preview_row(store.read(), &published, work, row, &mut seen)?);
            }
        }
        Ok(previews)
    }

    fn preview_row<'a>(
        &self,
        db: &Connection,
        schema: &Schema,
        work: &Work,
        row: &'a Row,
        seen: &mut HashSet<&'a str>,
    ) -> Result<Preview, StoreError> {
        let new = row.get(PERSON_ATTRIBUTE).is_none_or(|person| seen.insert(person.trim()));
        if !new {
            return Ok(Preview::Refused(IssuerError::DuplicateRow));
        }
        match work {
            Work::Issue => issue(self, db, schema, row),
            Work::Status(act, _) => status(db, &schema.schema, row, *act),
        }
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

fn issue(issuer: &Issuer, db: &Connection, schema: &Schema, row: &Row) -> Result<Preview, StoreError> {
    let line = match record_line(schema, row) {
        Ok(line) => line,
        Err(refusal) => return Ok(Preview::Refused(refusal)),
    };
    let Some(holder) = people::holder(db, &line.person, &schema.schema)? else {
        return Ok(Preview::Refused(IssuerError::NotEnrolled));
    };
    let person = line.person;
    let values = line.values;
    let authority = Authority::List;
    let candidate = Candidate { person, holder, values, authority, basis: Basis::Present };
    Ok(match issuer.decide(db, &schema.schema, &candidate)? {
        Err(refusal) => Preview::Refused(refusal),
        Ok(GrantDecision::Keep(_)) => Preview::Unchanged,
        Ok(GrantDecision::Commit { replaces: None }) => Preview::New,
        Ok(GrantDecision::Commit { replaces: Some(_) }) => Preview::Replaces,
    })
}

fn status(db: &Connection, schema: &SchemaId, row: &Row, act: Act) -> Result<Preview, StoreError> {
    let person = match person_of(row) {
        Ok(person) => person,
        Err(refusal) => return Ok(Preview::Refused(refusal)),
    };
    let Some(held) = credentials::newest(db, &person, schema)? else {
        return Ok(Preview::Refused(IssuerError::NotHeld));
    };
    Ok(match act.is_done(&held) {
        Ok(true) => Preview::Unchanged,
        Ok(false) => Preview::Changes,
        Err(refusal) => Preview::Refused(refusal),
    })
}
