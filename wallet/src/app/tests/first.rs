use axum::http::StatusCode;

use super::browser::{Browser, PASSPHRASE, Seen};
use crate::phrase::{Phrase, WordList};
use crate::store::{Passphrase, Store};
use crate::testing::{World, citizen, wallet};

#[tokio::test]
async fn a_wallet_is_made_when_its_phrase_was_written_down() {
    let browser = Browser::inside(&World::new()).await;
    assert!(browser.get("/").await.text().contains("id=\"welcome\""));
    assert_eq!(made(&browser, PASSPHRASE, PASSPHRASE).await.leads_to(), "/make/phrase");
    let words = words(&browser.get("/make/phrase").await);
    assert!(Phrase::parse(&words.join(" ")).is_ok());
    assert!(!exists(&browser), "nothing is on the disk before the check");
    let wrong = answered(&browser, |_| "wrong".to_owned()).await;
    assert_eq!(wrong.error_code(), "other_words");
    assert!(!exists(&browser));
    let right = answered(&browser, |place| format!(" {} ", words[place - 1].to_uppercase())).await;
    assert_eq!(right.leads_to(), "/");
    assert!(exists(&browser) && browser.app.open().is_some());
    // It was shown once: nobody finds it by going back.
    assert_eq!(browser.get("/make/phrase").await.leads_to(), "/");
    let open = browser.app.open().unwrap();
    assert_eq!(*open.read().wallet.phrase().words(WordList::English), words.join(" "));
}

#[tokio::test]
async fn two_right_words_are_not_enough() {
    let browser = Browser::inside(&World::new()).await;
    made(&browser, PASSPHRASE, PASSPHRASE).await;
    let words = words(&browser.get("/make/phrase").await);
    let asked = places(&browser.get("/make/check").await);
    let last = asked[2];
    let told =
        answered(&browser, |place| if place == last { "wrong".to_owned() } else { words[place - 1].clone() });
    assert_eq!(told.await.error_code(), "other_words");
}

#[tokio::test]
async fn words_that_were_asked_for_another_wallet_make_none() {
    let browser = Browser::inside(&World::new()).await;
    made(&browser, PASSPHRASE, PASSPHRASE).await;
    let old = browser.get("/make/check").await.attribute("name=\"draft\" value").unwrap();
    // Another window begins anew, under another passphrase.
    made(&browser, "another passphrase", "another passphrase").await;
    let words = words(&browser.get("/make/phrase").await);
    let typed: Vec<String> =
        places(&browser.get("/make/check").await).into_iter().map(|place| words[place - 1].clone()).collect();
    let form = [("word1", &*typed[0]), ("word2", &*typed[1]), ("word3", &*typed[2]), ("draft", old.as_str())];
    assert_eq!(browser.post("/make/check", &form).await.error_code(), "changed");
    assert!(!exists(&browser));
}

#[tokio::test]
async fn a_passphrase_is_typed_twice_and_not_short() {
    let browser = Browser::inside(&World::new()).await;
    assert_eq!(made(&browser, "", "").await.error_code(), "empty_passphrase");
    assert_eq!(made(&browser, PASSPHRASE, "osmanthus ruin").await.error_code(), "passphrases_differ");
    assert_eq!(made(&browser, "sevench", "sevench").await.error_code(), "passphrase_short");
    for (guessed, why) in [
        ("12345678", "passphrase_pattern"),
        ("19480517", "passphrase_digits"),
        ("Password123", "passphrase_common"),
    ] {
        assert_eq!(made(&browser, guessed, guessed).await.error_code(), why, "{guessed}");
    }
    assert_eq!(browser.get("/make/phrase").await.leads_to(), "/");
}

#[tokio::test]
async fn a_wallet_comes_back_by_its_phrase() {
    let browser = Browser::inside(&World::new()).await;
    let words = wallet(7).phrase().words(WordList::SimplifiedChinese);
    let post = async |words: &str, again: &str| {
        let form = [("phrase", words), ("passphrase", PASSPHRASE), ("again", again)];
        browser.post("/restore/phrase", &form).await
    };
    assert_eq!(post(&words.replace(' ', "")[3..], PASSPHRASE).await.error_code(), "bad_phrase");
    assert_eq!(post(&words, "other").await.error_code(), "passphrases_differ");
    assert!(!exists(&browser));
    assert_eq!(post(&words, PASSPHRASE).await.leads_to(), "/");
    let open = browser.app.open().unwrap();
    assert!(open.read().wallet.secrets().person.expose() == wallet(7).secrets().person.expose());
}

