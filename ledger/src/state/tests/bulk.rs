//! How many credentials a department takes away alone within a day, and that every replay counts the same.

use serde_json::json;

use super::*;
use crate::genesis::Genesis;
use crate::record::Approval;
use crate::registry::RegistryError;
use crate::samples::{origin, record, terms};

const LIMIT: usize = 3;

fn limited() -> Genesis {
    genesis(&["police", "tax"], 1).limited(LIMIT).unwrap()
}

/// A ledger whose limit is [`LIMIT`], with ten credentials of the police and ten of the tax office, at 1,000 s.
fn city() -> (State, Vec<Vec<Entry>>) {
    let mut state = State::new(limited());
    let entries = [
        sign(schema("identity/1"), "police"),
        sign(schema("tax/1"), "tax"),
        sign(commit("c/1", "identity/1", 0..10), "police"),
        sign(commit("c/2", "tax/1", 100..110), "tax"),
    ];
    let first = batch(&mut state, &entries, 1000);
    (state, vec![first])
}

fn bare(id: &str, positions: impl IntoIterator<Item = u64>, act: &str) -> Record {
    let changes: Vec<_> = positions
        .into_iter()
        .map(|position| json!({"position": position, "status": act, "reason": "x"}))
        .collect();
    record(json!({"kind": "credential.status", "id": id, "changes": changes}))
}

fn revoke(id: &str, positions: impl IntoIterator<Item = u64>) -> Entry {
    sign(bare(id, positions, "revoke"), "police")
}

fn agreed(id: &str, positions: impl IntoIterator<Item = u64>) -> Entry {
    let mut record = bare(id, positions, "revoke");
    record.bind(terms(0));
    let tax = insecure_key("tax");
    record.approve(Approval::sign(&origin(), &record, "tax".parse().unwrap(), &tax).unwrap());
    sign(record, "police")
}

/// How many would have been taken away, if that is too many.
fn refused(state: &State, entries: &[Entry], now: u64) -> Option<usize> {
    match state.draft(now).add(entries) {
        Err((_, StateError::Registry(RegistryError::Bulk { taken, limit: LIMIT }))) => Some(taken),
        Err((_, other)) => panic!("{other}"),
        Ok(_) => None,
    }
}

#[test]
fn one_record_above_the_limit_needs_a_second_department() {
    let (state, _) = city();
    for act in ["revoke", "suspend"] {
        assert_eq!(refused(&state, &[sign(bare("a", 0..3, act), "police")], 1000), None);
        assert_eq!(refused(&state, &[sign(bare("a", 0..4, act), "police")], 1000), Some(4));
    }
    assert_eq!(refused(&state, &[agreed("a", 0..4)], 1000), None);
}

#[test]
fn many_small_records_count_together() {
    let (state, _) = city();
    let one_by_one: Vec<Entry> = (0..4).map(|i| revoke(&format!("s/{i}"), [i])).collect();
    assert_eq!(refused(&state, &one_by_one[..3], 1000), None);
    assert_eq!(refused(&state, &one_by_one, 1000), Some(4), "in one submission");
    let mut draft = state.draft(1000);
    draft.add(&one_by_one[..3]).unwrap();
    assert!(draft.add(&one_by_one[3..]).is_err(), "in one batch");
}

#[test]
fn batches_of_one_day_count_together() {
    let (mut state, _) = city();
    let _ = batch(&mut state, &[revoke("a", 0..2)], 2000);
    let _ = batch(&mut state, &[revoke("b", [2])], 50_000);
    let fourth = [revoke("c", [3])];
    assert_eq!(refused(&state, &fourth, 50_000), Some(4));
    assert_eq!(refused(&state, &fourth, 2000 + BULK_WINDOW_S - 1), Some(4));
    assert_eq!(refused(&state, &fourth, 2000 + BULK_WINDOW_S), None);
    assert_eq!(
        refused(&state, &[revoke("d", 3..6)], 2000 + BULK_WINDOW_S),
        Some(4),
        "the third still counts"
    );
}

