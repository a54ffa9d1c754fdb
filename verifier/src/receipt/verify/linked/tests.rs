//! A bundle with a condition across credentials and scores, changed in one place after the other.

use std::sync::OnceLock;

use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::follow::Included;
use ledger::record::{KeyPublish, Record};
use ledger::registry::KeyPeriod;
use ledger::samples::{genesis, record};
use openid4vc::vp::{LinkedProof, Receipt, Status, VpResponse};
use serde_json::json;
use yong_tests::small_city::{Asking, Citizen, NOW, PUBLISHER, Tree, checked, publisher};

use super::super::keys::Key;
use super::*;
use crate::Circuit;
use crate::receipt::bundle::Version;
use crate::receipt::{AllProofs, LinkedKey, Session, Showing, Shown, statement};

fn session() -> Session {
    Session {
        client_id: "x509_hash:counter".into(),
        nonce: "nonce".to_owned().try_into().unwrap(),
        thumbprint: Digest::of(b"key"),
        response_uri: "http://127.0.0.1:7003/response".into(),
        asked_at: NOW,
        expires_at: NOW + 300,
    }
}

fn answer() -> &'static VpResponse {
    static ANSWER: OnceLock<VpResponse> = OnceLock::new();
    ANSWER.get_or_init(|| {
        let context = session().context();
        let policy = checked("loan/1");
        let asking = Asking { policy, publisher: publisher(), context, now: NOW, index: 0 };
        let citizen = Citizen::new(1, 700);
        asking.answer(&citizen, &Tree::of(&[&citizen]))
    })
}

fn shown() -> Vec<Shown> {
    let presentation = |id: &str| {
        let [one] = answer().vp_token.0[id].clone();
        Shown { id: id.to_owned(), link: one.link, proof: one.proof }
    };
    ["credit", "identity"].map(presentation).into()
}

fn links(shown: &[Shown]) -> Links {
    let links = shown.iter().map(|shown| (shown.id.as_str(), shown.link));
    Links::new(&checked("loan/1"), links).ok().unwrap()
}

/// Of the ledger's part there is only what the proofs need: it is looked at elsewhere.
fn bundle() -> Bundle {
    let nowhere = || Included { index: 0, entry: String::new(), proof: Vec::new() };
    let links = links(&shown());
    let context = session().context();
    let join = links.join(&checked("loan/1"), context, NOW).unwrap().unwrap();
    let scores = links.scores(&checked("loan/1"), context);
    let showing = |linked: &LinkedProof, inputs: Vec<Fr>| LinkedShowing {
        key: linked.key,
        proof: linked.proof.clone(),
        inputs: inputs.into_iter().map(Into::into).collect(),
    };
    let VpResponse { across, models, .. } = answer();
    let genesis = genesis(&[PUBLISHER], 1);
    let receipt = Receipt {
        id: "receipt".into(),
        policy: "loan/1".parse().unwrap(),
        policy_digest: openid4vc::vp::PolicyDigest(checked("loan/1").policy().digest()),
        time: NOW,
        verdict: Status::Passed,
        reason: None,
        root: None,
        nullifier: None,
        key: None,
        development: true,
    };
    let whole = |shown: Shown| Showing {
        id: shown.id,
        link: shown.link,
        proof: shown.proof,
        inputs: None,
        revealed: None,
    };
    let keys = [across.as_ref().unwrap().key, models[0].key];
    Bundle {
        bundle: Version::One,
        receipt,
        session: session(),
        nullifier: answer().vp_token.0["credit"][0].nullifier,
        shown: shown().into_iter().map(whole).collect(),
        across: across.as_ref().map(|proof| showing(proof, join.to_inputs())),
        models: models.iter().zip(scores).map(|(proof, public)| showing(proof, public.to_inputs())).collect(),
        policy: nowhere(),
        vocabulary: Vec::new(),
        key: nowhere(),
        retirement: None,
        linked_keys: keys.map(|_| LinkedKey { key: nowhere(), retirement: None }).into(),
        root: nowhere(),
        checkpoint: String::new(),
        genesis_digest: genesis.digest(),
        genesis,
        seal: String::new(),
    }
}

fn key(circuit: Circuit, verifies: &VerifyingKey) -> Key {
    let digest = Digest::from_bytes(verifies.digest());
    let published = record(json!({
        "kind": "key.publish", "id": "key", "circuit": circuit.name(), "version": circuit.version(),
        "vk": verifies.to_json(), "vk_digest": digest, "proving_key_digest": digest, "development": true,
        "approvals": [],
    }));
    let Record::Key(published) = published else { panic!("not a key") };
    let published: KeyPublish = published;
    Key { record: published, verifies: verifies.clone(), period: KeyPeriod::default() }
}

