//! What a clerk does for one person.

use axum::http::StatusCode;
use serde_json::Value;

use super::browser::{Browser, Desk, Page, Which};
use crate::config::{Revoking, StaffRules};
use crate::tests::world::{
    InjectedFault, PERSON, Wallet, credit_row, enrol, id, identity_row, import, receive, token_request,
};

const SCHEMA: &str = "credit-report/1";

fn alone() -> StaffRules {
    StaffRules { revoke: Revoking::Alone, ..StaffRules::default() }
}

fn granted() -> Desk {
    let desk = Desk::staffed(Which::Credit, &alone());
    let holder = Wallet::new(1).holder(&desk.issuer, SCHEMA);
    enrol(&desk.issuer, SCHEMA, PERSON, &holder);
    desk.issuer.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    desk
}

fn act(clerk: &Browser<'_>, at: &str, act: &str, reason: &str) -> Page {
    clerk.post(
        &format!("{at}/status"),
        &[("schema", SCHEMA), ("act", act), ("reason", reason), ("other", ""), ("sure", "yes")],
    )
}

#[test]
fn the_offer_shows_link_and_number_apart_and_says_when_it_was_received() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let clerk = desk.stranger();
    let offer = clerk.post(&format!("{}/offer", clerk.find(PERSON)), &[("schema", "identity/1")]);
    assert!(!offer.has("<svg"), "the number never stands beside the QR code");
    assert_eq!(offer.text("offer-for"), "侯斌 · Resident identity");
    let link = offer.attribute("data-link").replace("&#38;", "&");
    let number = offer.text("tx-code");
    assert!(number.len() == 6 && !link.contains(number), "{number}");
    let state = || {
        let state: Value = serde_json::from_str(&clerk.get(offer.attribute("data-poll")).html).unwrap();
        assert!(clerk.get(offer.attribute("data-poll").trim_end_matches("/state")).has("id=\"progress\""));
        state["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(), "waiting");
    let token = desk.issuer.token(&token_request(&desk.issuer, &link, number)).unwrap().access_token;
    assert_eq!(state(), "redeemed");
    let request = Wallet::new(1).enroll(&desk.issuer, "identity/1", &desk.issuer.nonce());
    receive(&desk.issuer, &token, &request).unwrap();
    assert_eq!(state(), "received");
    assert!(clerk.get(&clerk.find(PERSON)).has("data-state=\"active\""));
}

#[test]
fn lists_name_people_and_things_by_their_names() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let clerk = desk.stranger();
    clerk.post(&format!("{}/offer", clerk.find(PERSON)), &[("schema", "identity/1")]);
    let audit = clerk.get("/audit");
    for words in
        ["somebody at this machine (not signed in)", "侯斌 <span", "Resident identity · other wallets end"]
    {
        assert!(audit.has(words), "{words}: {}", audit.html);
    }
    for code in [">local<", "identity/1", "replace_all"] {
        assert!(!audit.has(code), "{code}: {}", audit.html);
    }
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    let holder = Wallet::new(1).holder(&desk.issuer, "identity/1");
    enrol(&desk.issuer, "identity/1", PERSON, &holder);
    desk.issuer.grant_list(&id("identity/1"), &[identity_row(PERSON)]).unwrap();
    let wei = desk.clerk("wei");
    let revoke =
        [("schema", "identity/1"), ("act", "revoke"), ("reason", "applicant.request"), ("sure", "yes")];
    let proposal = wei.post(&format!("{}/status", wei.find(PERSON)), &revoke).location;
    let nong = desk.clerk("nong");
    for path in [proposal.as_str(), "/proposals", "/audit"] {
        let page = nong.get(path);
        assert!(
            page.has("Resident identity") && page.has("侯斌") && page.has("wei"),
            "{path}: {}",
            page.html
        );
        assert!(!page.has("identity/1") && !page.has("applicant.request"), "{path}: {}", page.html);
    }
    assert!(nong.get("/audit").has("Resident identity · the person"));
}

#[test]
fn an_offer_that_a_newer_one_replaced_or_nobody_made_has_ended() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    let clerk = desk.stranger();
    let make = || clerk.post(&format!("{}/offer", clerk.find(PERSON)), &[("schema", "identity/1")]);
    let older = make();
    let _newer = make();
    for path in [older.attribute("data-poll"), "/offers/nothing/state"] {
        assert!(clerk.get(path).has("\"ended\""), "{path}");
    }
}

#[test]
fn record_and_credential_stand_side_by_side_and_differences_are_marked() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    assert!(!clerk.get(&at).has("class=\"differs\""));
    import(&desk.issuer, SCHEMA, &credit_row(PERSON, "651"));
    let page = clerk.get(&at);
    assert!(page.has("<td>651</td><td>650</td>") && page.has("class=\"differs\""), "{}", page.html);
    assert_eq!(page.attribute("data-position"), "0");
}

#[test]
fn a_clerk_suspends_restores_and_revokes() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    for (word, state) in [("suspend", "suspended"), ("restore", "active"), ("revoke", "revoked")] {
        assert_eq!(act(&clerk, &at, word, "court.order").location, format!("{at}?said=changed"));
        assert!(clerk.get(&at).has(&format!("data-state=\"{state}\"")), "{state}");
    }
    assert_eq!(act(&clerk, &at, "restore", "court.order").refusal(), "final");
    let audit = desk.clerk("nong").get("/audit");
    for word in ["suspend", "restore", "revoke", "find", "view", "sign-in"] {
        assert!(audit.has(&format!("data-act=\"{word}\"")), "{word}");
    }
    assert!(audit.has("<td>wei</td>") && audit.has("court order") && audit.has(PERSON));
}