#[test]
fn each_department_has_its_own_count() {
    let (mut state, _) = city();
    let _ = batch(&mut state, &[revoke("a", 0..3)], 2000);
    assert_eq!(refused(&state, &[sign(bare("b", 10..13, "suspend"), "tax")], 2000), None);
}

#[test]
fn what_a_second_department_agrees_to_and_what_is_given_back_does_not_count() {
    let (mut state, _) = city();
    let _ = batch(&mut state, &[agreed("a", 0..5), sign(bare("b", 5..8, "suspend"), "police")], 2000);
    let restore = sign(bare("c", 5..8, "restore"), "police");
    assert_eq!(refused(&state, std::slice::from_ref(&restore), 2000), None);
    let _ = batch(&mut state, &[restore], 2000);
    assert_eq!(refused(&state, &[revoke("d", [8])], 2000), Some(4), "giving back takes no count back");
}

#[test]
fn a_refused_submission_does_not_count() {
    let (state, _) = city();
    let mut draft = state.draft(1000);
    assert!(draft.add(&[revoke("a", 0..2), revoke("b", [0])]).is_err(), "revoked twice");
    draft.add(&[revoke("c", 0..3)]).unwrap();
}

#[test]
fn every_replay_accepts_what_was_accepted_and_counts_the_same() {
    let (mut state, mut log) = city();
    // A clock that goes back between check and seal: the state root is raised to the time of the check.
    let mut entries = vec![revoke("a", 0..3)];
    log.push(batch(&mut state, &entries, 2000));
    entries = vec![revoke("b", 3..6)];
    let mut draft = state.draft(2000 + BULK_WINDOW_S);
    draft.add(&entries).unwrap();
    let drafted = draft.finish();
    let _ = state.apply(drafted);
    entries.push(state.seal(2001, &insecure_key("ledger.test/1")).unwrap());
    log.push(entries);
    let mut replayed = State::new(limited());
    for batch in &log {
        let _ = replayed.replay(batch).unwrap();
    }
    assert_eq!(replayed.state_root(0), state.state_root(0));
    assert_eq!(replayed.withdrawals(), state.withdrawals());
    assert_eq!(state.time(), 2000 + BULK_WINDOW_S);
}

#[test]
fn a_replay_refuses_a_log_that_let_too_much_pass() {
    let (_, mut log) = city();
    let mut lax = State::new(genesis(&["police", "tax"], 1));
    let _ = lax.replay(&log[0]).unwrap();
    log.push(batch(&mut lax, &[revoke("a", 0..2)], 2000));
    log.push(batch(&mut lax, &[revoke("b", 2..4)], 3000));
    let mut strict = State::new(limited());
    let _ = strict.replay(&log[0]).unwrap();
    let _ = strict.replay(&log[1]).unwrap();
    let refusal = strict.replay(&log[2]).unwrap_err();
    let StateError::Registry(bulk) = (match refusal {
        ReplayError::Refused { index: 7, source } => source,
        other => panic!("{other}"),
    }) else {
        panic!("another reason")
    };
    assert_eq!(bulk, RegistryError::Bulk { taken: 4, limit: LIMIT });
}

#[test]
fn a_batch_that_is_taken_back_does_not_count() {
    let (mut state, _) = city();
    let mut draft = state.draft(2000);
    draft.add(&[revoke("a", 0..3)]).unwrap();
    let drafted = draft.finish();
    let (_, undo) = state.apply_for_now(drafted);
    let _ = state.seal(2000, &insecure_key("ledger.test/1"));
    assert_eq!(refused(&state, &[revoke("b", [3])], 2000), Some(4));
    state.undo(undo);
    assert_eq!(refused(&state, &[revoke("b", 3..6)], 2000), None);
}
