//! Further devices at the desk's page.

use super::browser::{Browser, Desk, Page, Which};
use crate::config::StaffRules;
use crate::issuer::{ActError, CredentialError, IssuerError};
use crate::tests::world::{PERSON, Wallet, identity_row, import, receive, token, token_request};

const SCHEMA: &str = "identity/1";

/// A desk with staff, and a person whose wallet holds its credential.
fn held() -> Desk {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    let token = token(&desk.issuer, SCHEMA, PERSON);
    let request = Wallet::new(1).enroll(&desk.issuer, SCHEMA, &desk.issuer.nonce());
    receive(&desk.issuer, &token, &request).unwrap();
    desk
}

fn offer(clerk: &Browser<'_>, enrolment: &str) -> Page {
    clerk.post(&format!("{}/offer", clerk.find(PERSON)), &[("schema", SCHEMA), ("enrolment", enrolment)])
}

fn take(desk: &Desk, offer: &Page, wallet: &Wallet) -> Result<(), CredentialError> {
    let link = offer.attribute("data-link").replace("&#38;", "&");
    let request = token_request(&desk.issuer, &link, offer.text("tx-code"));
    let token = desk.issuer.token(&request).unwrap().access_token;
    receive(&desk.issuer, &token, &wallet.enroll(&desk.issuer, SCHEMA, &desk.issuer.nonce())).map(drop)
}

#[test]
fn a_further_device_needs_no_second_clerk_and_one_that_replaces_does() {
    let desk = held();
    let wei = desk.clerk("wei");
    let second = Wallet::new(1).another_device(2);
    take(&desk, &offer(&wei, "add"), &second).unwrap();
    assert_eq!(desk.world.ledger.leaves(), (2, 0));
    let replaced = take(&desk, &offer(&wei, "replace_all"), &second);
    let needs = matches!(replaced, Err(CredentialError::Act(ActError::Refused(IssuerError::NeedsApproval))));
    assert!(needs, "it would end the first");
    let lu = desk.clerk("lu");
    assert_eq!(lu.post("/proposals/1/decide", &[("decision", "approve")]).location, "/proposals/1");
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
}

#[test]
fn the_page_of_a_person_lists_the_devices_and_asks_which_an_offer_is_for() {
    let desk = held();
    let wei = desk.clerk("wei");
    take(&desk, &offer(&wei, "add"), &Wallet::new(1).another_device(2)).unwrap();
    let page = wei.get(&wei.find(PERSON));
    assert_eq!(page.html.matches("data-device-state=\"active\"").count(), 2);
    for word in ["add", "replace_all"] {
        assert!(page.has(&format!("name=\"enrolment\" value=\"{word}\"")), "{word}");
    }
    for act in [("act", "revoke"), ("act", "suspend")] {
        assert!(page.has(&format!("name=\"{}\" value=\"{}\"", act.0, act.1)));
    }
}

#[test]
fn a_person_without_a_device_is_offered_to_as_before() {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    let wei = desk.clerk("wei");
    let page = wei.get(&wei.find(PERSON));
    assert!(!page.has("name=\"enrolment\"") && !page.has("data-device-state"));
}

#[test]
fn another_word_for_what_becomes_of_the_devices_is_refused() {
    let desk = held();
    assert_eq!(offer(&desk.clerk("wei"), "some").status, axum::http::StatusCode::BAD_REQUEST);
}
