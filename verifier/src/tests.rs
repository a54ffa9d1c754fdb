//! One rejection for each rule, each breaking only that rule; and what tampering with each field does.

mod linked;
mod manifest;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use circuits::Fr;
use circuits::field::to_bytes;
use circuits::policy::{Pseudonym, Verdict};
use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::follow::{Freshness, RootAge};
use ledger::record::KeyUse;
use ledger::registry::{KeyPeriod, KeyUseError};
use openid4vc::handover;
use openid4vc::vp::{KeyDigest, Reason, VpResponse, VpToken};

use super::*;
use yong_tests::small_city::{Asking, Citizen, LATER, NOW, Schemas, Tree, checked, policy, publisher};

/// A ledger with one root.
struct View {
    root: Fr,
    age: RootAge,
    stated_at: Option<u64>,
}

impl LedgerView for View {
    fn root_age(&self, root: &Fr, _now: u64) -> RootAge {
        if *root == self.root { self.age } else { RootAge::Unknown }
    }
    fn freshness(&self, now: u64) -> Freshness {
        Freshness::at(self.stated_at, now)
    }
}

fn vk() -> VerifyingKey {
    prover::testing::prover().show.verifying_key().clone()
}

fn digest() -> Digest {
    Digest::from_bytes(vk().digest())
}

fn show_key(key_use: KeyUse) -> CircuitKey {
    CircuitKey::new(Circuit::Show, vk(), &digest(), key_use).unwrap()
}

fn keys() -> Keys {
    valid(None, None)
}

/// The keys, that of `show` valid from and until these times.
fn valid(valid_from: Option<u64>, retire_at: Option<u64>) -> Keys {
    let period = KeyPeriod { valid_from, retire_at };
    show_keys(vec![(period, show_key(KeyUse::Development))])
}

/// These keys of `show`, and the others' as they are.
fn show_keys(keys: Vec<(KeyPeriod, CircuitKey)>) -> Keys {
    let prover = prover::testing::prover();
    let other = |circuit, key: &VerifyingKey| {
        let digest = Digest::from_bytes(key.digest());
        let key = CircuitKey::new(circuit, key.clone(), &digest, KeyUse::Development).unwrap();
        CircuitKeys::new(circuit, vec![(KeyPeriod::default(), key)], Development::Accepted)
    };
    Keys {
        show: CircuitKeys::new(Circuit::Show, keys, Development::Accepted),
        join: other(Circuit::Join, prover.join.verifying_key()),
        score: other(Circuit::Score, prover.score.verifying_key()),
    }
}

fn view() -> View {
    View { root: tree().root(), age: RootAge::Current, stated_at: Some(NOW) }
}

fn context() -> Fr {
    handover::openid4vp("x509_hash:counter", "nonce", None, "http://127.0.0.1:7003/response")
}

fn request(policy: &str) -> SessionRequest {
    SessionRequest {
        policy: checked(policy),
        publisher: publisher(),
        context: context(),
        now: NOW,
        expires_at: NOW + 300,
    }
}

fn asking(policy: &str) -> Asking {
    Asking { policy: checked(policy), publisher: publisher(), context: context(), now: NOW, index: 0 }
}

fn citizen() -> &'static Citizen {
    static CITIZEN: OnceLock<Citizen> = OnceLock::new();
    CITIZEN.get_or_init(|| Citizen::new(1, 700))
}

fn neighbour() -> &'static Citizen {
    static CITIZEN: OnceLock<Citizen> = OnceLock::new();
    CITIZEN.get_or_init(|| Citizen::new(2, 300))
}

fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| Tree::of(&[citizen(), neighbour()]))
}

/// A true answer to `fast-lane/1`, made once.
fn honest() -> VpToken {
    static HONEST: OnceLock<VpToken> = OnceLock::new();
    HONEST.get_or_init(|| asking("fast-lane/1").present(citizen(), tree())).clone()
}

fn judge(policy: &str, token: &VpToken) -> Result<Verified<Answer>, VerifyError> {
    verify(&request(policy), &bytes(token), &view(), &keys(), NOW + 10)
}

/// An answer of this `vp_token` alone.
fn bytes(token: &VpToken) -> Vec<u8> {
    VpResponse::from(token.clone()).to_json().into_bytes()
}

