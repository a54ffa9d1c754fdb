//! fsck finds every changed bit and names its file.

use std::fs;
use std::path::Path;

use ledger::tile::TileWidth;

use super::{Difference, FsckError, fsck};
use crate::data_dir::{DataDir, DataError};
use crate::files::Storage as _;
use crate::testing::{copy, data, filled};

#[test]
fn a_whole_log_is_ok() {
    let report = check(filled().path());
    assert_eq!((report.difference, report.size, report.leaves), (None, 267, 513));
}

#[test]
fn a_log_that_never_started_is_ok() {
    assert!(check(data().path()).ok);
}

#[test]
fn a_flipped_bit_is_named_in_every_kind_of_file() {
    let folder = filled();
    let blob = format!("blobs/{}", ledger::digest::Digest::of(b"a budget"));
    let files = [
        "genesis.json",
        "log.key",
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/11",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/11",
        "derived/state",
        "derived/registry",
        "derived/leaves/0",
        &blob,
    ];
    for file in files {
        let length = fs::read(folder.path().join(file)).unwrap().len();
        // What ends the line of a key is no part of it.
        let last = if file == "log.key" { length - 2 } else { length - 1 };
        for at in [0, length / 2, last] {
            let damaged = copy(folder.path());
            change(&damaged.path().join(file), |bytes| bytes[at] ^= 1);
            assert_eq!(named(damaged.path()).as_deref(), Some(file), "byte {at} of {file}");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_superseded_partial_tile_is_named() {
    let folder = filled();
    let read = |file: &str| fs::read(folder.path().join(file)).unwrap();
    let cut = |file: &str, width| {
        let mut bytes = read(file);
        bytes.truncate(crate::tiles::cut_entries(&bytes, TileWidth::new(width).unwrap()).unwrap());
        bytes
    };
    // As a process that is killed leaves them.
    let stale = [
        ("tile/0/000.p/200", read("tile/0/000")[..6400].to_vec()),
        ("tile/0/001.p/3", read("tile/0/001.p/11")[..96].to_vec()),
        ("tile/entries/000.p/9", cut("tile/entries/000", 9)),
        ("tile/entries/001.p/3", cut("tile/entries/001.p/11", 3)),
    ];
    let files = DataDir::at(folder.path()).files();
    for (file, bytes) in &stale {
        files.write(file, bytes).unwrap();
    }
    assert!(check(folder.path()).ok);
    for (file, bytes) in &stale {
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let damaged = copy(folder.path());
            change(&damaged.path().join(file), |bytes| bytes[at] ^= 1);
            assert_eq!(named(damaged.path()).as_deref(), Some(*file), "byte {at} of {file}");
        }
        let shortened = copy(folder.path());
        change(&shortened.path().join(file), |bytes| bytes.truncate(bytes.len() - 1));
        assert_eq!(named(shortened.path()).as_deref(), Some(*file));
    }
}

#[test]
fn a_missing_or_shortened_file_is_named() {
    let folder = filled();
    for file in ["checkpoint", "tile/0/000", "tile/entries/001.p/11", "derived/leaves/0", "derived/registry"]
    {
        let damaged = copy(folder.path());
        change(&damaged.path().join(file), |bytes| bytes.truncate(bytes.len() - 1));
        assert_eq!(named(damaged.path()).as_deref(), Some(file));
        fs::remove_file(damaged.path().join(file)).unwrap();
        assert_eq!(named(damaged.path()).as_deref(), Some(file));
    }
}

#[test]
fn every_changed_column_of_the_index_is_named() {
    let folder = filled();
    for change in [
        "UPDATE head SET size = 264",
        "UPDATE head SET root = zeroblob(32)",
        "UPDATE head SET staged_from = 1",
        "UPDATE entries SET signer = 'tax.nanning' WHERE idx = 3",
        "UPDATE entries SET id = 'other' WHERE idx = 3",
        "UPDATE entries SET digest = zeroblob(32) WHERE idx = 3",
        "UPDATE entries SET class = 0 WHERE idx = 3",
        "UPDATE entries SET class = 9 WHERE idx = 3",
        "UPDATE entries SET first_position = 5 WHERE idx = 3",
        "UPDATE entries SET first_position = NULL WHERE idx = 3",
        "DELETE FROM entries WHERE idx = 3",
        "INSERT INTO entries VALUES (267, 'a', 'b', zeroblob(32), 0, NULL)",
        "UPDATE changes SET position = 4 WHERE position = 3",
        "UPDATE changes SET leaf = zeroblob(32) WHERE idx = (SELECT max(idx) FROM changes)",
        "DELETE FROM changes WHERE position = 3",
        "INSERT INTO changes VALUES (1, 0, 2, zeroblob(32))",
    ] {
        let damaged = copy(folder.path());
        let connection = rusqlite::Connection::open(damaged.path().join("ledger.sqlite")).unwrap();
        assert!(connection.execute(change, []).unwrap() > 0, "{change}");
        drop(connection);
        assert_eq!(named(damaged.path()).as_deref(), Some("ledger.sqlite"), "{change}");
    }
}

#[test]
fn a_flipped_bit_of_the_index_is_named() {
    let folder = filled();
    let bundle = fs::read(folder.path().join("tile/entries/001.p/11")).unwrap();
    let entry = crate::tiles::split_bundle(&bundle).unwrap()[0];
    let digest = ledger::digest::Digest::of(entry);
    change(&folder.path().join("ledger.sqlite"), |bytes| {
        let at = bytes.windows(32).position(|window| window == digest.as_bytes()).unwrap();
        bytes[at] ^= 1;
    });
    assert_eq!(named(folder.path()).as_deref(), Some("ledger.sqlite"));
}

#[test]
fn a_directory_in_use_and_a_folder_without_ledger_are_errors() {
    let folder = data();
    let lock = DataDir::at(folder.path()).lock().unwrap();
    assert!(matches!(fsck(folder.path(), &mut |_, _| {}), Err(FsckError::Data(DataError::InUse))));
    drop(lock);
    let empty = tempfile::tempdir().unwrap();
    let refused = fsck(empty.path(), &mut |_, _| {});
    assert!(matches!(refused, Err(FsckError::Data(DataError::NotADataDirectory))));
    assert!(!empty.path().join("lock").exists());
}

fn check(folder: &Path) -> super::Report {
    fsck(folder, &mut |_, _| {}).unwrap()
}

fn named(folder: &Path) -> Option<String> {
    check(folder).difference.map(|Difference { what, .. }| what)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}
