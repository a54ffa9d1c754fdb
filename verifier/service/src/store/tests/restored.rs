//! A counter's database that is older than the marker beside it.

use std::path::{Path, PathBuf};

use super::*;

/// A data directory with its database and its marker.
struct Counter {
    folder: tempfile::TempDir,
}

impl Counter {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("counter")).unwrap();
        Self { folder }
    }
    fn data(&self) -> PathBuf {
        self.folder.path().join("counter")
    }
    fn database(&self) -> PathBuf {
        self.data().join("verifier.sqlite")
    }
    fn marker(&self) -> PathBuf {
        marker_of(&self.data())
    }
    fn open(&self) -> Result<Database, StoreError> {
        Database::open_counting(&self.database(), &self.marker())
    }
    /// Answers one request with a pseudonym.
    fn answer(&self, name: &str, nullifier: u64) -> Finalized {
        let mut store = self.open().unwrap();
        store.insert(&transaction(name)).unwrap();
        store
            .accept(&transaction(name), &answer(nullifier), &named(1), format!("r-{name}"), NOW, kept)
            .unwrap()
    }
    /// The whole data directory, as a backup takes it.
    fn copy(&self, to: &str) {
        copy(&self.data(), &self.folder.path().join(to));
    }
    fn restore(&self, from: &str) {
        std::fs::remove_dir_all(self.data()).unwrap();
        copy(&self.folder.path().join(from), &self.data());
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap().path();
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn an_older_copy_does_not_accept_a_used_answer_again() {
    let counter = Counter::new();
    assert_eq!(counter.answer("a", 1), Finalized::Recorded);
    counter.copy("backup");
    assert_eq!(counter.answer("b", 2), Finalized::Recorded);
    assert_eq!(counter.answer("c", 2), Finalized::NoUsesLeft);
    counter.restore("backup");
    let refused = counter.open().err().unwrap();
    assert!(matches!(refused, StoreError::Older { counted: 1, marked: 2, .. }), "{refused}");
}

#[test]
fn a_copy_that_has_forgotten_nothing_goes_on() {
    let counter = Counter::new();
    counter.answer("a", 1);
    counter.copy("backup");
    // What is refused, and what is not counted, is no use.
    counter.answer("b", 1);
    let mut store = counter.open().unwrap();
    store.insert(&transaction("s")).unwrap();
    store.accept(&transaction("s"), &answer(9), &Uses::Session, "r-s".into(), NOW, kept).unwrap();
    drop(store);
    counter.restore("backup");
    assert_eq!(counter.answer("c", 2), Finalized::Recorded);
}

#[test]
fn an_older_copy_is_accepted_by_an_explicit_act_alone() {
    let counter = Counter::new();
    counter.copy("empty");
    counter.answer("a", 1);
    counter.restore("empty");
    for _ in 0..2 {
        assert!(counter.open().is_err());
    }
    let store = Database::open(&counter.database()).unwrap();
    assert_eq!(store.accept_restore(&counter.marker()).unwrap(), 0);
    drop(store);
    assert_eq!(counter.answer("b", 1), Finalized::Recorded);
}

/// A crash between the two leaves the marker behind, and a database from before there were markers has none.
#[test]
fn a_marker_that_is_behind_or_missing_is_made_good() {
    let counter = Counter::new();
    counter.answer("a", 1);
    std::fs::remove_file(counter.marker()).unwrap();
    counter.copy("backup");
    counter.answer("b", 2);
    counter.restore("backup");
    assert!(counter.open().is_err());
    std::fs::write(counter.marker(), "not a number").unwrap();
    assert!(matches!(counter.open(), Err(StoreError::Malformed(_))));
}
