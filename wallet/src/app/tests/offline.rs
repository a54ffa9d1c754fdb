use axum::http::StatusCode;
use openid4vc::offline::{OfflineAnswer, VerifierId};

use super::browser::{Browser, Seen};
use crate::history::Outcome;
use crate::testing::{World, citizen, wallet};

fn counter() -> VerifierId {
    VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("window-3")).unwrap()
}

/// The owner scans what hangs at the counter and chooses; gives the consent screen.
async fn chosen(browser: &Browser, policy: &str) -> Seen {
    let scanned = browser.upload("/present", &[("link", "", counter().printed().as_bytes())]).await;
    assert_eq!(scanned.leads_to(), "/offline");
    let matters = browser.get("/offline").await;
    assert!(matters.text().contains(&format!("data-policy=\"{policy}\"")), "{}", matters.text());
    let counter = matters.attribute("name=\"counter\" value").unwrap();
    let chosen = browser.post("/offline", &[("policy", policy), ("counter", &counter)]).await;
    assert_eq!(chosen.leads_to(), "/offline/consent");
    browser.get("/offline/consent").await
}

#[tokio::test]
async fn an_owner_agrees_and_shows_a_code_that_is_over_in_two_minutes() {
    let world = World::new();
    let (wallet, _) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    world.take_requests();
    let consent = chosen(&browser, "level/1").await;
    let text = consent.text();
    for said in ["They will only learn that", "<strong>A</strong>", "30 days", "id=\"offline\""] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("id=\"match-code\"") && !text.contains("checked"));
    let done = browser.decided("offline", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "shown", "{}", done.text());
    assert!(done.text().contains("<svg"));
    let code = done.attribute("data-text").unwrap().replace("&#38;", "&");
    let answer = OfflineAnswer::parse(&code).unwrap();
    assert_eq!(answer.shown[0].revealed, ["A"]);
    assert_eq!(browser.outcome(), Outcome::Shown);
    assert!(world.take_requests().is_empty(), "the ledger does not learn when somebody presents");
    browser.sleep(120);
    let over = browser.get("/offline/outcome").await;
    assert!(over.attribute("data-text").is_none() && over.text().contains("id=\"over\""), "{}", over.text());
}

#[tokio::test]
async fn matters_whose_proofs_fit_no_code_are_not_offered() {
    let world = World::new();
    world.publish_loan();
    let browser = Browser::with(&world, citizen(&world).0).await;
    browser.upload("/present", &[("link", "", counter().printed().as_bytes())]).await;
    let matters = browser.get("/offline").await.text();
    assert!(matters.contains("data-policy=\"level/1\"") && !matters.contains("data-policy=\"loan/1\""));
    assert!(matters.contains("id=\"online-only\""), "{matters}");
    let without = Browser::with(&World::new(), wallet(9)).await;
    without.upload("/present", &[("link", "", counter().printed().as_bytes())]).await;
    assert!(!without.get("/offline").await.text().contains("id=\"online-only\""));
}

#[tokio::test]
async fn who_refuses_or_cannot_answer_shows_nothing() {
    let world = World::new();
    let (rich, _) = citizen(&world);
    let rich = Browser::with(&world, rich).await;
    let poor = Browser::with(&world, wallet(9)).await;
    for (browser, decision, told) in [(&rich, "refuse", "declined"), (&poor, "agree", "not_satisfiable")] {
        let consent = chosen(browser, "level/1").await;
        assert_eq!(consent.text().contains("id=\"agree\""), told == "declined");
        let done = browser.decided("offline", &consent, decision).await;
        assert_eq!(done.attribute("data-outcome").unwrap(), told);
        assert!(done.attribute("data-text").is_none() && !done.text().contains("<svg"));
    }
    assert_eq!((rich.outcome(), poor.outcome()), (Outcome::Declined, Outcome::NotSatisfiable));
}

#[tokio::test]
async fn a_decision_about_what_is_not_shown_any_more_makes_no_code() {
    let world = World::new();
    let (wallet, _) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let old = chosen(&browser, "level/1").await.attribute("name=\"request\" value").unwrap();
    let consent = chosen(&browser, "survey/1").await;
    assert_eq!(browser.post("/offline/agree", &[("request", &old)]).await.error_code(), "changed");
    browser.app.tasks().done().await;
    assert_eq!(browser.get("/offline/outcome").await.leads_to(), "/offline");
    assert_eq!(
        browser.decided("offline", &consent, "agree").await.attribute("data-outcome").unwrap(),
        "shown"
    );
    let id = consent.attribute("name=\"request\" value").unwrap();
    let twice = browser.post("/offline/agree", &[("request", &id)]).await;
    assert_eq!(twice.leads_to(), format!("/offline/outcome?of={id}"));
    assert_eq!(browser.get("/offline/consent").await.leads_to(), "/offline");
}

#[tokio::test]
async fn what_is_no_counters_code_or_no_matter_is_told() {
    let world = World::new();
    let (wallet, _) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    assert_eq!(browser.get("/offline").await.leads_to(), "/present");
    assert_eq!(browser.post("/offline", &[("policy", "level/1")]).await.leads_to(), "/present");
    let wrong = browser.upload("/present", &[("link", "", b"yong-counter:x509_hash:AA")]).await;
    assert_eq!(wrong.error_code(), "counter_code");
    browser.upload("/present", &[("link", "", counter().printed().as_bytes())]).await;
    let counter = browser.get("/offline").await.attribute("name=\"counter\" value").unwrap();
    let chosen = browser.post("/offline", &[("policy", "nothing/1"), ("counter", &counter)]).await;
    assert_eq!(chosen.leads_to(), "/offline/consent");
    let unknown = browser.get("/offline/consent").await;
    assert_eq!(
        (unknown.status, unknown.error_code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "unknown_policy")
    );
}

#[tokio::test]
async fn a_matter_that_was_shown_for_another_counter_is_not_chosen() {
    let world = World::new();
    let (wallet, _) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let scan = async |window: &str| {
        let counter = VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some(window)).unwrap();
        browser.upload("/present", &[("link", "", counter.printed().as_bytes())]).await.leads_to();
        browser.get("/offline").await.attribute("name=\"counter\" value").unwrap()
    };
    let first = scan("window-3").await;
    let second = scan("window-4").await;
    let late = browser.post("/offline", &[("policy", "level/1"), ("counter", &first)]).await;
    assert_eq!(late.error_code(), "changed");
    assert_eq!(browser.get("/offline/consent").await.leads_to(), "/offline", "nothing was chosen");
    let chosen = browser.post("/offline", &[("policy", "level/1"), ("counter", &second)]).await;
    assert_eq!(chosen.leads_to(), "/offline/consent");
}