fn refusal(judged: Result<Verified<Answer>, VerifyError>) -> VerifyError {
    judged.err().expect("it must not be believed")
}

#[test]
fn an_honest_answer_is_believed() {
    let answer = judge("fast-lane/1", &honest()).unwrap();
    assert_eq!(answer.get().root.0, tree().root());
    assert_eq!(answer.get().revealed["credit"]["level"], "B");
    assert!(!answer.get().revealed.contains_key("identity"));
    assert_eq!(answer.get().key_use, KeyUse::Development);
}

#[test]
fn the_compact_form_of_a_proof_is_believed_too() {
    let mut token: serde_json::Value = serde_json::from_slice(&bytes(&honest())).unwrap();
    for id in ["credit", "identity"] {
        token["vp_token"][id][0]["proof"] = honest().0[id][0].proof.to_base64url().into();
    }
    assert!(verify(&request("fast-lane/1"), token.to_string().as_bytes(), &view(), &keys(), NOW).is_ok());
}

#[test]
fn after_its_time_it_is_not() {
    let token = bytes(&honest());
    let at = |now| verify(&request("fast-lane/1"), &token, &view(), &keys(), now);
    assert!(at(NOW + 300).is_ok());
    assert_eq!(refusal(at(NOW + 301)), VerifyError::Expired { expired_at: NOW + 300 });
}

#[test]
fn what_is_not_strict_json_of_the_right_shape_is_malformed() {
    let good = String::from_utf8(bytes(&honest())).unwrap();
    let unknown = good.replacen("\"format\"", "\"extra\":1,\"format\"", 1);
    let repeated = good.replacen("\"format\"", "\"format\":\"yong-zkp+json\",\"format\"", 1);
    let twice = format!("{},{}", &good[..good.len() - 1], &good[1..]);
    let other_format = good.replacen("yong-zkp+json", "mso_mdoc_zk", 1);
    let two = good.replacen("}],\"identity\"", "},{}],\"identity\"", 1);
    let huge = format!("{}{good}", " ".repeat(64 * 1024));
    for bytes in
        ["", "{", "[]", &unknown, &repeated, &twice, &other_format, &two, &huge, &good[..good.len() - 1]]
    {
        let judged = verify(&request("fast-lane/1"), bytes.as_bytes(), &view(), &keys(), NOW);
        let refusal = refusal(judged);
        assert!(matches!(refusal, VerifyError::Malformed(_)), "{refusal}");
        assert_eq!(refusal.reason(), Reason::Malformed);
    }
}

#[test]
fn exactly_the_credentials_asked_for() {
    let mut missing = honest();
    let [identity] = missing.0.remove("identity").unwrap();
    assert_eq!(refusal(judge("fast-lane/1", &missing)), VerifyError::MissingCredential);
    let mut extra = honest();
    extra.0.insert("more".into(), [identity]);
    assert_eq!(refusal(judge("fast-lane/1", &extra)), VerifyError::ExtraCredential);
}

#[test]
fn exactly_the_attributes_to_reveal() {
    let alter = |change: fn(&mut serde_json::Map<String, serde_json::Value>)| {
        let mut token = honest();
        change(&mut token.0.get_mut("credit").unwrap()[0].revealed);
        refusal(judge("fast-lane/1", &token))
    };
    assert_eq!(alter(serde_json::Map::clear), VerifyError::OtherAttributes);
    assert_eq!(
        alter(|revealed| drop(revealed.insert("score".into(), 700.into()))),
        VerifyError::OtherAttributes
    );
}

fn under(keys: &Keys, now: u64) -> Result<Verified<Answer>, VerifyError> {
    verify(&request("fast-lane/1"), &bytes(&honest()), &view(), keys, now)
}

fn refused_key(judged: Result<Verified<Answer>, VerifyError>) -> KeyUseError {
    let refusal = refusal(judged);
    assert_eq!(refusal.reason(), Reason::KeyNotValid);
    let VerifyError::Key { circuit: Circuit::Show, key, why } = refusal else { panic!("{refusal}") };
    assert_eq!(key, digest());
    why
}

#[test]
fn a_key_is_used_from_its_beginning_up_to_its_end() {
    let keys = valid(Some(NOW + 10), Some(NOW + 20));
    assert_eq!(refused_key(under(&keys, NOW + 9)), KeyUseError::NotYet { from: NOW + 10 });
    assert!(under(&keys, NOW + 10).is_ok());
    assert!(under(&keys, NOW + 19).is_ok());
    assert_eq!(refused_key(under(&keys, NOW + 20)), KeyUseError::Retired { at: NOW + 20 });
}

