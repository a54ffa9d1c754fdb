//! Two nodes on one head: who is overtaken takes its batch back, takes in the other's, and carries on.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ledger::record::Entry;
use ledger::state::Accepted;
use tempfile::TempDir;

use super::super::SubmissionError;
use crate::data_dir::DataDir;
use crate::engine::{Decision, Engine, RecoverError};
use crate::fsck::fsck_in;
use crate::init::{GenesisParameters, LogKey, init_in};
use crate::sequencer::SequencerConfig;
use crate::sequencer::{
    self as order, Batch, Bundle, Change, Head, Indexed, PostgresSequencer, Sequencer, SequencerError,
};
use crate::testing::{CREDIT, TAX, commit, open_with, schema, status};
use yong_tests::postgres::Server;

/// What happens just before the next batch is ordered.
type Between = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// A sequencer before which another node is quicker, once.
struct Overtaken {
    inner: PostgresSequencer,
    between: Between,
}

impl Sequencer for Overtaken {
    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError> {
        // Taken first, because the other node asks for it too.
        let between = self.between.lock().unwrap().take();
        if let Some(between) = between {
            between();
        }
        self.inner.append(on, batch)
    }
    fn head(&self) -> Result<Head, SequencerError> {
        self.inner.head()
    }
    fn staged(&self) -> Result<Option<Bundle>, SequencerError> {
        self.inner.staged()
    }
    fn unstage(&mut self, size: u64) -> Result<(), SequencerError> {
        self.inner.unstage(size)
    }
    fn shared(&self) -> Result<Option<(Head, Vec<u8>)>, SequencerError> {
        self.inner.shared()
    }
    fn entries(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, SequencerError> {
        self.inner.entries(from, to)
    }
    fn try_write(&self) -> Result<(), SequencerError> {
        self.inner.try_write()
    }
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn answer(&self, signer: &str, id: &str) -> Result<Option<order::Answer>, SequencerError> {
        self.inner.answer(signer, id)
    }
    fn indexed(&self, index: u64) -> Result<Option<Indexed>, SequencerError> {
        self.inner.indexed(index)
    }
    fn changes(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Change>, SequencerError> {
        self.inner.changes(from, to, limit)
    }
}

/// A ledger in a database, and the data directories of two nodes.
struct Pair {
    address: String,
    one: TempDir,
    two: TempDir,
    between: Between,
    _server: Server,
}

impl Pair {
    fn found() -> Option<Self> {
        let server = Server::start()?;
        let address = server.schema("pair");
        let one = tempfile::tempdir().unwrap();
        let two = tempfile::tempdir().unwrap();
        let genesis = ledger::samples::genesis(&[CREDIT, TAX], 2);
        let parameters = GenesisParameters::new(genesis.origin().clone(), genesis.departments().to_vec(), 2);
        let key = ledger::samples::insecure_key("ledger.test/1");
        init_in(one.path(), &address.parse().unwrap(), parameters, LogKey::File(&key)).unwrap();
        for file in ["genesis.json", "log.key"] {
            std::fs::copy(one.path().join(file), two.path().join(file)).unwrap();
        }
        Some(Self { address, one, two, between: Between::default(), _server: server })
    }
    fn open(&self, folder: &TempDir) -> Engine {
        let inner = sequencer(&self.address, folder.path());
        let between = self.between.clone();
        open(folder.path(), Box::new(Overtaken { inner, between })).unwrap()
    }
    /// The other node does this just before the next batch is ordered.
    fn meanwhile(&self, other: &Arc<Mutex<Engine>>, entries: Vec<Entry>) {
        let other = other.clone();
        let run = move || {
            other.lock().unwrap().process(&[entries]).unwrap().pop().unwrap().unwrap();
        };
        *self.between.lock().unwrap() = Some(Box::new(run));
    }
    fn is_whole(&self, folder: &Path) {
        let store: SequencerConfig = self.address.parse().unwrap();
        assert_eq!(fsck_in(folder, &store, &mut |_, _| {}).unwrap().difference, None);
    }
}

fn sequencer(address: &str, folder: &Path) -> PostgresSequencer {
    let genesis = DataDir::at(folder).read_genesis().unwrap();
    PostgresSequencer::open(address, genesis.digest().as_bytes()).unwrap()
}

fn open(folder: &Path, sequencer: Box<dyn Sequencer>) -> Result<Engine, RecoverError> {
    open_with(folder, Arc::new(DataDir::at(folder).files()), sequencer)
}

#[test]
fn of_two_nodes_one_is_overtaken_and_carries_on() {
    let Some(pair) = Pair::found() else { return };
    let mut one = pair.open(&pair.one);
    let two = Arc::new(Mutex::new(pair.open(&pair.two)));
    one.process(&[vec![schema("score/1"), commit("c0", 0, 300)]]).unwrap();
    pair.meanwhile(&two, vec![commit("theirs", 1000, 2), status("s", 7, "suspend")]);
    let mine = [vec![commit("mine", 2000, 3)], vec![status("r", 7, "revoke")], vec![schema("more/1")]];
    let answers: Vec<Vec<Accepted>> = one.process(&mine).unwrap().into_iter().map(Result::unwrap).collect();
    assert!(pair.between.lock().unwrap().is_none(), "the other node was quicker");
    assert_eq!(answers[0][0].first_position.map(u64::from), Some(302), "after the leaves of the other");
    let mut two = Arc::into_inner(two).unwrap().into_inner().unwrap();
    assert!(two.catch_up().unwrap());
    assert_eq!(two.head(), one.head());
    assert!(!two.catch_up().unwrap() && !one.catch_up().unwrap(), "neither has anything to learn");
    for (mut engine, folder) in [(one, &pair.one), (two, &pair.two)] {
        engine.flush(super::super::FlushUrgency::Last).unwrap();
        let head = engine.head();
        drop(engine);
        pair.is_whole(folder.path());
        assert_eq!(pair.open(folder).head(), head, "a start finds the same");
    }
}

#[test]
fn what_the_other_node_ordered_decides_about_what_comes_after() {
    let Some(pair) = Pair::found() else { return };
    let mut one = pair.open(&pair.one);
    let two = Arc::new(Mutex::new(pair.open(&pair.two)));
    one.process(&[vec![schema("score/1")]]).unwrap();
    pair.meanwhile(&two, vec![commit("theirs", 5, 2), commit("both", 50, 1)]);
    let submissions = [vec![commit("mine", 6, 1)], vec![commit("both", 50, 1)], vec![commit("new", 60, 1)]];
    let answers = one.process(&submissions).unwrap();
    let refused = |answer: &Decision| matches!(answer, Err(SubmissionError::Entry { refusal, .. }) if refusal.code() == "duplicate_leaf");
    assert!(refused(&answers[0]), "its leaf was committed by the other node: {:?}", answers[0]);
    let again = two.lock().unwrap().process(&[vec![commit("both", 50, 1)]]).unwrap().pop().unwrap().unwrap();
    assert_eq!(*answers[1].as_ref().unwrap(), again, "the same entry at both nodes has one answer");
    assert_eq!(answers[2].as_ref().unwrap()[0].first_position.map(u64::from), Some(3));
    assert_eq!(two.lock().unwrap().head(), one.head());
}

#[test]
fn two_nodes_that_found_one_ledger_find_one_beginning() {
    let Some(pair) = Pair::found() else { return };
    let address = pair.address.clone();
    let folder = pair.two.path().to_path_buf();
    let run = move || drop(open(&folder, Box::new(sequencer(&address, &folder))).unwrap());
    *pair.between.lock().unwrap() = Some(Box::new(run));
    let one = pair.open(&pair.one);
    assert_eq!(one.head().size, 1);
    assert_eq!(pair.open(&pair.two).head(), one.head());
}

#[test]
fn a_database_that_lost_entries_is_refused() {
    let Some(pair) = Pair::found() else { return };
    let mut one = pair.open(&pair.one);
    one.process(&[vec![schema("score/1")]]).unwrap();
    one.flush(super::super::FlushUrgency::Last).unwrap();
    drop(one);
    let mut client = postgres::Client::connect(&pair.address, postgres::NoTls).unwrap();
    client.batch_execute("UPDATE head SET size = 1").unwrap();
    let refused = open(pair.one.path(), Box::new(sequencer(&pair.address, pair.one.path()))).err();
    let expected = RecoverError::OldBackup { published: 3, sequenced: 1 };
    assert_eq!(refused.unwrap().to_string(), expected.to_string());
}
