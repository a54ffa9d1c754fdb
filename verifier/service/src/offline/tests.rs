//! A counter without a network: every rule refused once, and what two of them find out in the evening.

use circuits::Fr;
use circuits::field::Element;
use ledger::follow::Follower;
use ledger::registry::KeyUseError;
use openid4vc::handover;
use openid4vc::offline::{KeyStart, Minute, OfflineAnswer, VerifierId};
use openid4vc::vp::{PolicyDigest, Reason, Status};

use super::*;
use crate::relying_party::RelyingPartyError;
use crate::relying_party::tests::{Scene, asking, register};
use crate::store::Unsent;
use verifier::Development;
use yong_tests::small_city::{Asking, Citizen, Ledger, NOW, Tree, checked, publisher};

/// A service with its ledger, and counters without a network that belong to it.
struct Town {
    scene: Scene,
    good: Citizen,
    poor: Citizen,
    tree: Tree,
    dir: tempfile::TempDir,
}

impl Town {
    fn new() -> Self {
        let (scene, good, poor, tree) = Scene::with_citizens();
        Self { scene, good, poor, tree, dir: tempfile::tempdir().unwrap() }
    }

    fn window(&self, name: &str) -> VerifierId {
        self.scene.relying_party.counter_id(Some(name)).unwrap()
    }

    fn bundle(&self, window: &str) -> Bundle {
        let mut follower = Follower::new(Ledger::genesis());
        follower.sync(&self.scene.ledger, NOW).unwrap();
        Bundle::new(self.window(window), follower, NOW, Shift::default(), Development::Accepted)
    }

    /// A counter that fetched its bundle at `NOW`.
    fn device(&self, window: &str) -> Device {
        let kept = self.dir.path().join(format!("{window}.sqlite"));
        Device::open(self.bundle(window), &kept, NOW).unwrap()
    }

    /// What a wallet shows at a window at `now`.
    fn answer(&self, policy: &str, window: &str, citizen: &Citizen, now: u64) -> OfflineAnswer {
        answer(policy, &self.window(window), citizen, &self.tree, now)
    }

    fn text(&self, policy: &str, window: &str, citizen: &Citizen, now: u64) -> String {
        self.answer(policy, window, citizen, now).to_text().unwrap()
    }

    fn reconcile(&self, scans: Vec<Unsent>) -> Vec<Reconciled> {
        self.scene.relying_party.reconcile(scans).unwrap()
    }
}

/// What a wallet shows at a counter at `now`.
pub(crate) fn answer(
    policy: &str,
    counter: &VerifierId,
    citizen: &Citizen,
    tree: &Tree,
    now: u64,
) -> OfflineAnswer {
    let (policy, minute) = (checked(policy), Minute::of(now));
    let context = handover::offline(counter, &PolicyDigest(policy.policy().digest()), minute);
    let asking =
        Asking { policy: policy.clone(), publisher: publisher(), context, now: minute.start(), index: 0 };
    OfflineAnswer::from_token(policy.policy(), minute, &asking.present(citizen, tree)).unwrap()
}

fn refusal(scanned: &Scanned) -> Reason {
    assert!(scanned.receipt.is_none() && scanned.revealed.is_empty());
    assert!(scanned.verdict == Status::Refused);
    scanned.reason.unwrap()
}

#[test]
fn a_citizen_who_qualifies_passes_once() {
    let town = Town::new();
    let mut device = town.device("a");
    let text = town.text("fast-lane/1", "a", &town.good, NOW);
    let scanned = device.scan(&text, NOW + 30).unwrap();
    assert!(scanned.verdict == Status::Passed && scanned.development);
    assert_eq!(scanned.revealed["credit"]["level"], "B");
    let receipt = scanned.receipt.unwrap();
    assert_eq!((receipt.time, receipt.nullifier), (NOW + 30, None));
    assert_eq!(refusal(&device.scan(&text, NOW + 40).unwrap()), Reason::AlreadyUsed);
    let unsent = device.unsent(9).unwrap();
    assert!(unsent.len() == 1 && unsent[0].id == receipt.id && unsent[0].text == text);
}

/// Whoever photographs the code can make another proof of it, but not another answer.
#[test]
fn the_same_answer_with_another_proof_is_the_same_answer() {
    let town = Town::new();
    let mut device = town.device("a");
    let mut answer = town.answer("score/1", "a", &town.good, NOW);
    assert!(device.scan(&answer.to_text().unwrap(), NOW).unwrap().verdict == Status::Passed);
    let key = prover::testing::prover().show.verifying_key().clone();
    let proof = &mut answer.shown[0].proof;
    *proof = proof.rerandomised(&key, &Fr::from(3u64), &Fr::from(5u64)).unwrap();
    assert_eq!(refusal(&device.scan(&answer.to_text().unwrap(), NOW).unwrap()), Reason::AlreadyUsed);
}

