//! Uses of a named scope: different pseudonyms, so many and no more, and nothing else that tells them apart or together.

use std::collections::BTreeSet;

use circuits::show::Clause;
use openid4vc::vp::VpToken;
use prover::ProveError;
use serde_json::{Value, json};
use service::cli::Language;

use super::shown::VerifierServer;
use crate::cli::consent::render;
use crate::contents::{Contents, Pinned, Trust};
use crate::present::{
    Counted, Decision, Ended, Lack, Linkability, MakeError, Missing, RequestLink, Screen, Selection,
    fetch_request,
};
use crate::testing::{NOW, POLICE, World, citizen, rng, wallet};
use crate::uses::Left;
use crate::{Ledger, Wallet};

/// What a verifier is sent for one answer, as it may store it.
fn answered(wallet: &mut Wallet, ledger: &Ledger, policy: &str, seed: u64) -> VpToken {
    let verifier = VerifierServer::asking(ledger, policy, 200, "{}");
    let mut agree = |_: &Screen<'_>| Decision::Agree;
    let ended = wallet.present(ledger, &verifier.link(), &mut agree, NOW, &mut rng(seed)).unwrap();
    assert!(matches!(ended, Ended::Accepted(_)));
    VpToken::parse(verifier.answer()["vp_token"].to_string().as_bytes()).unwrap()
}

/// Everything of an answer but pseudonym and proof, and the pseudonym.
fn stored(token: &VpToken) -> (Value, String) {
    let mut stored = serde_json::to_value(&token.0["identity"][0]).unwrap();
    let fields = stored.as_object_mut().unwrap();
    fields.remove("proof").unwrap();
    let nullifier = fields.remove("nullifier").unwrap().to_string();
    (stored, nullifier)
}

fn seen(wallet: &Wallet, ledger: &Ledger, policy: &str) -> (Linkability, String) {
    let verifier = VerifierServer::asking(ledger, policy, 200, "{}");
    let view = ledger.view();
    let link = RequestLink::read(&verifier.link(), ledger.reach()).unwrap();
    let request = fetch_request(&link, &view, NOW, &mut rng(9)).unwrap();
    let considered = wallet.consider(ledger, &request, &view, NOW).unwrap();
    (considered.screen().linkability(), render(&considered.screen(), Language::English))
}

#[test]
fn ten_uses_are_stored_like_those_of_ten_people_and_there_is_no_eleventh() {
    let world = World::new();
    let (mut citizen, ledger) = citizen(&world);
    let mut neighbour = wallet(2);
    let values = json!({"id_number": "450200", "birth_date": "1991-02-02"});
    world.grant(&mut neighbour, POLICE, "identity/1", &values);
    ledger.sync(citizen.positions().chain(neighbour.positions()), NOW).unwrap();

    let mut nullifiers = BTreeSet::new();
    let (others, another) = stored(&answered(&mut neighbour, &ledger, "permit/1", 100));
    nullifiers.insert(another);
    for use_number in 0..10 {
        let (fields, nullifier) = stored(&answered(&mut citizen, &ledger, "permit/1", use_number));
        assert_eq!(fields, others, "nothing but the pseudonym differs from one person to another");
        nullifiers.insert(nullifier);
    }
    assert_eq!(nullifiers.len(), 11);

    let verifier = VerifierServer::asking(&ledger, "permit/1", 200, "{}");
    let mut agree = |_: &Screen<'_>| Decision::Agree;
    let eleventh = citizen.present(&ledger, &verifier.link(), &mut agree, NOW, &mut rng(11)).unwrap();
    let Ended::NotSatisfiable(missing) = eleventh else { panic!("all ten are used") };
    assert_eq!(missing.iter().map(Missing::lack).collect::<Vec<_>>(), [Lack::UsedUp]);
    assert_eq!(verifier.answer()["error"], "access_denied", "as where a credential is missing");
}

/// A further device of the same person has the same pseudonyms: what one has used is used for both.
#[test]
fn one_use_stays_one_use_over_two_devices() {
    let world = World::new();
    let (mut first, ledger) = citizen(&world);
    let mut second = wallet(2);
    second.pair(first.secrets().person.clone()).unwrap();
    let values = json!({"id_number": "450199", "birth_date": "1990-01-01"});
    world.grant(&mut second, POLICE, "identity/1", &values);
    ledger.sync(first.positions().chain(second.positions()), NOW).unwrap();

    let (_, one) = stored(&answered(&mut first, &ledger, "survey/1", 1));
    let (_, two) = stored(&answered(&mut second, &ledger, "survey/1", 2));
    assert_eq!(one, two, "a counter that keeps pseudonyms refuses the second");

    let all: BTreeSet<String> =
        (10..20).map(|seed| stored(&answered(&mut first, &ledger, "permit/1", seed)).1).collect();
    assert_eq!(all.len(), 10);
    let (_, another) = stored(&answered(&mut second, &ledger, "permit/1", 30));
    assert!(all.contains(&another), "there is no eleventh on the other device");
}

