//! The conformance suite, two writers on one head, and a primary that dies under load.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::*;
use crate::sequencer::Row;
use yong_tests::postgres::Server;

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

#[test]
fn what_was_ordered_elsewhere_is_there() {
    let Some(server) = Server::start() else { return };
    let address = server.schema("kept");
    let mut one = PostgresSequencer::create(&address, &GENESIS).unwrap();
    let two = PostgresSequencer::open(&address, &GENESIS).unwrap();
    assert_eq!(two.shared().unwrap().unwrap().0.size, 0);
    for i in 0..3 {
        let head = one.head().unwrap();
        one.append(&head, &batch(&head, &format!("c{i}"))).unwrap();
        one.unstage(one.head().unwrap().size).unwrap();
    }
    assert!(two.staged().unwrap().is_none());
    let (head, checkpoint) = two.shared().unwrap().unwrap();
    assert_eq!((head.size, &checkpoint[..]), (6, &b"checkpoint 6"[..]));
    assert_eq!(two.entries(2, 6).unwrap().len(), 4, "settled entries are kept");
    assert_eq!(two.entries(4, 5).unwrap(), [b"c2"]);
    assert!(two.entries(5, 7).is_err(), "what is not there is not left out in silence");
}

/// Two nodes append as fast as they can. Whoever loses learns the head, and goes on from there.
#[test]
fn of_two_on_one_head_one_loses_and_carries_on() {
    let Some(server) = Server::start() else { return };
    let address = server.schema("race");
    PostgresSequencer::create(&address, &GENESIS).unwrap();
    let write = |name: &'static str| {
        let mut sequencer = PostgresSequencer::open(&address, &GENESIS).unwrap();
        let mut lost = 0;
        let mut head = sequencer.head().unwrap();
        for i in 0..100 {
            let id = format!("{name}{i}");
            loop {
                let next = batch(&head, &id);
                match sequencer.append(&head, &next) {
                    Ok(()) => break head = next.head,
                    Err(SequencerError::Overtaken(now)) => (head, lost) = (now, lost + 1),
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
        lost
    };
    let lost = thread::scope(|scope| {
        let other = scope.spawn(|| write("b"));
        write("a") + other.join().unwrap()
    });
    assert!(lost > 0, "two hundred batches of two writers meet at least once");
    let sequencer = PostgresSequencer::open(&address, &GENESIS).unwrap();
    assert_eq!(sequencer.head().unwrap().size, 400);
    complete(&sequencer);
}

/// What one writer was told.
struct Acknowledged(BTreeMap<String, u64>);

#[test]
fn nothing_acknowledged_is_lost_when_the_primary_dies() {
    let Some(server) = Server::start_with_standby() else { return };
    let address = server.schema("failover");
    PostgresSequencer::create(&address, &GENESIS).unwrap();
    let (tell, told) = channel();
    let writers: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|name| {
            let (promote, promoted) = channel();
            let address = address.clone();
            let tell = tell.clone();
            (promote, thread::spawn(move || write_through(name, &address, &tell, &promoted)))
        })
        .collect();
    drop(tell);
    for _ in 0..BATCHES {
        told.recv().unwrap();
    }
    server.kill_primary();
    server.promote();
    let mut all = BTreeMap::new();
    for (promote, writer) in writers {
        // A writer that was done before the primary died waits for nothing.
        let _ = promote.send(());
        let Acknowledged(mine) = writer.join().unwrap();
        assert_eq!(mine.len() as u64, BATCHES);
        all.extend(mine);
    }
    let sequencer = PostgresSequencer::open(&address, &GENESIS).unwrap();
    for (id, index) in &all {
        let answer = sequencer.answer(SIGNER, id).unwrap();
        assert_eq!(answer.map(|answer| answer.index), Some(*index), "{id} was acknowledged at {index}");
    }
    assert_eq!(sequencer.head().unwrap().size, 2 * 4 * BATCHES, "nothing twice");
    complete(&sequencer);
}

/// Orders a number of batches as a supervised node does: after an error it waits for a server that takes writes, asks
/// whether the last batch landed, and goes on.
fn write_through(name: &str, address: &str, tell: &Sender<()>, promoted: &Receiver<()>) -> Acknowledged {
    let mut sequencer = PostgresSequencer::open(address, &GENESIS).unwrap();
    let mut acknowledged = BTreeMap::new();
    for i in 0..BATCHES {
        let id = format!("{name}{i}");
        let index = loop {
            match append(&mut sequencer, &id) {
                Ok(index) => break index,
                Err(SequencerError::Overtaken(_)) => {}
                Err(_) => {
                    promoted.recv().unwrap();
                    sequencer = PostgresSequencer::open(address, &GENESIS).unwrap();
                }
            }
        };
        acknowledged.insert(id, index);
        // Nobody counts after the primary died.
        let _ = tell.send(());
    }
    Acknowledged(acknowledged)
}

fn append(sequencer: &mut PostgresSequencer, id: &str) -> Result<u64, SequencerError> {
    if let Some(answer) = sequencer.answer(SIGNER, id)? {
        return Ok(answer.index);
    }
    let head = sequencer.head()?;
    sequencer.append(&head, &batch(&head, id))?;
    Ok(head.size)
}

/// No gap, and nothing beyond the head.
fn complete(sequencer: &PostgresSequencer) {
    let size = sequencer.head().unwrap().size;
    for index in 0..size {
        assert!(sequencer.indexed(index).unwrap().is_some(), "entry {index} of {size} is missing");
    }
    assert!(sequencer.indexed(size).unwrap().is_none());
}

/// A record and a state root.
fn batch(on: &Head, id: &str) -> Batch {
    let size = on.size + 2;
    let row = |index: u64, signer: &str, id: String, class| Row {
        index,
        signer: signer.to_owned(),
        digest: [index as u8; 32],
        class,
        first_position: None,
        entry: id.clone().into_bytes(),
        id,
    };
    let rows = vec![
        row(on.size, SIGNER, id.to_owned(), Class::Credential),
        row(on.size + 1, "log", format!("state.root/{}", on.size + 1), Class::Root),
    ];
    let mut root = [0; 32];
    for (place, byte) in root.iter_mut().zip(id.bytes().chain(size.to_be_bytes())) {
        *place = byte;
    }
    let checkpoint = format!("checkpoint {size}").into_bytes();
    Batch { head: Head { size, root }, checkpoint, rows, changes: Vec::new() }
}

const SIGNER: &str = "credit.nanning";
/// Batches of each writer; the primary dies when so many of all are acknowledged.
const BATCHES: u64 = 40;