/// Two counters without a network do not know of each other, so what is counted in one place is shown there alone.
#[test]
fn a_matter_with_a_register_is_offline_only_there() {
    let town = Town::new();
    let text = town.text("counted/1", "a", &town.good, NOW);
    assert_eq!(refusal(&town.device("a").scan(&text, NOW).unwrap()), Reason::OtherRegister);
    let id = town.window("a");
    assert_eq!(refusal(&town.scene.relying_party.scan(&text, &id).unwrap()), Reason::OtherRegister);
    register(&town.scene, true, NOW + 600);
    assert!(town.device("a").scan(&text, NOW).unwrap().verdict == Status::Passed);
}

#[test]
fn a_scope_that_has_not_begun_is_refused_offline_too() {
    let town = Town::new();
    let text = town.text("later/1", "a", &town.good, NOW);
    assert_eq!(refusal(&town.device("a").scan(&text, NOW).unwrap()), Reason::NotStarted);
}

#[test]
fn two_matters_in_one_minute_are_two_answers_and_not_linked() {
    let town = Town::new();
    let mut device = town.device("a");
    let answers = ["score/1", "easy/1"].map(|policy| town.answer(policy, "a", &town.good, NOW));
    assert!(answers[0].nullifier != answers[1].nullifier);
    for answer in answers {
        assert!(device.scan(&answer.to_text().unwrap(), NOW).unwrap().verdict == Status::Passed);
    }
}

#[test]
fn a_text_that_is_none_is_malformed() {
    let town = Town::new();
    let mut device = town.device("a");
    for text in ["", "yong:1:", "openid4vp://?client_id=a", "yong:1:AAAA"] {
        assert_eq!(refusal(&device.scan(text, NOW).unwrap()), Reason::Malformed, "{text}");
    }
}

#[test]
fn an_answer_for_another_counter_or_window_proves_nothing_here() {
    let town = Town::new();
    let mut device = town.device("a");
    let elsewhere = town.text("score/1", "b", &town.good, NOW);
    assert_eq!(refusal(&device.scan(&elsewhere, NOW).unwrap()), Reason::NotProved);
    let stranger = VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("a")).unwrap();
    let stranger = answer("score/1", &stranger, &town.good, &town.tree, NOW).to_text().unwrap();
    assert_eq!(refusal(&device.scan(&stranger, NOW).unwrap()), Reason::NotProved);
}

#[test]
fn an_answer_is_good_two_minutes_before_and_after_its_own() {
    let town = Town::new();
    let mut device = town.device("a");
    let noon = NOW + 600;
    let minutes = |n: u64| noon + 60 * n;
    for made in [minutes(0), minutes(6)] {
        let text = town.text("score/1", "a", &town.good, made);
        assert_eq!(refusal(&device.scan(&text, minutes(3)).unwrap()), Reason::Expired);
    }
    for made in [minutes(1), minutes(5)] {
        let text = town.text("score/1", "a", &town.good, made);
        assert!(device.scan(&text, minutes(3)).unwrap().verdict == Status::Passed);
    }
    // The minute is proved: it cannot be moved.
    let mut moved = town.answer("score/1", "a", &town.good, minutes(0));
    moved.minute = Minute::of(minutes(3));
    assert_eq!(refusal(&device.scan(&moved.to_text().unwrap(), minutes(3)).unwrap()), Reason::NotProved);
}

#[test]
fn a_policy_that_is_not_in_the_bundle_is_refused() {
    let town = Town::new();
    let mut answer = town.answer("score/1", "a", &town.good, NOW);
    answer.policy_digest = PolicyDigest([7; 32]);
    let scanned = town.device("a").scan(&answer.to_text().unwrap(), NOW).unwrap();
    assert_eq!(refusal(&scanned), Reason::Malformed);
}

#[test]
fn an_answer_under_a_key_that_is_not_in_the_bundle_is_refused() {
    let town = Town::new();
    let mut answer = town.answer("score/1", "a", &town.good, NOW);
    answer.key = KeyStart([0; 8]);
    let scanned = town.device("a").scan(&answer.to_text().unwrap(), NOW).unwrap();
    assert_eq!(refusal(&scanned), Reason::KeyNotValid);
}

