//! What the tests of this crate share: a data directory with known keys, and copies of it.

pub(crate) mod witnesses;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ledger::record::Entry;
use ledger::samples;
use service::clock::{Clock, ManualClock};
use tempfile::TempDir;

use crate::config::StartClock;
use crate::data_dir::DataDir;
use crate::engine::{ClockGuard, Engine, EngineParts, FlushUrgency, RecoverError, Role};
use crate::files::Storage;
use crate::init::{GenesisParameters, init};
use crate::sequencer::{Sequencer, SequencerConfig};

/// The department that signs unless a test says otherwise.
pub(crate) const CREDIT: &str = "credit.nanning";
/// Another department.
pub(crate) const TAX: &str = "tax.nanning";
/// What every test clock says, unix seconds.
pub(crate) const NOW: u64 = 1_700_000_000;

/// A new data directory with two departments; governance needs both.
pub(crate) fn data() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let genesis = samples::genesis(&[CREDIT, TAX], 2);
    let departments = genesis.departments().to_vec();
    let parameters = GenesisParameters::new(genesis.origin().clone(), departments, 2);
    init(folder.path(), parameters, &samples::insecure_key("ledger.test/1")).unwrap();
    folder
}

/// Opens the engine of a data directory, without its lock.
pub(crate) fn open(folder: &Path) -> Result<Engine, RecoverError> {
    open_through(folder, |storage| storage, |sequencer| sequencer)
}

/// Like [`open`], with something between the engine and its storage and sequencer.
pub(crate) fn open_through(
    folder: &Path,
    storage: impl FnOnce(Arc<dyn Storage>) -> Arc<dyn Storage>,
    sequencer: impl FnOnce(Box<dyn Sequencer>) -> Box<dyn Sequencer>,
) -> Result<Engine, RecoverError> {
    let data = DataDir::at(folder);
    let kept = SequencerConfig::Sqlite.open(&data, &data.read_genesis().unwrap()).unwrap();
    open_with(folder, storage(Arc::new(data.files())), sequencer(kept))
}

/// Opens the engine of a node over this storage and this sequencer.
pub(crate) fn open_with(
    folder: &Path,
    storage: Arc<dyn Storage>,
    sequencer: Box<dyn Sequencer>,
) -> Result<Engine, RecoverError> {
    open_at(folder, storage, sequencer, ManualClock::new(NOW).clock())
}

/// Like [`open_with`], by this clock.
pub(crate) fn open_at(
    folder: &Path,
    storage: Arc<dyn Storage>,
    sequencer: Box<dyn Sequencer>,
    clock: Clock,
) -> Result<Engine, RecoverError> {
    let data = DataDir::at(folder);
    let genesis = data.read_genesis().unwrap();
    let role = Role::Node(data.read_log_keys(&genesis).unwrap());
    let clock = ClockGuard::new(clock, StartClock::default());
    Engine::open(EngineParts { role, storage, sequencer, clock, witnesses: None, genesis })
}

/// A data directory with more than one bundle of entries, more than one tile of leaves, and every kind of change.
pub(crate) fn filled() -> TempDir {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    for batch in 0..2 {
        accept(
            &mut engine,
            (0..128).map(|i| commit(&format!("c{batch}-{i}"), batch * 1000 + 2 * i, 2)).collect(),
        );
    }
    accept(&mut engine, vec![status("s1", 3, "revoke"), status("s2", 300, "suspend")]);
    accept(&mut engine, vec![status("s3", 300, "restore"), commit("last", 5000, 1)]);
    crate::blob::put(folder.path(), b"a budget").unwrap();
    folder
}

/// Submits entries that must be accepted, and makes their files durable.
pub(crate) fn accept(engine: &mut Engine, entries: Vec<Entry>) -> Vec<ledger::state::Accepted> {
    let accepted = engine.process(&[entries]).unwrap().pop().unwrap().unwrap();
    engine.flush(FlushUrgency::Last).unwrap();
    accepted
}

pub(crate) fn schema(id: &str) -> Entry {
    samples::sign(samples::schema(id), CREDIT)
}

/// `count` commitments from `first` on.
pub(crate) fn commit(id: &str, first: u64, count: u64) -> Entry {
    samples::sign(samples::commit(id, "score/1", first..first + count), CREDIT)
}

pub(crate) fn status(id: &str, position: u64, act: &str) -> Entry {
    samples::sign(samples::status(id, position, act), CREDIT)
}

/// A copy of a data directory that no engine has open.
pub(crate) fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    copy_folder(from, to.path());
    to
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
