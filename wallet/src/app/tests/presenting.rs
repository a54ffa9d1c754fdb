use std::sync::{Mutex, mpsc};

use axum::http::StatusCode;
use serde_json::json;

use super::browser::{Browser, Seen};
use super::png;
use crate::history::Outcome;
use crate::present::tests::shown::VerifierServer;
use crate::testing::{CREDIT, NOW, World, borrower, citizen, wallet};

/// Scans what the counter shows; gives the consent screen.
async fn scanned(browser: &Browser, verifier: &VerifierServer) -> Seen {
    assert_eq!(browser.follows(&verifier.link()).await.leads_to(), "/present/consent");
    browser.get("/present/consent").await
}

#[tokio::test]
async fn an_owner_agrees_and_the_counter_gets_proofs() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "fast-lane/1", 200, "{}");
    assert_eq!(browser.app.open().unwrap().preparations().count(), 2, "unlocking prepares");
    world.take_requests();
    let consent = scanned(&browser, &verifier).await;
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented", "{}", done.text());
    assert_eq!(browser.outcome(), Outcome::Presented);
    let token = &verifier.answer()["vp_token"];
    assert!(token["credit"][0]["proof"].is_object() && token["identity"][0]["proof"].is_object());
    assert!(world.take_requests().is_empty(), "the ledger does not learn when somebody presents");
}

#[tokio::test]
async fn whoever_asked_may_offer_a_way_back_which_is_not_taken_by_itself() {
    for (decision, told) in [("agree", "presented"), ("refuse", "declined")] {
        let world = World::new();
        let (wallet, ledger) = citizen(&world);
        let browser = Browser::with(&world, wallet).await;
        let body = r#"{"redirect_uri": "https://bank.example/loan?case=1&response_code=abc"}"#;
        let verifier = VerifierServer::asking(&ledger, "fast-lane/1", 200, body);
        let consent = scanned(&browser, &verifier).await;
        let done = browser.decided("present", &consent, decision).await;
        assert_eq!(done.attribute("data-outcome").unwrap(), told);
        let text = done.text();
        assert!(text.contains("href=\"https://bank.example/loan?case=1&#38;response_code=abc\""), "{text}");
        assert!(text.contains("Go on at https://bank.example<") && !text.contains("http-equiv"), "{text}");
    }
}

#[tokio::test]
async fn the_consent_screen_says_everything_and_ticks_nothing() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let consent = scanned(&browser, &verifier).await;
    let text = consent.text();
    let said = [
        "Counter 3",
        "id=\"claimed\"",
        "matter",
        "housing",
        "article 7",
        "30 days",
        "12345",
        "They will only learn that",
        "And they will be given",
        "<strong>A</strong>",
        "cannot be linked",
        "id=\"match-code\"",
        "data-policy=\"level/1\"",
    ];
    for said in said {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("checkbox") && !text.contains("checked") && !text.contains("autofocus"));
    assert!(text.contains("<button id=\"agree\">") && text.contains("<button id=\"refuse\">"));
    // Large print says less at once, and still says who, what and for how long.
    let large = browser.get("/present/consent?size=large").await.text();
    for said in ["Counter 3", "They will only learn that", "30 days", "<details>", "article 7"] {
        assert!(large.contains(said), "{said}");
    }
    // What guards the owner is never left out, and stands outside what has to be opened.
    let (open, folded) = large.split_once("<details>").unwrap();
    let safety = [
        "id=\"claimed\"",
        "id=\"match-code\"",
        "must show the same four digits. If not, refuse.",
        "They will only learn that",
        "And they will be given",
        "id=\"linkability\"",
        "id=\"retention\"",
    ];
    for said in safety {
        assert!(text.contains(said) && open.contains(said), "{said}: {open}");
    }
    assert!(folded.contains("id=\"below\"") && !text.contains("id=\"below\""), "says that there is more");
}

