//! Withdrawals by governance in the credential tree, and approvals over whole batches and replays.

use super::*;
use crate::credentials::LeafStatus;
use crate::record::ApprovalTerms;
use crate::registry::RegistryError;
use crate::samples::{client_id, record, sign_approved, terms, verifier, withdraw};

/// Positions 0 to 4 and 8 to 9 of the police, 5 to 7 of the tax office; `credit` has none.
fn city() -> (State, Vec<Vec<Entry>>) {
    let mut state = new();
    let entries = [
        sign(schema("identity/1"), "police"),
        sign(schema("tax/1"), "tax"),
        sign(commit("c/1", "identity/1", 0..5), "police"),
        sign(commit("c/2", "tax/1", 100..103), "tax"),
        sign(commit("c/3", "identity/1", 10..12), "police"),
        sign(status("s/1", 1, "revoke"), "police"),
        sign(status("s/2", 2, "suspend"), "police"),
    ];
    let first = batch(&mut state, &entries, 1000);
    (state, vec![first])
}

fn new() -> State {
    State::new(genesis(&["police", "tax", "credit"], 2))
}

fn agreed(entries: u64, mut record: Record) -> Entry {
    record.bind(terms(entries));
    sign_approved(record, &["tax", "credit"])
}

fn refused(state: &State, entry: Entry) -> StateError {
    state.draft(1000).add(&[entry]).unwrap_err().1
}

fn statuses(state: &State) -> Vec<LeafStatus> {
    (0..10).map(|at| state.credentials().status(at.try_into().unwrap()).unwrap()).collect()
}

#[test]
fn the_others_withdraw_what_a_department_committed() {
    use LeafStatus::{Active, Revoked};
    let (mut state, mut log) = city();
    let root = state.credentials().root();
    log.push(batch(&mut state, &[agreed(8, withdraw("w", "police", 2, 8))], 2000));
    let expected = [Active, Revoked, Revoked, Revoked, Revoked, Active, Active, Active, Revoked, Active];
    assert_eq!(statuses(&state), expected);
    assert_ne!(state.credentials().root(), root);
    let restored = sign(status("r", 3, "restore"), "police");
    let refusal = refused(&state, restored);
    assert!(matches!(refusal, StateError::Credential(CredentialError::Revoked(3))), "it is final: {refusal}");
    let mut replayed = new();
    let changed: Vec<usize> = log.iter().map(|batch| replayed.replay(batch).unwrap().len()).collect();
    assert_eq!(changed, [2, 4], "the leaves that followers hear of");
    assert_eq!(replayed.state_root(0), state.state_root(0));
}

#[test]
fn a_withdrawal_that_is_taken_back_leaves_no_trace() {
    let (mut state, _) = city();
    let before = whole(&state);
    let mut draft = state.draft(1500);
    draft.add(&[agreed(8, withdraw("w", "police", 0, 9))]).unwrap();
    let drafted = draft.finish();
    let (_, undo) = state.apply_for_now(drafted);
    let _ = state.seal(1500, &insecure_key("ledger.test/1"));
    assert_ne!(whole(&state), before);
    state.undo(undo);
    assert_eq!(whole(&state), before);
    assert_eq!(state.draft(1500).add(&[agreed(8, withdraw("w", "police", 0, 9))]).unwrap().len(), 1);
}

#[test]
fn a_withdrawal_names_what_is_there_and_takes_something_away() {
    let (mut state, _) = city();
    let refusal = |state: &State, department: &str, first, last| {
        let StateError::Credential(refusal) =
            refused(state, agreed(8, withdraw("w", department, first, last)))
        else {
            panic!("another reason")
        };
        refusal
    };
    assert_eq!(refusal(&state, "police", 9, 10), CredentialError::NoSuchLeaf(10));
    assert_eq!(refusal(&state, "police", 1, 1), CredentialError::NothingToWithdraw);
    assert_eq!(
        refusal(&state, "police", 5, 7),
        CredentialError::NothingToWithdraw,
        "those of the tax office"
    );
    let _ = batch(&mut state, &[agreed(8, withdraw("w", "police", 0, 9))], 2000);
    assert_eq!(refusal(&state, "police", 0, 8), CredentialError::NothingToWithdraw);
}

#[test]
fn what_a_batch_appends_is_withdrawn_with_the_rest() {
    let (state, _) = city();
    let mut draft = state.draft(1000);
    let entries =
        [sign(commit("c/9", "identity/1", 50..60), "police"), agreed(8, withdraw("w", "police", 9, 12))];
    draft.add(&entries).unwrap();
    let batch = draft.finish();
    let mut state = state.clone();
    let withdrawn: Vec<u64> = state.apply(batch).iter().map(|change| change.position.get()).collect();
    assert_eq!(withdrawn, [9, 10, 11, 12]);
}

