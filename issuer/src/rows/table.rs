//! The rows of a list under the names of its header.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use openid4vc::vci::PERSON_ATTRIBUTE;

use super::encoding::{Decoded, NoTextAt};
use super::{Unreadable, column};
use crate::admin::Row;

/// The lines that were looked at first, and the rest.
type Whole<R> = io::Chain<Cursor<Vec<u8>>, BufReader<Decoded<R>>>;

/// A list that is being read.
pub(super) struct Table<R> {
    reader: csv::Reader<Whole<R>>,
    /// The name of each column; empty where it has none.
    names: Vec<String>,
    /// Line of the header.
    header: u64,
}

impl<R: Read> Table<R> {
    /// Reads the header. What stands above it, in at most three lines of one cell each, is the list's title.
    pub(super) fn new(text: Decoded<R>) -> Result<Self, Unreadable> {
        let mut text = BufReader::new(text);
        let mut top = Vec::new();
        for _ in 0..=TITLE_LINES {
            text.by_ref().take(MAX_RECORD).read_until(b'\n', &mut top).map_err(Unreadable::of_io)?;
        }
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(&top))
            .from_reader(Cursor::new(top).chain(text));
        let mut table = Self { reader, names: Vec::new(), header: 0 };
        for _ in 0..=TITLE_LINES {
            let Some((line, cells)) = table.record()? else { break };
            let names: Vec<String> = cells.iter().map(column).collect();
            let filled = names.iter().filter(|name| !name.is_empty()).count();
            if names.iter().any(|name| name == PERSON_ATTRIBUTE) {
                (table.names, table.header) = (names, line);
                return table.checked();
            }
            if filled > 1 {
                break;
            }
        }
        Err(Unreadable::NoPerson)
    }

    fn checked(self) -> Result<Self, Unreadable> {
        let names: Vec<&String> = self.names.iter().filter(|name| !name.is_empty()).collect();
        let distinct = names.iter().collect::<BTreeSet<_>>().len() == names.len();
        if distinct { Ok(self) } else { Err(Unreadable::Twice) }
    }

    /// The next line that has content; `None` at the end.
    pub(super) fn row(&mut self) -> Result<Option<Row>, Unreadable> {
        loop {
            let Some((line, cells)) = self.record()? else { return Ok(None) };
            let empty = cells.iter().rev().take_while(|cell| cell.trim().is_empty()).count();
            let given = cells.len() - empty;
            if given == 0 {
                continue;
            }
            let named = self.names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
            let mut pairs = self.names.iter().zip(&cells);
            let unnamed = pairs.any(|(name, cell)| name.is_empty() && !cell.trim().is_empty());
            if cells.len() < named || given > named || unnamed {
                let given = if cells.len() < named { cells.len() } else { given };
                return Err(Unreadable::Cells { line, header: self.header, given, named });
            }
            let pairs = self.names.iter().zip(&cells).filter(|(name, _)| !name.is_empty());
            return Ok(Some(pairs.map(|(name, cell)| (name.clone(), cell.to_owned())).collect()));
        }
    }

    /// A record, and the line of the file that it begins in.
    fn record(&mut self) -> Result<Option<(u64, csv::StringRecord)>, Unreadable> {
        let mut record = csv::StringRecord::new();
        if !self.reader.read_record(&mut record).map_err(Unreadable::of_csv)? {
            return Ok(None);
        }
        // Every record ends in one line feed, so that the reader now stands in the line below it.
        let inside = record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        let line = self.reader.position().line().saturating_sub(1 + inside).max(1);
        if record.as_slice().len() as u64 > MAX_RECORD {
            return Err(Unreadable::LongLine { line });
        }
        Ok(Some((line, record)))
    }
}

/// What stands between cells: the commonest of comma, tab and semicolon in the lines at the top.
fn delimiter(top: &[u8]) -> u8 {
    let count = |delimiter: &u8| top.split(|byte| byte == delimiter).count();
    // Of equals the last is taken, so that a list of one column has commas.
    b";\t,".iter().copied().max_by_key(count).unwrap_or(b',')
}

impl Unreadable {
    fn of_io(e: io::Error) -> Self {
        match e.get_ref().and_then(|inner| inner.downcast_ref::<NoTextAt>()) {
            Some(NoTextAt(line)) => Self::NoText { line: *line },
            None => Self::Read(e),
        }
    }

    fn of_csv(e: csv::Error) -> Self {
        let line = e.position().map_or(1, csv::Position::line);
        match e.into_kind() {
            csv::ErrorKind::Io(e) => Self::of_io(e),
            // Text is decoded before and lines of any length are taken, so that nothing else is expected.
            _ => Self::NoText { line },
        }
    }
}

/// Bytes of a record at most.
const MAX_RECORD: u64 = 1 << 20;
/// Lines above the header at most.
const TITLE_LINES: usize = 3;
