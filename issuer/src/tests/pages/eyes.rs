//! Whatever ends or replaces what somebody holds waits for a second person, by every way, and nothing is done to anything
//! else than what was looked at.

use openid4vc::vci::{IssuedCredential, Secret};

use super::browser::{Browser, Desk, Page, Which};
use crate::config::{Revoking, StaffRules};
use crate::issuer::{ActError, CredentialError, IssuerError};
use crate::tests::world::{
    InjectedFault, OTHER, PERSON, Wallet, credit_row, enrol, id, identity_row, import, receive, token,
    token_request,
};

const SCHEMA: &str = "identity/1";
const CREDIT: &str = "credit-report/1";

/// A desk with staff, and a person whose wallet holds its credential.
fn held() -> Desk {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    let token = token(&desk.issuer, SCHEMA, PERSON);
    ask(&desk, &token, &Wallet::new(1)).unwrap();
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    desk
}

fn ask(desk: &Desk, token: &Secret, wallet: &Wallet) -> Result<IssuedCredential, CredentialError> {
    receive(&desk.issuer, token, &wallet.enroll(&desk.issuer, SCHEMA, &desk.issuer.nonce()))
}

fn needs_approval<T>(outcome: &Result<T, CredentialError>) -> bool {
    is_refused(outcome, &IssuerError::NeedsApproval)
}

fn is_refused<T>(outcome: &Result<T, CredentialError>, rule: &IssuerError) -> bool {
    matches!(outcome, Err(CredentialError::Act(ActError::Refused(refusal))) if refusal == rule)
}

/// At the desk of [`credit`], where a paper takes the place of a wallet.
fn paper(clerk: &Browser<'_>) -> Page {
    paper_under(clerk, CREDIT)
}

fn paper_under(clerk: &Browser<'_>, schema: &str) -> Page {
    clerk.post(&format!("{}/paper", clerk.find(PERSON)), &[("schema", schema)])
}

/// Makes an offer at the page, and redeems it.
fn offered(desk: &Desk, clerk: &Browser<'_>) -> Secret {
    let offer = clerk.post(&format!("{}/offer", clerk.find(PERSON)), &[("schema", SCHEMA)]);
    let link = offer.attribute("data-link").replace("&#38;", "&");
    let request = token_request(&desk.issuer, &link, offer.text("tx-code"));
    desk.issuer.token(&request).unwrap().access_token
}

fn decide(clerk: &Browser<'_>, at: &str, decision: &str) -> Page {
    clerk.post(&format!("{at}/decide"), &[("decision", decision)])
}

#[test]
fn a_paper_that_ends_a_credential_waits_and_its_proposer_alone_prints_it_once() {
    let desk = credit();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let at = paper(&wei).location;
    assert!(at.starts_with("/proposals/"), "{at}");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert_eq!(lu.get(&at).attribute("data-position"), "0", "it says which credential ends");
    assert_eq!(wei.post(&format!("{at}/print"), &[]).refusal(), "not_open");
    assert_eq!(decide(&wei, &at, "approve").refusal(), "own_proposal");

    assert_eq!(decide(&lu, &at, "approve").location, at);
    assert_eq!(desk.world.ledger.leaves(), (1, 0), "approving prints nothing");
    assert!(!lu.get(&at).has("id=\"print-paper\"") && lu.get(&at).has("id=\"printer\""));
    assert_eq!(lu.post(&format!("{at}/print"), &[]).refusal(), "not_yours");
    assert!(wei.get(&at).has("id=\"print-paper\""));
    assert!(wei.post(&format!("{at}/print"), &[]).has("id=\"paper-code\""));
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
    assert_eq!(wei.post(&format!("{at}/print"), &[]).refusal(), "not_open");
    let audit = desk.clerk("nong").get("/audit");
    for word in ["propose", "approve", "paper"] {
        assert!(audit.has(&format!("data-act=\"{word}\"")), "{word}");
    }
}

#[test]
fn a_paper_that_the_ledger_did_not_answer_is_printed_after_all() {
    let desk = credit();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let at = paper(&wei).location;
    decide(&lu, &at, "approve");
    desk.world.ledger.fail_next(InjectedFault::LandedButLost);
    assert_eq!(wei.post(&format!("{at}/print"), &[]).refusal(), "busy");
    assert!(wei.post(&format!("{at}/print"), &[]).has("id=\"paper-code\""));
    assert_eq!(desk.world.ledger.leaves(), (3, 2), "the one that nobody can open has ended");
}

