//! What waits for a second person.

use circuits::Fr;
use circuits::schema::SchemaId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::lists::ListId;
use super::offers::{person, schema};
use super::plans::PlanId;
use super::{StoreError, decimal, element};
use crate::person::PersonId;

/// Row number of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProposalId(pub(crate) i64);

/// Whether somebody has looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProposalState {
    /// Nobody yet.
    Open,
    /// Another clerk says yes.
    Approved,
    /// Somebody says no.
    Declined,
}

/// What a proposal is about.
#[derive(Clone)]
pub(crate) enum Subject {
    /// One person's credential.
    Person(PersonId),
    /// A list.
    List(ListId),
}

/// A proposal. Personal data: no `Debug`.
#[derive(Clone)]
pub(crate) struct Proposal {
    pub(crate) id: ProposalId,
    pub(crate) at: u64,
    pub(crate) clerk: String,
    pub(crate) schema: SchemaId,
    pub(crate) subject: Subject,
    pub(crate) act: String,
    /// What a correction sets, as JSON.
    pub(crate) cells: Option<String>,
    pub(crate) reason: Option<String>,
    /// What was looked at, as JSON; proposals of older versions do not say.
    pub(crate) looked_at: Option<String>,
    /// The holder value that a wallet proved, which takes another's place.
    pub(crate) holder: Option<Fr>,
    /// The person that it proved beside, where the desk issues on `enroll`.
    pub(crate) proved_person: Option<Fr>,
    /// What carries it out, once that is written.
    pub(crate) plan: Option<PlanId>,
    pub(crate) state: ProposalState,
    pub(crate) decided_by: Option<String>,
    pub(crate) outcome: Option<String>,
}

/// A new proposal.
pub(crate) struct NewProposal<'a> {
    pub(crate) clerk: &'a str,
    pub(crate) schema: &'a SchemaId,
    pub(crate) subject: Subject,
    pub(crate) act: &'a str,
    pub(crate) cells: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
    /// What was looked at, as JSON.
    pub(crate) looked_at: &'a str,
    /// The holder value that a wallet proved.
    pub(crate) holder: Option<&'a Fr>,
    /// The person that it proved beside.
    pub(crate) proved_person: Option<&'a Fr>,
}

/// Writes a proposal.
pub(crate) fn insert(db: &Connection, at: u64, new: &NewProposal<'_>) -> Result<ProposalId, StoreError> {
    let (person, list) = match &new.subject {
        Subject::Person(person) => (Some(person.as_str()), None),
        Subject::List(list) => (None, Some(list.0)),
    };
    let sql = "INSERT INTO proposals (at, clerk, schema, person, list, act, cells, reason, looked_at, holder, proved_person, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')";
    let NewProposal { clerk, act, cells, reason, looked_at, .. } = new;
    let holder = new.holder.map(decimal);
    let proved_person = new.proved_person.map(decimal);
    db.prepare_cached(sql)?.execute(params![
        at,
        clerk,
        new.schema.as_str(),
        person,
        list,
        act,
        cells,
        reason,
        looked_at,
        holder,
        proved_person
    ])?;
    Ok(ProposalId(db.last_insert_rowid()))
}

/// A proposal.
pub(crate) fn get(db: &Connection, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
    let sql = format!("{PROPOSAL} WHERE id = ?");
    db.prepare_cached(&sql)?.query_row([id.0], |row| Ok(read(row))).optional()?.transpose()
}

/// The newest proposals, those that wait first.
pub(crate) fn newest(db: &Connection, limit: u32) -> Result<Vec<Proposal>, StoreError> {
    let sql = format!("{PROPOSAL} ORDER BY state = 'open' DESC, id DESC LIMIT ?");
    let mut query = db.prepare_cached(&sql)?;
    query.query_map([limit], |row| Ok(read(row)))?.map(|row| row?).collect()
}

/// The proposals about a person that wait: for a second person, or for whoever prints an approved paper.
pub(crate) fn open_about(db: &Connection, person: &PersonId) -> Result<Vec<Proposal>, StoreError> {
    let sql = format!(
        "{PROPOSAL} WHERE person = ? AND (state = 'open'
        OR state = 'approved' AND act = 'paper' AND outcome IS NULL) ORDER BY id"
    );
    let mut query = db.prepare_cached(&sql)?;
    query.query_map([person.as_str()], |row| Ok(read(row)))?.map(|row| row?).collect()
}

