//! Batches drafted, sealed and replayed.

mod bulk;
mod governance;

use super::*;
use crate::credentials::CredentialError;
use crate::samples::{commit, genesis, insecure_key, schema, sign, status};

fn state() -> State {
    State::new(genesis(&["police", "tax"], 1))
}

/// Drafts, applies and seals one batch; gives all its entries.
fn batch(state: &mut State, entries: &[Entry], time: u64) -> Vec<Entry> {
    let mut draft = state.draft(time);
    draft.add(entries).unwrap();
    let accepted = draft.finish();
    let _ = state.apply(accepted);
    let root = state.seal(time, &insecure_key("ledger.test/1")).unwrap();
    entries.iter().cloned().chain([root]).collect()
}

fn first() -> [Entry; 2] {
    [sign(schema("identity/1"), "police"), sign(commit("c/1", "identity/1", [1, 2, 3]), "police")]
}

fn second() -> [Entry; 2] {
    [sign(status("x/1", 1, "suspend"), "police"), sign(commit("c/2", "identity/1", [4]), "police")]
}

/// Two batches and the state after them.
fn history() -> (State, [Vec<Entry>; 2]) {
    let mut state = state();
    let one = batch(&mut state, &first(), 100);
    let two = batch(&mut state, &second(), 200);
    (state, [one, two])
}

#[test]
fn a_draft_answers_with_indices_and_positions() {
    let (state, _) = history();
    let mut draft = state.draft(0);
    let entries = [sign(schema("identity/2"), "police"), sign(commit("c/3", "identity/2", [5, 6]), "police")];
    let accepted = draft.add(&entries).unwrap();
    assert_eq!(accepted[0], Accepted { index: 6, first_position: None });
    assert_eq!(accepted[1], Accepted { index: 7, first_position: Some(Position::new(4).unwrap()) });
    assert_eq!(draft.len(), 2);
}

#[test]
fn entries_that_stand_together_fall_together() {
    let (state, _) = history();
    let mut draft = state.draft(0);
    let good = [sign(schema("identity/2"), "police"), sign(commit("c/3", "identity/2", [5]), "police")];
    let bad = sign(status("x/2", 0, "restore"), "police");
    let (at, refusal) = draft.add(&[&good[..], &[bad]].concat()).unwrap_err();
    assert_eq!(at, 2);
    assert!(matches!(refusal, StateError::Credential(CredentialError::NotSuspended(0))));
    assert!(draft.is_empty());
    assert_eq!(draft.add(&good).unwrap()[0].index, 6);
}

#[test]
fn a_state_root_is_not_submitted() {
    let (state, [one, _]) = history();
    let (_, refusal) = state.draft(0).add(&one[2..]).unwrap_err();
    assert_eq!((refusal.code(), refusal.class()), ("root_submitted", ErrorClass::Forbidden));
}

#[test]
fn replay_derives_the_same_state() {
    let (original, batches) = history();
    let mut replayed = state();
    for batch in &batches {
        let _ = replayed.replay(batch).unwrap();
    }
    assert_eq!(replayed.state_root(300), original.state_root(300));
    assert_eq!(replayed.size(), 6);
}

#[test]
fn a_seal_states_what_a_root_is_for() {
    let (_, [one, _]) = history();
    let Record::Root(root) = one[2].record() else { panic!("not a state root") };
    assert_eq!((root.entries, root.leaves, root.time), (2, 3, 100));
    assert_eq!(root.id.as_str(), "state.root/2");
}

#[test]
fn the_clock_never_goes_back() {
    let (mut state, _) = history();
    let sealed = batch(&mut state, &[], 50);
    let Record::Root(root) = sealed[0].record() else { panic!("not a state root") };
    assert_eq!(root.time, 200);
}

/// How a second batch is refused whose state root was changed so, and signed again by the log.
fn replayed(change: impl Fn(&mut StateRoot)) -> ReplayError {
    let (_, [one, mut two]) = history();
    let Record::Root(root) = two[2].record() else { panic!("not a state root") };
    let mut root = root.clone();
    change(&mut root);
    let signer = Signer::Log("ledger.test/1".parse().unwrap());
    two[2] =
        Entry::sign(&crate::samples::origin(), Record::Root(root), signer, &insecure_key("ledger.test/1"))
            .unwrap();
    let mut state = state();
    let _ = state.replay(&one).unwrap();
    state.replay(&two).unwrap_err()
}

