//! What a start refuses, and what it cleans up.

use std::fs;

use crate::data::{DataDir, DataError};
use crate::engine::RecoverError;
use crate::sequencer::SequencerError;
use crate::storage::Storage as _;
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
    let path = folder.path().join("tile/entries/000");
    let mut bytes = fs::read(&path).unwrap();
    bytes[5000] ^= 1;
    fs::write(path, bytes).unwrap();
    assert!(open(folder.path()).is_err());
}

#[test]
fn a_missing_bundle_is_refused() {
    let folder = filled();
    fs::remove_file(folder.path().join("tile/entries/000")).unwrap();
    assert!(matches!(open(folder.path()), Err(RecoverError::Bundle(path)) if path == "tile/entries/000"));
}

#[test]
fn another_genesis_and_another_key_are_refused() {
    let (folder, other) = (data(), tempfile::tempdir().unwrap());
    let genesis = ledger::samples::genesis(&["other.nanning"], 1);
    let founding = crate::Founding::new(genesis.origin().clone(), genesis.departments().to_vec(), 1);
    crate::init(other.path(), founding, &ledger::samples::insecure_key("another")).unwrap();
    restore(other.path(), folder.path(), "genesis.json");
    let data = DataDir::at(folder.path());
    let genesis = data.read_genesis().unwrap();
    assert!(matches!(data.sequencer(&genesis), Err(SequencerError::OtherGenesis)));
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
    let kept: Vec<_> = ["tile", "credentials"].map(|name| files.list(name).unwrap()).concat();
    let partial = kept.iter().filter(|path| path.contains(".p/")).count();
    assert_eq!(partial, 4, "one partial tile of entries, of leaf hashes, of level 1 and of leaves: {kept:?}");
    for stale in ["tile/0/001.p/1", "tile/0/000.p/7", "tile/entries/000.new", "credentials/shard/0/000.p/9"] {
        files.write(stale, b"stale").unwrap();
    }
    drop(open(folder.path()).unwrap());
    assert_eq!(["tile", "credentials"].map(|name| files.list(name).unwrap()).concat(), kept);
}

fn restore(from: &std::path::Path, to: &std::path::Path, name: &str) {
    fs::copy(from.join(name), to.join(name)).unwrap();
}
