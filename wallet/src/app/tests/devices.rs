//! Two apps of one owner are paired, by their pages.

use super::browser::{Browser, Seen};
use super::png;
use crate::testing::{World, citizen, wallet};
use crate::wallet::PersonFrom;

/// What the pairing's page shows the other wallet.
fn shown(page: &Seen) -> String {
    page.attribute("data-text").unwrap_or_else(|| panic!("{}", page.text()))
}

fn number(page: &Seen) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("id=\"pair-number\">").unwrap_or_else(|| panic!("{text}"));
    rest.split_once('<').unwrap().0.to_owned()
}

/// Gives a wallet what the other shows, as pasted text, and looks at the page after it.
async fn hand(browser: &Browser, text: &str, number: &str) -> Seen {
    let id = browser.get("/devices").await.attribute("name=\"pairing\" value").unwrap_or_default();
    let parts = [("link", text), ("pairing", id.as_str()), ("number", number)];
    let parts = parts.map(|(name, content)| (name, "", content.as_bytes()));
    let given = browser.upload("/devices/message", &parts).await;
    if given.status.is_redirection() { browser.get(given.leads_to()).await } else { given }
}

async fn type_number(browser: &Browser, number: &str) -> Seen {
    let id = browser.get("/devices").await.attribute("name=\"pairing\" value").unwrap();
    let typed = browser.post("/devices/number", &[("pairing", &id), ("number", number)]).await;
    if typed.status.is_redirection() { browser.get(typed.leads_to()).await } else { typed }
}

/// The wallet that gives and the new one, each where the number is compared.
async fn compared(world: &World) -> (Browser, Browser, Seen) {
    let (holding, _) = citizen(world);
    let first = Browser::with(world, holding).await;
    let second = Browser::with(world, wallet(2)).await;
    assert_eq!(first.post("/devices/offer", &[]).await.leads_to(), "/devices");
    let offer = shown(&first.get("/devices").await);
    let answer = shown(&hand(&second, &offer, "").await);
    let reveal = shown(&hand(&first, &answer, "").await);
    let revealed = hand(&second, &reveal, "").await;
    (first, second, revealed)
}

fn person(browser: &Browser) -> (PersonFrom, circuits::Fr) {
    let open = browser.app.open().unwrap();
    let contents = open.read();
    (contents.wallet.person_from(), *contents.wallet.secrets().person.expose())
}

#[tokio::test]
async fn two_wallets_become_devices_of_one_person() {
    let world = World::new();
    let (first, second, revealed) = compared(&world).await;
    let given = type_number(&first, &number(&revealed)).await;
    assert_eq!(given.attribute("data-step").unwrap(), "given");
    assert_eq!(number(&given), number(&revealed), "both screens show it");
    let done = hand(&second, &shown(&given), &number(&given)).await;
    assert!(done.text().contains("id=\"paired\""), "{}", done.text());
    assert_eq!(person(&second), (PersonFrom::Pairing, person(&first).1));
    assert_eq!(person(&first).0, PersonFrom::Phrase);
    for (browser, code) in [(&first, "gave_person"), (&second, "took_person")] {
        let history = browser.get("/history").await.text();
        assert!(history.contains(&format!("data-outcome=\"{code}\"")), "{history}");
    }
    let again = second.post("/settings/phrase", &[("passphrase", super::browser::PASSPHRASE)]).await;
    assert!(again.text().contains("id=\"phrase-paired\""), "the phrase is not enough, and the page says so");
}

#[tokio::test]
async fn a_wrong_number_stops_the_pairing_and_nothing_is_given() {
    let world = World::new();
    let (first, _, revealed) = compared(&world).await;
    let right: u32 = number(&revealed).replace(' ', "").parse().unwrap();
    let refused = type_number(&first, &format!("{:06}", (right + 1) % 1_000_000)).await;
    assert_eq!(refused.error_code(), "other_number");
    let after = first.get("/devices").await;
    assert!(after.attribute("data-step").is_none() && after.attribute("data-text").is_none());
}

#[tokio::test]
async fn a_wrong_number_stops_the_new_wallet_too() {
    let world = World::new();
    let (first, second, revealed) = compared(&world).await;
    let given = type_number(&first, &number(&revealed)).await;
    let right: u32 = number(&revealed).replace(' ', "").parse().unwrap();
    let refused = hand(&second, &shown(&given), &format!("{:06}", (right + 1) % 1_000_000)).await;
    assert_eq!(refused.error_code(), "other_number");
    assert_eq!(person(&second).0, PersonFrom::Phrase);
    let late = hand(&second, &shown(&given), &number(&given)).await;
    assert_eq!(late.error_code(), "pair_message", "the pairing is over: only an offer begins one");
}

#[tokio::test]
async fn what_is_mistyped_is_no_try() {
    let world = World::new();
    let (first, second, revealed) = compared(&world).await;
    assert_eq!(type_number(&first, "12").await.error_code(), "no_number");
    assert_eq!(hand(&second, "yong-pair:offer:AA", &number(&revealed)).await.error_code(), "pair_message");
    assert_eq!(hand(&second, "", "").await.error_code(), "no_link");
    let given = type_number(&first, &number(&revealed)).await;
    hand(&second, &shown(&given), &number(&given)).await;
    assert_eq!(person(&second).0, PersonFrom::Pairing);
}

#[tokio::test]
async fn a_wallet_with_credentials_takes_no_other_secret() {
    let world = World::new();
    let holding = Browser::with(&world, citizen(&world).0).await;
    let page = holding.get("/devices").await;
    assert!(page.text().contains("id=\"not-empty\"") && !page.text().contains("id=\"take\""));
    let other = Browser::with(&world, wallet(3)).await;
    other.post("/devices/offer", &[]).await;
    let offer = shown(&other.get("/devices").await);
    assert_eq!(hand(&holding, &offer, "").await.error_code(), "not_empty");
}

#[tokio::test]
async fn a_photograph_of_the_code_will_do_and_a_stale_form_will_not() {
    let world = World::new();
    let first = Browser::with(&world, citizen(&world).0).await;
    let second = Browser::with(&world, wallet(2)).await;
    first.post("/devices/offer", &[]).await;
    let before = first.get("/devices").await;
    let picture = png(&shown(&before), 8);
    let taken = second.upload("/devices/message", &[("picture", "code.png", &picture)]).await;
    assert_eq!(taken.leads_to(), "/devices");
    let answer = shown(&second.get("/devices").await);
    hand(&first, &answer, "").await;
    let stale = before.attribute("name=\"pairing\" value").unwrap();
    let parts = [("link", "", answer.as_bytes()), ("pairing", "", stale.as_bytes())];
    assert_eq!(first.upload("/devices/message", &parts).await.error_code(), "changed");
    assert_eq!(first.post("/devices/stop", &[("pairing", &stale)]).await.error_code(), "changed");
    let id = first.get("/devices").await.attribute("name=\"pairing\" value").unwrap();
    assert_eq!(first.post("/devices/stop", &[("pairing", &id)]).await.leads_to(), "/devices");
    assert!(first.get("/devices").await.attribute("data-step").is_none());
}

#[tokio::test]
async fn locking_ends_a_pairing() {
    let world = World::new();
    let browser = Browser::with(&world, wallet(2)).await;
    browser.post("/devices/offer", &[]).await;
    browser.post("/lock", &[]).await;
    browser.unlock(super::browser::PASSPHRASE).await;
    assert!(browser.get("/devices").await.attribute("data-step").is_none());
}
