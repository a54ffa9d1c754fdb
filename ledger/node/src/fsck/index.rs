//! The index against what the entries derive.

use std::collections::BTreeMap;

use ledger::credentials::LeafChange;
use ledger::record::Entry;

use super::{Stop, differs, stop};
use crate::engine::{answers, change, rows};
use crate::sequencer::{Answer, Change, Head, Indexed, Row, Sequencer, SequencerError};

/// Head, and whether a batch is staged.
pub(super) fn head(index: &dyn Sequencer) -> Result<(Head, bool), Stop> {
    let head = index.head().map_err(|error| failed(index, &error))?;
    if is_shared(index)? {
        // Each node finishes in its own files what was ordered; the store cannot say whether this one has.
        return Ok((head, false));
    }
    Ok((head, index.staged().map_err(|error| failed(index, &error))?.is_some()))
}

/// Whether other nodes order entries too.
pub(super) fn is_shared(index: &dyn Sequencer) -> Result<bool, Stop> {
    Ok(index.shared().map_err(|error| failed(index, &error))?.is_some())
}

/// The rows and the changes of one batch that begins at `from` with `leaves` leaves in the tree.
pub(super) fn batch(
    index: &dyn Sequencer,
    from: u64,
    leaves: u64,
    entries: &[Entry],
    changes: &[LeafChange],
) -> Result<(), Stop> {
    let answers = answers(from, leaves, entries);
    let answers = answers.ok_or_else(|| stop(index.name(), "more leaves than the tree has places"))?;
    rows(from, entries, &answers).into_iter().try_for_each(|expected| row(index, expected))?;
    let folded: BTreeMap<u64, Change> =
        changes.iter().map(change).map(|change| (change.position, change)).collect();
    let to = from + entries.len() as u64;
    let found = index.changes(from, to, usize::MAX).map_err(|error| failed(index, &error))?;
    if found.iter().eq(folded.values()) {
        return Ok(());
    }
    differs(
        index.name(),
        format!("the changed leaves of entries {from} to {to} are not what the entries derive"),
    )
}

/// Nothing is indexed beyond the log, unless others may have gone further.
pub(super) fn ends(index: &dyn Sequencer, size: u64) -> Result<(), Stop> {
    if is_shared(index)? {
        return Ok(());
    }
    match index.indexed(size).map_err(|error| failed(index, &error))? {
        Some(_) => differs(index.name(), format!("has an entry {size}, beyond the checkpoint")),
        None => Ok(()),
    }
}

pub(super) fn failed(index: &dyn Sequencer, error: &SequencerError) -> Stop {
    stop(index.name(), error.to_string())
}

fn row(index: &dyn Sequencer, expected: Row) -> Result<(), Stop> {
    let at = expected.index;
    let answer = Answer { digest: expected.digest, index: at, first_position: expected.first_position };
    let expected = Indexed { signer: expected.signer, id: expected.id, class: expected.class, answer };
    let found = index.indexed(at).map_err(|error| failed(index, &error))?;
    if found.as_ref() != Some(&expected) {
        return differs(index.name(), format!("what it says about entry {at} is not what the entry says"));
    }
    let found = index.answer(&expected.signer, &expected.id).map_err(|error| failed(index, &error))?;
    if found == Some(answer) {
        Ok(())
    } else {
        differs(index.name(), format!("entry {at} is not found by its id"))
    }
}
