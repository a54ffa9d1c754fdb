//! Lists that staff uploads: looked at first, done in parts, and continued after a restart.

mod changes;
mod preview;

pub(crate) use changes::Change;

use circuits::schema::SchemaId;
use ledger::record::ReasonCode;
use serde::{Deserialize, Serialize};
use service::staff::Clerk;

use super::approval::Approval;
use super::import::{Row, RowOutcome, person_text};
use super::{Act, ActError, Issuer, IssuerError};
use crate::admin::MAX_ROWS;
use crate::person::IdNumbers;
use crate::store::StoreError;
use crate::store::audit::AuditEvent;
use crate::store::lists::{self, ListId, ListLine, ListState, NewList, UploadedList};
use crate::store::proposals::{self, NewProposal, ProposalId, Subject};

/// What a list is for.
#[derive(Clone)]
pub(crate) enum Work {
    /// Records are written, and whoever is enrolled gets a credential that says so.
    Issue,
    /// Everybody's credential is revoked, suspended or restored.
    Status(Act, ReasonCode),
}

/// What a line would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Preview {
    /// A first credential.
    New,
    /// A new credential, and the old one revoked.
    Replaces,
    /// Another status.
    Changes,
    /// Nothing.
    Unchanged,
    /// Nothing, for this reason.
    Refused(IssuerError),
}

/// What a line did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum LineOutcome {
    /// A new credential.
    Issued,
    /// Another status.
    Changed,
    /// Nothing had to be done.
    Unchanged,
    /// Nothing was done, for this reason.
    Refused(IssuerError),
}

/// What starting a list came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It is being done.
    Running,
    /// It waits for another clerk.
    Proposed(ProposalId),
}

/// Whether there was anything to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// A part of a list was done.
    Part,
    /// No list is running.
    Idle,
}

/// How many lines come to what, by word.
pub(crate) type Counts = std::collections::BTreeMap<String, u64>;

impl Issuer {
    /// Keeps a list with what it would do. Nothing of it is done.
    pub(crate) fn stage(
        &self,
        clerk: &Clerk,
        file: &str,
        schema: &SchemaId,
        work: &Work,
        rows: &[Row],
    ) -> Result<ListId, ActError> {
        let previews = self.preview(schema, work, rows)?;
        let event = AuditEvent::new(clerk.name(), "upload").schema(schema).detail(file);
        let act = work.as_str();
        let reason = work.reason();
        let new = NewList { clerk: clerk.name(), file, schema, act, reason };
        self.recorded(&event, || {
            self.store().write(|db| {
                let id = lists::insert(db, self.now(), &new)?;
                for ((line, row), preview) in (1..).zip(rows).zip(&previews) {
                    lists::put_line(db, id, &staged(line, row, preview))?;
                }
                Ok(id)
            })
        })
    }

    /// Looks again at what a list would do, and does it, or proposes it. `None` if there is no such list.
    pub(crate) fn start(&self, clerk: &Clerk, id: ListId) -> Result<Option<Started>, ActError> {
        let Some(list) = self.list(id)? else { return Ok(None) };
        if list.state != ListState::Preview {
            return Err(IssuerError::NotOpen.into());
        }
        let work = Work::from_list(&list)?;
        let touched = self.look_again(&list, &work)?;
        let event = |word| AuditEvent::new(clerk.name(), word).schema(&list.schema).detail(list.label());
        match self.config().staff.approval(work.status(), touched) {
            Approval::NotNeeded => self.recorded(&event("run"), || {
                let moved = self
                    .store()
                    .write(|db| lists::advance(db, id, ListState::Preview, ListState::Running))?;
                if moved { Ok(Some(Started::Running)) } else { Err(IssuerError::NotOpen.into()) }
            }),
            Approval::SecondPerson => {
                self.recorded(&event("propose"), || self.propose_list(clerk, &list).map(Some))
            }
        }
    }