#[test]
fn a_first_paper_needs_nobody_else() {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    assert!(paper_under(&desk.clerk("wei"), SCHEMA).has("id=\"paper-code\""));
    let alone = StaffRules { revoke: Revoking::Alone, ..StaffRules::default() };
    let desk = Desk::staffed(Which::Credit, &alone);
    import(&desk.issuer, CREDIT, &credit_row(PERSON, "650"));
    for leaves in [(1, 0), (2, 1)] {
        assert!(paper(&desk.clerk("wei")).has("id=\"paper-code\""));
        assert_eq!(desk.world.ledger.leaves(), leaves);
    }
}

#[test]
fn another_wallet_takes_no_place_before_a_second_clerk_agrees() {
    let desk = held();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let token = offered(&desk, &wei);
    for _ in 0..2 {
        assert!(needs_approval(&ask(&desk, &token, &Wallet::new(1).another_device(2))));
    }
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert_eq!(lu.get("/").attribute("data-waiting"), "1", "the same wallet is proposed once");
    assert_eq!(decide(&wei, "/proposals/1", "approve").refusal(), "own_proposal");
    assert_eq!(decide(&lu, "/proposals/1", "approve").location, "/proposals/1");
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
    let issued = ask(&desk, &token, &Wallet::new(1).another_device(2)).unwrap();
    assert_eq!(issued.position.get(), 1);
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
}

/// Who lost a wallet twice, or tries with two: nothing is done for the one that came first.
#[test]
fn of_two_other_wallets_the_later_one_waits() {
    let desk = held();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let token = offered(&desk, &wei);
    for seed in [2, 3] {
        assert!(needs_approval(&ask(&desk, &token, &Wallet::new(1).another_device(seed))));
    }
    assert_eq!(lu.get("/").attribute("data-waiting"), "1");
    assert_eq!(decide(&lu, "/proposals/1", "approve").refusal(), "not_open");
    assert_eq!(decide(&lu, "/proposals/2", "approve").location, "/proposals/2");
    assert_eq!(ask(&desk, &token, &Wallet::new(1).another_device(3)).unwrap().position.get(), 1);
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
}

#[test]
fn the_persons_own_wallet_receives_again_without_anybody() {
    let desk = held();
    let token = offered(&desk, &desk.clerk("wei"));
    assert_eq!(ask(&desk, &token, &Wallet::new(1)).unwrap().position.get(), 0);
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
}

/// An offer from before the person held anything opens no way around the rule.
#[test]
fn an_older_offer_replaces_nothing_either() {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    let wei = desk.clerk("wei");
    let token = offered(&desk, &wei);
    assert!(paper_under(&wei, SCHEMA).has("id=\"paper-code\""));
    assert!(is_refused(&ask(&desk, &token, &Wallet::new(2)), &IssuerError::OtherPerson));
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
}

/// A paper is a person of its own.
#[test]
fn a_paper_is_not_for_whoever_the_person_authority_knows() {
    let desk = held();
    let wei = desk.clerk("wei");
    assert_eq!(paper_under(&wei, SCHEMA).refusal(), "other_person");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
}

#[test]
fn a_reset_waits_for_a_second_clerk_and_lets_another_wallet_in() {
    let desk = held();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let at = wei.find(PERSON);
    assert!(wei.get(&at).has("class=\"reset\""));
    let form = [("schema", SCHEMA), ("reason", "lost.phrase")];
    let proposal = wei.post(&format!("{at}/reset"), &form).location;
    assert!(proposal.starts_with("/proposals/"), "{proposal}");
    assert_eq!(decide(&wei, &proposal, "approve").refusal(), "own_proposal");
    let token = offered(&desk, &wei);
    assert!(is_refused(&ask(&desk, &token, &Wallet::new(2)), &IssuerError::OtherPerson));
    assert_eq!(desk.world.ledger.leaves(), (1, 0));

    assert_eq!(decide(&lu, &proposal, "approve").location, proposal);
    assert_eq!(desk.world.ledger.leaves(), (1, 1));
    assert!(!wei.get(&at).has("class=\"reset\""), "there is nobody to reset");
    assert_eq!(wei.post(&format!("{at}/reset"), &form).refusal(), "nothing_to_reset");
    ask(&desk, &offered(&desk, &wei), &Wallet::new(2)).unwrap();
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
    let audit = desk.clerk("nong").get("/audit");
    for word in ["propose", "approve", "reset"] {
        assert!(audit.has(&format!("data-act=\"{word}\"")), "{word}");
    }
}

