//! What is published with witnesses, what is not, and which of their answers a node trusts.

use std::fs;
use std::path::Path;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::post;
use ledger::checkpoint::cosign;
use ledger::follow::open_checkpoint;
use ledger::key::DepartmentKey;
use ledger::record::{Entry, Record, Signer, StateRoot};
use ledger::resource::Resource;
use ledger::samples::{self, MemoryLog};
use ledger::source::Source as _;

use super::*;
use crate::engine::{CHECKPOINT, COSIGNED, Engine, EngineError, FlushUrgency, RecoverError};
use crate::files::Files;
use crate::fsck::fsck;
use crate::testing::witnesses::{
    Served, data, data_with_a_second_key, genesis, impostor, open, replayed_data, replaying, witness,
};
use crate::testing::{CREDIT, NOW, accept, commit, copy, schema};

fn three(memory: &Path) -> [Served; 3] {
    ["w1", "w2", "w3"].map(|name| witness(memory, name))
}

fn all(served: &[Served; 3]) -> Vec<&Served> {
    served.iter().collect()
}

/// The checkpoint that readers see, which a quorum has cosigned.
fn published(folder: &Path, engine: &Engine) -> Checkpoint {
    let genesis = genesis(folder);
    assert!(genesis.witnesses().is_some());
    let open = |bytes: &[u8]| open_checkpoint(bytes, &genesis).unwrap();
    let shown = engine.snapshot().shown;
    assert_eq!(open(&shown.common), open(&shown.whole));
    open(&shown.common)
}

#[test]
fn a_checkpoint_is_published_with_a_quorum() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let witnesses = three(memory.path());
    let mut engine = open(folder.path(), &all(&witnesses)).unwrap();
    assert_eq!(published(folder.path(), &engine).size, 1);
    accept(&mut engine, vec![schema("score/1")]);
    accept(&mut engine, (0..300).map(|i| commit(&format!("c{i}"), i, 1)).collect());
    assert_eq!(published(folder.path(), &engine).size, 304);
    engine.flush(FlushUrgency::Last).unwrap();
    let shown = engine.snapshot().shown;
    assert_eq!(shown.common, fs::read(folder.path().join(CHECKPOINT)).unwrap());
    assert_eq!(shown.whole, fs::read(folder.path().join(COSIGNED)).unwrap());
    drop(engine);
    let again = open(folder.path(), &all(&witnesses)).unwrap();
    assert_eq!(again.snapshot().shown, shown);
}

/// Whoever follows asks for both, and so does `fsck` of what followers are shown.
#[test]
fn the_second_signature_is_under_what_witnesses_cosign() {
    let folder = data_with_a_second_key();
    let memory = tempfile::tempdir().unwrap();
    let witnesses = three(memory.path());
    let mut engine = open(folder.path(), &all(&witnesses)).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    let size = published(folder.path(), &engine).size;
    engine.flush(FlushUrgency::Last).unwrap();
    drop(engine);
    assert_eq!(open(folder.path(), &all(&witnesses)).unwrap().head().size, size);
    let difference = || fsck(folder.path(), &mut |_, _| {}).unwrap().difference;
    assert_eq!(difference(), None);

    let genesis = genesis(folder.path());
    let second = genesis.sm2().unwrap().key.id(genesis.origin());
    let path = folder.path().join(COSIGNED);
    let whole = Note::parse(&fs::read(&path).unwrap()).unwrap();
    let mut without = Note::new(whole.text().to_owned()).unwrap();
    whole.signatures().iter().filter(|line| line.id != second).for_each(|line| without.push(line.clone()));
    assert_eq!(without.signatures().len() + 1, whole.signatures().len());
    fs::write(&path, without.to_string()).unwrap();
    let difference = difference().unwrap();
    assert!(difference.what == COSIGNED && difference.why.contains("SM2"), "{difference:?}");
}

#[test]
fn one_witness_of_three_may_be_away() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let [w1, w2, w3] = three(memory.path());
    drop(w2);
    let mut engine = open(folder.path(), &[&w1, &w3]).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    assert_eq!(published(folder.path(), &engine).size, 3);
}