fn keys() -> Keys {
    let prover = prover::testing::prover();
    Keys {
        show: key(Circuit::Show, prover.show.verifying_key()),
        linked: vec![
            key(Circuit::Join, prover.join.verifying_key()),
            key(Circuit::Score, prover.score.verifying_key()),
        ],
    }
}

fn changed(change: impl FnOnce(&mut Bundle)) -> ReceiptError {
    let mut bundle = bundle();
    change(&mut bundle);
    verify(&bundle, &checked("loan/1"), &keys(), &links(&shown())).unwrap_err()
}

#[test]
fn all_proofs_of_a_bundle_are_checked() {
    let read = Bundle::parse(&bundle().to_bytes()).unwrap();
    assert_eq!(verify(&read, &checked("loan/1"), &keys(), &links(&shown())), Ok(()));
}

#[test]
fn parts_are_exactly_those_of_the_policy() {
    assert_eq!(changed(|b| b.across = None), ReceiptError::Shown);
    assert_eq!(changed(|b| drop(b.models.pop())), ReceiptError::Shown);
    assert_eq!(changed(|b| b.models.push(b.models[0].clone())), ReceiptError::Shown);
    let plain = checked("fast-lane/1");
    let none = Links::new(&plain, []).ok().unwrap();
    assert_eq!(verify(&bundle(), &plain, &keys(), &none), Err(ReceiptError::Shown));
    let mut scores = bundle();
    scores.across = None;
    assert_eq!(verify(&scores, &plain, &keys(), &none), Err(ReceiptError::Shown));
}

#[test]
fn each_proof_and_its_inputs_are_held_to_policy_session_and_links() {
    let model = || "points/1".parse().unwrap();
    let other = || shown()[0].proof.clone();
    assert_eq!(changed(|b| b.across.as_mut().unwrap().proof = other()), ReceiptError::AcrossNotProved);
    assert_eq!(
        changed(|b| b.across.as_mut().unwrap().inputs[5] = Element(7u64.into())),
        ReceiptError::AcrossInputs
    );
    assert_eq!(changed(|b| b.models[1].proof = other()), ReceiptError::ScoreNotProved { model: model() });
    assert_eq!(changed(|b| b.models[0].inputs.truncate(9)), ReceiptError::ScoreInputs { model: model() });
    assert_eq!(
        changed(|b| b.session.nonce = "other".to_owned().try_into().unwrap()),
        ReceiptError::AcrossInputs
    );
}

#[test]
fn a_link_of_another_answer_is_not_the_one_that_is_proved() {
    let mut others = shown();
    others[0].link = Some(Element(5u64.into()));
    let refused = verify(&bundle(), &checked("loan/1"), &keys(), &links(&others));
    assert_eq!(refused, Err(ReceiptError::AcrossInputs));
}

#[test]
fn a_link_too_few_or_too_many_is_named() {
    let mut fewer = shown();
    fewer[1].link = None;
    let pairs = |shown: &[Shown], policy| {
        let links = shown.iter().map(|shown| (shown.id.as_str(), shown.link));
        Links::new(&checked(policy), links).err().map(ReceiptError::from)
    };
    let link = |id: &str| Some(ReceiptError::Link { id: id.into() });
    assert_eq!(pairs(&fewer, "loan/1"), link("identity"));
    assert_eq!(pairs(&shown(), "points/1"), link("identity"));
    assert_eq!(pairs(&shown(), "fast-lane/1"), link("credit"));
}

#[test]
fn the_counter_signs_every_part() {
    let all = shown();
    let VpResponse { across, models, .. } = answer();
    let digest = |shown: &[Shown], across, models| {
        let Bundle { receipt, session, nullifier, .. } = bundle();
        statement(&receipt, &session, &nullifier, AllProofs { shown, across, models })
    };
    let whole = digest(&all, across.as_ref(), models);
    let mut unlinked = all.clone();
    unlinked[0].link = None;
    let swapped: Vec<LinkedProof> = models.iter().rev().cloned().collect();
    for other in [
        digest(&unlinked, across.as_ref(), models),
        digest(&all, None, models),
        digest(&all, models.first(), models),
        digest(&all, across.as_ref(), &models[..1]),
        digest(&all, across.as_ref(), &swapped),
    ] {
        assert_ne!(other, whole);
    }
}
