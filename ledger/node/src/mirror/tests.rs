//! A mirror of a ledger in memory: what it takes in, and what it refuses.

use std::fs;
use std::sync::{Arc, Mutex};

use ledger::checkpoint::Checkpoint;
use ledger::digest::Digest;
use ledger::follow::{DamagedCopy, FollowError, NotThisLedger};
use ledger::genesis::Genesis;
use ledger::key::DepartmentKey;
use ledger::record::{Entry, Record, Signer};
use ledger::resource::Resource;
use ledger::samples::{self, MemoryLog};
use ledger::source::{FetchError, Source};
use ledger::witness::Lacking;
use service::clock::Clock;
use tempfile::TempDir;

use super::{OriginalError, Upstream, export};
use crate::config::StartClock;
use crate::data_dir::DataDir;
use crate::data_dir::{MANIFEST, MIRROR_MARK};
use crate::engine::{ClockGuard, Engine, EngineParts, FlushUrgency, RecoverError, Role};
use crate::fsck::fsck;
use crate::sequencer::SequencerConfig;
use crate::sequencer::SqliteSequencer;
use crate::testing::{CREDIT, TAX, commit, schema, status};

/// What is done to an answer on its way.
type Lie = Box<dyn Fn(&Resource, Vec<u8>) -> Vec<u8> + Send>;

/// A ledger in memory that can be made to lie.
struct Ledger {
    log: Mutex<MemoryLog>,
    lie: Mutex<Option<Lie>>,
}

impl Source for Ledger {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let body = self.log.lock().unwrap().get(resource, limit)?;
        Ok(self.lie.lock().unwrap().as_ref().map_or(body.clone(), |lie| lie(resource, body)))
    }
}

impl Ledger {
    fn new(log: MemoryLog) -> Arc<Self> {
        Arc::new(Self { log: Mutex::new(log), lie: Mutex::default() })
    }
    fn submit(&self, entries: &[Entry]) {
        self.log.lock().unwrap().submit(entries, 100).unwrap();
    }
    fn lies(&self, lie: impl Fn(&Resource, Vec<u8>) -> Vec<u8> + Send + 'static) {
        *self.lie.lock().unwrap() = Some(Box::new(lie));
    }
    fn is_honest_again(&self) {
        *self.lie.lock().unwrap() = None;
    }
}

/// More than one bundle of entries, and every kind of change.
fn ledger() -> Arc<Ledger> {
    let ledger = Ledger::new(MemoryLog::new(samples::genesis(&[CREDIT, TAX], 2)));
    ledger.submit(&[schema("score/1")]);
    ledger.submit(&(0..300).map(|i| commit(&format!("c{i}"), 2 * i, 2)).collect::<Vec<_>>());
    ledger.submit(&[status("s1", 3, "revoke"), status("s2", 300, "suspend")]);
    ledger
}

/// A mirror's data directory.
fn folder(genesis: &Genesis) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::at(folder.path());
    fs::create_dir(folder.path().join("blobs")).unwrap();
    fs::write(folder.path().join(MIRROR_MARK), "{}").unwrap();
    fs::write(data.genesis(), genesis.to_bytes()).unwrap();
    SqliteSequencer::create(&data.sqlite(), genesis.digest().as_bytes()).unwrap();
    folder
}

fn open(folder: &TempDir, source: Arc<Ledger>) -> Engine {
    let data = DataDir::at(folder.path());
    let genesis = data.read_genesis().unwrap();
    let parts = EngineParts {
        role: Role::Mirror(Upstream::new(source, folder.path().to_path_buf())),
        sequencer: SequencerConfig::Sqlite.open(&data, &genesis).unwrap(),
        storage: Arc::new(data.files()),
        clock: ClockGuard::new(Clock::system(), StartClock::default()),
        witnesses: None,
        genesis,
    };
    Engine::open(parts).unwrap()
}

/// A mirror that has everything.
fn mirrored(ledger: &Arc<Ledger>) -> (TempDir, Engine) {
    let folder = folder(ledger.log.lock().unwrap().state().registry().genesis());
    let mut mirror = open(&folder, ledger.clone());
    assert!(mirror.catch_up().unwrap() && !mirror.catch_up().unwrap());
    (folder, mirror)
}

