//! Presenting without a network: the same questions, screens and proofs, and a code instead of an answer.

use std::cell::Cell;

use circuits::schema::SchemaId;
use openid4vc::offline::{Minute, OfflineAnswer, VerifierId};
use serde_json::json;
use service::cli::Language;

use crate::cli::consent::render;
use crate::history::{Act, Outcome};
use crate::present::{
    Decision, OfflineQuestion, PresentError, RequestError, Screen, ShownOffline, Vouched, statement,
};
use crate::present::{Lack, Question};
use crate::testing::{NOW, POLICE, World, citizen, rng, wallet};
use crate::{Ledger, Wallet};

fn counter() -> VerifierId {
    VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("window-3")).unwrap()
}

fn show(
    wallet: &mut Wallet,
    ledger: &Ledger,
    policy: &str,
    decision: Decision,
) -> Result<ShownOffline, PresentError> {
    let policy: SchemaId = policy.parse().unwrap();
    let mut consent = |_: &Screen<'_>| decision;
    wallet.show_offline(ledger, &policy, &counter(), &mut consent, &|| NOW, &mut rng(1))
}

fn text(shown: ShownOffline) -> String {
    match shown {
        ShownOffline::Code(text) => text,
        _ => panic!("no code"),
    }
}

fn outcome(wallet: &Wallet) -> &Outcome {
    match &wallet.history().last().unwrap().act {
        Act::Asked(asked) => &asked.outcome,
        Act::Received { .. }
        | Act::ShownToDesk(_)
        | Act::Paired { .. }
        | Act::Dealt(_)
        | Act::Recovered { .. } => panic!("nothing was received"),
    }
}

/// As a verifier rebuilds it.
#[test]
fn a_code_proves_the_policy_at_the_counter_in_the_minute_and_asks_the_ledger_nothing() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    world.take_requests();
    let text = text(show(&mut wallet, &ledger, "fast-lane/1", Decision::Agree).unwrap());
    let asked = world.take_requests();
    assert!(asked.iter().all(|request| request.starts_with("/blob/")), "asked the ledger: {asked:?}");
    let answer = OfflineAnswer::parse(&text).unwrap();
    let view = ledger.view();
    let question = OfflineQuestion::new(&"fast-lane/1".parse().unwrap(), &counter(), &view, NOW).unwrap();
    assert_eq!((answer.minute, question.now()), (Minute::of(NOW), Minute::of(NOW).start()));
    let key = prover::testing::prover().show.verifying_key();
    for (shown, credential) in answer.shown.iter().zip(["credit", "identity"]) {
        let nothing = serde_json::Map::new();
        let public = statement(&question, credential, &nothing, &answer.root.0, wallet.secrets(), 0).unwrap();
        assert_eq!(public.nullifier, answer.nullifier.0);
        key.verify(&public.to_inputs(), &shown.proof).unwrap();
    }
    assert_eq!(*outcome(&wallet), Outcome::Shown);
}

#[test]
fn one_credential_is_a_text_of_at_most_400_characters() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    for policy in ["level/1", "survey/1"] {
        let text = text(show(&mut wallet, &ledger, policy, Decision::Agree).unwrap());
        assert!(text.len() <= 400, "{policy}: {}", text.len());
    }
}

#[test]
fn the_screen_says_that_there_is_no_network_and_what_is_handed_over() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let mut screen = String::new();
    let mut consent = |s: &Screen<'_>| {
        screen = render(s, Language::English);
        Decision::Agree
    };
    let policy = "level/1".parse().unwrap();
    let shown = wallet.show_offline(&ledger, &policy, &counter(), &mut consent, &|| NOW, &mut rng(1));
    let answer = OfflineAnswer::parse(&text(shown.unwrap())).unwrap();
    assert_eq!(answer.shown[0].revealed, [json!("A")]);
    for expected in ["without a network", "NO DEPARTMENT VOUCHES", "level: A", "Answer kept: 30 days"] {
        assert!(screen.contains(expected), "{expected} is missing in\n{screen}");
    }
    assert!(!screen.contains("Match code"), "the counter has no screen to compare with:\n{screen}");
    let history = serde_json::to_string(wallet.history()).unwrap();
    assert!(history.contains(r#""is":"shown""#) && !history.contains("\"A\""), "{history}");
}

#[test]
fn a_code_is_of_the_minute_in_which_its_owner_agreed() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let clock = Cell::new(NOW);
    let mut consent = |_: &Screen<'_>| {
        clock.set(NOW + 240);
        Decision::Agree
    };
    let policy = "level/1".parse().unwrap();
    let shown = wallet.show_offline(&ledger, &policy, &counter(), &mut consent, &|| clock.get(), &mut rng(1));
    let answer = OfflineAnswer::parse(&text(shown.unwrap())).unwrap();
    assert_eq!(answer.minute, Minute::of(NOW + 240));
}