#[tokio::test]
async fn the_consent_screen_says_what_is_asked_across_credentials_and_by_which_model() {
    let world = World::new();
    world.publish_loan();
    let (wallet, ledger) = borrower(&world);
    let browser = Browser::with(&world, wallet).await;
    assert_eq!(
        browser.app.open().unwrap().preparations().count(),
        3 + 2,
        "unlocking prepares the openings too"
    );
    let verifier = VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    world.take_requests();
    let consent = scanned(&browser, &verifier).await;
    let text = consent.text();
    let said = [
        "id=\"together\"",
        "number of the earner",
        "Points of 2026",
        "data-model=\"points/1\"",
        "not the score",
    ];
    for said in said {
        assert!(text.contains(said), "{said}: {text}");
    }
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented", "{}", done.text());
    let answer = verifier.answer();
    assert!(answer["across"]["proof"].is_object() && answer["models"][0]["proof"].is_object());
    assert!(world.take_requests().is_empty(), "the ledger does not learn when somebody presents");
}

#[tokio::test]
async fn the_consent_screen_says_which_conditions_do_not_hold() {
    let world = World::new();
    world.publish_loan();
    let (mut wallet, ledger) = citizen(&world);
    world.grant(&mut wallet, CREDIT, "income/1", &json!({"monthly": 9000, "owner": "someone else"}));
    let browser = Browser::with(&world, wallet).await;
    let asking = || VerifierServer::asking(&ledger, "loan/1", 200, "{}");
    let text = scanned(&browser, &asking()).await.text();
    let unable = text.split_once("id=\"unable\"").unwrap().1;
    assert!(unable.contains("number of the earner") && !unable.contains("monthly income"), "{unable}");

    let mut wallet = crate::testing::wallet(5);
    world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 600, "level": "B"}));
    let browser = Browser::with(&world, wallet).await;
    let text = scanned(&browser, &asking()).await.text();
    let unable = text.split_once("id=\"unable\"").unwrap().1;
    for said in ["Points of 2026", "Your score: 540", "score: 60 points", "level: 30.5 points"] {
        assert!(unable.contains(said), "{said}: {unable}");
    }
}

/// Before the owner decides, and not only after the counter has refused.
#[tokio::test]
async fn what_was_answered_as_often_as_is_accepted_is_said_before() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let first = scanned(&browser, &VerifierServer::asking(&ledger, "survey/1", 200, "{}")).await;
    assert!(!first.text().contains("id=\"answered\""));
    let again = VerifierServer::asking(&ledger, "survey/1", 200, "{}");
    let first = scanned(&browser, &again).await;
    let done = browser.decided("present", &first, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented");
    let second = scanned(&browser, &again).await.text();
    let said = second.contains("id=\"answered\"") || second.contains("you have no uses left");
    assert!(said, "{second}");
}

/// Nobody looks for a department in a list of identifiers.
#[tokio::test]
async fn who_issues_a_missing_credential_is_said_with_its_desk() {
    let desk = "https://desk.gongan.nanning.example/".parse().unwrap();
    let world = World::with_desk(Some(desk));
    let ledger = world.ledger();
    let browser = Browser::with(&world, wallet(9)).await;
    let text = scanned(&browser, &VerifierServer::asking(&ledger, "survey/1", 200, "{}")).await.text();
    let unable = text.split_once("id=\"unable\"").unwrap().1;
    for said in ["you have no such credential", "Issued by", "https://desk.gongan.nanning.example/"] {
        assert!(unable.contains(said), "{said}: {unable}");
    }
}

#[tokio::test]
async fn a_refusal_looks_as_if_there_were_no_credential() {
    let world = World::new();
    let (rich, ledger) = citizen(&world);
    let rich = Browser::with(&world, rich).await;
    let poor = Browser::with(&world, wallet(9)).await;
    let mut heard = Vec::new();
    for (browser, told) in [(&rich, "declined"), (&poor, "not_satisfiable")] {
        let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
        let consent = scanned(browser, &verifier).await;
        let done = browser.decided("present", &consent, "refuse").await;
        assert_eq!(done.attribute("data-outcome").unwrap(), told);
        let all = verifier.server.take_heard();
        let paths: Vec<_> = all.iter().map(|h| (h.method.clone(), h.path.clone())).collect();
        let last = all.last().unwrap();
        let field = last.body.strip_prefix("response=").unwrap();
        let opened = openid4vc::jwe::open(field, &verifier.relying_party.response_key).unwrap();
        heard.push((paths, last.body.len(), opened.to_vec()));
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0].2, json!({"state": "s-0123456789", "error": "access_denied"}).to_string().as_bytes());
}

