//! Proofs across credentials and of scores: about the credentials that are shown, in this session, and neither fewer nor more.

use openid4vc::vp::LinkedProof;

use super::*;

fn answer(policy: &str) -> VpResponse {
    asking(policy).answer(citizen(), tree())
}

/// A true answer to `loan/1`, which has a condition across credentials and two on scores; made once.
fn loan() -> VpResponse {
    static LOAN: OnceLock<VpResponse> = OnceLock::new();
    LOAN.get_or_init(|| answer("loan/1")).clone()
}

fn judge(policy: &str, response: &VpResponse) -> Result<Verified<Answer>, VerifyError> {
    verify(&request(policy), response.to_json().as_bytes(), &view(), &keys(), NOW + 10)
}

fn refused(policy: &str, response: &VpResponse) -> VerifyError {
    refusal(judge(policy, response))
}

/// `loan/1`, changed.
fn changed(change: impl FnOnce(&mut VpResponse)) -> VerifyError {
    let mut response = loan();
    change(&mut response);
    refused("loan/1", &response)
}

fn score_not_proved() -> VerifyError {
    VerifyError::ScoreNotProved { credential: "credit".into(), model: "points/1".parse().unwrap() }
}

#[test]
fn all_proofs_of_an_answer_are_believed_together() {
    let response = loan();
    let judged = judge("loan/1", &response).unwrap();
    let verified = judged.get();
    assert_eq!((&verified.across, &verified.models), (&response.across, &response.models));
    let links: Vec<_> = verified.proofs.iter().map(|shown| shown.link.is_some()).collect();
    assert_eq!(links, [true, true]);
    for policy in ["together/1", "turned/1", "points/1", "few-points/1"] {
        assert!(judge(policy, &answer(policy)).is_ok(), "{policy}");
    }
}

#[test]
fn only_a_credential_that_is_spoken_of_has_a_link() {
    let response = answer("points/1");
    let link = |id: &str| response.vp_token.0[id][0].link;
    assert!(link("credit").is_some() && link("identity").is_none());
    let mut extra = response.clone();
    extra.vp_token.0.get_mut("identity").unwrap()[0].link = link("credit");
    let refusal = refused("points/1", &extra);
    assert_eq!(refusal, VerifyError::ExtraLink { credential: "identity".into() });
    assert_eq!(refusal.reason(), Reason::Malformed);
    let mut missing = response;
    missing.vp_token.0.get_mut("credit").unwrap()[0].link = None;
    assert_eq!(refused("points/1", &missing), VerifyError::MissingLink { credential: "credit".into() });
}

#[test]
fn no_part_is_missing() {
    assert_eq!(changed(|response| response.across = None), VerifyError::MissingAcross);
    let missing = |given| VerifyError::MissingScore { asked: 2, given };
    assert_eq!(changed(|response| response.models.truncate(1)), missing(1));
    assert_eq!(changed(|response| response.models.clear()), missing(0));
    assert_eq!(missing(0).reason(), Reason::Malformed);
}

#[test]
fn no_part_is_surplus() {
    let LoanParts { across, score } = LoanParts::new();
    let mut surplus = VpResponse::from(honest());
    surplus.across = Some(across);
    assert_eq!(refused("fast-lane/1", &surplus), VerifyError::ExtraAcross);
    let mut surplus = VpResponse::from(honest());
    surplus.models = vec![score.clone()];
    let extra = |asked, given| VerifyError::ExtraScore { asked, given };
    assert_eq!(refused("fast-lane/1", &surplus), extra(0, 1));
    assert_eq!(changed(|response| response.models.push(score)), extra(2, 3));
    assert_eq!(extra(2, 3).reason(), Reason::Malformed);
}

struct LoanParts {
    across: LinkedProof,
    score: LinkedProof,
}

impl LoanParts {
    fn new() -> Self {
        let loan = loan();
        Self { across: loan.across.unwrap(), score: loan.models[0].clone() }
    }
}

