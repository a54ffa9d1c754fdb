use openid4vc::renewal::Renewal;

use super::browser::{Browser, PASSPHRASE};
use crate::receive::tests::renewal::{Corrected, corrected};

#[tokio::test]
async fn what_was_corrected_is_there_after_a_sync_and_on_the_disk() {
    let Corrected { issuer, wallet } = corrected();
    let browser = Browser::with(&issuer.world, wallet).await;
    browser.post("/sync", &[]).await.leads_to();
    let home = browser.get("/").await.text();
    assert_eq!(home.matches("data-standing").count(), 1, "{home}");
    assert!(home.contains("data-standing=\"in_tree\"") && !home.contains("class=\"remedy\""), "{home}");
    browser.post("/lock", &[]).await;
    browser.unlock(PASSPHRASE).await.leads_to();
    let held = browser.app.open().unwrap().read().wallet.credentials().to_vec();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].credential.values.to_json()["birth_date"], "1996-09-12");
}

#[tokio::test]
async fn a_card_that_ended_says_why_and_where_to_go() {
    for (renewal, says) in [
        (Renewal::Suspended, "has suspended it for now. Go to"),
        (Renewal::Revoked, "has revoked it."),
        (Renewal::Replaced, "with another device"),
    ] {
        let Corrected { issuer, wallet } = corrected();
        issuer.set(|script| script.renewal = Some(renewal));
        let browser = Browser::with(&issuer.world, wallet).await;
        browser.post("/sync", &[]).await.leads_to();
        let home = browser.get("/").await.text();
        assert!(home.contains("data-standing=\"withdrawn\"") && home.contains(says), "{home}");
        let position = browser.app.open().unwrap().read().wallet.credentials()[0].position.get();
        assert!(browser.get(&format!("/cards/{position}")).await.text().contains(says));
    }
}