#[test]
fn what_was_typed_as_reason_goes_first_and_is_a_public_code() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    let with = |other: &str| {
        let form =
            [("schema", SCHEMA), ("act", "suspend"), ("reason", "moved"), ("other", other), ("sure", "yes")];
        clerk.post(&format!("{at}/status"), &form)
    };
    for reason in ["two words", PERSON, "原因"] {
        assert_eq!(with(reason).refusal(), "bad_reason", "{reason}");
    }
    assert_eq!(with("case-17").status, StatusCode::SEE_OTHER);
    let last = desk.world.ledger.submitted.lock().unwrap().last().cloned().unwrap();
    assert!(String::from_utf8(last).unwrap().contains("case-17"));
}

#[test]
fn a_correction_sends_what_differs_and_replaces_the_credential() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    let correct = |score: &str| {
        let form = [
            ("schema", SCHEMA),
            ("reason", "data.error"),
            ("set-score", score),
            ("set-level", "A"),
            ("set-bad_records", "no"),
            ("set-seniority_years", "9"),
        ];
        clerk.post(&format!("{at}/correct"), &form)
    };
    assert_eq!(correct("650").location, format!("{at}?said=unchanged"));
    assert_eq!(correct("much").refusal(), "bad_value");
    assert_eq!(correct("700").location, format!("{at}?said=changed"));
    assert!(clerk.get(&at).has("<td>700</td><td>700</td>"));
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
}

#[test]
fn a_ledger_that_does_not_answer_is_said_and_nothing_is_done_twice() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    desk.world.ledger.fail_next(InjectedFault::LandedButLost);
    let busy = act(&clerk, &at, "suspend", "moved");
    assert_eq!((busy.status, busy.refusal()), (StatusCode::SERVICE_UNAVAILABLE, "busy"));
    assert!(desk.clerk("nong").get("/audit").has("the ledger did not answer"));
    assert_eq!(act(&clerk, &at, "suspend", "moved").location, format!("{at}?said=unchanged"));
    assert_eq!(desk.world.ledger.leaves(), (1, 1));
}

#[test]
fn forms_that_make_no_sense_are_refused() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    assert_eq!(act(&clerk, &at, "destroy", "moved").refusal(), "malformed");
    assert_eq!(clerk.post(&format!("{at}/status"), &[("act", "suspend")]).refusal(), "malformed");
    assert_eq!(clerk.post(&format!("{at}/offer"), &[("schema", "other/1")]).refusal(), "not_granted");
    assert_eq!(clerk.post("/people/999/offer", &[("schema", SCHEMA)]).status, StatusCode::NOT_FOUND);
}

#[test]
fn a_change_of_status_is_asked_about_before_everybody_sees_it() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    let before = desk.world.ledger.leaves();
    let page = clerk.get(&at);
    assert!(page.has("<option value=\"\">") && !page.has("\" selected>the person"), "{}", page.html);
    let form = [("schema", SCHEMA), ("act", "suspend"), ("reason", ""), ("other", "")];
    let unsaid = clerk.post(&format!("{at}/status"), &form);
    assert_eq!((unsaid.status, unsaid.refusal()), (StatusCode::UNPROCESSABLE_ENTITY, "bad_reason"));
    let form = [("schema", SCHEMA), ("act", "suspend"), ("reason", "court.order"), ("other", "")];
    let asked = clerk.post(&format!("{at}/status"), &form);
    assert_eq!((asked.status, asked.text("sure-reason")), (StatusCode::OK, "court order"));
    assert!(asked.has("public ledger for ever") && asked.has("name=\"sure\""), "{}", asked.html);
    assert_eq!(desk.world.ledger.leaves(), before, "nothing is done yet");
    assert!(clerk.get(&at).has("data-state=\"active\""));
}

#[test]
fn what_was_typed_into_a_correction_is_kept_beside_its_fault() {
    let desk = granted();
    let clerk = desk.clerk("wei");
    let at = clerk.find(PERSON);
    let form = |score, other| {
        let fields = [
            ("schema", SCHEMA),
            ("reason", "moved"),
            ("other", other),
            ("set-score", score),
            ("set-level", "B"),
            ("set-bad_records", "no"),
            ("set-seniority_years", "11"),
        ];
        clerk.post(&format!("{at}/correct"), &fields)
    };
    let page = form("much", "case-1");
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let correction = page.html.split_once("<details class=\"correct\" open>").unwrap().1;
    let correction = correction.split_once("</details>").unwrap().0;
    for kept in [
        "value=\"much\"",
        "value=\"11\"",
        "<option value=\"B\" selected>",
        "value=\"case-1\"",
        "aria-invalid",
    ] {
        assert!(correction.contains(kept), "{kept}: {correction}");
    }
    assert!(correction.contains("<option value=\"moved\" selected>"), "{correction}");
    let page = form("651", "case 1");
    assert_eq!(page.refusal(), "bad_reason");
    assert!(page.has("value=\"651\""), "{}", page.html);
}