#[test]
fn a_reset_that_the_ledger_did_not_answer_is_finished_from_its_proposal() {
    for fault in [InjectedFault::Lost, InjectedFault::LandedButLost] {
        let desk = held();
        let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
        let form = [("schema", SCHEMA), ("reason", "lost.phrase")];
        let proposal = wei.post(&format!("{}/reset", wei.find(PERSON)), &form).location;
        desk.world.ledger.fail_next(fault);
        assert_eq!(decide(&lu, &proposal, "approve").refusal(), "busy");
        assert_eq!(decide(&lu, &proposal, "again").location, proposal);
        assert_eq!(desk.world.ledger.leaves(), (1, 1));
    }
}

#[test]
fn a_proposal_is_about_the_credential_that_was_looked_at() {
    let desk = credit();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let revoke = [("schema", CREDIT), ("act", "revoke"), ("reason", "fraud"), ("sure", "yes")];
    let revocation = wei.post(&format!("{}/status", wei.find(PERSON)), &revoke).location;
    let first = paper(&wei).location;
    let second = paper(&wei).location;
    decide(&lu, &first, "approve");
    assert!(wei.post(&format!("{first}/print"), &[]).has("id=\"paper-code\""));
    for stale in [&revocation, &second] {
        assert_eq!(decide(&lu, stale, "approve").refusal(), "changed_since", "{stale}");
        assert!(lu.get(stale).has("data-state=\"open\""));
    }
    assert_eq!(desk.world.ledger.leaves(), (2, 1), "the paper's credential is left alone");
    assert_eq!(decide(&lu, &revocation, "decline").location, revocation);
}

#[test]
fn an_approved_paper_is_not_printed_over_something_else() {
    let desk = credit();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let [first, second] = [paper(&wei).location, paper(&wei).location];
    decide(&lu, &first, "approve");
    decide(&lu, &second, "approve");
    assert!(wei.post(&format!("{first}/print"), &[]).has("id=\"paper-code\""));
    assert_eq!(wei.post(&format!("{second}/print"), &[]).refusal(), "changed_since");
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
}

#[test]
fn a_form_acts_on_what_its_page_showed() {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    let wei = desk.clerk("wei");
    let at = wei.find(PERSON);
    let hidden = |page: &Page| {
        let rest = page.html.split_once("name=\"seen\" value=\"").unwrap().1.to_owned();
        rest.split('"').next().unwrap().to_owned()
    };
    let before = hidden(&wei.get(&at));
    let token = token(&desk.issuer, SCHEMA, PERSON);
    ask(&desk, &token, &Wallet::new(1)).unwrap();
    let now = hidden(&wei.get(&at));
    let send = |act: &str, seen: &str| {
        let mut form = vec![("schema", SCHEMA), ("reason", "moved"), ("seen", seen)];
        form.extend([("act", "suspend"), ("set-name", "韦秀英"), ("sure", "yes")]);
        wei.post(&format!("{at}/{act}"), &form)
    };
    for act in ["offer", "status", "correct", "reset"] {
        assert_eq!(send(act, &before).refusal(), "changed_since", "{act}");
    }
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert_eq!(send("status", &now).location, format!("{at}?said=changed"));
    assert_eq!(send("status", &now).refusal(), "changed_since", "the second press is about something else");
}

#[test]
fn another_persons_form_is_not_this_persons() {
    let desk = held();
    import(&desk.issuer, SCHEMA, &identity_row(OTHER));
    let wei = desk.clerk("wei");
    let other = wei.get(&wei.find(OTHER));
    let seen = other.html.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap();
    let form = [("schema", SCHEMA), ("act", "suspend"), ("reason", "moved"), ("seen", seen), ("sure", "yes")];
    assert_eq!(wei.post(&format!("{}/status", wei.find(PERSON)), &form).refusal(), "changed_since");
}

