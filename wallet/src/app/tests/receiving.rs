use openid4vc::vci::ProofTypes;
use serde_json::json;

use super::browser::Browser;
use super::png;
use crate::receive::tests::TestIssuer;
use crate::testing::{POLICE, wallet};

const CODE: &str = "123456";

async fn at(issuer: &TestIssuer) -> Browser {
    let person = wallet(1);
    let values = json!({"id_number": "450199199609118925", "birth_date": "1996-09-11"});
    issuer.grant(&person, POLICE, "identity/1", &values);
    Browser::with(&issuer.world, person).await
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
    assert_eq!(browser.post("/receive/dismiss", &[]).await.leads_to(), "/");
    assert_eq!(browser.get("/receive/offer").await.leads_to(), "/receive");
    assert_eq!(browser.post("/receive/accept", &[("tx_code", CODE)]).await.leads_to(), "/receive");
}

#[tokio::test]
async fn a_credential_is_received_kept_and_prepared() {
    let issuer = TestIssuer::new(&ProofTypes::enroll(), "identity/1");
    let browser = at(&issuer).await;
    browser.upload("/receive", &[("link", "", issuer.offer().as_bytes())]).await.leads_to();
    let accepted = browser.post("/receive/accept", &[("tx_code", CODE)]).await;
    assert_eq!(accepted.leads_to(), "/receive/outcome");
    let done = browser.after("/receive/outcome").await;
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
    browser.upload("/receive", &[("link", "", issuer.offer().as_bytes())]).await.leads_to();
    browser.post("/receive/accept", &[("tx_code", "000000")]).await.leads_to();
    let done = browser.after("/receive/outcome").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "failed");
    assert_eq!(done.attribute("data-trouble").unwrap(), "desk_refused");
    assert!(done.text().contains("href=\"/receive/offer\""));
    browser.post("/receive/accept", &[]).await.leads_to();
    let done = browser.after("/receive/outcome").await;
    assert_eq!(done.attribute("data-trouble").unwrap(), "no_tx_code");
    issuer.set(|script| {
        script.token = (200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 300}));
    });
    browser.post("/receive/accept", &[("tx_code", CODE)]).await.leads_to();
    let done = browser.after("/receive/outcome").await;
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
