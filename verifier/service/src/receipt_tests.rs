//! From an answer at a counter to a file that is checked without it; what each change of the file does.

mod manifest;

use std::sync::OnceLock;

use ledger::digest::Digest;
use ledger::follow::Follower;
use ledger::record::KeyUse;
use ledger::registry::KeyUseError;
use ledger::samples::{genesis, origin, witnessed_genesis};
use openid4vc::vp::{KeyDigest, Status};
use serde_json::{Value, json};

use verifier::receipt::{
    AllProofs, Bundle, Disclose, ExportError, Kept, MAX_BUNDLE, Part, ReceiptError, Revealed, Sealed,
    Showing, Shown, export, statement, verify,
};

use crate::relying_party::tests::Scene;
use crate::store::StoredReceipt;
use yong_tests::small_city::{Citizen, Ledger, NOW, Tree};

/// A counter whose citizen has passed, with what it kept.
struct Passed {
    scene: Scene,
    kept: Kept,
}

impl Passed {
    fn new(policy: &str) -> Self {
        let (scene, good, _, tree) = Scene::with_citizens();
        let kept = passed(&scene, policy, &good, &tree);
        Self { scene, kept }
    }

    fn follower(&self) -> Follower {
        let mut follower = Follower::new(Ledger::genesis());
        follower.sync(&self.scene.ledger, self.scene.clock.clock().now()).unwrap();
        follower
    }

    fn export(&self, disclose: Disclose) -> Result<Bundle, ExportError> {
        export(&self.kept, &self.follower(), &self.scene.ledger, disclose)
    }
}

fn passed(scene: &Scene, policy: &str, citizen: &Citizen, tree: &Tree) -> Kept {
    let asked = scene.ask(policy);
    scene.pass(&asked, citizen, tree);
    let receipt = scene.relying_party.status(&asked.transaction).unwrap().unwrap().receipt.unwrap();
    match scene.relying_party.receipt(&receipt.id).unwrap() {
        Some(StoredReceipt::Evidence(kept)) => *kept,
        _ => panic!("nothing was kept"),
    }
}

/// The receipt of a policy with a scope, made once.
fn survey() -> Bundle {
    static SURVEY: OnceLock<Bundle> = OnceLock::new();
    SURVEY.get_or_init(|| Passed::new("survey/1").export(Disclose::Nothing).unwrap()).clone()
}

/// The receipt of a policy that reveals, with what was revealed, made once.
fn fast_lane() -> Bundle {
    static FAST_LANE: OnceLock<Bundle> = OnceLock::new();
    FAST_LANE.get_or_init(|| Passed::new("fast-lane/1").export(Disclose::Revealed).unwrap()).clone()
}

fn nothing() -> Revealed {
    Revealed::new()
}

fn level(level: &str) -> Revealed {
    Revealed::from([("credit".to_owned(), json!({ "level": level }).as_object().unwrap().clone())])
}

/// What a file would be read as.
fn read_back(bundle: &Bundle) -> Bundle {
    Bundle::parse(&bundle.to_bytes()).unwrap()
}

#[test]
fn a_receipt_is_believed_without_counter_and_ledger() {
    let bundle = read_back(&survey());
    let checked = verify(&bundle, Some(&Ledger::genesis().digest()), &nothing()).unwrap();
    assert_eq!((checked.policy.policy.as_str(), checked.publisher.as_str()), ("survey/1", "credit.nanning"));
    assert_eq!((checked.key_use, checked.root.time), (KeyUse::Development, NOW - 100));
    assert_eq!(bundle.receipt.verdict, Status::Passed);
}

