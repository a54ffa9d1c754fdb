//! Reconciliation: what every line of a list came to.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use openid4vc::vci::PERSON_ATTRIBUTE;
use serde_json::{Value, json};

use super::Talk;
use super::failure::Failure;
use crate::admin::{IssuerError, Row, RowOutcome};

/// Totals, the CSV file if one is wanted, and the lines for machine output.
pub(super) struct Report {
    talk: Talk,
    file: Option<(PathBuf, csv::Writer<File>)>,
    line: u64,
    issued: u64,
    written: u64,
    unchanged: u64,
    refused: u64,
    rows: Vec<Value>,
}

/// One line of the report.
struct Line<'a> {
    row: u64,
    person: &'a str,
    outcome: &'static str,
    refusal: Option<&'a IssuerError>,
}

impl Report {
    pub(super) fn new(path: Option<&Path>, talk: Talk) -> Result<Self, Failure> {
        let file = path.map(open).transpose()?;
        Ok(Self { talk, file, line: 0, issued: 0, written: 0, unchanged: 0, refused: 0, rows: Vec::new() })
    }

    /// Takes in a chunk. The file is complete up to here even if the command is killed later.
    pub(super) fn lines(&mut self, rows: &[Row], outcomes: &[RowOutcome]) -> Result<(), Failure> {
        for (row, outcome) in rows.iter().zip(outcomes) {
            self.line += 1;
            let outcome_word = self.count(outcome);
            let refusal = if let RowOutcome::Refused(refusal) = outcome { Some(refusal) } else { None };
            let person = row.get(PERSON_ATTRIBUTE).map_or("", String::as_str);
            self.line(&Line { row: self.line, person, outcome: outcome_word, refusal })?;
        }
        if let Some((path, file)) = &mut self.file {
            file.flush().map_err(|e| Failure::Report(path.clone(), e))?;
        }
        Ok(())
    }

    /// Prints the totals.
    pub(super) fn end(self) -> ExitCode {
        match self.talk {
            Talk::Machine => println!("{}", self.to_json()),
            Talk::People => self.say(),
        }
        if self.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
    }

    fn count(&mut self, outcome: &RowOutcome) -> &'static str {
        let (count, word) = match outcome {
            RowOutcome::Issued => (&mut self.issued, "issued"),
            RowOutcome::Written => (&mut self.written, "written"),
            RowOutcome::Unchanged => (&mut self.unchanged, "unchanged"),
            RowOutcome::Refused(_) => (&mut self.refused, "refused"),
        };
        *count += 1;
        word
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), Failure> {
        if let Some((path, file)) = &mut self.file {
            file.write_record(line.cells()).map_err(|e| Failure::Report(path.clone(), e.into()))?;
        }
        match (self.talk, line.refusal) {
            (Talk::Machine, _) => self.rows.push(line.to_json()),
            // The person's number stays out of terminals and their logs; the report file has it.
            (Talk::People, Some(refusal)) => eprintln!("Line {}: refused, {refusal}.", line.row),
            (Talk::People, None) => {}
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        json!({
            "issued": self.issued,
            "written": self.written,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "rows": self.rows,
        })
    }

    fn say(&self) {
        let done = if self.written > 0 { ("written", self.written) } else { ("issued", self.issued) };
        println!("{} {}, {} unchanged, {} refused.", done.1, done.0, self.unchanged, self.refused);
    }
}

impl Line<'_> {
    fn code(&self) -> &'static str {
        self.refusal.map_or("", IssuerError::code)
    }
    fn reason(&self) -> String {
        self.refusal.map_or_else(String::new, ToString::to_string)
    }
    fn cells(&self) -> [String; 5] {
        let cells = [self.person, self.outcome, self.code()];
        let [person, outcome, code] = cells.map(str::to_owned);
        [self.row.to_string(), person, outcome, code, self.reason()]
    }
    fn to_json(&self) -> Value {
        let mut value = json!({"row": self.row, "person": self.person, "outcome": self.outcome});
        if self.refusal.is_some() {
            value["code"] = self.code().into();
            value["reason"] = self.reason().into();
        }
        value
    }
}

fn open(path: &Path) -> Result<(PathBuf, csv::Writer<File>), Failure> {
    let fail = |e: std::io::Error| Failure::Report(path.to_owned(), e);
    let file = create_private(path).map_err(fail)?;
    let mut writer = csv::Writer::from_writer(file);
    writer
        .write_record(["row", PERSON_ATTRIBUTE, "outcome", "code", "reason"])
        .map_err(|e| fail(e.into()))?;
    Ok((path.to_owned(), writer))
}

/// The report holds identity numbers.
#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<File> {
    File::create(path)
}