/// A desk of lists, with two people of whom one holds a credential.
fn credit() -> Desk {
    let desk = Desk::staffed(Which::Credit, &StaffRules::default());
    for (seed, number) in [PERSON, OTHER].iter().enumerate() {
        enrol(&desk.issuer, CREDIT, number, &Wallet::new(seed as u64).holder(&desk.issuer, CREDIT));
    }
    desk.issuer.grant_list(&id(CREDIT), &[credit_row(PERSON, "650")]).unwrap();
    desk
}

fn upload(clerk: &Browser<'_>, act: &str, csv: &str) -> String {
    clerk.upload(&[("schema", CREDIT), ("act", act), ("reason", "moved")], csv).location
}

fn issue_rows(score: &str) -> String {
    let line = |number: &str| format!("{number},{score},A,no,9\n");
    let header = "id_number,score,level,bad_records,seniority_years\n";
    [header, &line(PERSON), &line(OTHER)].concat()
}

#[test]
fn a_list_that_revokes_waits_even_where_its_people_hold_nothing_yet() {
    for rules in [StaffRules::default(), StaffRules { revoke: Revoking::Alone, ..StaffRules::default() }] {
        let desk = Desk::staffed(Which::Credit, &rules);
        import(&desk.issuer, CREDIT, &credit_row(PERSON, "650"));
        let wei = desk.clerk("wei");
        let at = upload(&wei, "revoke", &format!("id_number\n{PERSON}\n"));
        assert!(wei.post(&format!("{at}/run"), &[]).location.starts_with("/proposals/"));
    }
}

#[test]
fn the_limit_holds_for_what_a_list_does_when_it_runs() {
    let desk = credit();
    let mut config = desk.issuer.config().clone();
    config.staff.alone_up_to = 1;
    let issuer = desk.world.opened(config);
    let wei = desk.clerk("wei");
    let list = |at: &str| crate::store::lists::ListId(at.rsplit('/').next().unwrap().parse().unwrap());
    let clerk =
        service::staff::Clerk::Member { name: "wei".parse().unwrap(), role: service::staff::Role::Clerk };
    // One credential would be replaced when it is started, two when it runs.
    let at = upload(&wei, "issue", &issue_rows("651"));
    assert_eq!(issuer.start(&clerk, list(&at), None).unwrap(), Some(crate::issuer::Started::Running));
    issuer.grant_list(&id(CREDIT), &[credit_row(OTHER, "600")]).unwrap();
    let before = desk.world.ledger.leaves();
    while issuer.run_a_part().unwrap() == crate::issuer::Ran::Part {}
    assert_eq!(desk.world.ledger.leaves(), before, "nothing was done");
    assert!(wei.get(&at).has("data-state=\"proposed\""));
    assert_eq!(decide(&wei, "/proposals/1", "approve").refusal(), "own_proposal");
    decide(&desk.clerk("lu"), "/proposals/1", "approve");
    while issuer.run_a_part().unwrap() == crate::issuer::Ran::Part {}
    assert_eq!(desk.world.ledger.leaves(), (before.0 + 2, before.1 + 2));
    assert!(wei.get(&at).has("data-state=\"done\""));
}

#[test]
fn a_list_changes_no_more_than_was_approved() {
    let desk = credit();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let at = upload(&wei, "revoke", &format!("id_number\n{PERSON}\n{OTHER}\n"));
    let proposal = wei.post(&format!("{at}/run"), &[]).location;
    desk.issuer.grant_list(&id(CREDIT), &[credit_row(OTHER, "600")]).unwrap();
    assert_eq!(decide(&lu, &proposal, "approve").refusal(), "changed_since");
    desk.work();
    assert_eq!(desk.world.ledger.leaves(), (2, 0));
}

#[test]
fn a_list_does_not_run_as_something_else_than_its_page_showed() {
    let desk = credit();
    let wei = desk.clerk("wei");
    let at = upload(&wei, "issue", &issue_rows("651"));
    let page = wei.get(&at);
    let seen = page.html.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap();
    desk.issuer.grant_list(&id(CREDIT), &[credit_row(OTHER, "600")]).unwrap();
    assert_eq!(wei.post(&format!("{at}/run"), &[("seen", seen)]).refusal(), "changed_since");
    let page = wei.get(&at);
    let seen = page.html.split_once("name=\"seen\" value=\"").unwrap().1.split('"').next().unwrap();
    assert_eq!(wei.post(&format!("{at}/run"), &[("seen", seen)]).location, at);
}