#[test]
fn the_file_has_nothing_that_was_not_revealed() {
    let bundle = fast_lane();
    let text = String::from_utf8(bundle.to_bytes()).unwrap();
    for secret in ["1990-05-06", "\"score\": 700", "\"score\":700"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let revealed: Vec<_> = bundle.shown.iter().filter_map(|shown| shown.revealed.as_ref()).collect();
    assert_eq!(revealed, [&level("B")["credit"]]);
}

#[test]
fn what_was_revealed_is_left_out_and_brought_along() {
    let bundle = read_back(&Passed::new("fast-lane/1").export(Disclose::Nothing).unwrap());
    let credit = &bundle.shown[0];
    assert!(credit.revealed.is_none() && credit.inputs.is_none(), "the inputs would show it too");
    assert!(bundle.shown[1].inputs.is_some());
    let missing = ReceiptError::RevealedMissing { id: "credit".into() };
    assert_eq!(verify(&bundle, None, &nothing()).err(), Some(missing));
    assert!(verify(&bundle, None, &level("B")).is_ok());
    let wrong = ReceiptError::NotProved { id: "credit".into() };
    assert_eq!(verify(&bundle, None, &level("A")).err(), Some(wrong));
}

#[test]
fn what_was_revealed_is_there_for_who_asks_and_for_an_hour() {
    assert!(verify(&read_back(&fast_lane()), None, &nothing()).is_ok());
    let mut late = Passed::new("fast-lane/1");
    late.kept.revealed.clear();
    assert!(matches!(late.export(Disclose::Revealed), Err(ExportError::Wiped)));
}

#[test]
fn a_receipt_of_before_the_newest_root_is_exported_still() {
    let passed = Passed::new("survey/1");
    passed.scene.ledger.commit(&[&Citizen::new(7, 100)], NOW + 50);
    let bundle = passed.export(Disclose::Nothing).unwrap();
    assert!(verify(&bundle, None, &nothing()).is_ok());
    let mut forgetful = Passed { scene: passed.scene, kept: passed.kept };
    forgetful.kept.evidence.root_entry = None;
    assert!(verify(&forgetful.export(Disclose::Nothing).unwrap(), None, &nothing()).is_ok());
}

#[test]
fn a_receipt_is_about_one_ledger() {
    let other = genesis(&["credit.nanning"], 1).digest();
    assert_eq!(verify(&survey(), Some(&other), &nothing()).err(), Some(ReceiptError::OtherLedger));
}

/// Whoever has a ledger of their own can make anything of it, but not under another's digest.
#[test]
fn a_checkpoint_lacks_the_witnesses_that_the_genesis_names() {
    let mut bundle = survey();
    bundle.genesis = witnessed_genesis(&["credit.nanning", "gongan.nanning"], 1, &["w1", "w2"], 2);
    bundle.genesis_digest = bundle.genesis.digest();
    assert!(matches!(verify(&bundle, None, &nothing()), Err(ReceiptError::Checkpoint(_))));
}

/// 2024-12-31T15:59:59Z, a second before the survey's first day in UTC+8.
#[test]
fn a_receipt_of_before_the_first_day_is_not_believed() {
    let mut bundle = survey();
    bundle.session.asked_at = 1_735_660_799;
    let refused = verify(&bundle, None, &nothing());
    assert!(matches!(refused, Err(ReceiptError::NotStarted(_))), "{refused:?}");
    bundle.session.asked_at += 1;
    assert_eq!(
        verify(&bundle, None, &nothing()).unwrap_err().code(),
        "inputs",
        "and a later time is not the one"
    );
}

#[test]
fn the_person_authority_is_that_of_the_genesis() {
    let mut bundle = survey();
    bundle.genesis = genesis(&["credit.nanning", "gongan.nanning"], 1);
    bundle.genesis_digest = bundle.genesis.digest();
    let none = ReceiptError::NoRows { path: "$.pseudonym.start".to_owned() };
    assert_eq!(verify(&bundle, None, &nothing()).err(), Some(none));
}

fn retire(ledger: &Ledger, at: u64) {
    let digest = Digest::from_bytes(prover::testing::prover().show.verifying_key().digest());
    let record = json!({ "kind": "key.retire", "id": format!("retire/{at}"), "vk_digest": digest, "retire_at": at,
        "reason": "planned", "approvals": [] });
    ledger.publish(&[(record, "credit.nanning".to_owned())], NOW + 10);
}

#[test]
fn a_key_that_ended_later_still_shows_what_it_showed() {
    let passed = Passed::new("survey/1");
    retire(&passed.scene.ledger, NOW + 1);
    let bundle = passed.export(Disclose::Nothing).unwrap();
    assert!(bundle.retirement.is_some());
    assert_eq!(verify(&bundle, None, &nothing()).unwrap().retired_at, Some(NOW + 1));
}

#[test]
fn a_key_that_had_ended_shows_nothing() {
    let passed = Passed::new("survey/1");
    retire(&passed.scene.ledger, NOW);
    let bundle = passed.export(Disclose::Nothing).unwrap();
    let ended = ReceiptError::KeyNotLive(KeyUseError::Retired { at: NOW });
    assert_eq!(verify(&bundle, None, &nothing()).err(), Some(ended));
}

#[test]
fn a_record_of_another_kind_takes_no_other_ones_place() {
    let swap = |change: fn(&mut Bundle)| {
        let mut bundle = survey();
        change(&mut bundle);
        verify(&bundle, None, &nothing()).unwrap_err()
    };
    assert_eq!(swap(|b| b.policy = b.key.clone()), ReceiptError::OtherRecord(Part::Policy));
    assert_eq!(swap(|b| b.key = b.policy.clone()), ReceiptError::OtherRecord(Part::Key));
    assert_eq!(swap(|b| b.root = b.policy.clone()), ReceiptError::OtherRecord(Part::Root));
    assert_eq!(swap(|b| b.vocabulary = vec![b.root.clone()]), ReceiptError::OtherRecord(Part::Vocabulary));
    assert_eq!(swap(|b| b.retirement = Some(b.key.clone())), ReceiptError::OtherRecord(Part::Retirement));
    assert!(matches!(swap(|b| b.vocabulary.clear()), ReceiptError::NoRows { .. }));
    assert_eq!(swap(|b| b.receipt.key = Some(KeyDigest([7; 32]))), ReceiptError::OtherKey);
}

#[test]
fn the_proofs_are_exactly_those_of_the_policy() {
    let mut fewer = fast_lane();
    fewer.shown.pop();
    assert_eq!(verify(&fewer, None, &nothing()).err(), Some(ReceiptError::Shown));
    let mut turned = fast_lane();
    turned.shown.reverse();
    assert_eq!(verify(&turned, None, &nothing()).err(), Some(ReceiptError::Shown));
}

/// Anybody can re-randomise a proof; the counter did not sign that one.
#[test]
fn another_proof_of_the_same_is_not_what_the_counter_saw() {
    let mut bundle = survey();
    let key = prover::testing::prover().show.verifying_key();
    let other = bundle.shown[0].proof.rerandomised(key, &3u64.into(), &5u64.into()).unwrap();
    bundle.shown[0].proof = other;
    assert_eq!(verify(&bundle, None, &nothing()).err(), Some(ReceiptError::Seal));
}

/// A seal by another counter, even with the right words.
#[test]
fn a_seal_is_of_the_counter_that_the_proofs_are_bound_to() {
    let (here, there) = (Passed::new("survey/1"), Passed::new("survey/1"));
    let mut bundle = here.export(Disclose::Nothing).unwrap();
    let shown: Vec<Shown> = bundle.shown.iter().map(Showing::shown).collect();
    let proofs = AllProofs { shown: &shown, across: None, models: &[] };
    let words = Sealed {
        genesis: bundle.genesis_digest,
        statement: statement(&bundle.receipt, &bundle.session, &bundle.nullifier, proofs),
    };
    bundle.seal = here.scene.relying_party.certificate().seal(&words);
    assert!(verify(&bundle, None, &nothing()).is_ok());
    bundle.seal = there.scene.relying_party.certificate().seal(&words);
    assert_eq!(verify(&bundle, None, &nothing()).err(), Some(ReceiptError::Seal));
}

#[test]
fn what_is_no_bundle_is_not_read() {
    let text = String::from_utf8(survey().to_bytes()).unwrap();
    let extra = text.replacen("\"receipt\"", "\"extra\": 1, \"receipt\"", 1);
    let twice = text.replacen("\"nullifier\"", "\"nullifier\": \"1\", \"nullifier\"", 1);
    let later = text.replacen("yong/receipt/v1", "yong/receipt/v2", 1);
    let huge = format!("{}{text}", " ".repeat(MAX_BUNDLE));
    for bytes in ["", "{}", "[]", &extra, &twice, &later, &huge, &text[..text.len() / 2]] {
        assert!(Bundle::parse(bytes.as_bytes()).is_err());
    }
    assert_eq!(origin(), *survey().genesis.origin());
}

fn as_json(bundle: &Bundle) -> Value {
    serde_json::from_slice(&bundle.to_bytes()).unwrap()
}
