//! Lists that staff uploads: looked at first, done in parts, and continued after a restart.

mod changes;
mod preview;

pub(crate) use changes::Change;

use circuits::schema::SchemaId;
use ledger::record::ReasonCode;
use serde::{Deserialize, Serialize};
use service::staff::Clerk;

use super::approval::Approval;
use super::deciding::ListSight;
use super::import::{Row, RowOutcome, person_text};
use super::sight::{Allowance, Basis};
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

/// How a part of a list ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartEnd {
    /// All of its lines were looked at.
    Whole,
    /// The next line would change more than the list may.
    Limit,
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

    /// Looks again at what a list would do, and does it, or proposes it, if that is still what a page showed of it
    /// ([`seen`]). `None` if there is no such list.
    pub(crate) fn start(
        &self,
        clerk: &Clerk,
        id: ListId,
        shown: Option<&str>,
    ) -> Result<Option<Started>, ActError> {
        let Some(list) = self.list(id)? else { return Ok(None) };
        if list.state != ListState::Preview {
            return Err(IssuerError::NotOpen.into());
        }
        let work = Work::from_list(&list)?;
        let touched = self.look_again(&list, &work)?;
        let (previews, _) = self.counts(id)?;
        if shown.is_some_and(|shown| shown != seen(&previews)) {
            return Err(IssuerError::ChangedSince.into());
        }
        let event = |word| AuditEvent::new(clerk.name(), word).schema(&list.schema).detail(list.label());
        match self.config().staff.approval_of_list(work.status(), touched) {
            Approval::NotNeeded => self.recorded(&event("run"), || {
                let moved = self.store().write(|db| {
                    lists::allow(db, id, self.config().staff.alone_up_to)?;
                    lists::advance(db, id, ListState::Preview, ListState::Running)
                })?;
                if moved { Ok(Some(Started::Running)) } else { Err(IssuerError::NotOpen.into()) }
            }),
            Approval::SecondPerson => self.recorded(&event("propose"), || {
                self.propose_list(clerk.name(), &list, ListState::Preview, touched).map(Some)
            }),
        }
    }

    fn propose_list(
        &self,
        clerk: &str,
        list: &UploadedList,
        from: ListState,
        touched: u64,
    ) -> Result<Started, ActError> {
        let looked_at = json(&ListSight { touched });
        let new = NewProposal {
            clerk,
            schema: &list.schema,
            subject: Subject::List(list.id),
            act: &list.act,
            cells: None,
            reason: list.reason.as_deref(),
            looked_at: &looked_at,
            holder: None,
            proved_person: None,
        };
        self.store().write(|db| {
            if !lists::advance(db, list.id, from, ListState::Proposed)? {
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
        self.knows_all()?;
        let alone = self.config().staff.alone_up_to;
        if list.may_touch.is_none() {
            self.store().write(|db| lists::allow(db, list.id, alone))?;
        }
        let begun = lists::has_begun(self.store().read(), list.id)?;
        if !begun && self.look_again(&list, &work)? > list.may_touch.unwrap_or(alone) {
            return self.wait_again(&list, &work);
        }
        let (outcomes, end) = self.do_lines(&list, &work, &lines)?;
        self.store().write(|db| {
            let written = lines.iter().zip(&outcomes);
            written.into_iter().try_for_each(|(l, o)| lists::set_outcome(db, list.id, l.line, &json(o)))
        })?;
        match end {
            PartEnd::Whole => Ok(Ran::Part),
            PartEnd::Limit => self.wait_again(&list, &work),
        }
    }

    /// A list that would change more than it may, because its people hold something else by now, waits for another clerk.
    fn wait_again(&self, list: &UploadedList, work: &Work) -> Result<Ran, ActError> {
        let list = self.list(list.id)?.ok_or(StoreError::Damaged("a running list that is gone"))?;
        let touches = list.touched + self.look_again(&list, work)?;
        let event = AuditEvent::new(&list.clerk, "propose").schema(&list.schema).detail(list.label());
        self.recorded(&event, || self.propose_list(&list.clerk, &list, ListState::Running, touches))?;
        Ok(Ran::Part)
    }

    /// What was done, and whether the list's limit ended it before the last of these lines.
    fn do_lines(
        &self,
        list: &UploadedList,
        work: &Work,
        lines: &[ListLine],
    ) -> Result<(Vec<LineOutcome>, PartEnd), ActError> {
        let rows = lines.iter().map(ListLine::row).collect::<Result<Vec<Row>, _>>()?;
        let allowance = Allowance::Of(list.id);
        let done = match work {
            Work::Issue => self.issue_lines(&list.schema, lines, &rows, allowance),
            Work::Status(act, reason) => {
                let basis = Basis::List(allowance);
                let mut done = Vec::with_capacity(rows.len());
                for row in &rows {
                    match self.status_line(&list.schema, row, *act, reason, &basis) {
                        Ok(outcome) => done.push(outcome),
                        Err(ActError::Refused(IssuerError::NeedsApproval)) => {
                            return Ok((done, PartEnd::Limit));
                        }
                        Err(error) => return Err(error),
                    }
                }
                Ok(done)
            }
        };
        match done {
            Ok(done) => Ok((done, PartEnd::Whole)),
            Err(ActError::Refused(IssuerError::NeedsApproval)) => Ok((Vec::new(), PartEnd::Limit)),
            // A rule that is about the list as a whole, such as a schema that is not granted any more.
            Err(ActError::Refused(refusal)) => {
                Ok((vec![LineOutcome::Refused(refusal); lines.len()], PartEnd::Whole))
            }
            Err(error) => Err(error),
        }
    }

    /// A person that stands in an earlier part of the list was refused when the list was looked at.
    fn issue_lines(
        &self,
        schema: &SchemaId,
        lines: &[ListLine],
        rows: &[Row],
        allowance: Allowance,
    ) -> Result<Vec<LineOutcome>, ActError> {
        let twice = lines
            .iter()
            .map(|line| Ok(line.preview()? == Preview::Refused(IssuerError::DuplicateRow)))
            .collect::<Result<Vec<bool>, StoreError>>()?;
        let once = rows.iter().zip(&twice).filter(|(_, twice)| !**twice).map(|(row, _)| row.clone());
        let once = once.collect::<Vec<_>>();
        let mut granted = self.grant_list_within(schema, &once, allowance)?.into_iter();
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
        basis: &Basis,
    ) -> Result<LineOutcome, ActError> {
        let person = match super::cells::person_of(row, IdNumbers::Any) {
            Ok(person) => person,
            Err(refusal) => return Ok(LineOutcome::Refused(refusal)),
        };
        match self.change_status_on(schema, &person, act, reason.as_str(), basis) {
            Ok(changed) => Ok(if changed.done { LineOutcome::Changed } else { LineOutcome::Unchanged }),
            Err(error @ ActError::Refused(IssuerError::NeedsApproval)) => Err(error),
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

/// What a list would do, in short, for the form that runs it.
pub(crate) fn seen(previews: &Counts) -> String {
    previews.iter().map(|(word, count)| format!("{word}-{count}")).collect::<Vec<_>>().join(".")
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
    pub(super) fn from_list(list: &UploadedList) -> Result<Self, StoreError> {
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
