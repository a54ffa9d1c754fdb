//! Lists: read in chunks, sent to the desk, reported line by line.

use std::collections::HashSet;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use circuits::schema::SchemaId;
use indicatif::{ProgressBar, ProgressStyle};
use openid4vc::vci::PERSON_ATTRIBUTE;

use super::failure::Failure;
use super::report::Report;
use super::{ListArgs, Talk};
use crate::admin::{IssuerError, Row, RowOutcome};
use crate::client::IssuerClientError;
use crate::rows;

pub(super) fn issue(schema: &SchemaId, list: &ListArgs, talk: Talk) -> Result<ExitCode, Failure> {
    let desk = list.desk.open()?;
    run(list, talk, &|rows| desk.issue(schema, rows))
}

pub(super) fn records(schema: &SchemaId, list: &ListArgs, talk: Talk) -> Result<ExitCode, Failure> {
    let desk = list.desk.open()?;
    run(list, talk, &|rows| desk.import_records(schema, rows))
}

pub(super) fn enrolments(
    schema: Option<&SchemaId>,
    list: &ListArgs,
    talk: Talk,
) -> Result<ExitCode, Failure> {
    let desk = list.desk.open()?;
    run(list, talk, &|rows| desk.import_enrolments(schema, rows))
}

type Send<'a> = &'a dyn Fn(Vec<Row>) -> Result<Vec<RowOutcome>, IssuerClientError>;

/// Exit code 1 if a line was refused.
fn run(list: &ListArgs, talk: Talk, send: Send<'_>) -> Result<ExitCode, Failure> {
    let bar = bar(rows::count(&list.csv)?);
    let mut report = Report::new(list.report.as_deref(), talk)?;
    let mut seen = HashSet::new();
    for chunk in rows::chunks(&list.csv)? {
        let chunk = chunk?;
        let outcomes = send_new(&chunk, &mut seen, send)?;
        report.lines(&chunk, &outcomes)?;
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(report.end())
}

/// Sends the lines of people who have not stood in an earlier chunk; within a chunk the desk itself finds them.
fn send_new(chunk: &[Row], seen: &mut HashSet<String>, send: Send<'_>) -> Result<Vec<RowOutcome>, Failure> {
    let earlier: Vec<bool> = chunk.iter().map(|row| seen.contains(person(row))).collect();
    let fresh: Vec<Row> =
        chunk.iter().zip(&earlier).filter(|(_, e)| !**e).map(|(row, _)| row.clone()).collect();
    let mut answers = send_patiently(fresh, send)?.into_iter();
    seen.extend(chunk.iter().map(|row| person(row).to_owned()));
    let duplicate = || RowOutcome::Refused(IssuerError::DuplicateRow);
    Ok(earlier.into_iter().map(|e| if e { None } else { answers.next() }.unwrap_or_else(duplicate)).collect())
}

/// Lines may be sent again without harm, so a busy desk is asked again for a while.
fn send_patiently(rows: Vec<Row>, send: Send<'_>) -> Result<Vec<RowOutcome>, Failure> {
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

fn person(row: &Row) -> &str {
    row.get(PERSON_ATTRIBUTE).map_or("", |cell| cell.trim())
}

fn bar(lines: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} lines, {eta} left");
    ProgressBar::new(lines).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

const RETRY_AFTER: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];