#[test]
fn a_key_that_is_not_published_is_not_used() {
    let none = show_keys(Vec::new());
    assert_eq!(refused_key(under(&none, NOW)), KeyUseError::NotPublished);
}

#[test]
fn any_key_that_is_live_may_be_named_and_each_proves_under_itself_only() {
    // Of the same size, and nothing is proved under it.
    let mut points = vk().to_json();
    points["IC"].as_array_mut().unwrap().swap(1, 2);
    let another = VerifyingKey::from_json(&points).unwrap();
    let other = Digest::from_bytes(another.digest());
    let newer = CircuitKey::new(Circuit::Show, another, &other, KeyUse::Development).unwrap();
    let old = (KeyPeriod::default(), show_key(KeyUse::Development));
    let keys = show_keys(vec![old, (KeyPeriod::default(), newer)]);
    assert!(under(&keys, NOW).is_ok(), "made under the older one");
    assert_eq!(keys.show.newest(NOW).unwrap().digest(), &other);
    let mut token = honest();
    for [presentation] in token.0.values_mut() {
        presentation.key = KeyDigest(*other.as_bytes());
    }
    let judged = verify(&request("fast-lane/1"), &bytes(&token), &view(), &keys, NOW);
    assert_eq!(refusal(judged), not_proved("credit"));
}

#[test]
fn all_proofs_name_one_key() {
    let mut token = honest();
    token.0.get_mut("identity").unwrap()[0].key = KeyDigest([1; 32]);
    let refusal = refusal(judge("fast-lane/1", &token));
    assert_eq!((refusal.reason(), refusal), (Reason::Malformed, VerifyError::SeveralKeys));
}

#[test]
fn an_unknown_root_is_refused() {
    let view = View { root: Fr::from(1u64), ..view() };
    let judged = verify(&request("fast-lane/1"), &bytes(&honest()), &view, &keys(), NOW);
    assert_eq!(refusal(judged), VerifyError::UnknownRoot);
}

#[test]
fn a_superseded_root_is_believed_as_long_as_the_policy_says() {
    let with = |seconds| {
        let view = View { age: RootAge::Superseded { seconds }, ..view() };
        verify(&request("fast-lane/1"), &bytes(&honest()), &view, &keys(), NOW)
    };
    assert!(with(3600).is_ok());
    assert_eq!(refusal(with(3601)), VerifyError::StaleRoot { seconds: 3601, limit: 3600 });
}

/// The newest root is no more believed than a superseded one when what says that it is the newest is old: a path that
/// repeats old answers says so for ever.
#[test]
fn an_old_statement_closes_the_counter() {
    let at = |stated_at, now| {
        let view = View { stated_at, ..view() };
        let request = SessionRequest { expires_at: u64::MAX, ..request("fast-lane/1") };
        verify(&request, &bytes(&honest()), &view, &keys(), now)
    };
    assert!(at(Some(NOW - 3600), NOW).is_ok());
    let old = VerifyError::OldStatement { seconds: 3601, limit: 3600 };
    assert_eq!(refusal(at(Some(NOW - 3601), NOW)), old);
    assert_eq!(refusal(at(None, NOW)), VerifyError::NotFollowing);
    assert_eq!(old.reason(), Reason::StaleRoot);
}

#[test]
fn a_statement_from_the_future_closes_the_counter() {
    let at = |stated_at| {
        let view = View { stated_at: Some(stated_at), ..view() };
        verify(&request("fast-lane/1"), &bytes(&honest()), &view, &keys(), NOW)
    };
    assert!(at(NOW + 300).is_ok());
    assert_eq!(refusal(at(NOW + 1200)), VerifyError::Clocks { seconds: 1200 });
    assert_eq!(refusal(at(9_000_000_000)), VerifyError::Clocks { seconds: 9_000_000_000 - NOW });
}