fn is_whole(folder: &TempDir, mut mirror: Engine) {
    mirror.flush(FlushUrgency::Last).unwrap();
    drop(mirror);
    assert_eq!(fsck(folder.path(), &mut |_, _| {}).unwrap().difference, None);
}

#[test]
fn a_mirror_has_everything_and_continues_where_it_was() {
    let ledger = ledger();
    let (folder, mut mirror) = mirrored(&ledger);
    for round in 0..4_u64 {
        ledger.submit(&[commit(&format!("r{round}"), 5000 + 10 * round, 5)]);
        if round == 1 {
            mirror.flush(FlushUrgency::Last).unwrap();
        }
        if round % 2 == 1 {
            // Once after everything was durable, once as a process that is killed leaves it.
            drop(mirror);
            mirror = open(&folder, ledger.clone());
            assert!(mirror.is_shown(), "what is here can be shown before the original answers");
        }
        assert!(mirror.catch_up().unwrap());
        assert_eq!(mirror.snapshot().status.root, ledger.log.lock().unwrap().root());
    }
    is_whole(&folder, mirror);
}

/// What the mirror says of a ledger that lies so about its next entries; afterwards it takes in the truth.
fn refused(lie: impl Fn(&Resource, Vec<u8>) -> Vec<u8> + Send + 'static) -> RecoverError {
    let ledger = ledger();
    let (folder, mut mirror) = mirrored(&ledger);
    let before = mirror.head();
    ledger.submit(&[commit("more", 9000, 5)]);
    ledger.lies(lie);
    let error = mirror.catch_up().unwrap_err();
    assert_eq!(mirror.head(), before, "nothing of it was taken in: {error}");
    ledger.is_honest_again();
    assert!(mirror.catch_up().unwrap());
    is_whole(&folder, mirror);
    error
}

fn flipped(mut bytes: Vec<u8>, from_end: usize) -> Vec<u8> {
    let at = bytes.len() - 1 - from_end;
    bytes[at] ^= 1;
    bytes
}

fn followed(error: &RecoverError) -> &FollowError {
    match error {
        RecoverError::Original(OriginalError::Follow(how)) => how,
        other => panic!("{other}"),
    }
}

#[test]
fn a_changed_entry_is_not_of_its_tile() {
    let error = refused(|resource, bytes| match resource {
        Resource::Entries(_) => flipped(bytes, 10),
        _ => bytes,
    });
    assert!(matches!(error, RecoverError::Original(OriginalError::NotOfTile(1))), "{error}");
}

#[test]
fn a_changed_tile_proves_nothing() {
    let error = refused(|resource, bytes| match resource {
        Resource::Tile(path) if path.level == 0 => flipped(bytes, 0),
        _ => bytes,
    });
    assert!(
        matches!(followed(&error), FollowError::Damaged(DamagedCopy::Malformed(_) | DamagedCopy::Tiles)),
        "no second history is claimed: {error}"
    );
}

#[test]
fn a_bundle_and_its_tile_that_are_not_in_the_log_are_refused() {
    let other = ledger();
    other.submit(&[commit("another", 7000, 5)]);
    let asked = std::sync::atomic::AtomicBool::new(false);
    let error = refused(move |resource, bytes| match resource {
        // The tile is true until the entries are asked for, so that the proof that the log grew holds.
        Resource::Entries(_) => {
            asked.store(true, std::sync::atomic::Ordering::SeqCst);
            other.get(resource, u64::MAX).unwrap()
        }
        Resource::Tile(path) if path.level == 0 && asked.load(std::sync::atomic::Ordering::SeqCst) => {
            other.get(resource, u64::MAX).unwrap()
        }
        _ => bytes,
    });
    // A tile that was fetched once is not fetched again, so that the entries are not those of it.
    assert!(matches!(error, RecoverError::Original(OriginalError::NotOfTile(1))), "{error}");
}