#[test]
fn values_that_the_policy_does_not_reveal_and_missing_credentials_are_refused() {
    let town = Town::new();
    let mut device = town.device("a");
    let honest = town.answer("fast-lane/1", "a", &town.good, NOW);
    let mut talkative = honest.clone();
    talkative.shown[1].revealed.push("1990-05-06".into());
    let mut short = honest;
    short.shown.pop();
    for answer in [talkative, short] {
        assert_eq!(refusal(&device.scan(&answer.to_text().unwrap(), NOW).unwrap()), Reason::Malformed);
    }
}

#[test]
fn another_value_pseudonym_or_proof_is_not_proved() {
    let town = Town::new();
    let mut device = town.device("a");
    let honest = town.answer("fast-lane/1", "a", &town.good, NOW);
    let (mut value, mut pseudonym, mut proof) = (honest.clone(), honest.clone(), honest);
    value.shown[0].revealed = vec!["A".into()];
    pseudonym.nullifier = Element(Fr::from(7u64));
    proof.shown.swap(0, 1);
    proof.shown[0].revealed = vec!["B".into()];
    proof.shown[1].revealed.clear();
    for answer in [value, pseudonym, proof] {
        assert_eq!(refusal(&device.scan(&answer.to_text().unwrap(), NOW).unwrap()), Reason::NotProved);
    }
}

#[test]
fn a_root_that_is_not_in_the_bundle_is_unknown() {
    let town = Town::new();
    let mut device = town.device("a");
    let late = Citizen::new(3, 900);
    town.scene.ledger.commit(&[&late], NOW);
    let tree = Tree::of(&[&town.good, &town.poor, &late]);
    let text = answer("score/1", &town.window("a"), &late, &tree, NOW).to_text().unwrap();
    assert_eq!(refusal(&device.scan(&text, NOW).unwrap()), Reason::UnknownRoot);
    // The bundle of noon knows it.
    assert!(town.device("b").bundle().counter() == &town.window("b"));
    let text = answer("score/1", &town.window("b"), &late, &tree, NOW).to_text().unwrap();
    assert!(town.device("b").scan(&text, NOW).unwrap().verdict == Status::Passed);
}

#[test]
fn a_root_that_was_too_old_in_the_morning_is_stale() {
    let town = Town::new();
    town.scene.ledger.commit(&[&Citizen::new(3, 900)], NOW - 50);
    let text = town.text("score/1", "a", &town.good, NOW);
    assert!(town.device("a").scan(&text, NOW).unwrap().verdict == Status::Passed);
    let mut follower = Follower::new(Ledger::genesis());
    let later = NOW + 3600;
    town.scene.ledger.heartbeat(later);
    follower.sync(&town.scene.ledger, later).unwrap();
    let bundle = Bundle::new(town.window("b"), follower, later, Shift::default(), Development::Accepted);
    let mut device = Device::open(bundle, &town.dir.path().join("late.sqlite"), later).unwrap();
    let text = town.text("score/1", "b", &town.good, later);
    assert_eq!(refusal(&device.scan(&text, later).unwrap()), Reason::StaleRoot);
}

/// Who sits on the way in the morning cannot make yesterday's list today's.
#[test]
fn a_bundle_of_old_answers_is_not_made_and_not_believed() {
    let town = Town::new();
    let mut follower = Follower::new(Ledger::genesis());
    let later = NOW + 86_400;
    follower.sync(&town.scene.ledger, later).unwrap();
    let bundle = Bundle::new(town.window("b"), follower, later, Shift::default(), Development::Accepted);
    assert!(matches!(bundle.check(), Err(BundleError::NotFresh(_))));
    let mut device = Device::open(bundle, &town.dir.path().join("old.sqlite"), later).unwrap();
    let text = town.text("score/1", "b", &town.good, later);
    assert_eq!(refusal(&device.scan(&text, later).unwrap()), Reason::StaleRoot);
}

#[test]
fn a_bundle_is_believed_for_its_shift_only_and_not_with_keys_that_it_does_not_accept() {
    let town = Town::new();
    let kept = town.dir.path().join("kept.sqlite");
    for (now, good) in [(NOW - 1, false), (NOW, true), (NOW + 12 * 3600, true), (NOW + 12 * 3600 + 1, false)]
    {
        let opened = Device::open(town.bundle("a"), &kept, now);
        assert_eq!(opened.is_ok(), good, "{now}");
    }
    assert!(Shift::hours(0).is_err() && Shift::hours(24).is_ok() && Shift::hours(25).is_err());
    let mut follower = Follower::new(Ledger::genesis());
    follower.sync(&town.scene.ledger, NOW).unwrap();
    let bundle = Bundle::new(town.window("a"), follower, NOW, Shift::default(), Development::Refused);
    assert!(matches!(bundle.check(), Err(BundleError::Key(KeyUseError::Development))));
}

