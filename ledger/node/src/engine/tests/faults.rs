//! Every write fails three times: lost, landed with only the report lost, and lost with all that follow.

use std::path::Path;
use std::sync::Arc;

use ledger::record::Entry;
use ledger::state::Accepted;

use crate::data_dir::DataDir;
use crate::engine::{Engine, FlushUrgency, RecoverError};
use crate::files::Storage as _;
use crate::files::faulty::{Countdown, FaultInjection};
use crate::fsck::examine;
use crate::testing::{accept, commit, copy, data, open, open_through, schema, status};
use crate::{files, sequencer};

#[test]
fn every_failed_write_of_a_step_is_survived() {
    let before = near_the_border();
    for fault in [FaultInjection::Lost, FaultInjection::Landed, FaultInjection::Full] {
        let steps = (0..MANY).take_while(|nth| step_with_fault(before.path(), *nth, fault)).count();
        assert!(steps < MANY as usize, "every write of the step was reached");
        assert!(steps > 10, "a step over a tile's border writes many files, {steps} were seen");
    }
}

#[test]
fn every_failed_write_of_a_start_is_survived() {
    let staged = near_the_border();
    let countdown = Countdown::new(FaultInjection::Landed);
    let mut engine = open_faulty(staged.path(), &countdown).unwrap();
    countdown.arm(0);
    assert!(engine.process(&[step()]).is_err(), "the batch is staged, and nothing else");
    drop(engine);
    for fault in [FaultInjection::Lost, FaultInjection::Landed, FaultInjection::Full] {
        let steps = (0..MANY).take_while(|nth| start_with_fault(staged.path(), *nth, fault)).count();
        assert!(steps < MANY as usize, "every write of the start was reached");
        assert!(steps > 8, "a start that finishes a batch writes many files, {steps} were seen");
    }
}

#[test]
fn batches_whose_files_were_never_synced_are_written_again() {
    let folder = near_the_border();
    let mut engine = open(folder.path()).unwrap();
    let mut answers = Vec::new();
    for batch in 0..3 {
        let entry = commit(&format!("u{batch}"), 2000 + 10 * batch, 3);
        answers.push(engine.process(&[vec![entry]]).unwrap().pop().unwrap().unwrap());
    }
    let head = engine.head();
    drop(engine);
    // What a machine that loses power may leave of files that were not synced.
    let files = DataDir::at(folder.path()).files();
    files.write("tile/0/001.p/2", b"torn").unwrap();
    files.write("tile/entries/001.p/2", b"").unwrap();
    files.write_at("derived/leaves/0", 250 * 32, b"torn").unwrap();
    for _ in 0..2 {
        let mut engine = open(folder.path()).unwrap();
        assert_eq!(engine.head(), head);
        check(folder.path());
        let again = commit("u1", 2010, 3);
        assert_eq!(engine.process(&[vec![again]]).unwrap().pop().unwrap().unwrap(), answers[1]);
    }
}

#[test]
fn a_disk_that_is_full_when_the_batch_is_ordered_leaves_the_old_log() {
    let folder = near_the_border();
    let countdown = Countdown::new(FaultInjection::Lost);
    let mut engine = open_faulty(folder.path(), &countdown).unwrap();
    let head = engine.head();
    countdown.arm(0);
    assert!(engine.process(&[step()]).is_err());
    drop(engine);
    assert_eq!(open(folder.path()).unwrap().head(), head);
    check(folder.path());
}

/// One step whose write number `nth` fails; whether there is such a write.
fn step_with_fault(before: &Path, nth: u32, fault: FaultInjection) -> bool {
    let folder = copy(before);
    let countdown = Countdown::new(fault);
    let mut engine = open_faulty(folder.path(), &countdown).unwrap();
    countdown.arm(nth);
    let acknowledged = engine.process(&[step()]).ok().map(|mut answers| answers.pop().unwrap().unwrap());
    if acknowledged.is_some() {
        // It fails when the failing write is one of its own.
        let _ = engine.flush(FlushUrgency::Last);
    }
    drop(engine);
    recovers(folder.path(), acknowledged);
    countdown.reached()
}

/// A start that finishes a staged batch and whose write number `nth` fails; whether there is such a write.
fn start_with_fault(staged: &Path, nth: u32, fault: FaultInjection) -> bool {
    let folder = copy(staged);
    let countdown = Countdown::new(fault);
    countdown.arm(nth);
    drop(open_faulty(folder.path(), &countdown));
    recovers(folder.path(), None);
    countdown.reached()
}

/// The log starts again, is whole, and whoever asks again gets the answer that was given, if one was.
fn recovers(folder: &Path, acknowledged: Option<Vec<Accepted>>) {
    let mut engine = open(folder).unwrap();
    let size = engine.head().size;
    check(folder);
    let answers = accept(&mut engine, step());
    if let Some(acknowledged) = acknowledged {
        assert_eq!(answers, acknowledged);
        assert_eq!(engine.head().size, size, "what was acknowledged is there");
    }
    drop(engine);
    check(folder);
}

fn check(folder: &Path) {
    let report = examine(&DataDir::at(folder), &crate::SequencerConfig::Sqlite, &mut |_, _| {}).unwrap();
    assert_eq!(report.difference, None);
}

fn open_faulty(folder: &Path, countdown: &Countdown) -> Result<Engine, RecoverError> {
    let one = countdown.clone();
    let two = countdown.clone();
    open_through(
        folder,
        |inner| Arc::new(files::faulty::Faulty { inner, countdown: one }),
        |inner| Box::new(sequencer::faulty::Faulty { inner, countdown: two }),
    )
}

/// 252 entries and 250 leaves: the next step fills tiles of every kind.
fn near_the_border() -> tempfile::TempDir {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    let commits = (0..248).map(|i| commit(&format!("c{i}"), i, 1));
    accept(&mut engine, std::iter::once(schema("score/1")).chain(commits).collect());
    accept(&mut engine, vec![commit("c248", 248, 2)]);
    folder
}

/// Ten new leaves, and one that goes.
fn step() -> Vec<Entry> {
    let commits = (0..5).map(|i| commit(&format!("d{i}"), 1000 + 10 * i, 2));
    commits.chain([status("s1", 7, "revoke")]).collect()
}

/// More writes than a step has.
const MANY: u32 = 100;
