//! Lists that staff uploaded, line by line: what a line would do, and what it did.

use circuits::schema::SchemaId;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use super::offers::schema;

/// Row number of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListId(pub(crate) i64);

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListState {
    /// Nothing is done; staff looks at what would be.
    Preview,
    /// It waits for a second person.
    Proposed,
    /// It is being done.
    Running,
    /// Every line has its outcome.
    Done,
    /// It is not done.
    Dropped,
}

/// A list without its lines.
#[derive(Clone)]
pub(crate) struct UploadedList {
    pub(crate) id: ListId,
    pub(crate) at: u64,
    pub(crate) clerk: String,
    pub(crate) file: String,
    pub(crate) schema: SchemaId,
    pub(crate) act: String,
    pub(crate) reason: Option<String>,
    pub(crate) state: ListState,
    /// Credentials that exist which it may change, once it runs; lists of older versions do not know.
    pub(crate) may_touch: Option<u64>,
    /// Credentials that exist which it has changed.
    pub(crate) touched: u64,
}

/// A new list.
pub(crate) struct NewList<'a> {
    pub(crate) clerk: &'a str,
    pub(crate) file: &'a str,
    pub(crate) schema: &'a SchemaId,
    pub(crate) act: &'a str,
    pub(crate) reason: Option<&'a str>,
}

/// A line. `cells`, `preview` and `outcome` are JSON. Personal data: no `Debug`.
pub(crate) struct ListLine {
    pub(crate) line: i64,
    pub(crate) person: String,
    pub(crate) cells: Option<String>,
    pub(crate) preview: String,
    pub(crate) outcome: Option<String>,
}

/// Writes a list, to be looked at.
pub(crate) fn insert(db: &Connection, at: u64, list: &NewList<'_>) -> Result<ListId, StoreError> {
    let sql = "INSERT INTO lists (at, clerk, file, schema, act, reason, state) VALUES (?, ?, ?, ?, ?, ?, 'preview')";
    let NewList { clerk, file, schema, act, reason } = list;
    db.prepare_cached(sql)?.execute(params![at, clerk, file, schema.as_str(), act, reason])?;
    Ok(ListId(db.last_insert_rowid()))
}

/// Adds a line, or writes anew what it would do.
pub(crate) fn put_line(db: &Connection, list: ListId, line: &ListLine) -> Result<(), StoreError> {
    let sql = "INSERT INTO lines (list, line, person, cells, preview) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO UPDATE SET preview = ?5";
    let ListLine { line, person, cells, preview, .. } = line;
    db.prepare_cached(sql)?.execute(params![list.0, line, person, cells, preview])?;
    Ok(())
}

/// A list.
pub(crate) fn get(db: &Connection, list: ListId) -> Result<Option<UploadedList>, StoreError> {
    let sql = format!("{LIST} WHERE id = ?");
    db.prepare_cached(&sql)?.query_row([list.0], |row| Ok(read(row))).optional()?.transpose()
}

/// The newest lists, newest first.
pub(crate) fn newest(db: &Connection, limit: u32) -> Result<Vec<UploadedList>, StoreError> {
    let sql = format!("{LIST} ORDER BY id DESC LIMIT ?");
    let mut query = db.prepare_cached(&sql)?;
    query.query_map([limit], |row| Ok(read(row)))?.map(|row| row?).collect()
}

/// The list that has been running for longest.
pub(crate) fn first_running(db: &Connection) -> Result<Option<UploadedList>, StoreError> {
    let sql = format!("{LIST} WHERE state = 'running' ORDER BY id LIMIT 1");
    db.prepare_cached(&sql)?.query_row([], |row| Ok(read(row))).optional()?.transpose()
}

/// Moves a list from one state to the next; false if it is not there (any more).
pub(crate) fn advance(
    db: &Connection,
    list: ListId,
    from: ListState,
    to: ListState,
) -> Result<bool, StoreError> {
    let sql = "UPDATE lists SET state = ?3 WHERE id = ?1 AND state = ?2";
    let moved = db.prepare_cached(sql)?.execute(params![list.0, from.as_str(), to.as_str()])? == 1;
    if moved && matches!(to, ListState::Done | ListState::Dropped) {
        db.prepare_cached("UPDATE lines SET cells = NULL WHERE list = ?")?.execute([list.0])?;
    }
    Ok(moved)
}

