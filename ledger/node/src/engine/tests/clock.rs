//! A quiet ledger states a root every few minutes, one node of several does, and none signs with a clock that is far behind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use ledger::resource::HOUR_S;
use service::clock::ManualClock;
use tower::ServiceExt as _;

use crate::data_dir::DataDir;
use crate::engine::{ClockError, Engine, SubmissionError};
use crate::init::{GenesisParameters, LogKey, init_in};
use crate::sequencer::{PostgresSequencer, Sequencer, SequencerConfig};
use crate::testing::witnesses::{self, witness_at};
use crate::testing::{CREDIT, NOW, TAX, accept, commit, data, open_at, schema};
use crate::{Config, Node, StartClock};
use yong_tests::postgres::Server;

const EVERY: Duration = Duration::from_secs(240);

fn open(folder: &Path, hands: &ManualClock) -> Engine {
    let data = DataDir::at(folder);
    let store = SequencerConfig::Sqlite.open(&data, &data.read_genesis().unwrap()).unwrap();
    open_at(folder, Arc::new(data.files()), store, hands.clock()).unwrap()
}

fn time(engine: &Engine) -> u64 {
    engine.snapshot().status.time
}

#[test]
fn a_root_is_stated_when_nothing_happens_and_not_more_often() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let mut engine = open(folder.path(), &hands);
    assert_eq!(engine.next_heartbeat(EVERY), Some(EVERY));
    hands.set(NOW + 239);
    assert!(!engine.heartbeat(EVERY).unwrap());
    hands.set(NOW + 240);
    assert!(engine.heartbeat(EVERY).unwrap());
    assert!(!engine.heartbeat(EVERY).unwrap(), "it is no longer due");
    assert_eq!((engine.head().size, time(&engine)), (2, NOW + 240));
    hands.set(NOW + 400);
    accept(&mut engine, vec![schema("score/1")]);
    hands.set(NOW + 500);
    assert!(!engine.heartbeat(EVERY).unwrap(), "a batch states one too");
    let head = engine.head();
    drop(engine);
    assert_eq!(open(folder.path(), &hands).head(), head, "a start finds the same");
}

/// Within the five minutes that followers count on, at the default.
#[test]
fn the_default_is_below_five_minutes_with_a_margin() {
    assert!(Config::new("x").heartbeat() <= Duration::from_secs(270));
}

/// The writer's own loop, without waiting for its clock: what runs between two batches makes it look.
#[test]
fn a_node_that_nobody_asks_states_roots() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let node = Node::open_with_clock(&Config::new(folder.path()), hands.clock()).unwrap();
    for beat in 1..=3 {
        hands.set(NOW + 240 * beat);
        turn(&node);
        turn(&node);
        assert_eq!((node.status().size, node.status().time), (1 + beat, NOW + 240 * beat));
    }
}

/// Waits until the writer has come by once.
fn turn(node: &Node) {
    let (tell, told) = std::sync::mpsc::channel();
    node.writer().between(move || tell.send(()).unwrap()).unwrap();
    told.recv().unwrap();
}

#[test]
fn of_several_nodes_on_one_store_one_states_the_root() {
    let Some(server) = Server::start() else { return };
    let address = server.schema("beats");
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let genesis = ledger::samples::genesis(&[CREDIT, TAX], 2);
    let parameters = GenesisParameters::new(genesis.origin().clone(), genesis.departments().to_vec(), 2);
    let key = ledger::samples::insecure_key("ledger.test/1");
    init_in(one.path(), &address.parse().unwrap(), parameters, LogKey::File(&key)).unwrap();
    for file in ["genesis.json", "log.key"] {
        std::fs::copy(one.path().join(file), two.path().join(file)).unwrap();
    }
    let hands = ManualClock::new(NOW);
    let open = |folder: &Path| {
        let genesis = DataDir::at(folder).read_genesis().unwrap();
        let store = PostgresSequencer::open(&address, genesis.digest().as_bytes()).unwrap();
        let store: Box<dyn Sequencer> = Box::new(store);
        open_at(folder, Arc::new(DataDir::at(folder).files()), store, hands.clock()).unwrap()
    };
    let (mut one, mut two) = (open(one.path()), open(two.path()));
    for beat in 1..=5 {
        hands.set(NOW + 240 * beat);
        // Both see that it is due; who comes second is overtaken, and takes the other's root in.
        let first = one.heartbeat(EVERY).unwrap();
        let second = two.heartbeat(EVERY).unwrap();
        assert!(first && !second);
        assert_eq!((one.head(), one.head().size), (two.head(), 1 + beat));
        std::mem::swap(&mut one, &mut two);
    }
}