/// Each answer draws new blinds, so parts of two answers of one person do not fit each other.
#[test]
fn a_proof_of_another_answer_in_the_same_session_is_not_about_these_links() {
    let other = answer("loan/1");
    assert_eq!(changed(|response| response.across.clone_from(&other.across)), VerifyError::AcrossNotProved);
    assert_eq!(changed(|response| response.models.clone_from(&other.models)), score_not_proved());
}

#[test]
fn a_link_of_another_session_is_not_proved_here() {
    let elsewhere = Asking { context: 5u64.into(), ..asking("loan/1") }.answer(citizen(), tree());
    assert_eq!(refused("loan/1", &elsewhere), not_proved("credit"));
    // Its link under this session's own proof of `show`.
    let link = elsewhere.vp_token.0["credit"][0].link;
    let moved = changed(|response| {
        response.vp_token.0.get_mut("credit").unwrap()[0].link = link;
        response.across.clone_from(&elsewhere.across);
        response.models.clone_from(&elsewhere.models);
    });
    assert_eq!(moved, not_proved("credit"));
}

/// The links are the very same; only the session of the further proofs is another.
#[test]
fn the_same_links_in_another_session_are_not_proved_here() {
    let here = asking("loan/1");
    let there = Asking { context: 5u64.into(), ..asking("loan/1") };
    let openings = here.openings(citizen());
    let mut response = here.answer_with(&openings, citizen(), tree());
    assert!(judge("loan/1", &response).is_ok());
    let elsewhere = there.answer_with(&openings, citizen(), tree());
    assert_eq!(response.vp_token.0["credit"][0].link, elsewhere.vp_token.0["credit"][0].link);
    let own = std::mem::replace(&mut response.across, elsewhere.across);
    assert_eq!(refused("loan/1", &response), VerifyError::AcrossNotProved);
    response.across = own;
    response.models = elsewhere.models;
    assert_eq!(refused("loan/1", &response), score_not_proved());
}

/// The same condition over the same credentials, but in the order of another policy.
#[test]
fn a_join_of_links_in_another_order_is_not_proved() {
    let here = asking("together/1");
    let turned = asking("turned/1");
    let openings = here.openings(citizen());
    let mut response = here.answer_with(&openings, citizen(), tree());
    assert!(judge("together/1", &response).is_ok());
    response.across = turned.answer_with(&openings, citizen(), tree()).across;
    assert!(judge("turned/1", &response).is_ok(), "it is true in that order");
    assert_eq!(refused("together/1", &response), VerifyError::AcrossNotProved);
}

/// What is proved of the neighbour's credentials says nothing of the citizen's.
#[test]
fn a_proof_about_another_credential_is_not_proved() {
    let other = asking("few-points/1").answer(neighbour(), tree());
    let mut response = answer("few-points/1");
    assert!(judge("few-points/1", &other).is_ok());
    response.models = other.models;
    assert_eq!(refused("few-points/1", &response), score_not_proved());
}

/// Whoever pools credentials has two pseudonyms in a session, however true the further proofs are.
#[test]
fn credentials_of_two_people_are_not_joined() {
    let asking = asking("together/1");
    let mut openings = asking.openings(citizen());
    let mut response = asking.answer_with(&openings, citizen(), tree());
    let borrowed = asking.openings(neighbour()).remove("identity").unwrap();
    let query = &asking.policy.policy().credentials[1];
    let shown = asking.show_opening(query, &borrowed, neighbour(), tree());
    response.vp_token.0.insert("identity".into(), [shown]);
    assert_eq!(refused("together/1", &response), VerifyError::AcrossNotProved);
    openings.insert("identity", borrowed);
    response.across = asking.join(&openings);
    assert_eq!(refused("together/1", &response), VerifyError::SeveralHolders);
    response.vp_token.0.get_mut("identity").unwrap()[0].nullifier =
        response.vp_token.0["credit"][0].nullifier;
    assert_eq!(refused("together/1", &response), not_proved("identity"));
}