/// The proposal about a person's wallet or paper of this kind that waits, if any.
pub(crate) fn open_like(db: &Connection, new: &NewProposal<'_>) -> Result<Option<ProposalId>, StoreError> {
    let Subject::Person(person) = &new.subject else { return Ok(None) };
    let sql = "SELECT id FROM proposals WHERE state = 'open' AND person = ? AND schema = ? AND act = ?
        AND holder IS ? AND looked_at = ? ORDER BY id DESC LIMIT 1";
    let key = params![person.as_str(), new.schema.as_str(), new.act, new.holder.map(decimal), new.looked_at];
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0).map(ProposalId)).optional()?)
}

/// Ends what waits about another wallet of the same person: a newer one has come.
pub(crate) fn supersede(db: &Connection, new: &NewProposal<'_>, at: u64) -> Result<(), StoreError> {
    let Subject::Person(person) = &new.subject else { return Ok(()) };
    let sql = "UPDATE proposals SET state = 'declined', decided_by = ?4, decided_at = ?5
        WHERE state = 'open' AND person = ?1 AND schema = ?2 AND act = ?3";
    let row = params![person.as_str(), new.schema.as_str(), new.act, new.clerk, at];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Remembers what carries a proposal out.
pub(crate) fn set_plan(db: &Connection, id: ProposalId, plan: PlanId) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE proposals SET plan = ?2 WHERE id = ?1")?.execute(params![id.0, plan.0])?;
    Ok(())
}

/// How many wait.
pub(crate) fn waiting(db: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM proposals WHERE state = 'open'";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Decides an open proposal; false if it is not open any more.
pub(crate) fn decide(
    db: &Connection,
    id: ProposalId,
    state: ProposalState,
    by: &str,
    at: u64,
) -> Result<bool, StoreError> {
    let sql =
        "UPDATE proposals SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1 AND state = 'open'";
    Ok(db.prepare_cached(sql)?.execute(params![id.0, state.as_str(), by, at])? == 1)
}

/// Writes what carrying it out came to; what is written stays.
pub(crate) fn set_outcome(db: &Connection, id: ProposalId, outcome: &str) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE proposals SET outcome = ?2 WHERE id = ?1 AND outcome IS NULL")?
        .execute(params![id.0, outcome])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Proposal, StoreError> {
    let subject = match (row.get::<_, Option<String>>(4)?, row.get::<_, Option<i64>>(5)?) {
        (Some(text), None) => Subject::Person(person(text)?),
        (None, Some(list)) => Subject::List(ListId(list)),
        _ => return Err(StoreError::Damaged("a proposal's subject")),
    };
    Ok(Proposal {
        id: ProposalId(row.get(0)?),
        at: row.get(1)?,
        clerk: row.get(2)?,
        schema: schema(row.get(3)?)?,
        subject,
        act: row.get(6)?,
        cells: row.get(7)?,
        reason: row.get(8)?,
        state: ProposalState::from_column(&row.get::<_, String>(9)?)?,
        decided_by: row.get(10)?,
        outcome: row.get(11)?,
        looked_at: row.get(12)?,
        holder: row.get::<_, Option<String>>(13)?.map(|text| element(&text)).transpose()?,
        plan: row.get::<_, Option<i64>>(14)?.map(PlanId),
        proved_person: row.get::<_, Option<String>>(15)?.map(|text| element(&text)).transpose()?,
    })
}

const PROPOSAL: &str =
    "SELECT id, at, clerk, schema, person, list, act, cells, reason, state, decided_by, outcome,
    looked_at, holder, plan, proved_person FROM proposals";

impl ProposalState {
    /// The word in the `state` column, and in the page's words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Declined => "declined",
        }
    }
    fn from_column(word: &str) -> Result<Self, StoreError> {
        [Self::Open, Self::Approved, Self::Declined]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(StoreError::Damaged("a proposal's state"))
    }
}
