//! Shares of the person secret on the pages: dealt, warned of, and given back to a new wallet.

use serde_json::json;

use super::browser::{Browser, Seen};
use crate::receive::tests::TestIssuer;
use crate::testing::{POLICE, wallet};
use crate::trustees::tests::town::{Manner, TRUSTEES, Town, identity_holder};
use crate::wallet::PersonFrom;

fn stage(page: &Seen) -> String {
    page.attribute("data-shares").unwrap_or_else(|| panic!("{}", page.text()))
}

#[tokio::test]
async fn the_page_of_the_devices_says_who_keeps_shares_and_shares_anew() {
    let town = Town::new();
    let (holder, _) = identity_holder(&town);
    let browser = Browser::with(&town.world, holder).await;
    assert!(browser.get("/").await.text().contains("id=\"shares-due\""));
    assert_eq!(stage(&browser.get("/devices").await), "due");
    town.behaves(TRUSTEES[0], Manner::Down);
    let refused = browser.post("/devices/deal", &[]).await;
    assert_eq!(refused.error_code(), "not_kept");
    assert!(refused.text().contains(TRUSTEES[0]), "it is named");
    assert_eq!(stage(&browser.get("/devices").await), "due");
    town.behaves(TRUSTEES[0], Manner::Honest);
    assert_eq!(browser.post("/devices/deal", &[]).await.leads_to(), "/devices");
    let page = browser.get("/devices").await;
    assert_eq!(stage(&page), "done");
    for department in TRUSTEES {
        assert!(page.text().contains(&format!("data-department=\"{department}\"")), "{}", page.text());
    }
    assert!(!browser.get("/").await.text().contains("id=\"shares-due\""));
    let history = browser.get("/history").await.text();
    assert!(history.contains("data-outcome=\"dealt\"") && history.contains("data-outcome=\"dealing\""));
}

#[tokio::test]
async fn the_first_page_warns_of_a_request_that_the_wallet_did_not_make() {
    let town = Town::new();
    let (holder, _) = identity_holder(&town);
    let browser = Browser::with(&town.world, holder).await;
    browser.post("/devices/deal", &[]).await.leads_to();
    assert!(browser.get("/").await.attribute("data-warning").is_none());
    let bundle = browser.app.open().unwrap().read().wallet.dealings().newest_done().unwrap().bundle;
    let thief = wallet(9).begin_recovery(&mut crate::testing::rng(9)).unwrap();
    town.world.request_recovery(&bundle, &thief);
    browser.post("/sync", &[]).await.leads_to();
    let home = browser.get("/").await;
    assert_eq!(home.attribute("data-warning").as_deref(), Some("recovery"));
    assert_eq!(home.attribute("data-desk").as_deref(), Some(POLICE));
}

#[tokio::test]
async fn an_empty_wallet_becomes_the_person_again() {
    let town = Town::new();
    let (holder, _) = identity_holder(&town);
    let secret = *holder.secrets().person.expose();
    let old = Browser::with(&town.world, holder).await;
    old.post("/devices/deal", &[]).await.leads_to();
    let bundle = old.app.open().unwrap().read().wallet.dealings().newest_done().unwrap().bundle;

    let new = Browser::with(&town.world, wallet(2)).await;
    assert!(new.get("/").await.text().contains("href=\"/recover\""));
    assert!(new.get("/recover").await.text().contains("id=\"begin\""));
    assert_eq!(new.post("/recover/look", &[]).await.error_code(), "not_begun");
    assert_eq!(new.post("/recover/begin", &[]).await.leads_to(), "/recover");
    let key = new.get("/recover").await.attribute("data-text").unwrap();
    assert_eq!(new.post("/recover/begin", &[]).await.leads_to(), "/recover");
    assert_eq!(new.get("/recover").await.attribute("data-text").as_ref(), Some(&key), "one key");
    assert_eq!(new.post("/recover/look", &[]).await.error_code(), "not_requested");

    town.world.request_recovery(&bundle, &key.parse().unwrap());
    town.behaves(TRUSTEES[0], Manner::Down);
    town.behaves(TRUSTEES[1], Manner::Lies);
    let few = new.post("/recover/look", &[]).await;
    assert_eq!(few.error_code(), "too_few_shares");
    for fault in ["silent", "lies"] {
        assert!(few.text().contains(&format!("data-fault=\"{fault}\"")), "{}", few.text());
    }
    town.behaves(TRUSTEES[0], Manner::Honest);
    assert_eq!(new.post("/recover/look", &[]).await.leads_to(), "/recover");
    let done = new.get("/recover").await.text();
    assert!(done.contains("id=\"recovered\"") && done.contains("data-fault=\"lies\""), "{done}");
    let open = new.app.open().unwrap();
    assert_eq!(*open.read().wallet.secrets().person.expose(), secret);
    assert_eq!(open.read().wallet.person_from(), PersonFrom::Trustees);
    let phrase = new.post("/settings/phrase", &[("passphrase", super::browser::PASSPHRASE)]).await;
    assert!(
        phrase.text().contains("id=\"phrase-recovered\""),
        "the phrase is not enough, and the page says so"
    );
}

#[tokio::test]
async fn a_wallet_with_credentials_is_told_to_make_a_new_one() {
    let town = Town::new();
    let (holder, _) = identity_holder(&town);
    let browser = Browser::with(&town.world, holder).await;
    assert!(browser.get("/recover").await.text().contains("id=\"not-empty\""));
    assert_eq!(browser.post("/recover/begin", &[]).await.error_code(), "not_empty");
}

/// Trustees that nobody reaches.
#[tokio::test]
async fn an_identity_is_received_whatever_becomes_of_the_shares() {
    let issuer = TestIssuer::of_authority(&TRUSTEES);
    let nobody = "http://127.0.0.1:1".parse().unwrap();
    for department in TRUSTEES {
        issuer.world.publish_trustee(department, &ledger::samples::hpke_key(department), &nobody);
    }
    let person = wallet(1);
    let values = json!({"id_number": "450199199609118925", "birth_date": "1996-09-11"});
    issuer.grant(&person, POLICE, "identity/1", &values);
    let browser = Browser::with(&issuer.world, person).await;
    browser.upload("/receive", &[("link", "", issuer.offer().as_bytes())]).await.leads_to();
    let id = browser.get("/receive/offer").await.attribute("name=\"offer\" value").unwrap();
    let accepted = browser.post("/receive/accept", &[("offer", &id), ("tx_code", "123456")]).await;
    let done = browser.after(accepted.leads_to()).await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "received", "{}", done.text());
    assert_eq!(stage(&done), "failed");
    assert_eq!(done.attribute("data-trouble").unwrap(), "not_kept");
    let open = browser.app.open().unwrap();
    assert_eq!(open.read().wallet.credentials().len(), 1);
    assert_eq!(open.read().wallet.dealings().all().count(), 1, "it is remembered");
}