#[test]
fn a_witness_that_was_away_catches_up() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let [w1, w2, w3] = three(memory.path());
    let mut engine = open(folder.path(), &[&w1, &w2, &w3]).unwrap();
    drop(w3);
    accept(&mut engine, vec![schema("score/1")]);
    accept(&mut engine, (0..300).map(|i| commit(&format!("c{i}"), i, 1)).collect());
    drop((engine, w2));
    let w3 = witness(memory.path(), "w3");
    let mut engine = open(folder.path(), &[&w1, &w3]).unwrap();
    accept(&mut engine, vec![commit("last", 900, 1)]);
    assert_eq!(published(folder.path(), &engine).size, 306);
}

#[test]
fn nothing_is_published_without_a_quorum_and_the_next_start_finishes_it() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let [w1, w2, w3] = three(memory.path());
    let mut engine = open(folder.path(), &[&w1, &w2, &w3]).unwrap();
    let before = engine.snapshot().shown.common;
    drop((w2, w3));
    let refused = engine.process(&[vec![schema("score/1")]]);
    let Err(EngineError::Cosign(CosignError::TooFew { needed: 2, given: 1 })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(engine.snapshot().shown.common, before);
    drop(engine);
    let w2 = witness(memory.path(), "w2");
    let mut engine = open(folder.path(), &[&w1, &w2]).unwrap();
    assert_eq!(published(folder.path(), &engine).size, 3);
    accept(&mut engine, vec![schema("score/1")]);
    assert_eq!(published(folder.path(), &engine).size, 3, "a retry gets the first answer");
}

#[test]
fn a_start_hears_one_witness_of_every_quorum() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let [w1, w2, w3] = three(memory.path());
    drop((w2, w3));
    let away = |name: &str| drop_and_keep_address(memory.path(), name);
    let refused = open(folder.path(), &[&w1, &away("w2"), &away("w3")]).err();
    let Some(RecoverError::Witnesses(CosignError::TooFew { needed: 2, given: 1 })) = refused else {
        panic!("{refused:?}")
    };
}

/// A witness at an address where nobody listens any more.
fn drop_and_keep_address(memory: &Path, name: &str) -> Served {
    let mut served = witness(memory, name);
    served.stop();
    served
}

#[test]
fn a_restored_backup_refuses_to_start() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let witnesses = three(memory.path());
    let mut engine = open(folder.path(), &all(&witnesses)).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    drop(engine);
    let backup = copy(folder.path());
    let mut engine = open(folder.path(), &all(&witnesses)).unwrap();
    accept(&mut engine, vec![commit("c1", 0, 1)]);
    drop(engine);
    let refused = open(backup.path(), &all(&witnesses)).err();
    let Some(RecoverError::Witnesses(CosignError::Ahead { seen: 5, here: 3, .. })) = refused else {
        panic!("{refused:?}")
    };
}

#[test]
fn a_second_node_of_one_past_ends() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let witnesses = three(memory.path());
    drop(open(folder.path(), &all(&witnesses)).unwrap());
    let fork = copy(folder.path());
    let mut one = open(folder.path(), &all(&witnesses)).unwrap();
    let mut two = open(fork.path(), &all(&witnesses)).unwrap();
    accept(&mut one, vec![schema("a/1")]);
    let refused = two.process(&[vec![schema("b/1")]]);
    let Err(EngineError::Cosign(CosignError::Ahead { seen: 3, here: 3, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(published(fork.path(), &two).size, 1);
}

#[test]
fn a_false_word_stops_nobody() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let boast = || async { (StatusCode::CONFLICT, [(header::CONTENT_TYPE, "text/x.tlog.size")], "999999\n") };
    let liar = impostor("w1", Router::new().route("/add-checkpoint", post(boast)));
    let w2 = witness(memory.path(), "w2");
    let w3 = witness(memory.path(), "w3");
    let mut engine = open(folder.path(), &[&liar, &w2, &w3]).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    assert_eq!(published(folder.path(), &engine).size, 3);
}

#[test]
fn a_cosignature_that_does_not_verify_does_not_count() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let forge = |body: String| async move {
        let request = ledger::witness::AddCheckpoint::parse(body.as_bytes()).unwrap();
        let mut line =
            cosign(&request.note, &"w1".parse().unwrap(), &DepartmentKey::from_seed(&[9; 32]), 5).unwrap();
        line.id = samples::witness("w1").id();
        format!("{line}\n")
    };
    let forger = impostor("w1", Router::new().route("/add-checkpoint", post(forge)));
    let w2 = witness(memory.path(), "w2");
    let refused = open(folder.path(), &[&forger, &w2]).err();
    let Some(RecoverError::Engine(EngineError::Cosign(CosignError::TooFew { needed: 2, given: 1 }))) =
        refused
    else {
        panic!("{refused:?}")
    };
}