#[test]
fn a_score_that_is_lower_than_asked_is_not_proved() {
    let full = asking("points/1");
    let openings = full.openings(citizen());
    let mut response = full.answer_with(&openings, citizen(), tree());
    assert!(judge("points/1", &response).is_ok());
    response.models = asking("few-points/1").answer_with(&openings, citizen(), tree()).models;
    assert!(judge("few-points/1", &response).is_ok(), "it is true of fewer points");
    assert_eq!(refused("points/1", &response), score_not_proved());
    assert_eq!(changed(|response| response.models.swap(0, 1)), score_not_proved());
}

#[test]
fn an_invalid_proof_is_named_in_a_batch_of_many_answers() {
    let mut bad_across = loan();
    bad_across.across.as_mut().unwrap().proof = bad_across.vp_token.0["credit"][0].proof.clone();
    let mut bad_score = loan();
    bad_score.models[1].proof = bad_score.models[0].proof.clone();
    let mut bad_both = bad_across.clone();
    bad_both.vp_token.0.get_mut("identity").unwrap()[0].proof = LoanParts::new().across.proof;
    let answers = [loan(), bad_across, bad_score, loan(), bad_both];
    let checked =
        answers.map(|answer| check(&request("loan/1"), || Ok(answer), &view(), &keys(), NOW).unwrap());
    let judged = verify_batch(checked.into()).into_iter().map(Result::err);
    let named = [
        None,
        Some(VerifyError::AcrossNotProved),
        Some(score_not_proved()),
        None,
        Some(not_proved("identity")),
    ];
    assert_eq!(judged.collect::<Vec<_>>(), named);
}

fn named(change: impl FnOnce(&mut VpResponse)) -> (Circuit, KeyUseError) {
    match changed(change) {
        VerifyError::Key { circuit, why, .. } => (circuit, why),
        other => panic!("{other}"),
    }
}

#[test]
fn a_key_is_one_of_its_own_statement() {
    let LoanParts { across, score } = LoanParts::new();
    let show = KeyDigest(vk().digest());
    let not_published = |circuit| (circuit, KeyUseError::NotPublished);
    assert_eq!(named(|r| r.across.as_mut().unwrap().key = show), not_published(Circuit::Join));
    assert_eq!(named(|r| r.across.as_mut().unwrap().key = score.key), not_published(Circuit::Join));
    assert_eq!(named(|r| r.models[1].key = across.key), not_published(Circuit::Score));
}

#[test]
fn keys_that_a_policy_does_not_need_are_not_missed() {
    let without = |circuit| CircuitKeys::new(circuit, Vec::new(), Development::Accepted);
    let only_show = Keys { join: without(Circuit::Join), score: without(Circuit::Score), ..keys() };
    assert!(verify(&request("fast-lane/1"), &bytes(&honest()), &view(), &only_show, NOW).is_ok());
    let newest = |policy| only_show.newest_for(&checked(policy), NOW).map(|key| *key.digest());
    assert_eq!(newest("fast-lane/1"), Ok(digest()));
    for policy in ["together/1", "points/1", "loan/1"] {
        assert_eq!(newest(policy), Err(KeyUseError::NotPublished), "{policy}");
        assert_eq!(keys().newest_for(&checked(policy), NOW).map(|key| *key.digest()), Ok(digest()));
    }
    let judged = verify(&request("loan/1"), loan().to_json().as_bytes(), &view(), &only_show, NOW);
    assert_eq!(refusal(judged).reason(), Reason::KeyNotValid);
}

/// An answer rests on every one of its keys.
#[test]
fn one_development_key_makes_an_answer_one_of_development() {
    let show = (KeyPeriod::default(), show_key(KeyUse::Ceremony));
    let mixed = show_keys(vec![show]);
    let judged = |policy, response: &VpResponse| {
        let judged = verify(&request(policy), response.to_json().as_bytes(), &view(), &mixed, NOW);
        judged.unwrap().get().key_use
    };
    assert_eq!(judged("fast-lane/1", &honest().into()), KeyUse::Ceremony);
    assert_eq!(judged("loan/1", &loan()), KeyUse::Development);
}
