//! Lists: read in chunks, sent to the issuer, and what every line came to.

use std::collections::HashSet;
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use circuits::schema::SchemaId;
use indicatif::{ProgressBar, ProgressStyle};
use openid4vc::vci::PERSON_ATTRIBUTE;
use serde_json::{Value, json};
use service::cli::{CommandError, Shell, Verdict};
use service::spreadsheet::inert;

use super::ListArgs;
use super::error::CliError;
use crate::admin::{IssuerError, Row, RowOutcome};
use crate::client::IssuerClientError;
use crate::person::{IdNumbers, PersonId};
use crate::rows;

pub(super) fn issue(schema: &SchemaId, list: &ListArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = list.desk.open()?;
    run(list, shell, &|rows| desk.issue(schema, rows))
}

pub(super) fn records(schema: &SchemaId, list: &ListArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = list.desk.open()?;
    run(list, shell, &|rows| desk.import_records(schema, rows))
}

pub(super) fn enrolments(
    schema: Option<&SchemaId>,
    list: &ListArgs,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let desk = list.desk.open()?;
    run(list, shell, &|rows| desk.import_enrolments(schema, rows))
}

type Send<'a> = &'a dyn Fn(Vec<Row>) -> Result<Vec<RowOutcome>, IssuerClientError>;

/// Exit code 1 if a line was refused.
fn run(list: &ListArgs, shell: Shell, send: Send<'_>) -> Result<Verdict, CommandError> {
    let bar = bar(rows::count(&list.csv, list.encoding).map_err(CliError::from)?);
    let mut report = Report::new(list.report.as_deref(), shell)?;
    let mut seen = HashSet::new();
    for chunk in rows::chunks(&list.csv, list.encoding).map_err(CliError::from)? {
        let chunk = chunk.map_err(CliError::from)?;
        let outcomes = send_new(&chunk, &mut seen, send)?;
        report.lines(&chunk, &outcomes)?;
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    report.end()
}

/// Sends the lines of people who have not stood in an earlier chunk; within a chunk the issuer itself finds them.
fn send_new(
    chunk: &[Row],
    seen: &mut HashSet<PersonId>,
    send: Send<'_>,
) -> Result<Vec<RowOutcome>, CliError> {
    let earlier: Vec<bool> =
        chunk.iter().map(|row| person(row).is_some_and(|person| seen.contains(&person))).collect();
    let fresh: Vec<Row> =
        chunk.iter().zip(&earlier).filter(|(_, e)| !**e).map(|(row, _)| row.clone()).collect();
    let mut answers = send_patiently(fresh, send)?.into_iter();
    seen.extend(chunk.iter().filter_map(person));
    let duplicate = || RowOutcome::Refused(IssuerError::DuplicateRow);
    Ok(earlier.into_iter().map(|e| if e { None } else { answers.next() }.unwrap_or_else(duplicate)).collect())
}

/// Lines may be sent again without harm, so a busy issuer is asked again for a while.
fn send_patiently(rows: Vec<Row>, send: Send<'_>) -> Result<Vec<RowOutcome>, CliError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    for wait in RETRY_AFTER {
        match send(rows.clone()) {
            Err(IssuerClientError::Busy(_)) => std::thread::sleep(wait),
            answer => return Ok(answer?),
        }
    }
    Ok(send(rows)?)
}

/// Whom a line is about; `None` for what is no number, which the issuer says better.
fn person(row: &Row) -> Option<PersonId> {
    row.get(PERSON_ATTRIBUTE).and_then(|cell| PersonId::from_list(cell, IdNumbers::Any).ok())
}

fn bar(lines: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} line {pos}/{len}, {eta} left");
    ProgressBar::new(lines).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Totals, the CSV file if one is wanted, and the lines for machine output.
struct Report {
    shell: Shell,
    file: Option<(PathBuf, csv::Writer<File>)>,
    line: u64,
    issued: u64,
    written: u64,
    unchanged: u64,
    refused: u64,
    rows: Vec<Value>,
}

/// One line of the report.
struct ReportLine<'a> {
    row: u64,
    person: &'a str,
    outcome: &'static str,
    refusal: Option<&'a IssuerError>,
}

impl Report {
    fn new(path: Option<&Path>, shell: Shell) -> Result<Self, CliError> {
        let file = path.map(open).transpose()?;
        Ok(Self { shell, file, line: 0, issued: 0, written: 0, unchanged: 0, refused: 0, rows: Vec::new() })
    }

    /// Takes in a chunk. The file is complete up to here even if the command is killed later.
    fn lines(&mut self, rows: &[Row], outcomes: &[RowOutcome]) -> Result<(), CliError> {
        for (row, outcome) in rows.iter().zip(outcomes) {
            self.line += 1;
            let outcome_word = self.count(outcome);
            let refusal = if let RowOutcome::Refused(refusal) = outcome { Some(refusal) } else { None };
            let person = row.get(PERSON_ATTRIBUTE).map_or("", String::as_str);
            self.line(&ReportLine { row: self.line, person, outcome: outcome_word, refusal })?;
        }
        if let Some((path, file)) = &mut self.file {
            file.flush().map_err(|e| CliError::Report(path.clone(), e))?;
        }
        Ok(())
    }

    /// Prints the totals; it is a no if a line was refused.
    fn end(self) -> Result<Verdict, CommandError> {
        self.shell.answer(&self.to_json(), || self.summary())?;
        Ok(Verdict::from(self.refused == 0))
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

    fn line(&mut self, line: &ReportLine<'_>) -> Result<(), CliError> {
        if let Some((path, file)) = &mut self.file {
            let cells = line.cells();
            file.write_record(cells.iter().map(|cell| inert(cell).into_owned()))
                .map_err(|e| CliError::Report(path.clone(), e.into()))?;
        }
        if self.shell.is_json() {
            self.rows.push(line.to_json());
        } else if let Some(rule) = line.refusal {
            // The person's number stays out of terminals and their logs; the report file has it.
            let row = rule.row();
            self.shell.say(
                &format!("第 {} 行：未办理，{}", line.row, row.chinese),
                &format!("Line {}: refused, {rule}.", line.row),
            );
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

    fn summary(&self) -> String {
        let (word, count) =
            if self.written > 0 { ("written", self.written) } else { ("issued", self.issued) };
        format!("{count} {word}, {} unchanged, {} refused.", self.unchanged, self.refused)
    }
}

impl ReportLine<'_> {
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

fn open(path: &Path) -> Result<(PathBuf, csv::Writer<File>), CliError> {
    let fail = |e: std::io::Error| CliError::Report(path.to_owned(), e);
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

const RETRY_AFTER: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];