#[tokio::test]
async fn who_cannot_answer_is_told_why_and_has_nothing_to_agree_to() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet(9)).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let consent = scanned(&browser, &verifier).await;
    assert!(consent.text().contains("you have no such credential"));
    assert!(!consent.text().contains("id=\"agree\"") && consent.text().contains("id=\"refuse\""));
    // Agreeing all the same sends the same refusal.
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "not_satisfiable");
    assert_eq!(verifier.answer()["error"], "access_denied");
}

#[tokio::test]
async fn a_decision_about_what_is_not_shown_any_more_decides_nothing() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let first = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let old = scanned(&browser, &first).await.attribute("name=\"request\" value").unwrap();
    let second = VerifierServer::asking(&ledger, "survey/1", 200, "{}");
    let consent = scanned(&browser, &second).await;
    let late = browser.post("/present/agree", &[("request", &old)]).await;
    assert_eq!(late.error_code(), "changed");
    assert!(late.text().contains("data-policy=\"survey/1\""), "what waits by now is shown");
    browser.app.tasks().done().await;
    for verifier in [&first, &second] {
        assert!(verifier.server.take_heard().iter().all(|heard| heard.path != "/response"));
    }
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented");
    // A second click on the same button.
    let id = consent.attribute("name=\"request\" value").unwrap();
    let twice = browser.post("/present/agree", &[("request", &id)]).await;
    assert_eq!(twice.leads_to(), format!("/present/outcome?of={id}"));
    // And what was over before the other was fetched.
    assert_eq!(browser.post("/present/agree", &[("request", &old)]).await.error_code(), "changed");
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_not_answered() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let id = scanned(&browser, &verifier).await.attribute("name=\"request\" value").unwrap();
    browser.sleep(301);
    assert_eq!(browser.get("/present/consent").await.error_code(), "expired");
    assert_eq!(browser.post("/present/agree", &[("request", &id)]).await.error_code(), "expired");
    assert!(verifier.server.take_heard().iter().all(|heard| heard.path != "/response"));
}

#[tokio::test]
async fn what_is_known_of_the_ledger_may_not_be_old() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let server = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", |claims| {
        claims["iat"] = (NOW + 600).into();
        claims["exp"] = (NOW + 900).into();
        let params = &mut claims["dcql_query"]["credentials"][0]["meta"]["zk_system_type"][0]["params"];
        params["now"] = (NOW + 600).into();
    });
    browser.sleep(599);
    browser.get("/").await;
    browser.sleep(2);
    let link = server.link();
    let asked = browser.follows(&link).await;
    assert_eq!(asked.error_code(), "sync_too_old");
    assert!(asked.text().contains("id=\"sync\""), "what helps is offered");
    assert_eq!(browser.post("/sync", &[]).await.leads_to(), "/");
    assert_eq!(
        browser.follows(&link).await.error_code(),
        "sync_too_old",
        "an old answer that is read again is no news"
    );
    world.heartbeat(NOW + 600);
    assert_eq!(browser.post("/sync", &[]).await.leads_to(), "/");
    assert_eq!(browser.follows(&link).await.leads_to(), "/present/consent");
}

#[tokio::test]
async fn the_counters_word_and_its_silence_are_told_apart() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "survey/1", 400, r#"{"error": "already_used"}"#);
    let consent = scanned(&browser, &verifier).await;
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "refused");
    assert_eq!(done.attribute("data-reason").unwrap(), "already_used");
    let verifier = VerifierServer::asking(&ledger, "survey/1", 503, "");
    let consent = scanned(&browser, &verifier).await;
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "failed");
    assert_eq!(done.attribute("data-trouble").unwrap(), "counter_busy");
    assert_eq!(browser.outcome(), Outcome::Failed);
}