#[test]
fn no_answer_is_believed_before_the_scope_begins() {
    let at = |asked_at, now| {
        let request = SessionRequest { now: asked_at, expires_at: u64::MAX, ..request("later/1") };
        refusal(verify(&request, b"{}", &view(), &keys(), now))
    };
    let early = at(LATER - 1, LATER);
    assert!(matches!(early, VerifyError::NotStarted(_)), "the request is of the evening before: {early}");
    assert_eq!(early.reason(), Reason::NotStarted);
    assert_eq!(at(LATER, LATER - 1), early, "the clock was set back");
    assert!(matches!(at(LATER, LATER), VerifyError::Malformed(_)), "it has begun, and this is no answer");
}

/// Whoever was reset when the scope had begun has new pseudonyms, and can only leave the condition out.
#[test]
fn whoever_was_reset_since_does_not_pass() {
    let reset = Citizen::reset_on(5, "2025-06-01");
    let tree = Tree::of(&[&reset]);
    let asked = asking("survey/1");
    let holds = asked.policy.evaluate("identity", NOW, &reset.identity.values);
    assert_eq!(holds, Ok(Verdict::Fails));
    let mut lenient = policy("survey/1");
    let Pseudonym::Named { start, .. } = &mut lenient.pseudonym else { panic!("a survey has a scope") };
    *start = None;
    let lenient = Asking { policy: lenient.check(&Schemas::all()).unwrap(), ..asked };
    let token = lenient.present(&reset, &tree);
    let judge = |request: &SessionRequest| {
        let view = View { root: tree.root(), ..view() };
        verify(request, &bytes(&token), &view, &keys(), NOW)
    };
    assert!(judge(&SessionRequest { policy: lenient.policy.clone(), ..request("survey/1") }).is_ok());
    assert_eq!(refusal(judge(&request("survey/1"))), not_proved("identity"));
}

#[test]
fn credentials_of_two_states_of_the_city_do_not_count_together() {
    let later = Tree::of(&[citizen(), neighbour(), &Citizen::new(3, 1)]);
    let mut token = honest();
    let asking = asking("fast-lane/1");
    token
        .0
        .insert("identity".into(), [asking.show(&asking.policy.policy().credentials[1], citizen(), &later)]);
    assert_eq!(refusal(judge("fast-lane/1", &token)), VerifyError::SeveralRoots);
}

fn not_proved(credential: &str) -> VerifyError {
    VerifyError::NotProved { credential: credential.into() }
}

#[test]
fn a_proof_over_rows_of_another_policy_is_not_a_proof() {
    let token = asking("easy/1").present(neighbour(), tree());
    assert!(judge("easy/1", &token).is_ok());
    assert_eq!(refusal(judge("score/1", &token)), not_proved("credit"));
}

/// A session whose answer is encrypted to a key.
fn session(client_id: &str, nonce: &str, thumbprint: u8, response_uri: &str) -> Fr {
    handover::openid4vp(client_id, nonce, Some(&[thumbprint; 32]), response_uri)
}

#[test]
fn a_proof_for_another_client_nonce_key_or_address_is_not_a_proof() {
    let (client, address) = ("x509_hash:counter", "http://127.0.0.1:7003/response");
    let here = session(client, "nonce", 1, address);
    let judged = |context| {
        let token = Asking { context, ..asking("score/1") }.present(citizen(), tree());
        let request = SessionRequest { context: here, ..request("score/1") };
        verify(&request, &bytes(&token), &view(), &keys(), NOW + 10)
    };
    assert!(judged(here).is_ok());
    let others = [
        session("x509_hash:other", "nonce", 1, address),
        session(client, "other", 1, address),
        session(client, "nonce", 2, address),
        session(client, "nonce", 1, "http://127.0.0.1:7003/other"),
        // In the clear.
        handover::openid4vp(client, "nonce", None, address),
    ];
    for context in others {
        assert_eq!(refusal(judged(context)), not_proved("credit"));
    }
}

#[test]
fn a_proof_in_another_departments_scope_is_not_a_proof() {
    let foreign = Asking { publisher: "gongan.nanning".parse().unwrap(), ..asking("survey/1") };
    assert_eq!(refusal(judge("survey/1", &foreign.present(citizen(), tree()))), not_proved("identity"));
}

#[test]
fn a_proof_for_another_time_is_not_a_proof() {
    let token = Asking { now: NOW - 86_000, ..asking("score/1") }.present(citizen(), tree());
    assert_eq!(refusal(judge("score/1", &token)), not_proved("credit"));
}

