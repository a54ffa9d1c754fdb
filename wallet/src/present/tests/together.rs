//! Conditions across credentials and on scores: which credentials answer, what is proved, and what is said where none do.

use std::collections::BTreeSet;

use circuits::policy::CheckedPolicy;
use circuits::{Fr, join, score};
use groth16::Proof;
use openid4vc::offline::VerifierId;
use openid4vc::vp::VpToken;
use serde_json::{Value, json};
use service::cli::Language;

use super::shown::VerifierServer;
use crate::cli::consent::{missing_lines, render};
use crate::present::{
    Decision, Ended, Lack, MakeError, Missing, Preparations, PresentError, RequestError, RequestLink, Screen,
    Selection, fetch_request,
};
use crate::testing::{CREDIT, NOW, POLICE, World, borrower, citizen, rng, wallet};
use crate::{KeyFetchError, Ledger, Wallet};

fn present(wallet: &mut Wallet, ledger: &Ledger, policy: &str, seed: u64) -> (Ended, Value) {
    let verifier = VerifierServer::asking(ledger, policy, 200, "{}");
    let mut agree = |_: &Screen<'_>| Decision::Agree;
    let ended = wallet.present(ledger, &verifier.link(), &mut agree, NOW, &mut rng(seed)).unwrap();
    (ended, verifier.answer())
}

fn missing(wallet: &mut Wallet, ledger: &Ledger) -> Vec<Missing> {
    let (ended, answer) = present(wallet, ledger, "loan/1", 1);
    assert_eq!(answer["error"], "access_denied", "they see no more than a refusal");
    match ended {
        Ended::NotSatisfiable(missing) => missing,
        _ => panic!("nothing satisfies"),
    }
}

/// The links of an answer by the policy's names for the credentials.
fn links(answer: &Value) -> Vec<Fr> {
    let token = VpToken::parse(answer["vp_token"].to_string().as_bytes()).unwrap();
    token.0.values().filter_map(|[presentation]| presentation.link).map(|link| link.0).collect()
}

fn checked(ledger: &Ledger) -> CheckedPolicy {
    ledger.view().registry().policy(&"loan/1".parse().unwrap()).unwrap().checked.clone()
}

fn proof(json: &Value) -> Proof {
    serde_json::from_value(json["proof"].clone()).unwrap()
}

/// As a verifier rebuilds it.
#[test]
fn all_proofs_of_an_answer_are_about_the_credentials_that_are_shown() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = borrower(&world);
    let (ended, answer) = present(&mut wallet, &ledger, "loan/1", 1);
    let Ended::Accepted(made) = ended else { panic!("the wallet has what is asked") };
    let prover = prover::testing::prover();
    for made in &made.credentials {
        assert_eq!(Some(made.public.link), made.presentation.link.map(|link| link.0));
        prover.show.verifying_key().verify(&made.public.to_inputs(), &made.presentation.proof).unwrap();
    }
    let context = made.credentials[0].public.context;
    let link = |id: &str| made.credentials.iter().find(|made| made.id == id).unwrap().public.link;
    let checked = checked(&ledger);
    let joined: Vec<Fr> = checked.joined().into_iter().map(link).collect();
    let rows = checked.join_rows(NOW).unwrap().unwrap();
    let public = join::Public { context, links: joined.try_into().unwrap(), rows };
    prover.join.verifying_key().verify(&public.to_inputs(), &proof(&answer["across"])).unwrap();
    let models = answer["models"].as_array().unwrap();
    assert_eq!(models.len(), 1);
    for ((condition, rows), json) in checked.score_rows().zip(models) {
        let public = score::Public { context, link: link(&condition.credential), rows: rows.clone() };
        prover.score.verifying_key().verify(&public.to_inputs(), &proof(json)).unwrap();
    }
    assert_eq!(answer["across"]["key"], hex::encode(prover.join.verifying_key().digest()));
    assert_eq!(models[0]["key"], hex::encode(prover.score.verifying_key().digest()));
}

#[test]
fn no_link_is_seen_twice() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = borrower(&world);
    let mut seen = BTreeSet::new();
    for seed in 0..4 {
        let (_, answer) = present(&mut wallet, &ledger, "loan/1", seed);
        let links = links(&answer);
        assert_eq!(links.len(), 3);
        seen.extend(links);
    }
    assert_eq!(seen.len(), 12);
}

