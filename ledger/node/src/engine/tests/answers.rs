//! First answers, retries, refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::digest::Digest;
use ledger::record::{Entry, encode_batch};
use ledger::samples;
use ledger::state::ErrorClass;
use serde_json::json;

use super::super::SubmissionError;
use crate::key_file::KeyFileError;
use crate::sequencer::{Answer, Batch, Bundle, Change, Head, Indexed, Sequencer, SequencerError};
use crate::testing::{CREDIT, TAX, accept, commit, data, open, open_through, schema, status};
use crate::{Config, Node, blob};

#[test]
fn a_log_begins_with_a_state_root() {
    let folder = data();
    let engine = open(folder.path()).unwrap();
    let snapshot = engine.snapshot();
    assert_eq!((snapshot.status.size, snapshot.index.roots.as_slice()), (1, &[0][..]));
}

#[test]
fn answers_are_indices_and_first_positions() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    let accepted = accept(&mut engine, vec![schema("score/1"), commit("c1", 0, 3), commit("c2", 10, 1)]);
    let answers: Vec<_> = accepted.iter().map(|a| (a.index, a.first_position.map(u64::from))).collect();
    assert_eq!(answers, [(1, None), (2, Some(0)), (3, Some(3))]);
    let index = engine.snapshot().index;
    assert_eq!((index.size, index.registry.as_slice(), index.roots.as_slice()), (5, &[1][..], &[0, 4][..]));
}

#[test]
fn the_same_bytes_get_the_first_answer() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    let entries = vec![schema("score/1"), commit("c1", 0, 3)];
    let first = accept(&mut engine, entries.clone());
    let size = engine.head().size;
    assert_eq!(accept(&mut engine, entries.clone()), first);
    assert_eq!(engine.head().size, size, "a retry writes nothing");
    let mixed = accept(&mut engine, vec![commit("c2", 10, 1), entries[1].clone()]);
    assert_eq!(mixed[1], first[1]);
    drop(engine);
    assert_eq!(accept(&mut open(folder.path()).unwrap(), entries), first, "also after a restart");
}

#[test]
fn the_same_bytes_twice_in_one_batch_get_one_answer() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    let twice = accept(&mut engine, vec![schema("score/1"), schema("score/1")]);
    assert_eq!(twice[0], twice[1]);
    let answers = engine.process(&[vec![commit("c1", 0, 1)], vec![commit("c1", 0, 1)]]).unwrap();
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn an_id_is_used_once() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![schema("score/1"), commit("c1", 0, 1)]);
    for submission in [vec![commit("c1", 5, 1)], vec![commit("c2", 5, 1), commit("c2", 6, 1)]] {
        let at = submission.len() - 1;
        let answer = engine.process(&[submission]).unwrap().pop().unwrap();
        assert!(matches!(answer, Err(SubmissionError::IdReused { at: found }) if found == at));
    }
    let other = samples::sign(samples::commit("c1", "score/1", [9]), TAX);
    accept(&mut engine, vec![other]);
}

#[test]
fn one_bad_entry_refuses_its_submission_and_no_other() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    accept(&mut engine, vec![schema("score/1")]);
    let bad = vec![commit("c1", 0, 2), status("s1", 77, "revoke")];
    let good = vec![commit("c2", 0, 2)];
    let mut answers = engine.process(&[bad, good]).unwrap();
    assert_eq!(answers.pop().unwrap().unwrap()[0].first_position.map(u64::from), Some(0));
    match answers.pop().unwrap() {
        Err(SubmissionError::Entry { at: 1, refusal }) => assert_eq!(refusal.class(), ErrorClass::Rule),
        other => panic!("{other:?}"),
    }
    assert_eq!(engine.snapshot().status.leaves, 2);
}