#[test]
fn two_holders_are_not_one() {
    let mut token = honest();
    let asking = asking("fast-lane/1");
    let identity = asking.show(&asking.policy.policy().credentials[1], neighbour(), tree());
    token.0.insert("identity".into(), [identity]);
    let refusal = refusal(judge("fast-lane/1", &token));
    assert_eq!(refusal, VerifyError::SeveralHolders);
    assert_eq!(refusal.reason(), Reason::NotProved);
}

#[test]
fn a_named_scope_gives_the_same_pseudonym_in_every_session() {
    let first = judge("survey/1", &asking("survey/1").present(citizen(), tree())).unwrap();
    let elsewhere =
        handover::openid4vp("x509_hash:counter", "another nonce", None, "http://127.0.0.1:7003/response");
    let again = Asking { context: elsewhere, ..asking("survey/1") }.present(citizen(), tree());
    let request = SessionRequest { context: elsewhere, ..request("survey/1") };
    let second = verify(&request, &bytes(&again), &view(), &keys(), NOW).unwrap();
    assert!(first.get().nullifier == second.get().nullifier);
}

#[test]
fn ten_uses_that_cannot_be_linked_have_ten_pseudonyms_and_there_is_no_eleventh() {
    let nullifiers = (0..10).map(|index| {
        let token = Asking { index, ..asking("permit/1") }.present(citizen(), tree());
        to_bytes(&judge("permit/1", &token).unwrap().get().nullifier.0)
    });
    assert_eq!(nullifiers.collect::<BTreeSet<_>>().len(), 10);
    // The scope is the same, and what is proved is true where there are eleven.
    let token = Asking { index: 10, ..asking("wide-permit/1") }.present(citizen(), tree());
    assert!(judge("wide-permit/1", &token).is_ok());
    assert_eq!(refusal(judge("permit/1", &token)), not_proved("identity"));
}

#[test]
fn a_further_device_of_a_person_has_the_same_pseudonyms_in_a_named_scope() {
    let pseudonym = |policy, citizen: &Citizen, tree: &Tree| {
        let token = asking(policy).present(citizen, tree);
        let view = View { root: tree.root(), ..view() };
        let judged = verify(&request(policy), &bytes(&token), &view, &keys(), NOW).unwrap();
        judged.get().nullifier.0
    };
    let other = citizen().on_another_device(9);
    let tree = Tree::of(&[citizen(), &other]);
    assert_eq!(pseudonym("survey/1", citizen(), &tree), pseudonym("survey/1", &other, &tree));
    assert_ne!(pseudonym("score/1", citizen(), &tree), pseudonym("score/1", &other, &tree));
}

#[test]
fn a_development_key_is_not_a_production_key() {
    let with = |key_use, development| {
        let key = (KeyPeriod::default(), show_key(key_use));
        let keys = CircuitKeys::new(Circuit::Show, vec![key], development);
        keys.named(&digest(), NOW).err()
    };
    assert_eq!(with(KeyUse::Development, Development::Refused), Some(KeyUseError::Development));
    assert_eq!(with(KeyUse::Development, Development::Accepted), None);
    assert_eq!(with(KeyUse::Ceremony, Development::Refused), None);
}

#[test]
fn a_key_with_another_digest_is_refused() {
    let key = CircuitKey::new(Circuit::Show, vk(), &Digest::of(b"other"), KeyUse::Ceremony);
    assert_eq!(key.err(), Some(KeyError::OtherDigest));
}

#[test]
fn a_key_of_another_statement_is_refused() {
    let enroll = prover::testing::prover().enroll.verifying_key().clone();
    let digest = Digest::from_bytes(enroll.digest());
    let key = CircuitKey::new(Circuit::Show, enroll, &digest, KeyUse::Ceremony);
    assert_eq!(key.err(), Some(KeyError::OtherStatement { circuit: Circuit::Show, given: 5 }));
}

#[test]
fn no_refusal_repeats_what_the_wallet_sent() {
    let mut token = honest();
    token.0.get_mut("credit").unwrap()[0].revealed.insert("level".into(), "a-private-word".into());
    let refusal = refusal(judge("fast-lane/1", &token));
    assert_eq!(refusal.reason(), Reason::Malformed);
    assert!(!format!("{refusal} {refusal:?}").contains("a-private-word"));
}