#[tokio::test]
async fn until_the_counter_has_answered_the_page_says_that_it_works() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let id = scanned(&browser, &verifier).await.attribute("name=\"request\" value").unwrap();
    // The counter answers only after the page was looked at.
    let (looked, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    verifier.server.answer(move |_| {
        let _ = wait.lock().unwrap().recv();
        (200, b"{}".to_vec())
    });
    let agreed = browser.post("/present/agree", &[("request", &id)]).await;
    let working = browser.get(agreed.leads_to()).await;
    assert_eq!(working.attribute("data-outcome").unwrap(), "working");
    assert_eq!(working.attribute("data-poll").unwrap(), format!("/present/state?of={id}"));
    assert!(working.text().contains("<progress aria-label="), "{}", working.text());
    assert_eq!(browser.get("/present/state").await.text(), r#"{"state":"working"}"#);
    looked.send(()).unwrap();
    let done = browser.after("/present/outcome").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented", "{}", done.text());
    assert!(!done.text().contains("<progress"));
}

#[tokio::test]
async fn in_chinese_what_is_technical_and_english_is_folded_away() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", |claims| {
        claims["transaction_data"] = json!(["eyJ0eXBlIjoicGF5bWVudCJ9"]);
    });
    browser.upload("/present", &[("link", "", verifier.link().as_bytes())]).await.leads_to();
    let page = browser.get("/present/link?lang=zh-CN").await;
    let id = page.attribute("name=\"request\" value").unwrap();
    let refused = browser.post("/present/follow?lang=zh-CN", &[("request", &id)]).await;
    assert_eq!(refused.error_code(), "unsupported_request");
    let text = refused.text();
    let (told, folded) = text.split_once("<details>").unwrap();
    assert!(told.contains("钱包不支持") && !told.contains("transaction_data"), "{told}");
    let (folded, after) = folded.split_once("</details>").unwrap();
    assert!(folded.starts_with("<summary>技术信息</summary><p class=\"mono\" lang=\"en\">"), "{folded}");
    assert!(folded.contains("transaction_data") && !after.contains("transaction_data"), "{text}");
}

/// No three words in a row that only English has: names and identifiers are shorter.
#[tokio::test]
async fn chinese_pages_have_no_english_sentences() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let consent = scanned(&browser, &verifier).await;
    let mut pages = vec![browser.get("/present/consent?lang=zh-CN").await];
    browser.decided("present", &consent, "agree").await;
    let position = browser.app.open().unwrap().read().wallet.credentials()[0].position.get();
    let card = format!("/cards/{position}");
    for path in ["/", &card, "/receive", "/present", "/present/outcome", "/history", "/settings"] {
        pages.push(browser.get(&format!("{path}?lang=zh-CN")).await);
    }
    for page in pages {
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        assert!(page.text().contains("<html lang=\"zh-CN\""));
        assert_eq!(english(&page.text()), None, "{}", page.text());
    }
    assert_eq!(english("<p>那么<b>nothing was</b> sent</p>").as_deref(), Some("nothing was sent"));
}

/// The first three English words in a row that a page says outside its tags.
fn english(page: &str) -> Option<String> {
    let said: String = page.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect();
    let words: Vec<&str> = said.split(|c: char| c.is_whitespace() || !c.is_ascii()).collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    words.windows(3).find(|three| three.iter().all(is_word)).map(|three| three.join(" "))
}

#[tokio::test]
async fn locking_while_it_is_proved_loses_nothing() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let id = scanned(&browser, &verifier).await.attribute("name=\"request\" value").unwrap();
    browser.post("/present/agree", &[("request", &id)]).await.leads_to();
    browser.post("/lock", &[]).await;
    browser.app.tasks().done().await;
    assert_eq!(browser.unlock(super::browser::PASSPHRASE).await.leads_to(), "/");
    assert_eq!(browser.outcome(), Outcome::Presented);
}