#[test]
fn nothing_is_signed_by_a_clock_that_is_far_behind_the_newest_root() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let mut engine = open(folder.path(), &hands);
    accept(&mut engine, vec![schema("score/1")]);
    let head = engine.head();
    hands.set(NOW - 301);
    assert_eq!(engine.check_clock(), Err(ClockError::Behind { now: NOW - 301, stated_at: NOW }));
    let refused = engine.process(&[vec![commit("c", 0, 1)]]).unwrap().pop().unwrap().unwrap_err();
    let said = refused.to_string();
    assert!(matches!(refused, SubmissionError::Clock(_)));
    assert!(said.contains("301 s before the newest state root") && said.contains("Set the clock"), "{said}");
    assert!(!engine.heartbeat(EVERY).unwrap());
    assert_eq!(engine.head(), head);
    hands.set(NOW - 300);
    accept(&mut engine, vec![commit("c", 0, 1)]);
    assert_eq!(time(&engine), NOW, "time never goes back");
}

/// One accident of the node's clock: it says so, and everything else of it goes on.
#[test]
fn a_node_with_a_root_from_the_far_future_says_so() {
    let (folder, hands) = (data(), ManualClock::new(9_000_000_000));
    drop(open(folder.path(), &hands));
    hands.set(NOW);
    let node = Node::open_with_clock(&Config::new(folder.path()), hands.clock()).unwrap();
    assert_eq!(node.check_clock(), Err(ClockError::Behind { now: NOW, stated_at: 9_000_000_000 }));
    let decided = node.submit(vec![schema("score/1")]).unwrap().blocking_recv().unwrap();
    assert!(matches!(decided, Err(SubmissionError::Clock(_))));
    assert_eq!(node.status().size, 1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let said = runtime.block_on(async {
        let asked = Request::get("/readyz").body(Body::empty()).unwrap();
        let answer = crate::app(Arc::new(node)).oneshot(asked).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        String::from_utf8(to_bytes(answer.into_body(), 1 << 16).await.unwrap().to_vec()).unwrap()
    });
    assert!(said.contains("\"clock\"") && said.contains("Set the clock"), "{said}");
}

/// One accident of the machine's clock does not stop the ledger for good: what jumps is not stated.
#[test]
fn nothing_is_signed_by_a_clock_that_jumped_ahead() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let mut engine = open(folder.path(), &hands);
    accept(&mut engine, vec![schema("score/1")]);
    let head = engine.head();
    hands.advance(Duration::from_secs(100));
    hands.jump(9_000_000_000);
    let jumped = ClockError::Jumped { now: 9_000_000_000, expected: NOW + 100 };
    assert_eq!(engine.check_clock(), Err(jumped));
    let refused = engine.process(&[vec![commit("c", 0, 1)]]).unwrap().pop().unwrap().unwrap_err();
    assert!(matches!(refused, SubmissionError::Clock(error) if error == jumped));
    assert!(refused.to_string().contains("--accept-clock"), "{refused}");
    assert_eq!(engine.next_heartbeat(EVERY), Some(Duration::ZERO));
    assert!(!engine.heartbeat(EVERY).unwrap(), "though it would be due");
    assert_eq!(engine.head(), head);
    hands.advance(Duration::from_secs(500));
    assert!(engine.check_clock().is_err(), "waiting makes it no better");
    // Somebody sets it right.
    hands.jump(NOW + 600);
    accept(&mut engine, vec![commit("c", 0, 1)]);
    assert_eq!(time(&engine), NOW + 600);
}

#[test]
fn a_clock_is_set_right_by_a_minute_and_back_and_again() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let mut engine = open(folder.path(), &hands);
    accept(&mut engine, vec![schema("score/1")]);
    hands.jump(NOW + 60);
    accept(&mut engine, vec![commit("a", 0, 1)]);
    // An hour back, which is behind the newest root, and an hour forward.
    hands.jump(NOW - 3540);
    assert!(matches!(engine.check_clock(), Err(ClockError::Behind { .. })));
    hands.jump(NOW + 120);
    accept(&mut engine, vec![commit("b", 1, 1)]);
    hands.jump(NOW + 181);
    assert!(matches!(engine.check_clock(), Err(ClockError::Jumped { .. })));
}

/// A machine that slept, or was busy for hours, has a clock that went on with the time.
#[test]
fn time_that_passed_is_no_jump() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    let mut engine = open(folder.path(), &hands);
    assert_eq!(engine.check_clock(), Ok(()), "the clocks are compared for the first time");
    hands.advance(Duration::from_secs(30 * 24 * 3600));
    accept(&mut engine, vec![schema("score/1")]);
    assert_eq!(time(&engine), NOW + 30 * 24 * 3600);
}