#[test]
fn a_use_beyond_the_last_cannot_be_proved() {
    let world = World::new();
    let (citizen, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "permit/1", 200, "{}");
    let view = ledger.view();
    let link = RequestLink::read(&verifier.link(), ledger.reach()).unwrap();
    let request = fetch_request(&link, &view, NOW, &mut rng(1)).unwrap();
    let Selection::Complete(choice) = Selection::choose(&citizen, &request, &view, NOW).unwrap() else {
        panic!("the wallet has what is asked")
    };
    let provers = ledger.provers(&request.policy().checked, NOW).unwrap();
    let prove = |index| choice.prove(&request, citizen.secrets(), index, &provers, &mut rng(2)).err();
    assert_eq!(prove(9), None);
    let beyond = Some(MakeError::Prove(ProveError::Violated(Clause::Pseudonym)));
    assert_eq!([prove(10), prove(u16::MAX)], [beyond.clone(), beyond]);
}

#[test]
fn the_screen_says_how_many_uses_are_left_and_what_can_be_linked() {
    let world = World::new();
    let (mut citizen, ledger) = citizen(&world);
    answered(&mut citizen, &ledger, "permit/1", 1);
    let (linkability, screen) = seen(&citizen, &ledger, "permit/1");
    let left = Left { fresh: 9, shown: 0 };
    assert_eq!(linkability, Linkability::Uses { scope: "permit".to_owned(), uses: 10, left });
    assert!(screen.contains("10 times, of which you have 9 left, this one included"), "{screen}");
    assert!(screen.contains("cannot tell that uses are one person's"), "{screen}");
    let (linkability, screen) = seen(&citizen, &ledger, "visits/1");
    assert_eq!(
        linkability,
        Linkability::Within { scope: "visits".to_owned(), uses: 3, counted: Counted::ByEach }
    );
    assert!(screen.contains("it is seen that it is the same person"), "{screen}");
    let (_, screen) = seen(&citizen, &ledger, "survey/1");
    assert!(screen.contains("takes one answer of a person"), "{screen}");
}

#[test]
fn uses_that_can_be_linked_have_one_pseudonym() {
    let world = World::new();
    let (mut citizen, ledger) = citizen(&world);
    let nullifiers: BTreeSet<String> =
        (0..3).map(|seed| stored(&answered(&mut citizen, &ledger, "visits/1", seed)).1).collect();
    assert_eq!(nullifiers.len(), 1);
    assert_eq!(citizen.history()[0].request().unwrap().linked_in.as_deref(), Some("visits"));
}

#[test]
fn another_device_tries_another_use_when_one_is_refused() {
    let world = World::new();
    let (mut citizen, ledger) = citizen(&world);
    let refusing = || VerifierServer::asking(&ledger, "permit/1", 400, r#"{"error": "already_used"}"#);
    let mut tried = BTreeSet::new();
    for seed in 0..10 {
        let verifier = refusing();
        let mut agree = |_: &Screen<'_>| Decision::Agree;
        let ended = citizen.present(&ledger, &verifier.link(), &mut agree, NOW, &mut rng(seed)).unwrap();
        let Ended::Refused { made, .. } = ended else { panic!("the verifier refuses") };
        tried.insert(made.credentials[0].presentation.nullifier.to_string());
    }
    assert_eq!(tried.len(), 10);
    let (_, screen) = seen(&citizen, &ledger, "permit/1");
    assert!(screen.contains("every use of “matter” was shown before"), "{screen}");
}

#[test]
fn what_was_used_outlives_the_history_and_the_program() {
    let world = World::new();
    let (mut citizen, ledger) = citizen(&world);
    answered(&mut citizen, &ledger, "survey/1", 1);
    citizen.forget_history();
    let trust = Trust {
        ledger: "http://127.0.0.1:7001".parse().unwrap(),
        genesis: json!({"origin": "ledger.test/1"}),
        pinned: Pinned::ByOwner,
    };
    let stored = Contents { wallet: citizen, trust }.to_json();
    let mut opened = Contents::from_json(&stored).unwrap().wallet;
    assert!(opened.history().is_empty());
    let verifier = VerifierServer::asking(&ledger, "survey/1", 200, "{}");
    let mut agree = |_: &Screen<'_>| Decision::Agree;
    let again = opened.present(&ledger, &verifier.link(), &mut agree, NOW, &mut rng(2)).unwrap();
    assert!(matches!(again, Ended::NotSatisfiable(_)));
}