#[tokio::test]
async fn new_roots_are_prepared_and_what_was_prepared_for_others_is_not_used() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    // The root moves, and the wallet has not prepared for the new one: the proof is right all the same.
    world.grant(
        &mut crate::testing::wallet(5),
        CREDIT,
        "credit-report/1",
        &json!({"score": 1, "level": "B"}),
    );
    let open = browser.app.open().unwrap();
    open.sync(NOW).unwrap();
    ledger.sync([], NOW).unwrap();
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let consent = scanned(&browser, &verifier).await;
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented");
    open.prepare(NOW).unwrap();
    assert_eq!(open.preparations().count(), 2);
}

#[tokio::test]
async fn a_picture_is_as_good_as_a_link() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let picture = png(&verifier.link(), 5);
    let upload = async |picture: &[u8]| {
        browser.upload("/present", &[("link", "", b""), ("picture", "qr.png", picture)]).await
    };
    assert_eq!(upload(&picture).await.leads_to(), "/present/link");
    assert_eq!(upload(b"").await.error_code(), "no_link");
    assert_eq!(upload(b"GIF89a").await.error_code(), "not_a_picture");
    assert_eq!(upload(&png("https://nanning.example", 5)).await.error_code(), "bad_link");
    assert_eq!(upload(&vec![0; 17 * 1024 * 1024]).await.error_code(), "file_too_large");
    let state = browser.get("/present/state").await;
    assert_eq!((state.status, state.text().as_str()), (StatusCode::OK, r#"{"state":"nothing"}"#));
}

#[tokio::test]
async fn a_link_says_where_it_leads_and_nothing_is_sent_before_its_owner_goes_there() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let given = browser.upload("/present", &[("link", "", verifier.link().as_bytes())]).await;
    let page = browser.get(given.leads_to()).await;
    let server = verifier.server.url.as_str().trim_end_matches('/');
    assert!(page.text().contains(&format!("id=\"server\">{server}</p>")), "{}", page.text());
    let id = page.attribute("name=\"request\" value").unwrap();
    assert_eq!(browser.post("/present/leave", &[("request", &id)]).await.leads_to(), "/present");
    assert_eq!(browser.post("/present/follow", &[("request", &id)]).await.leads_to(), "/present/consent");
    assert_eq!(browser.get("/present/link").await.leads_to(), "/present");
    assert!(verifier.server.take_heard().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_window_follows_the_link_that_it_shows_and_no_other() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let [first, second] = ["level/1", "survey/1"].map(|p| VerifierServer::asking(&ledger, p, 200, "{}"));
    let mut pages = Vec::new();
    for verifier in [&first, &second] {
        browser.upload("/present", &[("link", "", verifier.link().as_bytes())]).await.leads_to();
        pages.push(browser.get("/present/link").await);
    }
    let late = browser.goes(&pages[0]).await;
    assert_eq!(late.error_code(), "changed");
    assert!(late.text().contains(second.server.url.as_str().trim_end_matches('/')));
    assert!(first.server.take_heard().is_empty() && second.server.take_heard().is_empty());
    assert_eq!(browser.goes(&pages[1]).await.leads_to(), "/present/consent");
    // A second click on the same button.
    assert_eq!(browser.goes(&pages[1]).await.leads_to(), "/present/consent");
}

#[tokio::test]
async fn without_the_development_option_no_link_leads_to_this_machine() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::cautious(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let mut link = verifier.relying_party.link();
    link.method = openid4vc::vp::RequestMethod::Post;
    for host in ["127.0.0.1", "127.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "desk.localhost"] {
        let port = verifier.server.url.port().unwrap();
        link.request_uri = format!("http://{host}:{port}/lists/1/run").parse().unwrap();
        let given = browser.upload("/present", &[("link", "", link.to_string().as_bytes())]).await;
        assert_eq!(given.error_code(), "local_address", "{host}");
    }
    assert_eq!(browser.get("/present/link").await.leads_to(), "/present");
    assert!(verifier.server.take_heard().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_proof_is_in_the_history_before_it_is_sent() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let id = scanned(&browser, &verifier).await.attribute("name=\"request\" value").unwrap();
    let file = browser.folder.path().join("wallet/wallet.yong");
    let copy = browser.folder.path().join("at-the-counter.yong");
    // What is on the disk while the counter has the proof.
    let (from, to) = (file.clone(), copy.clone());
    verifier.server.answer(move |_| {
        std::fs::copy(&from, &to).unwrap();
        (200, b"{}".to_vec())
    });
    browser.post("/present/agree", &[("request", &id)]).await.leads_to();
    browser.app.tasks().done().await;
    assert_eq!(browser.outcome(), Outcome::Presented);
    let home = browser.folder.path().join("copy");
    let passphrase = crate::store::Passphrase::new(super::browser::PASSPHRASE).unwrap();
    let (_, then) = crate::store::Store::restore(&home, &copy, &passphrase).unwrap();
    assert_eq!(then.wallet.history().last().unwrap().request().unwrap().outcome, Outcome::Unfinished);
}

#[tokio::test]
async fn a_disk_that_is_full_before_sending_lets_nothing_out() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let consent = scanned(&browser, &verifier).await;
    std::fs::rename(browser.folder.path().join("wallet"), browser.folder.path().join("gone")).unwrap();
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "not_sent");
    assert_eq!(done.attribute("data-trouble").unwrap(), "disk");
    assert!(verifier.server.take_heard().iter().all(|heard| heard.path != "/response"));
    assert!(browser.app.open().unwrap().read().wallet.history().is_empty());
}