#[test]
fn one_record_withdraws_a_shard_at_most() {
    let mut state = new();
    let _ = batch(&mut state, &[sign(schema("identity/1"), "police")], 100);
    for first in (0..66_560).step_by(1024) {
        let _ = batch(
            &mut state,
            &[sign(commit(&format!("c/{first}"), "identity/1", first..first + 1024), "police")],
            100,
        );
    }
    let size = state.size();
    let too_many = refused(&state, agreed(size, withdraw("w", "police", 0, 65_536)));
    assert!(
        matches!(too_many, StateError::Credential(CredentialError::TooManyWithdrawn(65_537))),
        "{too_many}"
    );
    let all = agreed(size, withdraw("w", "police", 1, 65_536));
    assert_eq!(state.draft(1000).add(&[all]).unwrap().len(), 1);
}

#[test]
fn ranges_are_ascending_and_apart() {
    let read = |ranges: serde_json::Value| {
        let json = serde_json::json!({"kind": "credential.withdraw", "id": "w", "department": "police", "reason": "x",
            "ranges": ranges, "approvals": []});
        serde_json::from_value::<Record>(json).is_ok()
    };
    let range = |first: u64, last: u64| serde_json::json!({"first": first, "last": last});
    assert!(read(serde_json::json!([range(0, 0), range(2, 9)])));
    for bad in [
        serde_json::json!([]),
        serde_json::json!([range(3, 2)]),
        serde_json::json!([range(0, 5), range(5, 6)]),
        serde_json::json!([range(7, 8), range(1, 2)]),
        serde_json::json!([range(0, 1 << 32)]),
        serde_json::json!((0..257).map(|i| range(2 * i, 2 * i)).collect::<Vec<_>>()),
    ] {
        assert!(!read(bad.clone()), "{bad}");
    }
}

#[test]
fn every_replay_accepts_what_was_accepted_just_before_its_end() {
    let mut state = new();
    let mut log = vec![batch(&mut state, &[sign(verifier("v/1", &client_id(1), "A", 500), "police")], 100)];
    let mut act = record(serde_json::json!({"kind": "department.suspend", "id": "s", "department": "police",
        "reason": "x", "approvals": []}));
    act.bind(ApprovalTerms { expires: 1000, ..terms(2) });
    let act = sign_approved(act, &["tax", "credit"]);
    // Checked a second before the end, closed long after it.
    let mut draft = state.draft(999);
    draft.add(std::slice::from_ref(&act)).unwrap();
    let drafted = draft.finish();
    let _ = state.apply(drafted);
    log.push(vec![act, state.seal(5000, &insecure_key("ledger.test/1")).unwrap()]);
    log.push(batch(&mut state, &[sign(verifier("v/2", &client_id(1), "B", 9000), "tax")], 5001));
    let mut replayed = new();
    for batch in &log {
        let _ = replayed.replay(batch).unwrap();
    }
    assert_eq!(replayed.state_root(0), state.state_root(0));
}

#[test]
fn a_replay_refuses_a_log_that_let_ended_approvals_pass() {
    let mut act = record(serde_json::json!({"kind": "department.suspend", "id": "s", "department": "police",
        "reason": "x", "approvals": []}));
    act.bind(ApprovalTerms { expires: 1000, ..terms(0) });
    let act = sign_approved(act, &["tax", "credit"]);
    let (_, log) = city();
    // The log's operator takes the suspension in although a root at 1,000 s came before it.
    let mut lax = new();
    let _ = lax.replay(&log[0]).unwrap();
    let mut registry = lax.registry().clone();
    registry.apply(crate::registry::Moment::in_log(8), &act).unwrap();
    let root = StateRoot { entries: 9, registry: *registry.chain(), ..lax.state_root(2000) };
    let root = StateRoot { id: "state.root/9".parse().unwrap(), ..root };
    let signer = Signer::Log("ledger.test/1".parse().unwrap());
    let root =
        Entry::sign(&crate::samples::origin(), Record::Root(root), signer, &insecure_key("ledger.test/1"))
            .unwrap();
    let refusal = lax.replay(&[act, root]).unwrap_err();
    assert!(
        matches!(
            &refusal,
            ReplayError::Refused {
                index: 8,
                source: StateError::Registry(RegistryError::ApprovalsExpired { expires: 1000 })
            }
        ),
        "{refusal}"
    );
}
