use openid4vc::vci::ProofTypes;
use serde_json::json;

use super::browser::{Browser, Seen};
use super::png;
use crate::receive::tests::TestIssuer;
use crate::testing::{CREDIT, POLICE, wallet};

const CODE: &str = "123456";

async fn at(issuer: &TestIssuer) -> Browser {
    let person = wallet(1);
    let values = json!({"id_number": "450199199609118925", "birth_date": "1996-09-11"});
    issuer.grant(&person, POLICE, "identity/1", &values);
    Browser::with(&issuer.world, person).await
}

/// Gives the wallet the desk's link; gives the page of the offer.
async fn looked_at(browser: &Browser, issuer: &TestIssuer) -> Seen {
    browser.upload("/receive", &[("link", "", issuer.offer().as_bytes())]).await.leads_to();
    browser.get("/receive/offer").await
}

/// Names an offer in its forms.
fn id(offer: &Seen) -> String {
    offer.attribute("name=\"offer\" value").unwrap()
}

/// Accepts an offer; gives the address of its end.
async fn accepted(browser: &Browser, id: &str, code: &str) -> String {
    let accepted = browser.post("/receive/accept", &[("offer", id), ("tx_code", code)]).await;
    assert_eq!(accepted.leads_to(), format!("/receive/outcome?of={id}"));
    accepted.leads_to().to_owned()
}

#[tokio::test]
async fn an_offer_is_shown_before_anything_is_asked_of_the_desk() {
    let issuer = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let browser = at(&issuer).await;
    let looked = browser.upload("/receive", &[("picture", "qr.png", &png(&issuer.offer(), 5))]).await;
    assert_eq!(looked.leads_to(), "/receive/offer");
    let offer = browser.get("/receive/offer").await;
    assert_eq!(offer.attribute("data-department").unwrap(), POLICE);
    assert_eq!(offer.attribute("data-schema").unwrap(), "identity/1");
    assert!(offer.text().contains("id=\"tx-code\"") && offer.text().contains("6 digits"));
    assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"), "nothing was redeemed");
    assert!(offer.text().contains("id=\"shows-nothing\"") && !offer.text().contains("id=\"shown-to-desk\""));
    let id = id(&offer);
    assert_eq!(browser.post("/receive/dismiss", &[("offer", &id)]).await.leads_to(), "/");
    assert_eq!(browser.get("/receive/offer").await.leads_to(), "/receive");
    let late = browser.post("/receive/accept", &[("offer", &id), ("tx_code", CODE)]).await;
    assert_eq!(late.error_code(), "changed");
}

#[tokio::test]
async fn an_offer_says_what_becomes_of_it_on_the_owners_other_devices() {
    let issuer = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let browser = at(&issuer).await;
    for (word, says) in [(None, [false, false]), (Some("end"), [true, false]), (Some("stay"), [false, true])]
    {
        issuer.set(|script| script.offer["yong_other_devices"] = json!(word));
        let offer = looked_at(&browser, &issuer).await.text();
        let said = ["others-end", "others-stay"].map(|id| offer.contains(&format!("id=\"{id}\"")));
        assert_eq!(said, says, "{word:?}");
    }
}

#[tokio::test]
async fn a_credential_is_received_kept_and_prepared() {
    let issuer = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let browser = at(&issuer).await;
    let offer = looked_at(&browser, &issuer).await;
    let accepted = accepted(&browser, &id(&offer), CODE).await;
    let done = browser.after(&accepted).await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "received", "{}", done.text());
    assert_eq!(browser.app.open().unwrap().preparations().count(), 1);
    let home = browser.get("/").await.text();
    assert!(home.contains("data-standing=\"in_tree\"") && !home.contains("450199199609118925"), "{home}");
    let position = browser.app.open().unwrap().read().wallet.credentials()[0].position.get();
    let card = browser.get(&format!("/cards/{position}")).await.text();
    assert!(card.contains("450199199609118925"), "its values are shown when asked for");
    // It is on the disk: a wallet that is opened again has it.
    browser.post("/lock", &[]).await;
    browser.unlock(super::browser::PASSPHRASE).await.leads_to();
    assert_eq!(browser.app.open().unwrap().read().wallet.credentials().len(), 1);
}

