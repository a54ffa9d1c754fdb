//! The index against what the entries derive.

use std::collections::BTreeMap;

use ledger::credentials::LeafChange;
use ledger::record::{Entry, Record};
use ledger::state::Accepted;

use super::{Stop, differs, stop};
use crate::engine::{change, rows};
use crate::sequencer::{Answer, Change, Head, Indexed, Row, Sequencer, SequencerError};

/// Head, and whether a batch is staged.
pub(super) fn head(index: &dyn Sequencer) -> Result<(Head, bool), Stop> {
    let head = index.head().map_err(|error| failed(&error))?;
    Ok((head, index.staged().map_err(|error| failed(&error))?.is_some()))
}

/// The rows and the changes of one batch that begins at `from` with `leaves` leaves in the tree.
pub(super) fn batch(
    index: &dyn Sequencer,
    from: u64,
    leaves: u64,
    entries: &[Entry],
    changes: &[LeafChange],
) -> Result<(), Stop> {
    let answers = answers(from, leaves, entries)?;
    rows(from, entries, &answers).into_iter().try_for_each(|expected| row(index, expected))?;
    let folded: BTreeMap<u64, Change> =
        changes.iter().map(change).map(|change| (change.position, change)).collect();
    let to = from + entries.len() as u64;
    let found = index.changes(from, to, usize::MAX).map_err(|error| failed(&error))?;
    if found.iter().eq(folded.values()) {
        return Ok(());
    }
    differs(FILE, format!("the changed leaves of entries {from} to {to} are not what the entries derive"))
}

/// Nothing is indexed beyond the log.
pub(super) fn ends(index: &dyn Sequencer, size: u64) -> Result<(), Stop> {
    match index.indexed(size).map_err(|error| failed(&error))? {
        Some(_) => differs(FILE, format!("has an entry {size}, beyond the checkpoint")),
        None => Ok(()),
    }
}

pub(super) fn failed(error: &SequencerError) -> Stop {
    stop(FILE, error.to_string())
}

fn row(index: &dyn Sequencer, expected: Row) -> Result<(), Stop> {
    let at = expected.index;
    let answer = Answer { digest: expected.digest, index: at, first_position: expected.first_position };
    let expected = Indexed { signer: expected.signer, id: expected.id, class: expected.class, answer };
    let found = index.indexed(at).map_err(|error| failed(&error))?;
    if found.as_ref() != Some(&expected) {
        return differs(FILE, format!("what it says about entry {at} is not what the entry says"));
    }
    let found = index.answer(&expected.signer, &expected.id).map_err(|error| failed(&error))?;
    if found == Some(answer) { Ok(()) } else { differs(FILE, format!("entry {at} is not found by its id")) }
}

/// What submitters were answered.
fn answers(from: u64, leaves: u64, entries: &[Entry]) -> Result<Vec<Accepted>, Stop> {
    let mut next = leaves;
    let answer = |(index, entry): (u64, &Entry)| {
        let Record::Commit(commit) = entry.record() else {
            return Ok(Accepted { index, first_position: None });
        };
        let first = next.try_into().map_err(|_| stop(FILE, "more leaves than the tree has places"))?;
        next += commit.inner.len() as u64;
        Ok(Accepted { index, first_position: Some(first) })
    };
    (from..).zip(entries).map(answer).collect()
}

/// The file of the index.
pub(super) const FILE: &str = "ledger.sqlite";