    fn propose_list(&self, clerk: &Clerk, list: &UploadedList) -> Result<Started, ActError> {
        let new = NewProposal {
            clerk: clerk.name(),
            schema: &list.schema,
            subject: Subject::List(list.id),
            act: &list.act,
            cells: None,
            reason: list.reason.as_deref(),
        };
        self.store().write(|db| {
            if !lists::advance(db, list.id, ListState::Preview, ListState::Proposed)? {
                return Err(IssuerError::NotOpen.into());
            }
            Ok(Started::Proposed(proposals::insert(db, self.now(), &new)?))
        })
    }

    /// Gives up a list of which nothing was done. `None` if there is no such list.
    pub(crate) fn drop_list(&self, clerk: &Clerk, id: ListId) -> Result<Option<()>, ActError> {
        let Some(list) = self.list(id)? else { return Ok(None) };
        let event = AuditEvent::new(clerk.name(), "drop").schema(&list.schema).detail(list.label());
        self.recorded(&event, || {
            let moved =
                self.store().write(|db| lists::advance(db, id, ListState::Preview, ListState::Dropped))?;
            if moved { Ok(Some(())) } else { Err(IssuerError::NotOpen.into()) }
        })
    }

    /// Does a part of the list that has been running for longest. A crash repeats at most one part, and the issuer does
    /// nothing twice: what was done before it is `unchanged` in the report then.
    pub(crate) fn run_a_part(&self) -> Result<Ran, ActError> {
        let Some(list) = lists::first_running(self.store().read())? else { return Ok(Ran::Idle) };
        let work = Work::from_list(&list)?;
        let lines = lists::undone(self.store().read(), list.id, work.part())?;
        if lines.is_empty() {
            self.store().write(|db| lists::advance(db, list.id, ListState::Running, ListState::Done))?;
            return Ok(Ran::Part);
        }
        let outcomes = match self.do_lines(&list, &work, &lines) {
            // A rule that is about the list as a whole, such as a schema that is not granted any more.
            Err(ActError::Refused(refusal)) => vec![LineOutcome::Refused(refusal); lines.len()],
            done => done?,
        };
        self.store().write(|db| {
            let written = lines.iter().zip(&outcomes);
            written.into_iter().try_for_each(|(l, o)| lists::set_outcome(db, list.id, l.line, &json(o)))
        })?;
        Ok(Ran::Part)
    }

    fn do_lines(
        &self,
        list: &UploadedList,
        work: &Work,
        lines: &[ListLine],
    ) -> Result<Vec<LineOutcome>, ActError> {
        let rows = lines.iter().map(ListLine::row).collect::<Result<Vec<Row>, _>>()?;
        match work {
            Work::Issue => self.issue_lines(&list.schema, lines, &rows),
            Work::Status(act, reason) => {
                rows.iter().map(|row| self.status_line(&list.schema, row, *act, reason)).collect()
            }
        }
    }

    /// A person that stands in an earlier part of the list was refused when the list was looked at.
    fn issue_lines(
        &self,
        schema: &SchemaId,
        lines: &[ListLine],
        rows: &[Row],
    ) -> Result<Vec<LineOutcome>, ActError> {
        let twice = lines
            .iter()
            .map(|line| Ok(line.preview()? == Preview::Refused(IssuerError::DuplicateRow)))
            .collect::<Result<Vec<bool>, StoreError>>()?;
        let once = rows.iter().zip(&twice).filter(|(_, twice)| !**twice).map(|(row, _)| row.clone());
        let mut granted = self.grant_list(schema, &once.collect::<Vec<_>>())?.into_iter();
        let answer = |twice: bool| {
            if twice {
                return LineOutcome::Refused(IssuerError::DuplicateRow);
            }
            granted.next().expect("each row has an answer").into()
        };
        Ok(twice.into_iter().map(answer).collect())
    }