#[tokio::test]
async fn a_wallet_comes_back_by_its_backup() {
    let world = World::new();
    let old = Browser::with(&world, citizen(&world).0).await;
    let backup = old.get("/settings/backup").await;
    let named = backup.headers["content-disposition"].to_str().unwrap();
    assert!(named.starts_with("attachment; filename=\"wallet-") && named.ends_with(".yong\""), "{named}");
    let new = Browser::inside(&world).await;
    let post = async |sealed: &[u8], passphrase: &str| {
        let parts = [("backup", "wallet.yong", sealed), ("passphrase", "", passphrase.as_bytes())];
        new.upload("/restore/file", &parts).await
    };
    assert_eq!(post(&backup.bytes, "another one").await.error_code(), "wrong_passphrase");
    assert_eq!(post(&backup.bytes[..200], PASSPHRASE).await.error_code(), "truncated");
    assert_eq!(post(b"neither a wallet nor a backup", PASSPHRASE).await.error_code(), "not_a_wallet");
    assert_eq!(post(b"", PASSPHRASE).await.error_code(), "no_file");
    assert!(!exists(&new));
    assert_eq!(post(&backup.bytes, PASSPHRASE).await.leads_to(), "/");
    assert_eq!(new.app.open().unwrap().read().wallet.credentials().len(), 2);
}

#[tokio::test]
async fn a_wallet_that_is_there_is_never_overwritten() {
    let world = World::new();
    let browser = Browser::inside(&world).await;
    browser.put(citizen(&world).0);
    assert_eq!(browser.get("/make").await.leads_to(), "/");
    assert_eq!(made(&browser, PASSPHRASE, PASSPHRASE).await.leads_to(), "/");
    let words = wallet(7).phrase().words(WordList::English);
    let form = [("phrase", words.as_str()), ("passphrase", PASSPHRASE), ("again", PASSPHRASE)];
    assert_eq!(browser.post("/restore/phrase", &form).await.error_code(), "wallet_exists");
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    let (_, contents) = Store::open(&browser.folder.path().join("wallet"), &passphrase).unwrap();
    assert_eq!(contents.wallet.credentials().len(), 2);
}

#[tokio::test]
async fn the_phrase_is_shown_again_only_for_the_passphrase() {
    let world = World::new();
    let browser = Browser::with(&world, citizen(&world).0).await;
    let wrong = browser.post("/settings/phrase", &[("passphrase", "osmanthus")]).await;
    assert_eq!(wrong.error_code(), "wrong_passphrase");
    assert!(words(&wrong).is_empty());
    let right = browser.post("/settings/phrase", &[("passphrase", PASSPHRASE)]).await;
    assert_eq!(right.status, StatusCode::OK);
    assert_eq!(words(&right).join(" "), *wallet(1).phrase().words(WordList::English));
    let settings = browser.get("/settings").await;
    assert!(words(&settings).is_empty());
}

async fn made(browser: &Browser, passphrase: &str, again: &str) -> Seen {
    browser.post("/make", &[("passphrase", passphrase), ("again", again)]).await
}

/// Types what `word` says for each place that is asked for.
async fn answered(browser: &Browser, word: impl Fn(usize) -> String) -> Seen {
    let asked = browser.get("/make/check").await;
    let draft = asked.attribute("name=\"draft\" value").unwrap();
    let typed: Vec<String> = places(&asked).into_iter().map(word).collect();
    let words = [("word1", &typed[0]), ("word2", &typed[1]), ("word3", &typed[2])];
    let form = words.map(|(name, word)| (name, word.as_str()));
    browser.post("/make/check", &[&form[..], &[("draft", draft.as_str())]].concat()).await
}

fn places(seen: &Seen) -> Vec<usize> {
    let text = seen.text();
    text.split("data-place=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0.parse().unwrap()).collect()
}

fn words(seen: &Seen) -> Vec<String> {
    let text = seen.text();
    let after = text.split("class=\"word\">").skip(1);
    after.map(|rest| rest.split_once('<').unwrap().0.to_owned()).collect()
}

fn exists(browser: &Browser) -> bool {
    Store::exists(&browser.folder.path().join("wallet"))
}
