//! The conformance suite, two nodes on one head, and a primary that dies under load.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;

use ledger::record::Entry;
use tempfile::TempDir;

use super::*;
use crate::engine::{Engine, Fatal, RecoverError};
use crate::testing::postgres::Server;
use crate::testing::{commit, copy, data, open_through, schema};
use crate::{Config as NodeConfig, Node};

const GENESIS: Digest = [7; 32];

#[test]
fn conforms() {
    let Some(server) = Server::start() else { return };
    let mut count = 0;
    crate::sequencer::conformance(|| {
        count += 1;
        let address = server.schema(&format!("log{count}"));
        let first = PostgresSequencer::create(&address, &GENESIS).unwrap();
        (first, PostgresSequencer::open(&address, &GENESIS).unwrap())
    });
    let address = server.schema("twice");
    PostgresSequencer::create(&address, &GENESIS).unwrap();
    assert!(PostgresSequencer::create(&address, &GENESIS).is_err(), "create never overwrites");
    let other = PostgresSequencer::open(&address, &[8; 32]);
    assert!(matches!(other, Err(SequencerError::OtherGenesis)));
    assert!(PostgresSequencer::open(&server.schema("none"), &GENESIS).is_err(), "open never creates");
}

/// A data directory, and the tables of its ledger in a schema of their own.
fn founded(server: &Server, name: &str) -> (TempDir, String) {
    let (folder, address) = (data(), server.schema(name));
    PostgresSequencer::create(&address, &genesis(folder.path())).unwrap();
    (folder, address)
}

fn genesis(folder: &Path) -> Digest {
    *crate::data::DataDir::at(folder).read_genesis().unwrap().digest().as_bytes()
}

fn open(folder: &Path, address: &str) -> Result<Engine, RecoverError> {
    let sequencer = PostgresSequencer::open(address, &genesis(folder)).map_err(RecoverError::Sequencer)?;
    open_through(folder, |storage| storage, |_| Box::new(sequencer))
}

#[test]
fn of_two_nodes_on_one_head_one_loses_and_carries_on() {
    let Some(server) = Server::start() else { return };
    let (one, address) = founded(&server, "two");
    let two = copy(one.path());
    let mut first = open(one.path(), &address).unwrap();
    let mut second = open(two.path(), &address).unwrap();
    first.process(&[vec![schema("score/1")]]).unwrap();
    let lost = second.process(&[vec![schema("other/1")]]);
    assert!(matches!(lost, Err(Fatal::Sequencer(SequencerError::Overtaken(_)))));
    let mut second = open(two.path(), &address).unwrap();
    assert_eq!(second.head(), first.head(), "the loser has what the winner ordered");
    let accepted = second.process(&[vec![schema("other/1"), commit("c1", 0, 300)]]).unwrap();
    assert_eq!(accepted[0].as_ref().unwrap()[0].index, 3);
    first.catch_up().unwrap();
    assert_eq!(first.head(), second.head());
    let published = |folder: &TempDir| std::fs::read(folder.path().join("checkpoint")).unwrap();
    assert_eq!(published(&one), published(&two));
}

#[test]
fn two_nodes_take_submissions_at_once() {
    let Some(server) = Server::start() else { return };
    let (one, address) = founded(&server, "both");
    let two = copy(one.path());
    let node = |folder: &TempDir| {
        Node::open(&NodeConfig { store: Some(address.parse().unwrap()), ..NodeConfig::new(folder.path()) }).unwrap()
    };
    let nodes = [node(&one), node(&two)];
    nodes[0].submit(vec![schema("score/1")]).unwrap().blocking_recv().unwrap().unwrap();
    let work = |node: &Node, first: u64| -> Vec<u64> {
        let entry = |i: u64| commit(&format!("c{i}"), i, 1);
        let submit = |i| node.submit(vec![entry(i)]).unwrap().blocking_recv().unwrap().unwrap()[0].index;
        (first..first + 25).map(submit).collect()
    };
    let mut indices = thread::scope(|scope| {
        let other = scope.spawn(|| work(&nodes[1], 1000));
        let mine = work(&nodes[0], 0);
        [mine, other.join().unwrap()].concat()
    });
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), 50, "every record has an index of its own");
    drop(nodes);
    let heads = [&one, &two].map(|folder| open(folder.path(), &address).unwrap().head());
    assert_eq!(heads[0], heads[1]);
    complete(&PostgresSequencer::open(&address, &genesis(one.path())).unwrap());
}

#[test]
fn nothing_acknowledged_is_lost_when_the_primary_dies() {
    let Some(server) = Server::start_with_standby() else { return };
    let (folder, address) = founded(&server, "failover");
    let (tell_load, loaded) = channel();
    let (tell_promoted, promoted) = channel();
    let data = folder.path().to_owned();
    let to = address.clone();
    let load = thread::spawn(move || {
        let mut engine = open(&data, &to).unwrap();
        engine.process(&[vec![schema("score/1")]]).unwrap();
        let mut acknowledged = HashMap::new();
        for batch in 0..BATCHES {
            let entries: Vec<Vec<Entry>> = (0..4).map(|i| vec![commit(&format!("c{batch}-{i}"), batch * 4 + i, 1)]).collect();
            let answers = loop {
                match engine.process(&entries) {
                    Ok(answers) => break answers,
                    Err(_) => {
                        // What a supervisor does: start again, as soon as a server takes writes.
                        let () = promoted.recv().unwrap();
                        engine = open(&data, &to).unwrap();
                    }
                }
            };
            for (i, answer) in answers.into_iter().enumerate() {
                acknowledged.insert(format!("c{batch}-{i}"), answer.unwrap()[0].index);
            }
            // Nobody listens after the primary was killed.
            let _ = tell_load.send(batch);
        }
        acknowledged
    });
    while loaded.recv().unwrap() < BATCHES / 4 {}
    server.kill_primary();
    drop(loaded);
    server.promote();
    tell_promoted.send(()).unwrap();
    let acknowledged = load.join().unwrap();
    assert_eq!(acknowledged.len() as u64, BATCHES * 4);
    let sequencer = PostgresSequencer::open(&address, &genesis(folder.path())).unwrap();
    for (id, index) in &acknowledged {
        let answer = sequencer.answer(crate::testing::CREDIT, id).unwrap();
        assert_eq!(answer.map(|answer| answer.index), Some(*index), "{id}");
    }
    complete(&sequencer);
    let fresh = fresh_copy(folder.path());
    let anew = open(fresh.path(), &address).unwrap();
    assert_eq!(anew.head(), sequencer.head().unwrap(), "a node without files has the same log from the store");
}

/// Batches of four records in the failover test.
const BATCHES: u64 = 60;

/// No gap, and nothing beyond the head.
fn complete(sequencer: &PostgresSequencer) {
    let size = sequencer.head().unwrap().size;
    for index in 0..size {
        assert!(sequencer.indexed(index).unwrap().is_some(), "entry {index} of {size} is missing");
    }
    assert!(sequencer.indexed(size).unwrap().is_none());
}

/// What a second node begins with: the genesis and the log's key.
fn fresh_copy(folder: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in ["genesis.json", "log.key"] {
        std::fs::copy(folder.join(name), to.path().join(name)).unwrap();
    }
    // `data` made a store of the other kind; the helper that opens an engine looks for it.
    std::fs::copy(folder.join("ledger.sqlite"), to.path().join("ledger.sqlite")).unwrap();
    to
}