#[test]
fn a_checkpoint_is_published_once_a_witness_has_replayed_it() {
    let folder = replayed_data(&["w1", "w2"]);
    let memory = tempfile::tempdir().unwrap();
    let founding = genesis(folder.path());
    let w1 = replaying(memory.path(), "w1", &founding);
    let w3 = witness(memory.path(), "w3");
    let mut engine = open(folder.path(), &[&w1, &w3]).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    accept(&mut engine, (0..300).map(|i| commit(&format!("c{i}"), i, 1)).collect());
    assert_eq!(published(folder.path(), &engine).size, 304);
    let common = String::from_utf8(engine.snapshot().shown.common).unwrap();
    assert!(common.find("\u{2014} w1 ") < common.find("\u{2014} w3 "), "who replays comes first: {common}");
    drop(engine);
    // One that was never there before is sent everything.
    drop(w1);
    let w2 = replaying(memory.path(), "w2", &founding);
    let mut engine = open(folder.path(), &[&w2, &w3]).unwrap();
    accept(&mut engine, vec![commit("last", 900, 1)]);
    assert_eq!(published(folder.path(), &engine).size, 306);
}

/// What replaying adds to the answer is some milliseconds; the bound is for machines that do much else.
#[test]
fn a_record_is_acknowledged_quickly_where_witnesses_replay() {
    let folder = replayed_data(&["w1", "w2"]);
    let memory = tempfile::tempdir().unwrap();
    let founding = genesis(folder.path());
    let w1 = replaying(memory.path(), "w1", &founding);
    let w2 = replaying(memory.path(), "w2", &founding);
    let mut engine = open(folder.path(), &[&w1, &w2]).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    let once = |i: u64| {
        let started = Instant::now();
        engine.process(&[vec![commit(&format!("c{i}"), 10 * i, 1)]]).unwrap().pop().unwrap().unwrap();
        started.elapsed()
    };
    let mut times: Vec<Duration> = (0..40).map(once).collect();
    times.sort_unstable();
    println!("median {:?}, ninth tenth {:?}", times[20], times[36]);
    assert!(times[20] < Duration::from_secs(1), "{times:?}");
}

#[test]
fn a_quorum_without_one_who_replays_publishes_nothing() {
    let folder = replayed_data(&["w1"]);
    let memory = tempfile::tempdir().unwrap();
    // The first does not replay, whatever the genesis says of it.
    let witnesses = three(memory.path());
    let refused = open(folder.path(), &all(&witnesses)).err();
    let Some(RecoverError::Engine(EngineError::Cosign(CosignError::TooFewReplaying { needed: 1, given: 0 }))) =
        refused
    else {
        panic!("{refused:?}")
    };
    assert!(!folder.path().join(CHECKPOINT).exists());
    let [w1, w2, w3] = witnesses;
    drop(w1);
    let founding = genesis(folder.path());
    let w1 = replaying(memory.path(), "w1", &founding);
    let engine = open(folder.path(), &[&w1, &w2, &w3]).unwrap();
    assert_eq!(published(folder.path(), &engine).size, 1, "what was ordered before is published now");
    let storage: Arc<dyn Storage> = Arc::new(Files::new(folder.path()));
    let waiting = Waiting { at_start: Duration::ZERO, running: Patience::Endless };
    let refused =
        Witnesses::new(&founding, &[w2.address.clone(), w3.address.clone()], storage, waiting).err();
    assert_eq!(refused, Some(WitnessesError::TooFewReplaying { needed: 1, given: 0 }));
}

#[test]
fn a_witness_that_still_answers_an_earlier_question_is_waited_for() {
    let folder = data();
    let memory = tempfile::tempdir().unwrap();
    let [w1, w2, w3] = three(memory.path());
    let addresses = [w1.address.clone(), w2.address.clone(), w3.address.clone()];
    let storage: Arc<dyn Storage> = Arc::new(Files::new(folder.path()));
    let waiting = Waiting { at_start: Duration::ZERO, running: Patience::Endless };
    let witnesses = Witnesses::new(&genesis(folder.path()), &addresses, storage, waiting).unwrap().unwrap();
    let busy = witnesses.peers[0].clone();
    assert!(busy.take());
    let enough = |heard: &BTreeMap<usize, &str>| {
        // Its earlier answer ends when the first round has left it out.
        busy.release();
        let given = heard.len();
        if given < 3 { Err(CosignError::TooFew { needed: 3, given }) } else { Ok(()) }
    };
    witnesses.retry(Patience::For(Duration::ZERO), enough, &mut BTreeMap::new(), |_, _| Ok("heard")).unwrap();
}

