//! Recovery at the pages: of the desk that asks, and of the one that approves.

use axum::http::{StatusCode, header};
use ledger::samples::{bundle_id, hpke_key};

use super::browser::{Browser, Desk, Page, Which};
use super::rules::assert_strict;
use crate::config::StaffRules;
use crate::tests::recovery::{altered, propose};
use crate::tests::world::{InjectedFault, PERSON, Wallet, identity_row, import, receive, token};

const SCHEMA: &str = "identity/1";

fn dealt() -> Desk {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    let wallet = Wallet::new(1);
    let token = token(&desk.issuer, SCHEMA, PERSON);
    receive(&desk.issuer, &token, &wallet.enroll(&desk.issuer, SCHEMA, &desk.issuer.nonce())).unwrap();
    desk.issuer.noticed(&wallet.notice(&desk.issuer, bundle_id("one"))).unwrap();
    desk
}

fn recover(clerk: &Browser<'_>, key: &str) -> Page {
    clerk.post(&format!("{}/recover", clerk.find(PERSON)), &[("schema", SCHEMA), ("key", key)])
}

#[test]
fn one_clerk_proposes_and_completes_what_another_department_approved() {
    let desk = dealt();
    let wei = desk.clerk("wei");
    let person = wei.find(PERSON);
    assert!(wei.get(&person).has("class=\"recover\"") && !wei.get(&person).has("id=\"recovering\""));
    let at = recover(&wei, &hpke_key("new").to_string()).location;
    assert_eq!(at, format!("{person}/recovery"));
    let page = wei.get(&at);
    assert_strict("recovery", &page);
    assert_eq!(page.attribute("data-state"), "open");
    assert_eq!(page.text("digest"), hpke_key("new").digest().in_groups());
    assert!(wei.get(&person).has("id=\"recovering\""));

    let file = wei.get(&format!("{at}/proposal.json"));
    assert!(file.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    let complete = |text: &str| wei.post(&format!("{at}/complete"), &[("proposal", text)]);
    assert_eq!(complete(&file.html).refusal(), "not_approved");
    let back = desk.world.credit.approve_foreign_recovery("lu", &file.html).unwrap();
    // A form sends line ends of its own.
    assert_eq!(complete(&back.replace('\n', "\r\n")).location, at);
    let page = wei.get(&at);
    assert_eq!(page.attribute("data-state"), "requested");
    assert!(page.has("id=\"next\""));
    desk.issuer.sync().unwrap();
    assert!(desk.issuer.registry().recovery(&bundle_id("one")).is_some());
}

#[test]
fn a_request_without_an_answer_is_sent_again_from_its_page() {
    let desk = dealt();
    let wei = desk.clerk("wei");
    let at = recover(&wei, &hpke_key("new").to_string()).location;
    let text = wei.get(&format!("{at}/proposal.json")).html;
    let back = desk.world.credit.approve_foreign_recovery("lu", &text).unwrap();
    desk.world.ledger.fail_next(InjectedFault::LandedButLost);
    assert_eq!(wei.post(&format!("{at}/complete"), &[("proposal", &back)]).refusal(), "busy");
    assert!(wei.get(&at).has("id=\"again\""));
    // The page has what was proposed, without the approval.
    assert_eq!(wei.post(&format!("{at}/complete"), &[("proposal", &text)]).location, at);
    assert_eq!(wei.get(&at).attribute("data-state"), "requested");
}

#[test]
fn a_person_without_a_bundle_is_told_about_the_reset() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    desk.world.identify(PERSON, &Wallet::new(1));
    let english = desk.stranger();
    let chinese = desk.stranger().speaking("zh-CN");
    let person = english.find(PERSON);
    assert!(english.get(&person).has("only a reset helps") && !english.get(&person).has("name=\"key\""));
    assert!(chinese.get(&person).has("只能办理重置"));
    let refused = recover(&chinese, &hpke_key("new").to_string());
    assert_eq!(refused.refusal(), "no_bundle");
    assert!(refused.has("只能办理重置"));
    assert_eq!(recover(&english, "x").refusal(), "bad_key");
    assert_eq!(english.get(&format!("{person}/recovery")).status, StatusCode::NOT_FOUND);
}