#[test]
fn a_beginning_that_is_a_lie_from_entry_to_tile_is_not_included() {
    let honest = ledger();
    let other = Ledger::new(MemoryLog::new(samples::genesis(&[CREDIT, TAX], 2)));
    other.submit(&[schema("other/1")]);
    while other.log.lock().unwrap().entries().len() < 306 {
        let n = other.log.lock().unwrap().entries().len() as u64;
        other.submit(&[schema(&format!("s{n}/1"))]);
    }
    let folder = folder(honest.log.lock().unwrap().state().registry().genesis());
    honest.lies(move |resource, bytes| match resource {
        Resource::Entries(_) => other.get(resource, u64::MAX).unwrap(),
        Resource::Tile(path) if path.level == 0 => other.get(resource, u64::MAX).unwrap(),
        _ => bytes,
    });
    let mut mirror = open(&folder, honest.clone());
    let error = mirror.catch_up().unwrap_err();
    assert!(matches!(followed(&error), FollowError::Damaged(_)), "{error}");
    assert_eq!(mirror.head().size, 0);
    honest.is_honest_again();
    assert!(mirror.catch_up().unwrap());
    is_whole(&folder, mirror);
}

#[test]
fn a_checkpoint_of_another_key_is_refused() {
    let error = refused(|resource, bytes| match resource {
        Resource::Checkpoint => {
            let honest = Checkpoint::open(
                &bytes,
                &samples::origin(),
                &samples::insecure_key("ledger.test/1").public(),
            );
            honest.unwrap().sign(&samples::insecure_key("thief")).unwrap().to_string().into_bytes()
        }
        _ => bytes,
    });
    assert_eq!(*followed(&error), NotThisLedger::NotSigned.into());
}

#[test]
fn too_few_cosignatures_are_refused_and_enough_are_shown_again() {
    let genesis = samples::witnessed_genesis(&[CREDIT, TAX], 2, &["w1", "w2", "w3"], 2);
    let mut log = MemoryLog::new(genesis.clone());
    log.cosign_by(&["w1", "stranger"]);
    let ledger = Ledger::new(log);
    ledger.submit(&[schema("score/1")]);
    let folder = folder(&genesis);
    let mut mirror = open(&folder, ledger.clone());
    let error = mirror.catch_up().unwrap_err();
    assert_eq!(*followed(&error), FollowError::Unwitnessed(Lacking::Cosignatures { needed: 2, given: 1 }));
    ledger.log.lock().unwrap().cosign_by(&["stranger", "w3", "w1"]);
    assert!(mirror.catch_up().unwrap());
    let shown = String::from_utf8(mirror.snapshot().shown.whole.clone()).unwrap();
    assert!(shown.contains("— w1 ") && shown.contains("— w3 ") && !shown.contains("stranger"), "{shown}");
    mirror.flush(FlushUrgency::Last).unwrap();
    drop(mirror);
    assert_eq!(fsck(folder.path(), &mut |_, _| {}).unwrap().difference, None);
    let file = folder.path().join("checkpoint-cosigned");
    let cosigned = fs::read(&file).unwrap();
    fs::write(&file, flipped(cosigned, 20)).unwrap();
    let named = fsck(folder.path(), &mut |_, _| {}).unwrap().difference.unwrap();
    assert_eq!(named.what, "checkpoint-cosigned");
}

#[test]
fn a_state_root_that_does_not_fit_is_refused_though_the_log_signed_it() {
    let ledger = ledger();
    let (folder, mut mirror) = mirrored(&ledger);
    let mut wrong = {
        let log = ledger.log.lock().unwrap();
        log.state().state_root(200)
    };
    wrong.leaves += 1;
    let key: DepartmentKey = samples::insecure_key("ledger.test/1");
    let signer = Signer::Log(samples::origin());
    let entry = Entry::sign(&samples::origin(), Record::Root(wrong), signer, &key).unwrap();
    ledger.log.lock().unwrap().append_unchecked(entry);
    let before = mirror.head();
    let error = mirror.catch_up().unwrap_err();
    assert!(matches!(error, RecoverError::Replay(_)), "{error}");
    assert!(!error.is_passing());
    assert_eq!(mirror.head(), before);
    drop(mirror);
    drop(open(&folder, ledger));
    assert_eq!(fsck(folder.path(), &mut |_, _| {}).unwrap().difference, None);
}