/// A start has nothing to compare with but the newest root, so a long silence needs somebody's word.
#[test]
fn a_start_after_more_than_a_day_waits_for_a_word() {
    let (folder, hands) = (data(), ManualClock::new(NOW));
    accept(&mut open(folder.path(), &hands), vec![schema("score/1")]);
    let day = NOW + 24 * 3600;
    let later = ManualClock::new(day);
    assert_eq!(open(folder.path(), &later).check_clock(), Ok(()));
    let later = ManualClock::new(day + 1);
    let mut engine = open(folder.path(), &later);
    let unconfirmed = ClockError::Unconfirmed { now: day + 1, stated_at: NOW };
    assert_eq!(engine.check_clock(), Err(unconfirmed));
    let refused = engine.process(&[vec![commit("c", 0, 1)]]).unwrap().pop().unwrap();
    assert!(matches!(refused, Err(SubmissionError::Clock(error)) if error == unconfirmed));
    assert!(!engine.heartbeat(EVERY).unwrap());
    drop(engine);
    let config = Config { start_clock: StartClock::Accepted, ..Config::new(folder.path()) };
    let node = Node::open_with_clock(&config, later.clock()).unwrap();
    turn(&node);
    assert_eq!((node.check_clock(), node.status().time), (Ok(()), day + 1));
    later.jump(day + 7200);
    assert!(matches!(node.check_clock(), Err(ClockError::Jumped { .. })), "the word was about the start");
}

/// The witnesses' clocks are evidence, and only those of a quorum: two of three here.
#[test]
fn witnesses_confirm_a_clock_that_jumped() {
    let folder = witnesses::data();
    let memory = tempfile::tempdir().unwrap();
    let hands = ["w1", "w2", "w3"].map(|_| ManualClock::new(NOW));
    let [w1, w2, w3] = [("w1", 0), ("w2", 1), ("w3", 2)]
        .map(|(name, nth): (&str, usize)| witness_at(memory.path(), name, hands[nth].clock()));
    let own = ManualClock::new(NOW);
    let mut engine = witnesses::open_at(folder.path(), &[&w1, &w2, &w3], own.clock()).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    let later = NOW + 7200;
    own.jump(later);
    assert!(!engine.confirm_clock(), "all of them say another time");
    hands[0].jump(later);
    assert!(!engine.confirm_clock(), "one of them is not enough");
    assert!(matches!(engine.check_clock(), Err(ClockError::Jumped { .. })));
    hands[1].jump(later - 60);
    assert!(engine.confirm_clock());
    assert_eq!(engine.check_clock(), Ok(()));
    accept(&mut engine, vec![commit("c", 0, 1)]);
    assert_eq!(time(&engine), later);
    own.jump(later + 3600);
    drop((w2, w3));
    assert!(!engine.confirm_clock(), "nobody answers");
}

#[test]
fn the_root_before_a_full_hour_is_kept_over_a_restart() {
    let start = NOW - NOW % HOUR_S + HOUR_S - 120;
    let (folder, hands) = (data(), ManualClock::new(start));
    let mut engine = open(folder.path(), &hands);
    accept(&mut engine, vec![schema("score/1"), commit("c", 0, 3)]);
    let hour = start / HOUR_S + 1;
    let before = [&3_u64.to_be_bytes()[..], &engine.snapshot().cap].concat();
    assert_eq!(engine.snapshot().hourly.body(hour), None);
    hands.set(start + 130);
    accept(&mut engine, vec![commit("d", 10, 1)]);
    assert_eq!(engine.snapshot().hourly.body(hour), Some(before.clone()));
    drop(engine);
    let again = open(folder.path(), &hands);
    assert_eq!(again.snapshot().hourly.body(hour), Some(before));
    std::fs::remove_file(folder.path().join("derived/hour")).unwrap();
    drop(again);
    assert_eq!(open(folder.path(), &hands).snapshot().hourly.body(hour), None, "until the next full hour");
}

/// An old genesis does not say how recent a policy may ask roots to be; the node does, of what is new.
#[test]
fn a_policy_that_asks_for_too_recent_roots_is_refused_on_an_old_ledger_too() {
    let folder = data();
    let genesis = DataDir::at(folder.path()).read_genesis().unwrap();
    let mut old: serde_json::Value = serde_json::from_slice(&genesis.to_bytes()).unwrap();
    assert_eq!(old.as_object_mut().unwrap().remove("min_root_age_s"), Some(1200.into()));
    for genesis in [genesis, serde_json::from_value(old).unwrap()] {
        let state = ledger::state::State::new(genesis);
        let store = SequencerConfig::Sqlite
            .open(&DataDir::at(folder.path()), &DataDir::at(folder.path()).read_genesis().unwrap());
        let store = store.unwrap();
        let files = DataDir::at(folder.path()).files();
        let mut admission = super::super::admit::Admission::new(&state, &*store, &files, NOW);
        let policy = |age: u64| {
            let mut record =
                serde_json::to_value(ledger::samples::policy("lane/1", "score/1", CREDIT)).unwrap();
            record["policy"]["max_root_age_s"] = age.into();
            ledger::samples::sign(ledger::samples::record(record), CREDIT)
        };
        let refused = admission.admit(&[schema("score/1"), policy(1199)]).unwrap().unwrap_err();
        let SubmissionError::Entry { at, refusal } = refused else { panic!("{refused}") };
        assert_eq!((at, refusal.code()), (1, "root_age"));
        admission.admit(&[schema("score/1"), policy(1200)]).unwrap().unwrap();
    }
}