/// A desk of the second department, and what the first one asks.
fn asked() -> (Desk, String) {
    let desk = Desk::staffed(Which::Credit, &StaffRules::default());
    let wallet = Wallet::new(1);
    desk.world.identify(PERSON, &wallet);
    let gongan = &desk.world.gongan;
    gongan.noticed(&wallet.notice(gongan, bundle_id("one"))).unwrap();
    let text = propose(gongan, "new").unwrap().stored.proposal;
    (desk, text)
}

#[test]
fn a_clerk_of_another_department_reads_looks_and_approves() {
    let (desk, text) = asked();
    let lu = desk.clerk("lu");
    assert!(lu.get("/").has("id=\"nav-agree\""));
    assert_strict("paste", &lu.get("/recovery-approvals"));
    let read = lu.post("/recovery-approvals/look", &[("proposal", &text)]);
    assert_strict("read", &read);
    assert_eq!(read.text("digest"), hpke_key("new").digest().in_groups());
    assert!(read.text("desk").contains("gongan.nanning") && !read.has(PERSON));
    let without = lu.post("/recovery-approvals/approve", &[("proposal", &text)]);
    assert_eq!(without.refusal(), "malformed", "nobody approves who has not looked");
    let done = lu.post("/recovery-approvals/approve", &[("proposal", &text), ("looked", "yes")]);
    assert_strict("approved", &done);
    assert!(done.has("id=\"agreed\"") && done.has("credit.nanning"));
    assert!(desk.clerk("nong").get("/audit").has("data-act=\"agree\""));
}

#[test]
fn pages_of_approving_say_in_the_readers_language_what_is_refused() {
    let (desk, text) = asked();
    let english = desk.clerk("lu");
    let chinese = desk.clerk("lu").speaking("zh-CN");
    assert!(english.get("/recovery-approvals").has("Approve for another department"));
    assert!(chinese.get("/recovery-approvals").has("为其他部门同意"));
    let own = altered(&text, |json| json["record"]["desk"] = "credit.nanning".into());
    let other = altered(&text, |json| json["origin"] = "other.city/1".into());
    let large = " ".repeat((1 << 20) + 1);
    for (bad, code, words) in [
        (own.as_str(), "own_recovery", "须由另一个部门同意"),
        (other.as_str(), "other_ledger", "另一个账本"),
        ("yes", "bad_proposal", "整段粘贴"),
        (large.as_str(), "bad_proposal", "整段粘贴"),
    ] {
        let refused = chinese.post("/recovery-approvals/look", &[("proposal", bad)]);
        assert_eq!(refused.refusal(), code);
        assert!(refused.has(words), "{}", refused.html);
        assert_eq!(english.post("/recovery-approvals/look", &[("proposal", bad)]).refusal(), code);
    }
}

#[test]
fn an_auditor_neither_proposes_nor_approves() {
    let (desk, text) = asked();
    let qin = desk.clerk("qin");
    let read = qin.post("/recovery-approvals/look", &[("proposal", &text)]);
    let approve = qin.post("/recovery-approvals/approve", &[("proposal", &text), ("looked", "yes")]);
    for page in [read, approve, qin.get("/recovery-approvals"), qin.get("/people/1/recovery")] {
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
}

/// A form that another site sends, or that came before the person changed, is no way to approve.
#[test]
fn another_sites_form_approves_nothing() {
    let (desk, text) = asked();
    let lu = desk.clerk("lu");
    let sent =
        lu.post_from_elsewhere("/recovery-approvals/approve", &[("proposal", &text), ("looked", "yes")]);
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}