#[test]
fn a_second_history_is_refused_and_kept_as_evidence() {
    for more in [0_u64, 1, 40] {
        let honest = ledger();
        let other = ledger();
        honest.submit(&[commit("honest", 7000, 5)]);
        other.submit(&[commit("second", 8000, 5)]);
        for n in 0..more {
            other.submit(&[commit(&format!("m{n}"), 20_000 + 10 * n, 1)]);
        }
        let (folder, mirror) = mirrored(&honest);
        let before = mirror.head();
        is_whole(&folder, mirror);
        let mut mirror = open(&folder, other.clone());
        let error = mirror.catch_up().unwrap_err();
        let RecoverError::Original(OriginalError::SplitView { here, shown, evidence }) = &error else {
            panic!("{error}")
        };
        assert_eq!((*here, *shown), (before.size, before.size + 2 * more));
        let key = samples::insecure_key("ledger.test/1").public();
        let kept = Checkpoint::open(&fs::read(evidence).unwrap(), &samples::origin(), &key).unwrap();
        assert_eq!(kept.size, *shown);
        assert_eq!(mirror.head(), before);
        is_whole(&folder, mirror);
    }
}

#[test]
fn an_older_answer_is_no_second_history_unless_it_is_one() {
    let new = ledger();
    let old = ledger();
    new.submit(&[commit("more", 7000, 5)]);
    let (folder, mirror) = mirrored(&new);
    is_whole(&folder, mirror);
    assert!(!open(&folder, old.clone()).catch_up().unwrap(), "a cache may be behind");
    let second = Ledger::new(MemoryLog::new(samples::genesis(&[CREDIT, TAX], 2)));
    second.submit(&[schema("other/1")]);
    let error = open(&folder, second).catch_up().unwrap_err();
    assert!(matches!(error, RecoverError::Original(OriginalError::SplitView { .. })), "{error}");
}

#[test]
fn an_original_that_does_not_answer_is_asked_again() {
    let ledger = ledger();
    let (folder, mut mirror) = mirrored(&ledger);
    ledger.submit(&(0..600).map(|i| commit(&format!("m{i}"), 9000 + i, 1)).collect::<Vec<_>>());
    ledger.submit(&[commit("last", 30_000, 1)]);
    let asked = Mutex::new(0);
    ledger.lies(move |resource, bytes| {
        let mut asked = asked.lock().unwrap();
        *asked += u32::from(matches!(resource, Resource::Entries(_)));
        // As a proxy cuts a body off.
        if *asked == 3 { Vec::new() } else { bytes }
    });
    mirror.catch_up().unwrap_err();
    assert!(!mirror.is_shown() || mirror.head().size == 306, "nothing in between is shown");
    drop(mirror);
    ledger.is_honest_again();
    let mut mirror = open(&folder, ledger.clone());
    assert!(mirror.catch_up().unwrap());
    assert_eq!(mirror.snapshot().status.root, ledger.log.lock().unwrap().root());
    is_whole(&folder, mirror);
}

#[test]
fn an_export_is_whole_or_not_there() {
    let ledger = ledger();
    let place = tempfile::tempdir().unwrap();
    let genesis = ledger.log.lock().unwrap().state().registry().genesis().clone();
    let out = place.path().join("copy");
    ledger.lies(|resource, bytes| match resource {
        Resource::Entries(bundle) if bundle.index == 1 => flipped(bytes, 10),
        _ => bytes,
    });
    assert!(export::export(ledger.clone(), &genesis, &out).is_err());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left of it");
    ledger.is_honest_again();
    let manifest = export::export(ledger.clone(), &genesis, &out).unwrap();
    assert_eq!((manifest.size, manifest.leaves), (306, 600));
    assert_eq!(fsck(&out, &mut |_, _| {}).unwrap().difference, None);
    for path in [MANIFEST, "genesis.json", "checkpoint", "tile/0/000", "tile/entries/001.p/50"] {
        let honest = fs::read(out.join(path)).unwrap();
        fs::write(out.join(path), flipped(honest.clone(), 30)).unwrap();
        let named = fsck(&out, &mut |_, _| {}).unwrap().difference.map(|difference| difference.what);
        assert_eq!(named.as_deref(), Some(path));
        fs::write(out.join(path), honest).unwrap();
    }
    let digest = Digest::of(&fs::read(out.join("genesis.json")).unwrap());
    assert_eq!(manifest.genesis, digest);
}