#[test]
fn no_consent_no_code() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let shown = show(&mut wallet, &ledger, "level/1", Decision::Refuse).unwrap();
    assert!(matches!(shown, ShownOffline::Declined));
    assert_eq!(*outcome(&wallet), Outcome::Declined);
}

#[test]
fn the_owner_learns_what_is_missing() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let mut poor = wallet(2);
    let shown = show(&mut poor, &ledger, "level/1", Decision::Agree).unwrap();
    assert!(
        matches!(shown, ShownOffline::NotSatisfiable(missing) if missing[0].lack() == Lack::NoCredential)
    );
    assert_eq!(*outcome(&poor), Outcome::NotSatisfiable);
}

#[test]
fn a_policy_that_is_not_known_and_a_ledger_that_was_never_synced_are_errors() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let unknown = show(&mut wallet, &ledger, "level/9", Decision::Agree).err().unwrap();
    assert!(matches!(unknown, PresentError::Request(RequestError::UnknownPolicy(_))), "{unknown}");
    let genesis = ledger.view().registry().genesis().clone();
    let never = Ledger::new(Box::new(world), genesis, None);
    let never = show(&mut wallet, &never, "level/1", Decision::Agree).err().unwrap();
    assert!(matches!(never, PresentError::NeverSynced), "{never}");
    assert!(wallet.history().is_empty());
}

#[test]
fn a_scope_that_has_not_begun_is_not_shown_and_a_reset_closes_one_that_has() {
    let world = World::with_person_authority();
    let shown = |since: &str, policy| {
        let mut wallet = wallet(1);
        world.grant(&mut wallet, POLICE, "identity/1", &json!({"person_since": since}));
        let ledger = world.ledger();
        ledger.sync(wallet.positions(), NOW).unwrap();
        show(&mut wallet, &ledger, policy, Decision::Agree)
    };
    let early = shown("1970-01-01", "later/1").err().unwrap();
    assert!(matches!(early, PresentError::Request(RequestError::NotStarted(_))), "{early}");
    text(shown("2027-01-13", "begun/1").unwrap());
    let reset = shown("2027-01-14", "begun/1").unwrap();
    let ShownOffline::NotSatisfiable(missing) = reset else { panic!("after a reset it was shown") };
    assert_eq!(missing[0].lack(), Lack::NotSatisfied);
}

#[test]
fn what_is_counted_in_one_place_is_shown_there_alone() {
    let world = World::new();
    world.publish_counted();
    let (mut wallet, ledger) = citizen(&world);
    let elsewhere = show(&mut wallet, &ledger, "counted/1", Decision::Agree).err().unwrap();
    assert!(matches!(elsewhere, PresentError::Request(RequestError::OtherRegister(_))), "{elsewhere}");
    world.publish_register(counter().client_id());
    ledger.sync(wallet.positions(), NOW).unwrap();
    text(show(&mut wallet, &ledger, "counted/1", Decision::Agree).unwrap());
}

#[test]
fn a_window_is_named_by_the_department_that_registered_its_certificate() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let client_id = counter().client_id().to_owned();
    world.publish(POLICE, ledger::samples::verifier("counter-3", &client_id, "Registered counter", NOW + 60));
    ledger.sync([], NOW).unwrap();
    let question =
        OfflineQuestion::new(&"level/1".parse().unwrap(), &counter(), &ledger.view(), NOW).unwrap();
    assert_eq!(question.relying_party().name.as_ref().unwrap().text("en"), "Registered counter");
    assert!(
        matches!(&question.relying_party().vouched, Vouched::By { department, .. } if department.as_str() == POLICE)
    );
}