#[tokio::test]
async fn a_wrong_number_can_be_typed_again() {
    let issuer = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let browser = at(&issuer).await;
    issuer.set(|script| script.token = (400, json!({"error": "invalid_grant"})));
    let offer = looked_at(&browser, &issuer).await;
    let outcome = accepted(&browser, &id(&offer), "000000").await;
    let done = browser.after(&outcome).await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "failed");
    assert_eq!(done.attribute("data-trouble").unwrap(), "desk_refused");
    assert!(done.text().contains("href=\"/receive/offer\""));
    let said = json!({"zh-CN": "x", "en": "x"});
    for (left, words) in [(2, "2 tries are left"), (0, "this QR code is used up")] {
        let body = json!({"error": "invalid_grant", "message": said, "tries_left": left});
        issuer.set(|script| script.token = (400, body));
        let offer = looked_at(&browser, &issuer).await;
        let outcome = accepted(&browser, &id(&offer), "000000").await;
        let done = browser.after(&outcome).await;
        assert!(done.text().contains(words), "{}", done.text());
        assert_eq!(
            done.text().contains("href=\"/receive/offer\""),
            left > 0,
            "what is used up is not tried again"
        );
    }
    let again = id(&looked_at(&browser, &issuer).await);
    let outcome = accepted(&browser, &again, "").await;
    let done = browser.after(&outcome).await;
    assert_eq!(done.attribute("data-trouble").unwrap(), "no_tx_code");
    issuer.set(|script| {
        script.token = (200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 300}));
    });
    let outcome = accepted(&browser, &again, CODE).await;
    let done = browser.after(&outcome).await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "received");
}

#[tokio::test]
async fn who_is_no_department_is_not_even_asked() {
    let issuer = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let stranger = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let browser = at(&issuer).await;
    let looked = browser.upload("/receive", &[("link", "", stranger.offer().as_bytes())]).await;
    assert_eq!(looked.error_code(), "foreign_desk");
    assert!(stranger.server.take_heard().is_empty());
    let looked = browser.upload("/receive", &[("link", "", b"openid4vp://?client_id=x")]).await;
    assert_eq!(looked.error_code(), "bad_offer");
}

/// A wallet with an identity credential, and a desk that gives its credential to whoever shows it.
async fn at_the_credit_desk(issuer: &TestIssuer) -> Browser {
    let mut person = wallet(1);
    let values = json!({"id_number": "450199199609118925", "birth_date": "1996-09-11"});
    issuer.world.grant(&mut person, POLICE, "identity/1", &values);
    issuer.grant(&person, CREDIT, "credit-report/1", &json!({"score": 1, "level": "A"}));
    Browser::with(&issuer.world, person).await
}