/// Sets how many credentials that exist a list may change.
pub(crate) fn allow(db: &Connection, list: ListId, may_touch: u64) -> Result<(), StoreError> {
    let sql = "UPDATE lists SET may_touch = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![list.0, may_touch])?;
    Ok(())
}

/// Counts credentials that a list changes; false, and nothing is counted, if it may not change so many.
pub(crate) fn touch(db: &Connection, list: ListId, count: u64) -> Result<bool, StoreError> {
    let sql = "UPDATE lists SET touched = touched + ?2 WHERE id = ?1 AND touched + ?2 <= may_touch";
    Ok(db.prepare_cached(sql)?.execute(params![list.0, count])? == 1)
}

/// Whether a line of the list has an outcome.
pub(crate) fn has_begun(db: &Connection, list: ListId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM lines WHERE list = ? AND outcome IS NOT NULL)";
    Ok(db.prepare_cached(sql)?.query_row([list.0], |row| row.get(0))?)
}

/// Lines after one, in order.
pub(crate) fn lines(
    db: &Connection,
    list: ListId,
    after: i64,
    limit: usize,
) -> Result<Vec<ListLine>, StoreError> {
    let sql = "SELECT line, person, cells, preview, outcome FROM lines WHERE list = ? AND line > ? ORDER BY line LIMIT ?";
    some(db, sql, list, after, limit)
}

/// The first lines that have no outcome yet.
pub(crate) fn undone(db: &Connection, list: ListId, limit: usize) -> Result<Vec<ListLine>, StoreError> {
    let sql = "SELECT line, person, cells, preview, outcome FROM lines
        WHERE list = ? AND line > ? AND outcome IS NULL ORDER BY line LIMIT ?";
    some(db, sql, list, 0, limit)
}

/// Writes what a line did.
pub(crate) fn set_outcome(db: &Connection, list: ListId, line: i64, outcome: &str) -> Result<(), StoreError> {
    let sql = "UPDATE lines SET outcome = ?3 WHERE list = ?1 AND line = ?2";
    db.prepare_cached(sql)?.execute(params![list.0, line, outcome])?;
    Ok(())
}

/// How many lines there are of each kind: (preview, outcome, count).
pub(crate) fn counts(
    db: &Connection,
    list: ListId,
) -> Result<Vec<(String, Option<String>, u64)>, StoreError> {
    let sql = "SELECT preview ->> 'outcome', outcome ->> 'outcome', count(*) FROM lines WHERE list = ?
        GROUP BY 1, 2";
    let mut query = db.prepare_cached(sql)?;
    let counts = query.query_map([list.0], |row| row.try_into())?.collect::<Result<_, _>>()?;
    Ok(counts)
}

fn some(
    db: &Connection,
    sql: &str,
    list: ListId,
    after: i64,
    limit: usize,
) -> Result<Vec<ListLine>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(ListLine {
            line: row.get(0)?,
            person: row.get(1)?,
            cells: row.get(2)?,
            preview: row.get(3)?,
            outcome: row.get(4)?,
        })
    };
    let mut query = db.prepare_cached(sql)?;
    let lines = query.query_map(params![list.0, after, limit], read)?.collect::<Result<_, _>>()?;
    Ok(lines)
}

fn read(row: &Row<'_>) -> Result<UploadedList, StoreError> {
    Ok(UploadedList {
        id: ListId(row.get(0)?),
        at: row.get(1)?,
        clerk: row.get(2)?,
        file: row.get(3)?,
        schema: schema(row.get(4)?)?,
        act: row.get(5)?,
        reason: row.get(6)?,
        state: ListState::from_column(&row.get::<_, String>(7)?)?,
        may_touch: row.get(8)?,
        touched: row.get(9)?,
    })
}

const LIST: &str = "SELECT id, at, clerk, file, schema, act, reason, state, may_touch, touched FROM lists";

impl ListState {
    /// The word in the `state` column, and in the page's words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Proposed => "proposed",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
    fn from_column(word: &str) -> Result<Self, StoreError> {
        [Self::Preview, Self::Proposed, Self::Running, Self::Done, Self::Dropped]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(StoreError::Damaged("a list's state"))
    }
}