#[test]
fn every_field_of_a_wrong_root_is_named() {
    type Change = fn(&mut StateRoot);
    let changes: [(&str, Change); 6] = [
        ("id", |root| root.id = "other".parse().unwrap()),
        ("entries", |root| root.entries += 1),
        ("leaves", |root| root.leaves += 1),
        ("root", |root| root.root = Element(1u64.into())),
        ("registry", |root| root.registry = crate::digest::Digest::of(b"")),
        ("time", |root| root.time = 99),
    ];
    for (name, change) in changes {
        let ReplayError::WrongRoot(wrong) = replayed(change) else { panic!("{name}") };
        assert_eq!((wrong.index, wrong.field), (5, name));
    }
}

#[test]
fn replay_refuses_what_must_have_been_refused() {
    let (_, [one, two]) = history();
    let mut fresh = state();
    let skipped = fresh.replay(&two).unwrap_err();
    assert!(matches!(skipped, ReplayError::Refused { index: 0, .. }), "{skipped}");
    let mut fresh = state();
    assert!(matches!(fresh.replay(&[]), Err(ReplayError::NotSealed(0))));
    let unsealed = fresh.replay(&one[..2]).unwrap_err();
    assert!(matches!(unsealed, ReplayError::NotSealed(1)), "{unsealed}");
}

/// Tiles, owners and the number of removed leaves.
type Kept = (Vec<circuits::Fr>, Vec<(u64, circuits::credential::DepartmentId)>, usize);

/// Everything that says what a state is.
fn whole(state: &State) -> (StateRoot, u64, Kept, BulkLimiter) {
    let tree = state.credentials();
    let kept = (tree.tiles().to_vec(), tree.owners().to_vec(), tree.removed().len());
    (state.state_root(0), state.size(), kept, state.withdrawals().clone())
}

#[test]
fn a_batch_that_is_taken_back_leaves_no_trace() {
    let (mut state, _) = history();
    let before = whole(&state);
    for first in [10_u64, 2000] {
        let entries = [
            sign(schema("identity/2"), "police"),
            sign(schema("tax/1"), "tax"),
            sign(commit("c/3", "identity/2", first..first + 700), "police"),
            sign(commit("c/4", "tax/1", 5000..5003), "tax"),
            sign(status("x/2", 1, "restore"), "police"),
            sign(status("x/3", 1, "suspend"), "police"),
            sign(status("x/4", 0, "revoke"), "police"),
            sign(status("x/5", 300, "suspend"), "police"),
        ];
        let mut draft = state.draft(0);
        draft.add(&entries).unwrap();
        let accepted = draft.finish();
        let (_, undo) = state.apply_for_now(accepted);
        let _ = state.seal(900, &insecure_key("ledger.test/1"));
        assert_ne!(whole(&state), before);
        state.undo(undo);
        assert_eq!(whole(&state), before);
        // What was taken back can be committed again, and what was there before cannot.
        let mut draft = state.draft(0);
        draft.add(&entries).unwrap();
        let twice = draft.add(&[sign(commit("c/9", "identity/1", [1]), "police")]).unwrap_err().1;
        assert!(matches!(twice, StateError::Credential(CredentialError::Duplicate(0))), "{twice}");
    }
    let go_on = [sign(status("x/6", 1, "restore"), "police")];
    let (mut plain, _) = history();
    assert_eq!(batch(&mut state, &go_on, 950), batch(&mut plain, &go_on, 950));
}

#[test]
fn a_first_batch_that_is_taken_back_leaves_an_empty_state() {
    let mut state = state();
    let before = whole(&state);
    let mut draft = state.draft(0);
    draft.add(&first()).unwrap();
    let accepted = draft.finish();
    let (_, undo) = state.apply_for_now(accepted);
    state.undo(undo);
    assert_eq!(whole(&state), before);
    assert_eq!(state.credentials().root(), State::new(genesis(&["police", "tax"], 1)).credentials().root());
}