/// The randomness of the blinds is the answer's own, so that not even two answers to one request have a link in common.
#[test]
fn two_answers_to_one_request_have_other_links() {
    let world = World::new();
    world.publish_loan();
    let (wallet, ledger) = borrower(&world);
    let verifier = VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    let view = ledger.view();
    let link = RequestLink::read(&verifier.link(), ledger.reach()).unwrap();
    let request = fetch_request(&link, &view, NOW, &mut rng(1)).unwrap();
    let Selection::Complete(choice) = Selection::choose(&wallet, &request, &view, NOW).unwrap() else {
        panic!("the wallet has what is asked")
    };
    let provers = ledger.provers(&request.policy().checked, NOW).unwrap();
    let mut rng = rng(2);
    let mut prove = || choice.prove(&request, wallet.secrets(), 0, &provers, &mut rng).unwrap();
    let one = prove();
    let other = prove();
    for (one, other) in one.credentials.iter().zip(&other.credentials) {
        assert_eq!(one.public.nullifier, other.public.nullifier);
        assert_ne!(one.public.link, other.public.link);
    }
    let without = crate::Provers { join: None, ..provers.clone() };
    let refused = choice.prove(&request, wallet.secrets(), 0, &without, &mut rng).err();
    assert_eq!(refused, Some(MakeError::OtherProvers));
}

/// As the running wallet proves: the openings are prepared, and the proofs are as good.
#[test]
fn prepared_openings_prove_the_same_statements() {
    let world = World::new();
    world.publish_loan();
    let (wallet, ledger) = borrower(&world);
    let view = ledger.view();
    let openings = wallet.openings(&view);
    let join = ledger.join_prover(NOW).unwrap();
    let score = ledger.score_prover(NOW).unwrap();
    let preparations = Preparations::default();
    preparations.renew_joined(&openings, &join).unwrap();
    preparations.renew_scored(&openings, &score).unwrap();
    preparations.renew_scored(&openings, &score).unwrap();
    assert_eq!(preparations.count(), 2);

    let verifier = VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    let link = RequestLink::read(&verifier.link(), ledger.reach()).unwrap();
    let request = fetch_request(&link, &view, NOW, &mut rng(1)).unwrap();
    let considered = wallet.consider(&ledger, &request, &view, NOW).unwrap();
    let resolved = considered.resolve(Decision::Keep, wallet.secrets(), &mut rng(2)).unwrap();
    let Ended::Kept(made) = resolved.execute(&preparations, &mut rng(3)).unwrap().ended else {
        panic!("it is kept")
    };
    let across = made.across.unwrap();
    join.verifying_key().verify(&across.public.to_inputs(), &across.proof).unwrap();
    score.verifying_key().verify(&made.models[0].public.to_inputs(), &made.models[0].proof).unwrap();
}

#[test]
fn nothing_is_linked_where_no_other_proof_speaks_of_it() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let (_, answer) = present(&mut wallet, &ledger, "fast-lane/1", 1);
    assert!(links(&answer).is_empty());
    assert!(answer.get("across").is_none() && answer.get("models").is_none());
    assert!(answer["vp_token"]["identity"][0].get("link").is_none());
}

#[test]
fn an_older_credential_answers_where_the_newest_does_not_fit_the_others() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = borrower(&world);
    let fitting = wallet.credentials().last().unwrap().position;
    world.grant(&mut wallet, CREDIT, "income/1", &json!({"monthly": 9000, "owner": "someone else"}));
    world.grant(&mut wallet, CREDIT, "income/1", &json!({"monthly": 6999, "owner": "450199"}));
    ledger.sync(wallet.positions(), NOW).unwrap();
    let verifier = VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    let mut chosen = None;
    let mut look = |screen: &Screen<'_>| {
        if let Selection::Complete(choice) = screen.selection() {
            chosen = choice.credentials().find(|(id, _)| *id == "income").map(|(_, held)| held.position);
        }
        Decision::Refuse
    };
    wallet.present(&ledger, &verifier.link(), &mut look, NOW, &mut rng(1)).unwrap();
    assert_eq!(chosen, Some(fitting));
}

#[test]
fn an_older_credential_answers_where_the_newest_has_too_few_points() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = borrower(&world);
    world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 600, "level": "B"}));
    ledger.sync(wallet.positions(), NOW).unwrap();
    assert!(matches!(present(&mut wallet, &ledger, "loan/1", 1).0, Ended::Accepted(_)));
}

#[test]
fn the_owner_learns_which_condition_across_credentials_does_not_hold() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = citizen(&world);
    world.grant(&mut wallet, CREDIT, "income/1", &json!({"monthly": 6999, "owner": "450199"}));
    ledger.sync(wallet.positions(), NOW).unwrap();
    let all = missing(&mut wallet, &ledger);
    let [Missing::Across(failed)] = &all[..] else { panic!("each credential fits its own query") };
    assert_eq!(all[0].lack(), Lack::NotSatisfied);
    let said = failed.conditions("en");
    assert_eq!(said.len(), 1, "the other condition holds: {said:?}");
    assert!(said[0].contains("monthly income"), "{said:?}");
    let lines = missing_lines(&all, Language::English).join("\n");
    assert!(
        lines.contains("together: the condition is not satisfied") && lines.contains(&said[0]),
        "{lines}"
    );
    let lines = missing_lines(&all, Language::Chinese).join("\n");
    assert!(lines.contains("由这些凭证合起来: 不满足条件"), "{lines}");
}