#[tokio::test]
async fn what_a_desk_is_shown_is_on_the_page_and_in_the_history_even_where_it_fails() {
    let issuer = TestIssuer::of_credit();
    let browser = at_the_credit_desk(&issuer).await;
    // Also where the clerk tells no number.
    issuer.set(|script| {
        let grants = &mut script.offer["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        grants.as_object_mut().unwrap().remove("tx_code");
        script.credential = (500, json!({}));
    });
    let offer = looked_at(&browser, &issuer).await;
    let text = offer.text();
    for said in [
        "id=\"shown-to-desk\"",
        "is shown this by your wallet",
        "450199199609118925",
        "number",
        "Show it and receive",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let outcome = accepted(&browser, &id(&offer), "").await;
    let done = browser.after(&outcome).await;
    assert_eq!(done.attribute("data-trouble").unwrap(), "desk_refused");
    let history = browser.get("/history").await.text();
    for said in ["data-outcome=\"shown_to_desk\"", "data-ended=\"failed\"", CREDIT] {
        assert!(history.contains(said), "{said}: {history}");
    }
    assert!(!history.contains("450199199609118925"));
    let csv = browser.get("/history/export?format=csv").await.text();
    assert!(csv.contains("shown_to_desk,credit.nanning") && csv.contains("id_number"), "{csv}");
}

#[tokio::test]
async fn a_wallet_that_cannot_write_shows_the_desk_nothing() {
    let issuer = TestIssuer::of_credit();
    let browser = at_the_credit_desk(&issuer).await;
    let offer = looked_at(&browser, &issuer).await;
    issuer.server.take_heard();
    std::fs::rename(browser.folder.path().join("wallet"), browser.folder.path().join("gone")).unwrap();
    let outcome = accepted(&browser, &id(&offer), CODE).await;
    let done = browser.after(&outcome).await;
    assert_eq!(done.attribute("data-trouble").unwrap(), "disk");
    assert!(issuer.server.take_heard().is_empty());
    assert!(browser.app.open().unwrap().read().wallet.history().is_empty());
}

/// Two windows of one wallet, each with an offer of its own.
#[tokio::test]
async fn a_window_accepts_the_offer_that_it_shows_and_no_other() {
    let issuer = TestIssuer::of_credit();
    let browser = at_the_credit_desk(&issuer).await;
    let first = looked_at(&browser, &issuer).await;
    let second = looked_at(&browser, &issuer).await;
    assert_ne!(id(&first), id(&second));
    issuer.server.take_heard();
    let late = browser.post("/receive/accept", &[("offer", &id(&first)), ("tx_code", CODE)]).await;
    assert_eq!(late.error_code(), "changed");
    assert_eq!(id(&late), id(&second), "what waits by now is shown");
    let late = browser.post("/receive/dismiss", &[("offer", &id(&first))]).await;
    assert_eq!(late.error_code(), "changed");
    // A form of a window from before the program was started anew has an unknown offer, or none.
    for unknown in ["", "guessed"] {
        let refused = browser.post("/receive/accept", &[("offer", unknown), ("tx_code", CODE)]).await;
        assert_eq!(refused.error_code(), "changed");
    }
    browser.app.tasks().done().await;
    assert!(issuer.server.take_heard().is_empty(), "nothing was done");
    let outcome = accepted(&browser, &id(&second), CODE).await;
    let done = browser.after(&outcome).await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "received", "{}", done.text());
    // A second click on the same button.
    accepted(&browser, &id(&second), CODE).await;
}

#[tokio::test]
async fn an_offer_that_failed_does_not_push_another_aside() {
    let issuer = TestIssuer::of_credit();
    let browser = at_the_credit_desk(&issuer).await;
    issuer.set(|script| script.token = (400, json!({"error": "invalid_grant"})));
    let first = looked_at(&browser, &issuer).await;
    let outcome = accepted(&browser, &id(&first), "000000").await;
    let second = looked_at(&browser, &issuer).await;
    browser.after(&outcome).await;
    let waiting = browser.get("/receive/offer").await;
    assert_eq!(id(&waiting), id(&second));
}

#[tokio::test]
async fn a_suspended_departments_offer_is_refused() {
    let issuer = TestIssuer::of_credit();
    let browser = at_the_credit_desk(&issuer).await;
    issuer.world.publish(
        POLICE,
        ledger::samples::record(
            json!({"kind": "department.suspend", "id": "suspend/credit", "department": CREDIT,
            "reason": "audit", "approvals": []}),
        ),
    );
    browser.post("/sync", &[]).await.leads_to();
    let looked = browser.upload("/receive", &[("link", "", issuer.offer().as_bytes())]).await;
    assert_eq!(looked.error_code(), "desk_suspended");
    assert!(issuer.server.take_heard().is_empty());
}