    fn status_line(
        &self,
        schema: &SchemaId,
        row: &Row,
        act: Act,
        reason: &ReasonCode,
    ) -> Result<LineOutcome, ActError> {
        let person = match super::cells::person_of(row, IdNumbers::Any) {
            Ok(person) => person,
            Err(refusal) => return Ok(LineOutcome::Refused(refusal)),
        };
        match self.change_status(schema, &person, act, reason.as_str()) {
            Ok(changed) => Ok(if changed.done { LineOutcome::Changed } else { LineOutcome::Unchanged }),
            Err(ActError::Refused(refusal)) => Ok(LineOutcome::Refused(refusal)),
            Err(e) => Err(e),
        }
    }

    /// A list.
    pub(crate) fn list(&self, id: ListId) -> Result<Option<UploadedList>, ActError> {
        Ok(lists::get(self.store().read(), id)?)
    }
    /// The newest lists.
    pub(crate) fn lists(&self, limit: u32) -> Result<Vec<UploadedList>, ActError> {
        Ok(lists::newest(self.store().read(), limit)?)
    }
    /// Lines of a list, after one.
    pub(crate) fn lines(&self, id: ListId, after: i64, limit: usize) -> Result<Vec<ListLine>, ActError> {
        Ok(lists::lines(self.store().read(), id, after, limit)?)
    }

    /// How many lines would do what, and did what.
    pub(crate) fn counts(&self, id: ListId) -> Result<(Counts, Counts), ActError> {
        let mut previews = Counts::new();
        let mut outcomes = Counts::new();
        for (preview, outcome, count) in lists::counts(self.store().read(), id)? {
            *previews.entry(preview).or_default() += count;
            if let Some(outcome) = outcome {
                *outcomes.entry(outcome).or_default() += count;
            }
        }
        Ok((previews, outcomes))
    }
}

fn staged(line: i64, row: &Row, preview: &Preview) -> ListLine {
    let cells = serde_json::to_string(row).expect("a map of texts is JSON");
    ListLine { line, person: person_text(row), cells: Some(cells), preview: json(preview), outcome: None }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("an enum of codes is JSON")
}

impl UploadedList {
    fn label(&self) -> String {
        format!("#{} {}", self.id.0, self.file)
    }
}

impl ListLine {
    /// What the line would do.
    pub(crate) fn preview(&self) -> Result<Preview, StoreError> {
        serde_json::from_str(&self.preview).map_err(|_| StoreError::Damaged("a line's preview"))
    }
    /// What it did.
    pub(crate) fn outcome(&self) -> Result<Option<LineOutcome>, StoreError> {
        let read = |text: &String| serde_json::from_str(text);
        self.outcome.as_ref().map(read).transpose().map_err(|_| StoreError::Damaged("a line's outcome"))
    }
    fn row(&self) -> Result<Row, StoreError> {
        let cells = self.cells.as_deref().ok_or(StoreError::Damaged("a line without cells"))?;
        serde_json::from_str(cells).map_err(|_| StoreError::Damaged("a line's cells"))
    }
}

impl Work {
    fn from_list(list: &UploadedList) -> Result<Self, StoreError> {
        let Some(act) = Act::from_word(&list.act) else { return Ok(Self::Issue) };
        let reason = list.reason.as_deref().and_then(|text| text.parse().ok());
        Ok(Self::Status(act, reason.ok_or(StoreError::Damaged("a list's reason"))?))
    }
    const fn status(&self) -> Option<Act> {
        if let Self::Status(act, _) = self { Some(*act) } else { None }
    }
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Status(act, _) => act.as_str(),
        }
    }
    fn reason(&self) -> Option<&str> {
        if let Self::Status(_, reason) = self { Some(reason.as_str()) } else { None }
    }
    /// Lines done at once. Acts on status are sent to the ledger one by one, so that progress shows.
    const fn part(&self) -> usize {
        match self {
            Self::Issue => MAX_ROWS,
            Self::Status(..) => 25,
        }
    }
}

impl From<RowOutcome> for LineOutcome {
    fn from(outcome: RowOutcome) -> Self {
        match outcome {
            RowOutcome::Issued | RowOutcome::Written => Self::Issued,
            RowOutcome::Unchanged => Self::Unchanged,
            RowOutcome::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// Lines of one uploaded list at most.
pub(crate) const MAX_LINES: usize = 20_000;