#[tokio::test]
async fn a_disk_that_is_full_after_the_counter_accepted_hides_nothing_of_it() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let browser = Browser::with(&world, wallet).await;
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let consent = scanned(&browser, &verifier).await;
    let [home, gone] = ["wallet", "gone"].map(|name| browser.folder.path().join(name));
    let (from, to) = (home.clone(), gone.clone());
    verifier.server.answer(move |_| {
        std::fs::rename(&from, &to).unwrap();
        (200, b"{}".to_vec())
    });
    let done = browser.decided("present", &consent, "agree").await;
    assert_eq!(done.attribute("data-outcome").unwrap(), "presented", "{}", done.text());
    assert!(done.text().contains("id=\"unwritten\"") && done.text().contains("could not be written down"));
    assert_eq!(browser.outcome(), Outcome::Presented);
    // What is on the disk is whole, and says that a proof was begun.
    std::fs::rename(&gone, &home).unwrap();
    let left: Vec<_> = std::fs::read_dir(&home).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !service::durable::is_temporary(&name.to_string_lossy())), "{left:?}");
    // With space again, syncing writes it.
    browser.post("/sync", &[]).await.leads_to();
    browser.post("/lock", &[]).await;
    browser.unlock(super::browser::PASSPHRASE).await.leads_to();
    assert_eq!(browser.outcome(), Outcome::Presented);
}

#[tokio::test]
async fn a_wallet_whose_clock_is_wrong_says_so_and_by_how_much() {
    for (ours, counters, told, minutes) in [
        (360, 0, "clock_fast", "6 min"),
        (-360, 0, "clock_slow", "6 min"),
        (0, -1200, "clock_counter_slow", "20 min"),
        (0, 1200, "clock_counter_fast", "20 min"),
    ] {
        let world = World::new();
        let (wallet, ledger) = citizen(&world);
        let browser = Browser::with(&world, wallet).await;
        browser.clock.set(NOW.saturating_add_signed(ours));
        browser.post("/sync", &[]).await.leads_to();
        let theirs = NOW.saturating_add_signed(counters);
        let verifier = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", |claims| {
            claims["iat"] = theirs.into();
            claims["exp"] = (theirs + 300).into();
            let params = &mut claims["dcql_query"]["credentials"][0]["meta"]["zk_system_type"][0]["params"];
            params["now"] = theirs.into();
        });
        verifier.server.set_clock(theirs);
        let refused = browser.follows(&verifier.link()).await;
        assert_eq!(refused.error_code(), told, "{}", refused.text());
        assert!(refused.text().contains(minutes), "{}", refused.text());
        assert!(verifier.server.take_heard().iter().all(|heard| heard.path != "/response"));
    }
}
