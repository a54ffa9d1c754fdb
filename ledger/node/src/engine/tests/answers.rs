//! First answers, retries, refusals.

use ledger::samples;
use ledger::state::ErrorClass;

use super::super::SubmissionError;
use crate::testing::{CREDIT, TAX, accept, commit, data, open, schema, status};

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
    let forged = ledger::record::Entry::parse(forged.as_bytes()).unwrap();
    for entry in [foreign, forged] {
        match engine.process(&[vec![entry]]).unwrap().pop().unwrap() {
            Err(SubmissionError::Entry { refusal, .. }) => assert_eq!(refusal.class(), ErrorClass::Forbidden),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(engine.head(), head);
}
