//! The queue is bounded, what waits becomes one batch, and a fatal error ends the writer.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::time::Duration;

use ledger::record::Entry;
use service::clock::ManualClock;

use super::{Job, MAX_BATCH, NotTaken, Pacing, Work};
use crate::data_dir::DataDir;
use crate::engine::EngineError;
use crate::metrics::NodeMetrics;
use crate::sequencer::{
    Batch, Class, Head, Row, Sequencer as _, SequencerConfig, SequencerError, SqliteSequencer,
};
use crate::snapshot::Published;
use crate::testing::{NOW, data, open_at, schema};
use crate::{Config, Node, ServeError, serve_node};

#[test]
fn a_full_queue_takes_no_more() {
    let folder = data();
    let node = open(folder.path(), 2);
    let release = hold(&node);
    let waiting = ["a/1", "b/1"].map(|id| node.submit(vec![schema(id)]).unwrap());
    assert_eq!(node.submit(vec![schema("c/1")]).err(), Some(NotTaken::Full));
    release.send(()).unwrap();
    for answer in waiting {
        answer.blocking_recv().unwrap().unwrap();
    }
    node.submit(vec![schema("c/1")]).unwrap().blocking_recv().unwrap().unwrap();
}

#[test]
fn what_waits_becomes_one_batch() {
    let folder = data();
    let node = open(folder.path(), 16);
    let release = hold(&node);
    let waiting: Vec<_> = (0..5).map(|i| node.submit(vec![schema(&format!("s{i}/1"))]).unwrap()).collect();
    release.send(()).unwrap();
    let indices: Vec<_> =
        waiting.into_iter().map(|answer| answer.blocking_recv().unwrap().unwrap()[0].index).collect();
    assert_eq!(indices, [1, 2, 3, 4, 5]);
    assert_eq!(node.snapshot().index.roots, [0, 6]);
}

#[test]
fn a_batch_is_bounded_and_the_rest_follows() {
    /// Two of these do not fit one batch.
    const HALF: usize = MAX_BATCH / 2 + 44;
    let folder = data();
    let node = open(folder.path(), 16);
    let release = hold(&node);
    let many =
        |from: usize| -> Vec<Entry> { (from..from + HALF).map(|i| schema(&format!("s{i}/1"))).collect() };
    let waiting = [0, HALF].map(|from| node.submit(many(from)).unwrap());
    release.send(()).unwrap();
    for answer in waiting {
        answer.blocking_recv().unwrap().unwrap();
    }
    assert_eq!(node.snapshot().index.roots, [0, 301, 602]);
}

#[test]
fn what_was_submitted_is_finished_when_the_node_is_dropped() {
    let folder = data();
    let node = open(folder.path(), 16);
    let release = hold(&node);
    let answer = node.submit(vec![schema("a/1")]).unwrap();
    release.send(()).unwrap();
    drop(node);
    answer.blocking_recv().unwrap().unwrap();
    assert_eq!(open(folder.path(), 16).status().size, 3);
}

#[test]
fn a_node_whose_head_was_moved_ends() {
    let folder = data();
    let node = Arc::new(open(folder.path(), 16));
    overtake(&node, folder.path());
    assert!(node.submit(vec![schema("a/1")]).unwrap().blocking_recv().is_err(), "nothing is acknowledged");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        serve_node(node.clone(), listener, std::future::pending()).await
    });
    let Err(ServeError::Engine(fatal)) = served else { panic!("serving ends with the writer") };
    assert!(matches!(*fatal, EngineError::Sequencer(SequencerError::Overtaken(_))));
    assert_eq!(node.status().size, 1, "readers see what was published");
}

/// Whoever sends faster than the writer works, even only what is refused, does not make the ledger fall silent.
#[test]
fn a_root_is_stated_though_the_queue_never_empties() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let place = DataDir::at(folder.path());
    let store = SequencerConfig::Sqlite.open(&place, &place.read_genesis().unwrap()).unwrap();
    let engine = open_at(folder.path(), Arc::new(place.files()), store, hands.clock()).unwrap();
    let second = Duration::from_secs(1);
    let mut work = Work {
        published: Published::new(engine.snapshot()),
        engine,
        metrics: Arc::new(NodeMetrics::new()),
        pacing: Pacing { queue: 1, look: second, heartbeat: 240 * second },
        carried: Some(Job::Between(Box::new(|| ()))),
        behind: None,
        _lock: place.lock().unwrap(),
    };
    hands.set(NOW + 240);
    let (_jobs, waiting) = sync_channel(1);
    assert!(work.next(&waiting, false).unwrap().is_some(), "what waits comes after it");
    assert_eq!(work.published.get().status.time, NOW + 240);
}

fn open(folder: &std::path::Path, queue: usize) -> Node {
    Node::open(&Config { queue, ..Config::new(folder) }).unwrap()
}

/// Keeps the writer from writing until something is sent.
fn hold(node: &Node) -> Sender<()> {
    let (release, released) = channel();
    let (tell, held) = channel();
    let wait = move || {
        tell.send(()).unwrap();
        released.recv().unwrap();
    };
    node.writer().between(wait).unwrap();
    held.recv().unwrap();
    release
}

/// Another sequencer orders an entry first.
fn overtake(node: &Node, folder: &std::path::Path) {
    let genesis = node.genesis().digest();
    let mut other = SqliteSequencer::open(&folder.join("ledger.sqlite"), genesis.as_bytes()).unwrap();
    let head = other.head().unwrap();
    let row = Row {
        index: head.size,
        signer: "a".into(),
        id: "1".into(),
        digest: [0; 32],
        class: Class::Registry,
        first_position: None,
        entry: Vec::new(),
    };
    let after = Head { size: head.size + 1, root: [1; 32] };
    let batch = Batch { head: after, checkpoint: Vec::new(), rows: vec![row], changes: Vec::new() };
    other.append(&head, &batch).unwrap();
}
