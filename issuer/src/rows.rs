//! Lists as CSV files, as spreadsheets write them, read in chunks.
//!
//! Line ends are counted alike whatever they are, and lines as a spreadsheet numbers them: the first line of the file is
//! line 1. Columns without a name and without content, and lines without content, are not there.

mod columns;
mod encoding;
mod table;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub(crate) use self::columns::{attribute, column};
pub use self::encoding::Encoding;

use self::table::Table;
use crate::admin::{MAX_ROWS, Row};

/// Why a list cannot be read. The line is named, its content is not; where two encodings are possible, one cell is shown
/// in both, because only a person can tell which is right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The file cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Read(PathBuf, #[source] io::Error),
    /// The bytes are no text in the encoding.
    #[error("`{path}` is not a list: line {line} is text neither in UTF-8 nor in GB18030")]
    NoText {
        /// Which file.
        path: PathBuf,
        /// Which line of the file, from 1.
        line: u64,
    },
    /// The bytes are text in two encodings, and different text.
    #[error(
        "`{path}` can be read in two ways: in UTF-8 a cell says `{utf8}`, in GB18030 (GBK) it says `{gb18030}`"
    )]
    Ambiguous {
        /// Which file.
        path: PathBuf,
        /// A cell as UTF-8.
        utf8: String,
        /// The same cell as GB18030.
        gb18030: String,
    },
    /// A line with fewer cells than the header has names, or with more that are not empty.
    #[error(
        "`{path}` is not a list: line {line} (the header is line {header}) has {given} cells, the header names {named}"
    )]
    Cells {
        /// Which file.
        path: PathBuf,
        /// Which line of the file, from 1.
        line: u64,
        /// The line of the header.
        header: u64,
        /// Cells of the line, without empty ones at its end.
        given: usize,
        /// Named columns.
        named: usize,
    },
    /// A line is longer than a list's can be: a quotation mark is not closed, or it is no list.
    #[error("`{path}` is not a list: line {line} is too long, or a quotation mark before it is not closed")]
    LongLine {
        /// Which file.
        path: PathBuf,
        /// Which line of the file, from 1.
        line: u64,
    },
    /// More lines than are taken at once.
    #[error("`{path}` has more than {most} lines; divide it")]
    TooMany {
        /// Which file.
        path: PathBuf,
        /// How many are taken.
        most: usize,
    },
    /// A column stands twice in the header.
    #[error("`{0}` is not a list: a column stands twice in its header")]
    Header(PathBuf),
    /// No column says whom a line is about.
    #[error("`{0}` is not a list: its header has no column `id_number` (身份证号, 公民身份号码)")]
    NoPerson(PathBuf),
}

/// Reads a CSV file with a header, at most [`MAX_ROWS`] lines at a time; the encoding is found out where none is given.
pub fn chunks(
    path: &Path,
    encoding: Option<Encoding>,
) -> Result<impl Iterator<Item = Result<Vec<Row>, RowsError>> + use<>, RowsError> {
    let open = || File::open(path).map_err(|e| RowsError::Read(path.to_owned(), e));
    let encoding = encoding.map_or_else(|| found(path, open()?), Ok)?;
    let mut table = Table::new(encoding.decode(open()?)).map_err(|e| e.at(path))?;
    let path = path.to_owned();
    Ok(std::iter::from_fn(move || {
        let rows = std::iter::from_fn(|| table.row().transpose()).take(MAX_ROWS);
        let chunk: Result<Vec<Row>, Unreadable> = rows.collect();
        match chunk {
            Ok(rows) if rows.is_empty() => None,
            chunk => Some(chunk.map_err(|e| e.at(&path))),
        }
    })
    .fuse())
}

/// Lines of a file without its header, for progress bars.
pub fn count(path: &Path, encoding: Option<Encoding>) -> Result<u64, RowsError> {
    chunks(path, encoding)?.try_fold(0, |n, chunk| Ok(n + chunk?.len() as u64))
}

/// Reads a list that was sent under a file's name, of at most so many lines.
pub(crate) fn read(
    name: &str,
    bytes: &[u8],
    encoding: Option<Encoding>,
    most: usize,
) -> Result<Vec<Row>, RowsError> {
    let path = Path::new(name);
    let encoding = encoding.map_or_else(|| found(path, bytes), Ok)?;
    let mut table = Table::new(encoding.decode(bytes)).map_err(|e| e.at(path))?;
    let rows = std::iter::from_fn(|| table.row().transpose()).take(most.saturating_add(1));
    let rows = rows.collect::<Result<Vec<Row>, Unreadable>>().map_err(|e| e.at(path))?;
    if rows.len() > most { Err(RowsError::TooMany { path: path.to_owned(), most }) } else { Ok(rows) }
}

fn found(path: &Path, bytes: impl Read) -> Result<Encoding, RowsError> {
    Encoding::find(bytes).map_err(|e| e.at(path))
}

/// Why a list cannot be read, before it is said which one.
#[derive(Debug)]
enum Unreadable {
    Read(io::Error),
    NoText { line: u64 },
    LongLine { line: u64 },
    Ambiguous { utf8: String, gb18030: String },
    Cells { line: u64, header: u64, given: usize, named: usize },
    Twice,
    NoPerson,
}

impl Unreadable {
    fn at(self, path: &Path) -> RowsError {
        let path = path.to_owned();
        match self {
            Self::Read(e) => RowsError::Read(path, e),
            Self::NoText { line } => RowsError::NoText { path, line },
            Self::LongLine { line } => RowsError::LongLine { path, line },
            Self::Ambiguous { utf8, gb18030 } => RowsError::Ambiguous { path, utf8, gb18030 },
            Self::Cells { line, header, given, named } => {
                RowsError::Cells { path, line, header, given, named }
            }
            Self::Twice => RowsError::Header(path),
            Self::NoPerson => RowsError::NoPerson(path),
        }
    }
}
#[cfg(test)]
mod tests;
