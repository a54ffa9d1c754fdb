//! Lists as CSV files, read in chunks.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::admin::{MAX_ROWS, Row};

/// Why a list cannot be read. The line is named, its content is not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowsError {
    /// The file cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// Not CSV in UTF-8, or a line with more or fewer cells than the header.
    #[error("`{path}` is not a list: line {line} is not CSV in UTF-8 with as many cells as the header")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
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
}

/// Reads a CSV file with a header, at most [`MAX_ROWS`] lines at a time.
pub fn chunks(path: &Path) -> Result<impl Iterator<Item = Result<Vec<Row>, RowsError>> + use<>, RowsError> {
    let file = File::open(path).map_err(|e| RowsError::Read(path.to_owned(), e))?;
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let header = header(&mut reader, path)?;
    let path = path.to_owned();
    let mut records = reader.into_records();
    Ok(std::iter::from_fn(move || {
        let chunk: Result<Vec<Row>, RowsError> = records
            .by_ref()
            .take(MAX_ROWS)
            .map(|record| record.map(|r| row(&header, &r)).map_err(|e| malformed(&path, &e)))
            .collect();
        match chunk {
            Ok(rows) if rows.is_empty() => None,
            chunk => Some(chunk),
        }
    })
    .fuse())
}

/// Lines of a file without its header, for progress bars.
pub fn count(path: &Path) -> Result<u64, RowsError> {
    chunks(path)?.try_fold(0, |n, chunk| Ok(n + chunk?.len() as u64))
}

/// Reads a list that was sent under a file's name, of at most so many lines.
pub(crate) fn read(name: &str, bytes: &[u8], most: usize) -> Result<Vec<Row>, RowsError> {
    let path = Path::new(name);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let header = header(&mut reader, path)?;
    let records = reader.into_records().take(most.saturating_add(1));
    let rows: Vec<Row> = records
        .map(|record| record.map(|r| row(&header, &r)).map_err(|e| malformed(path, &e)))
        .collect::<Result<_, _>>()?;
    if rows.len() > most { Err(RowsError::TooMany { path: path.to_owned(), most }) } else { Ok(rows) }
}

fn header<R: Read>(reader: &mut csv::Reader<R>, path: &Path) -> Result<Vec<String>, RowsError> {
    let record = reader.headers().map_err(|e| malformed(path, &e))?;
    // Spreadsheets begin UTF-8 files with a byte order mark.
    let header: Vec<String> =
        record.iter().map(|c| c.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    let distinct: std::collections::BTreeSet<&String> = header.iter().collect();
    if distinct.len() == header.len() { Ok(header) } else { Err(RowsError::Header(path.to_owned())) }
}

fn row(header: &[String], record: &csv::StringRecord) -> Row {
    header.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
}

fn malformed(path: &Path, e: &csv::Error) -> RowsError {
    let line = e.position().map_or(1, csv::Position::line);
    RowsError::Malformed { path: path.to_owned(), line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn lines_come_in_chunks() {
        let text: String = std::iter::once("id_number,score\n".to_owned())
            .chain((0..1_201).map(|n| format!("p{n},1\n")))
            .collect();
        let file = file(&text);
        let sizes: Vec<usize> = chunks(file.path()).unwrap().map(|c| c.unwrap().len()).collect();
        assert_eq!(sizes, [500, 500, 201]);
        assert_eq!(count(file.path()).unwrap(), 1_201);
    }

    #[test]
    fn a_malformed_line_is_named_and_not_quoted() {
        let file = file("id_number,score\np1,1\nsecret\n");
        let error = chunks(file.path()).unwrap().next().unwrap().unwrap_err().to_string();
        assert!(error.contains("line 3") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn a_column_twice_is_refused() {
        assert!(matches!(chunks(file("a,a\n").path()).map(|_| ()), Err(RowsError::Header(_))));
    }
}