#[test]
fn a_refused_submission_alone_writes_nothing() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    let head = engine.head();
    let foreign = samples::sign(samples::schema("x/1"), "nobody.nanning");
    let forged = samples::sign(samples::schema("x/1"), TAX).bytes().to_vec();
    let forged = String::from_utf8(forged).unwrap().replace(TAX, CREDIT);
    let forged = Entry::parse(forged.as_bytes()).unwrap();
    for entry in [foreign, forged] {
        match engine.process(&[vec![entry]]).unwrap().pop().unwrap() {
            Err(SubmissionError::Entry { refusal, .. }) => assert_eq!(refusal.class(), ErrorClass::Forbidden),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(engine.head(), head);
}

/// What the file of a key says is compared when the key is published. Whoever sends the same again, years later, learns what
/// it was answered.
#[test]
fn a_key_that_was_accepted_gets_its_first_answer_whatever_its_file_says() {
    let folder = data();
    let header = json!({"circuit": "show", "version": 1, "development": true, "transcript_digest": null,
        "secrets": null, "vk_digest": "ab".repeat(32)})
    .to_string();
    let length = u32::try_from(header.len()).unwrap().to_le_bytes();
    let file = [b"yong/proving-key/v2\n", &length[..], header.as_bytes()].concat();
    let publish = |circuit: &str, version: u32, inputs: usize| {
        let mut record = samples::key(circuit, version, inputs);
        record["proving_key_digest"] = json!(Digest::of(&file));
        samples::sign_approved(samples::record(record), &[CREDIT, TAX])
    };
    let enroll = publish("enroll", 2, 5);
    let mut engine = open(folder.path()).unwrap();
    let first = accept(&mut engine, vec![enroll.clone()]);
    blob::put(folder.path(), &file).unwrap();
    assert_eq!(accept(&mut engine, vec![enroll.clone()]), first);
    assert_eq!(accept(&mut engine, vec![schema("score/1"), enroll])[1], first[0]);
    let refused = engine.process(&[vec![schema("other/1"), publish("join", 1, 163)]]).unwrap().pop().unwrap();
    let Err(SubmissionError::KeyFile { at, error }) = refused else { panic!("a new one is compared") };
    assert_eq!((at, error), (1, KeyFileError::Differs("circuit")));
}

/// Whoever puts an entry that everybody can read in front of what nobody signed makes a node work no more than without it.
#[test]
fn nothing_is_done_for_what_follows_an_entry_that_nobody_signed() {
    let folder = data();
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = lookups.clone();
    let mut engine = open_through(
        folder.path(),
        |storage| storage,
        |inner| Box::new(Counting { inner, lookups: counted }),
    )
    .unwrap();
    let good = schema("score/1");
    accept(&mut engine, vec![good.clone()]);
    let mut entries = vec![good];
    entries.push(forged("c0"));
    entries.extend((1..300).map(|i| commit(&format!("c{i}"), i, 1)));
    let before = lookups.load(Ordering::Relaxed);
    let refused = engine.process(&[entries.clone()]).unwrap().pop().unwrap().unwrap_err();
    let SubmissionError::Entry { at, refusal } = refused else { panic!("{refused}") };
    assert_eq!((at, refusal.code()), (1, "bad_signature"));
    assert_eq!(lookups.load(Ordering::Relaxed) - before, 2);
    drop(engine);
    let node = Node::open(&Config::new(folder.path())).unwrap();
    let read = node.read_submission(&encode_batch(&entries)).unwrap();
    let ahead = read.iter().filter(|entry| entry.is_verified_ahead()).count();
    assert!(read.len() == 301 && ahead < 32, "{ahead} signatures were verified for nothing");
    entries.remove(1);
    let read = node.read_submission(&encode_batch(&entries)).unwrap();
    assert!(read.iter().all(Entry::is_verified_ahead));
}

/// Whom an entry admits may sign what comes after it in one submission.
#[test]
fn somebody_is_admitted_and_signs_at_once() {
    let folder = data();
    let mut engine = open(folder.path()).unwrap();
    let admit = samples::record(json!({
        "kind": "department.admit", "id": "admit", "approvals": [], "department": samples::department("new.nanning")
    }));
    let first = samples::sign(samples::schema("new/1"), "new.nanning");
    assert!(engine.process(&[vec![first.clone()]]).unwrap()[0].is_err());
    accept(&mut engine, vec![samples::sign_approved(admit, &[CREDIT, TAX]), first]);
}

/// An entry in the name of a department, with a signature of another.
fn forged(id: &str) -> Entry {
    let entry = samples::sign(samples::commit(id, "score/1", 0..1), TAX);
    let bytes = String::from_utf8(entry.bytes().to_vec()).unwrap().replace(TAX, CREDIT);
    Entry::parse(bytes.as_bytes()).unwrap()
}

/// Counts how often it is asked for a first answer.
struct Counting {
    inner: Box<dyn Sequencer>,
    lookups: Arc<AtomicUsize>,
}

impl Sequencer for Counting {
    fn head(&self) -> Result<Head, SequencerError> {
        self.inner.head()
    }
    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError> {
        self.inner.append(on, batch)
    }
    fn staged(&self) -> Result<Option<Bundle>, SequencerError> {
        self.inner.staged()
    }
    fn unstage(&mut self, size: u64) -> Result<(), SequencerError> {
        self.inner.unstage(size)
    }
    fn try_write(&self) -> Result<(), SequencerError> {
        self.inner.try_write()
    }
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn answer(&self, signer: &str, id: &str) -> Result<Option<Answer>, SequencerError> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        self.inner.answer(signer, id)
    }
    fn indexed(&self, index: u64) -> Result<Option<Indexed>, SequencerError> {
        self.inner.indexed(index)
    }
    fn changes(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Change>, SequencerError> {
        self.inner.changes(from, to, limit)
    }
}