#[test]
fn a_bundle_is_read_as_it_was_written_and_nothing_else_is() {
    let town = Town::new();
    let path = town.dir.path().join("today.bundle");
    town.bundle("a").write(&path).unwrap();
    let read = Bundle::read(&path).unwrap();
    assert_eq!(
        (read.counter(), read.fetched_at(), read.valid_until()),
        (&town.window("a"), NOW, NOW + 12 * 3600)
    );
    let text = town.text("score/1", "a", &town.good, NOW);
    let mut device = Device::open(read, &town.dir.path().join("kept.sqlite"), NOW).unwrap();
    assert!(device.scan(&text, NOW).unwrap().verdict == Status::Passed);
    std::fs::write(&path, b"{}").unwrap();
    assert!(matches!(Bundle::read(&path), Err(BundleError::Malformed(_))));
    assert!(matches!(Bundle::read(&town.dir.path().join("none")), Err(BundleError::File { .. })));
}

#[test]
fn what_was_accepted_survives_a_restart_of_the_device() {
    let town = Town::new();
    let text = town.text("score/1", "a", &town.good, NOW);
    assert!(town.device("a").scan(&text, NOW).unwrap().verdict == Status::Passed);
    assert_eq!(refusal(&town.device("a").scan(&text, NOW).unwrap()), Reason::AlreadyUsed);
}

#[test]
fn a_survey_is_answered_once_at_one_counter() {
    let town = Town::new();
    let mut device = town.device("a");
    let mut scan = |citizen, now| device.scan(&town.text("survey/1", "a", citizen, now), now).unwrap();
    let first = scan(&town.good, NOW).receipt.unwrap();
    let again = scan(&town.good, NOW + 600);
    assert_eq!(refusal(&again), Reason::AlreadyUsed);
    assert_eq!((again.used.len(), &again.used[0].receipt), (1, &first.id));
    assert!(scan(&town.poor, NOW + 600).verdict == Status::Passed);
}

#[test]
fn a_double_use_at_two_counters_is_reported_when_both_are_back() {
    let town = Town::new();
    let (mut a, mut b) = (town.device("a"), town.device("b"));
    let first = a.scan(&town.text("survey/1", "a", &town.good, NOW), NOW).unwrap().receipt.unwrap();
    let second = b.scan(&town.text("survey/1", "b", &town.good, NOW + 60), NOW + 60).unwrap();
    let second = second.receipt.expect("neither can know of the other");
    let back = town.reconcile(a.unsent(9).unwrap());
    assert!(back[0].verdict == Status::Passed && back[0].id == first.id && back[0].used.is_empty());
    let back = town.reconcile(b.unsent(9).unwrap());
    assert_eq!((back[0].verdict, back[0].reason), (Status::Refused, Some(Reason::AlreadyUsed)));
    assert_eq!(back[0].id, second.id);
    let used = &back[0].used[0];
    assert_eq!((&used.receipt, used.counter.as_ref(), used.time), (&first.id, Some(&town.window("a")), NOW));
}

#[test]
fn one_code_shown_to_two_devices_of_one_window_is_found_out_too() {
    let town = Town::new();
    let text = town.text("score/1", "a", &town.good, NOW);
    let mut devices = ["one", "other"]
        .map(|name| Device::open(town.bundle("a"), &town.dir.path().join(name), NOW).unwrap());
    let scans: Vec<_> = devices
        .iter_mut()
        .flat_map(|device| {
            assert!(device.scan(&text, NOW).unwrap().verdict == Status::Passed);
            device.unsent(9).unwrap()
        })
        .collect();
    let back = town.reconcile(scans);
    assert_eq!(back.iter().map(|one| one.reason).collect::<Vec<_>>(), [None, Some(Reason::AlreadyUsed)]);
    assert_eq!(back[1].used[0].receipt, back[0].id);
}

#[test]
fn a_use_at_the_service_itself_is_reported_too() {
    let town = Town::new();
    let asked = town.scene.ask("survey/1");
    let object = town.scene.fetch(&asked);
    town.scene.answer(&object, &asking(&object).present(&town.good, &town.tree)).unwrap();
    let mut device = town.device("a");
    device.scan(&town.text("survey/1", "a", &town.good, NOW), NOW).unwrap();
    let back = town.reconcile(device.unsent(9).unwrap());
    assert_eq!(back[0].reason, Some(Reason::AlreadyUsed));
    assert_eq!(back[0].used[0].counter, None);
}