/// The log's own key over a root that the entries do not give: the file of the order is changed as its thief would.
#[test]
fn a_node_whose_key_states_a_forged_root_finds_no_replaying_witness() {
    let folder = replayed_data(&["w1", "w2"]);
    let memory = tempfile::tempdir().unwrap();
    let founding = genesis(folder.path());
    let w1 = replaying(memory.path(), "w1", &founding);
    let w3 = witness(memory.path(), "w3");
    drop(open(folder.path(), &[&w1, &w3]).unwrap());
    let (files, checkpoint) = forged(&founding);
    let storage = Arc::new(Files::new(files.path()));
    let peers = [w1.address.clone(), w3.address.clone()];
    let waiting = Waiting { at_start: Duration::ZERO, running: Patience::For(Duration::ZERO) };
    let witnesses = Witnesses::new(&founding, &peers, storage, waiting).unwrap().unwrap();
    let refused = witnesses.cosign(&checkpoint).err();
    let Some(CosignError::TooFew { needed: 2, given: 1 }) = refused else { panic!("{refused:?}") };
}

/// A log's files and its newest checkpoint, with a state root of leaves that nobody committed as the second entry.
fn forged(genesis: &Genesis) -> (tempfile::TempDir, Vec<u8>) {
    let mut log = MemoryLog::new(genesis.clone());
    log.submit(&[], NOW).unwrap();
    let root = StateRoot { leaves: 9, ..log.state().state_root(NOW) };
    let signer = Signer::Log(samples::origin());
    let key = samples::insecure_key("ledger.test/1");
    log.append_unchecked(Entry::sign(&samples::origin(), Record::Root(root), signer, &key).unwrap());
    let folder = tempfile::tempdir().unwrap();
    for path in ["tile/0/000.p/2", "tile/entries/000.p/2"] {
        let bytes = log.get(&format!("/{path}").parse().unwrap(), u64::MAX).unwrap();
        Files::new(folder.path()).write(path, &bytes).unwrap();
    }
    (folder, log.get(&Resource::Checkpoint, u64::MAX).unwrap())
}

#[test]
fn the_common_checkpoint_has_at_most_sixteen_lines() {
    let checkpoint = Checkpoint { origin: samples::origin(), size: 0, root: ledger::merkle::empty_root() };
    let note = checkpoint.sign(&samples::insecure_key("ledger.test/1")).unwrap();
    let quorum =
        samples::replayed_genesis(&[CREDIT], 1, (&["w1"], 1), (&["w1"], 1)).witnesses().unwrap().clone();
    let line = |i: u8| {
        cosign(&note, &format!("w{i}").parse().unwrap(), &DepartmentKey::from_seed(&[i; 32]), 5).unwrap()
    };
    let shown = show(&note, &quorum, (1..=20).map(line));
    let count = |bytes: &[u8]| Note::parse(bytes).unwrap().signatures().len();
    assert_eq!((count(&shown.common), count(&shown.whole)), (16, 21));
}

#[test]
fn addresses_are_of_witnesses_and_enough_for_a_quorum() {
    let folder = data();
    let storage: Arc<dyn Storage> = Arc::new(Files::new(folder.path()));
    let waiting = Waiting { at_start: Duration::ZERO, running: Patience::Endless };
    let address = |name: &str| WitnessAddress {
        name: name.parse().unwrap(),
        url: "http://127.0.0.1:1".parse().unwrap(),
    };
    let new = |names: &[&str]| {
        let addresses: Vec<_> = names.iter().map(|name| address(name)).collect();
        Witnesses::new(&genesis(folder.path()), &addresses, storage.clone(), waiting).err()
    };
    assert_eq!(new(&["w1", "w2"]), None);
    assert_eq!(new(&["w1"]), Some(WitnessesError::TooFew { needed: 2, given: 1 }));
    assert_eq!(new(&["w1", "w9"]), Some(WitnessesError::Unknown("w9".parse().unwrap())));
}
