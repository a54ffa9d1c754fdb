//! What a start refuses, and what it cleans up.

use std::fs;

use crate::data_dir::{DataDir, DataError};
use crate::engine::RecoverError;
use crate::files::Storage as _;
use crate::sequencer::SequencerConfig;
use crate::sequencer::SequencerError;
use crate::testing::{accept, commit, copy, data, filled, open, schema};

#[test]
fn an_old_sequencer_is_refused() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    drop(engine);
    let old = copy(folder.path());
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![commit("c1", 0, 1)]);
    drop(engine);
    restore(old.path(), folder.path(), "ledger.sqlite");
    let refused = open(folder.path()).err();
    assert!(matches!(refused, Some(RecoverError::OldBackup { published: 5, sequenced: 3 })), "{refused:?}");
}

#[test]
fn old_files_are_refused() {
    let folder = data();
    drop(open(folder.path()).unwrap());
    let old = copy(folder.path());
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    drop(engine);
    restore(old.path(), folder.path(), "checkpoint");
    let refused = open(folder.path()).err();
    assert!(matches!(refused, Some(RecoverError::FilesBehind { published: 1, sequenced: 3 })), "{refused:?}");
    fs::remove_file(folder.path().join("checkpoint")).unwrap();
    assert!(matches!(open(folder.path()), Err(RecoverError::FilesBehind { published: 0, .. })));
}

#[test]
fn a_second_history_is_refused() {
    let folder = data();
    drop(open(folder.path()).unwrap());
    let fork = copy(folder.path());
    for (folder, id) in [(&folder, "a/1"), (&fork, "b/1")] {
        accept(&mut open(folder.path()).unwrap(), vec![schema(id)]);
    }
    restore(fork.path(), folder.path(), "checkpoint");
    assert!(matches!(open(folder.path()), Err(RecoverError::Forked)));
}

#[test]
fn a_changed_entry_is_refused() {
    let folder = filled();
    forget(folder.path());
    let path = folder.path().join("tile/entries/000");
    let mut bytes = fs::read(&path).unwrap();
    bytes[5000] ^= 1;
    fs::write(path, bytes).unwrap();
    assert!(open(folder.path()).is_err());
}

#[test]
fn a_missing_bundle_is_refused() {
    let folder = filled();
    forget(folder.path());
    fs::remove_file(folder.path().join("tile/entries/000")).unwrap();
    assert!(matches!(open(folder.path()), Err(RecoverError::Bundle(path)) if path == "tile/entries/000"));
}

#[test]
fn another_genesis_and_another_key_are_refused() {
    let folder = data();
    let other = tempfile::tempdir().unwrap();
    let genesis = ledger::samples::genesis(&["other.nanning"], 1);
    let parameters =
        crate::GenesisParameters::new(genesis.origin().clone(), genesis.departments().to_vec(), 1);
    crate::init(other.path(), parameters, &ledger::samples::insecure_key("another")).unwrap();
    restore(other.path(), folder.path(), "genesis.json");
    let data = DataDir::at(folder.path());
    let genesis = data.read_genesis().unwrap();
    assert!(matches!(SequencerConfig::Sqlite.open(&data, &genesis), Err(SequencerError::OtherGenesis)));
    assert!(matches!(data.read_log_key(&genesis), Err(DataError::OtherKey)));
}

#[test]
fn one_process_has_a_data_directory() {
    let folder = data();
    let data = DataDir::at(folder.path());
    let lock = data.lock().unwrap();
    assert!(matches!(data.lock(), Err(DataError::InUse)));
    drop(lock);
    data.lock().unwrap();
}

#[test]
fn superseded_and_unfinished_files_are_removed() {
    let folder = filled();
    let files = DataDir::at(folder.path()).files();
    // A running node keeps what its last batch replaced, for readers who come just then; a start removes that too.
    drop(open(folder.path()).unwrap());
    let kept = files.list("tile").unwrap();
    let partial = kept.iter().filter(|path| path.contains(".p/")).count();
    assert_eq!(partial, 3, "one partial tile of entries, of leaf hashes and of level 1: {kept:?}");
    for stale in ["tile/0/001.p/1", "tile/0/000.p/7", "tile/entries/000.new", "tile/entries/001.p/9"] {
        files.write(stale, b"stale").unwrap();
    }
    drop(open(folder.path()).unwrap());
    assert_eq!(files.list("tile").unwrap(), kept);
}

#[test]
fn a_start_takes_up_what_is_kept_and_needs_no_old_bundle() {
    let folder = filled();
    let (status, index) = seen(folder.path());
    fs::remove_file(folder.path().join("tile/entries/000")).unwrap();
    assert_eq!(seen(folder.path()), (status, index));
}

#[test]
fn what_is_kept_is_derived_again_when_anything_of_it_is_damaged_or_missing() {
    let folder = filled();
    let whole = seen(folder.path());
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let kept = ["derived/state", "derived/registry", "derived/leaves/0"].map(|name| (name, read(name)));
    for (name, bytes) in &kept {
        let length = bytes.len();
        let flipped = [0, length / 2, length - 1].map(|at| {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            flipped
        });
        for damaged in flipped.into_iter().chain([bytes[..length - 1].to_vec(), Vec::new()]) {
            let copy = copy(folder.path());
            fs::write(copy.path().join(name), damaged).unwrap();
            assert_eq!(seen(copy.path()), whole, "{name}");
            assert_eq!(fs::read(copy.path().join(name)).unwrap(), *bytes, "{name} is written again");
        }
    }
    forget(folder.path());
    assert_eq!(seen(folder.path()), whole);
}

#[test]
fn the_kept_state_of_another_log_is_not_taken_up() {
    let folder = filled();
    let other = data();
    let mut engine = open(other.path()).unwrap();
    accept(&mut engine, vec![schema("other/1")]);
    drop(engine);
    let whole = seen(folder.path());
    for name in ["derived/state", "derived/registry"] {
        restore(other.path(), folder.path(), name);
    }
    assert_eq!(seen(folder.path()), whole);
}

#[test]
fn a_start_replays_what_follows_the_kept_state() {
    let folder = filled();
    let old = fs::read(folder.path().join("derived/state")).unwrap();
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![commit("later", 7000, 300), crate::testing::status("s4", 600, "revoke")]);
    accept(&mut engine, vec![schema("later/1")]);
    drop(engine);
    let whole = seen(folder.path());
    fs::write(folder.path().join("derived/state"), old).unwrap();
    assert_eq!(seen(folder.path()), whole);
}

/// What a start makes of a data directory.
fn seen(folder: &std::path::Path) -> (ledger::client::Status, ledger::resource::Index) {
    let snapshot = open(folder).unwrap().snapshot();
    (snapshot.status, snapshot.index)
}

/// Makes the next start derive everything.
fn forget(folder: &std::path::Path) {
    fs::remove_file(folder.join("derived/state")).unwrap();
}

fn restore(from: &std::path::Path, to: &std::path::Path, name: &str) {
    fs::copy(from.join(name), to.join(name)).unwrap();
}