/// A device that crashes after the service has answered sends the same scans again.
#[test]
fn what_comes_twice_is_told_the_same() {
    let town = Town::new();
    let (mut a, mut b) = (town.device("a"), town.device("b"));
    a.scan(&town.text("survey/1", "a", &town.good, NOW), NOW).unwrap();
    b.scan(&town.text("survey/1", "b", &town.good, NOW), NOW).unwrap();
    let scans = [a.unsent(9).unwrap(), b.unsent(9).unwrap()].concat();
    let (once, again) = (town.reconcile(scans.clone()), town.reconcile(scans));
    assert!(once == again);
    assert_eq!(once.iter().map(|one| one.verdict).collect::<Vec<_>>(), [Status::Passed, Status::Refused]);
}

#[test]
fn the_service_believes_nothing_that_an_offline_counter_says() {
    let town = Town::new();
    let mut device = town.device("a");
    device.scan(&town.text("score/1", "a", &town.good, NOW), NOW).unwrap();
    let honest = device.unsent(9).unwrap().remove(0);
    let stranger = VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("a")).unwrap();
    let cases = [
        (Unsent { counter: stranger, ..honest.clone() }, Reason::Malformed),
        (Unsent { counter: town.window("b"), ..honest.clone() }, Reason::NotProved),
        (Unsent { scanned_at: NOW + 600, ..honest.clone() }, Reason::Expired),
        (Unsent { scanned_at: NOW - 600, ..honest.clone() }, Reason::Expired),
        (Unsent { text: "yong:1:AAAA".into(), ..honest.clone() }, Reason::Malformed),
    ];
    for (scan, reason) in cases {
        let back = town.reconcile(vec![scan]);
        assert_eq!((back[0].verdict, back[0].reason), (Status::Refused, Some(reason)));
        assert!(back[0].receipt.is_none());
    }
    let future = town.text("score/1", "a", &town.good, NOW + 600);
    let future = Unsent { scanned_at: NOW + 600, text: future, ..honest.clone() };
    assert_eq!(town.reconcile(vec![future])[0].reason, Some(Reason::Expired));
    assert!(town.reconcile(vec![honest])[0].verdict == Status::Passed);
}

/// The root was current in the morning; when the device comes back it was superseded for longer than online is accepted.
#[test]
fn a_root_of_the_morning_is_still_good_in_the_evening() {
    let town = Town::new();
    let mut device = town.device("a");
    town.scene.ledger.commit(&[&Citizen::new(3, 900)], NOW + 60);
    let scanned_at = NOW + 5 * 3600;
    device.scan(&town.text("score/1", "a", &town.good, scanned_at), scanned_at).unwrap();
    town.scene.clock.set(NOW + 8 * 3600);
    town.scene.ledger.heartbeat(NOW + 8 * 3600);
    town.scene.relying_party.follow().unwrap();
    assert!(town.reconcile(device.unsent(9).unwrap())[0].verdict == Status::Passed);
}

#[test]
fn a_service_that_lost_its_ledger_takes_nothing_in() {
    let town = Town::new();
    town.scene.clock.set(NOW + 3600);
    assert!(matches!(town.scene.relying_party.reconcile(Vec::new()), Err(RelyingPartyError::NotReady(_))));
    let later = NOW + 13 * 3600;
    town.scene.clock.set(later);
    let text = town.text("score/1", "a", &town.good, later);
    assert!(matches!(
        town.scene.relying_party.scan(&text, &town.window("a")),
        Err(RelyingPartyError::NotReady(_))
    ));
}

#[test]
fn a_service_with_its_network_scans_too_and_looks_up_new_roots() {
    let town = Town::new();
    let late = Citizen::new(3, 900);
    town.scene.ledger.commit(&[&late], NOW - 50);
    let tree = Tree::of(&[&town.good, &town.poor, &late]);
    let here = town.scene.relying_party.counter_id(None).unwrap();
    let text = answer("survey/1", &here, &late, &tree, NOW).to_text().unwrap();
    let scanned = town.scene.relying_party.scan(&text, &here).unwrap();
    assert!(scanned.verdict == Status::Passed);
    assert_eq!(refusal(&town.scene.relying_party.scan(&text, &here).unwrap()), Reason::AlreadyUsed);
    assert_eq!(refusal(&town.scene.relying_party.scan("yong:1:", &here).unwrap()), Reason::Malformed);
    // The use counts online.
    let object = town.scene.fetch(&town.scene.ask("survey/1"));
    let online = town.scene.answer(&object, &asking(&object).present(&late, &tree));
    assert!(matches!(online, Err(RelyingPartyError::Refused(Reason::AlreadyUsed))));
}