#[test]
fn the_owner_learns_which_attribute_costs_how_many_points() {
    let world = World::new();
    world.publish_loan();
    let mut wallet = wallet(5);
    world.grant(&mut wallet, POLICE, "identity/1", &json!({"id_number": "1", "birth_date": "1990-01-01"}));
    world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 600, "level": "B"}));
    world.grant(&mut wallet, CREDIT, "income/1", &json!({"monthly": 9000, "owner": "1"}));
    let ledger = world.ledger();
    ledger.sync(wallet.positions(), NOW).unwrap();
    let all = missing(&mut wallet, &ledger);
    let [Missing::Score(failed)] = &all[..] else { panic!("only the score is too low") };
    assert_eq!((all[0].lack(), failed.credential()), (Lack::NotSatisfied, "credit"));
    assert_eq!(failed.model().as_str(), "points/1");
    assert_eq!(failed.reached().unwrap().to_string(), "540");
    let costs: Vec<_> =
        failed.costs().iter().map(|cost| (cost.attribute.text("en"), cost.points.to_string())).collect();
    assert_eq!(costs, [("score", "60".to_owned()), ("level", "30.5".to_owned())]);
    let lines = missing_lines(&all, Language::English).join("\n");
    for said in ["Points of 2026", "your score: 540", "level: 30.5 points from the best"] {
        assert!(lines.contains(said), "{said}: {lines}");
    }
    let lines = missing_lines(&all, Language::Chinese).join("\n");
    assert!(lines.contains("您的得分：540") && lines.contains("level：比最好的情况差 30.5 分"), "{lines}");
    let history = serde_json::to_string(wallet.history()).unwrap();
    assert!(!history.contains("30.5"), "{history}");
}

#[test]
fn the_screen_says_what_is_asked_across_credentials_and_by_which_model() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = borrower(&world);
    let verifier = VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    let mut screens = Vec::new();
    let mut look = |screen: &Screen<'_>| {
        assert_eq!(screen.proving_keys().len(), 3);
        screens.extend([Language::English, Language::Chinese].map(|language| render(screen, language)));
        Decision::Agree
    };
    wallet.present(&ledger, &verifier.link(), &mut look, NOW, &mut rng(1)).unwrap();
    let english = [
        "From these credentials together",
        "number of the earner",
        "Score by a published model",
        "Points of 2026 (points/1)",
        "fitted by hand",
        "not the score",
        "is at least 600",
    ];
    for said in english {
        assert!(screens[0].contains(said), "{said} is missing in\n{}", screens[0]);
    }
    for said in ["由这些凭证合起来", "按公开模型评分", "points/1", "不会知道分数"] {
        assert!(screens[1].contains(said), "{said} is missing in\n{}", screens[1]);
    }
    let asked = wallet.history().last().unwrap().request().unwrap();
    let tested: Vec<_> = asked.credentials.iter().map(|credential| credential.tested.join(" ")).collect();
    assert_eq!(tested, ["monthly owner", "level score", "birth_date id_number"]);
}

#[test]
fn keys_that_a_policy_does_not_need_are_not_missed() {
    let world = World::new();
    world.publish_loan_without_keys();
    let (mut wallet, ledger) = borrower(&world);
    ledger.fetch_keys(NOW).unwrap();
    assert!(matches!(present(&mut wallet, &ledger, "fast-lane/1", 1).0, Ended::Accepted(_)));
    let verifier = VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    let mut agree = |_: &Screen<'_>| Decision::Agree;
    let refused = wallet.present(&ledger, &verifier.link(), &mut agree, NOW, &mut rng(1)).err().unwrap();
    let PresentError::Key(KeyFetchError::NotUsable { circuit, .. }) = refused else { panic!("{refused}") };
    assert_eq!(circuit, "join");
}

#[test]
fn what_fits_no_code_is_refused_before_anything_is_asked() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = borrower(&world);
    let counter = VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("window-3")).unwrap();
    let policy = "loan/1".parse().unwrap();
    let mut never = |_: &Screen<'_>| -> Decision { panic!("there is nothing to decide") };
    let refused = wallet.show_offline(&ledger, &policy, &counter, &mut never, &|| NOW, &mut rng(1));
    let refused = refused.err().unwrap();
    assert!(matches!(refused, PresentError::Request(RequestError::NotOffline(_))), "{refused}");
    assert!(wallet.history().is_empty());
}
