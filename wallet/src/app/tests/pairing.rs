use axum::body::Body;
use axum::http::{Method, StatusCode, header};

use super::browser::{Browser, IDLE_S, PASSPHRASE, path};
use crate::testing::{World, citizen};

const PAGES: [&str; 11] = [
    "/cards/0",
    "/receive",
    "/receive/offer",
    "/receive/outcome",
    "/present",
    "/present/consent",
    "/present/outcome",
    "/history",
    "/history/export?format=csv",
    "/settings",
    "/settings/backup",
];

#[tokio::test]
async fn nothing_is_shown_without_the_cookie() {
    let browser = Browser::outside(&World::new());
    for path in PAGES.into_iter().chain(["/", "/make", "/restore", "/present/state", "/nowhere"]) {
        assert_eq!(browser.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["/unlock", "/lock", "/make", "/present", "/present/agree", "/history/delete"] {
        assert_eq!(browser.post(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let request = browser.request(Method::GET, "/").header(header::COOKIE, "yong_wallet=guessed");
    let guessed = browser.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(guessed.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_address_works_once_and_gives_a_strict_cookie() {
    let browser = Browser::outside(&World::new());
    let address = browser.app.pairing().address();
    assert_eq!(browser.get("/enter").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.get("/enter?token=guessed").await.status, StatusCode::FORBIDDEN);
    let first = browser.get(path(&address)).await;
    let cookie = first.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(first.text().contains("http-equiv=\"refresh\" content=\"0; url=/\""));
    assert_eq!(browser.get(path(&address)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_new_address_ends_the_old_one_and_its_browser_takes_the_place_of_the_other() {
    let first = Browser::inside(&World::new()).await;
    let older = first.app.pairing().address();
    let newer = first.app.pairing().address();
    assert_eq!(first.get(path(&older)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(first.get("/").await.status, StatusCode::OK);
    assert_eq!(first.get(path(&newer)).await.status, StatusCode::OK);
    assert_eq!(first.get("/").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_name_of_this_machine_is_refused() {
    let browser = Browser::inside(&World::new()).await;
    for host in ["evil.example", "evil.example:7007", "localhost", "localhost:7008", "127.0.0.1:7007"] {
        let mut request = browser.request(Method::GET, "/").body(Body::empty()).unwrap();
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        assert_eq!(browser.send(request).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    // The token is not spent by it either.
    let address = browser.app.pairing().address();
    let mut request = browser.request(Method::GET, path(&address)).body(Body::empty()).unwrap();
    request.headers_mut().insert(header::HOST, "evil.example:7007".parse().unwrap());
    assert_eq!(browser.send(request).await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(browser.get(path(&address)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_proxy_passed_on_is_refused() {
    let browser = Browser::inside(&World::new()).await;
    for name in ["x-forwarded-for", "x-real-ip", "via", "forwarded"] {
        let request = browser.request(Method::GET, "/").header(name, "203.0.113.9");
        let seen = browser.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(seen.status, StatusCode::MISDIRECTED_REQUEST, "{name}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let world = World::new();
    let browser = Browser::with(&world, citizen(&world).0).await;
    for origin in ["http://evil.example", "http://localhost:7003", "null"] {
        let request = browser.request(Method::POST, "/lock").header(header::ORIGIN, origin);
        let answer = browser.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let request = browser.request(Method::POST, "/lock").header("sec-fetch-site", "same-site");
    assert_eq!(browser.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
    assert!(browser.app.open().is_some());
}

#[tokio::test]
async fn every_answer_has_the_policy_and_none_is_kept() {
    let world = World::new();
    let browser = Browser::with(&world, citizen(&world).0).await;
    for path in PAGES.into_iter().chain(["/", "/enter?token=x", "/assets/wallet.js", "/nowhere"]) {
        let seen = browser.get(path).await;
        let policy = seen.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        let kept = seen.headers[header::CACHE_CONTROL].to_str().unwrap();
        assert_eq!(kept, if path.starts_with("/assets") { "no-cache" } else { "no-store" }, "{path}");
        let text = String::from_utf8_lossy(&seen.bytes);
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("javascript:"));
        assert!(!text.contains("<script>") && !text.contains(" onclick="), "{path}");
    }
}

#[tokio::test]
async fn a_locked_wallet_shows_nothing() {
    let world = World::new();
    let browser = Browser::with(&world, citizen(&world).0).await;
    assert!(browser.get("/").await.text().contains("data-schema=\"identity/1\""));
    assert_eq!(browser.post("/lock", &[]).await.leads_to(), "/");
    locked(&browser).await;
}

#[tokio::test]
async fn a_wallet_that_nobody_uses_locks_itself() {
    let world = World::new();
    let browser = Browser::with(&world, citizen(&world).0).await;
    browser.sleep(IDLE_S);
    assert_eq!(browser.get("/history").await.status, StatusCode::OK);
    // What a page asks by itself is not use.
    browser.sleep(IDLE_S);
    assert_eq!(browser.get("/present/state").await.status, StatusCode::OK);
    browser.sleep(1);
    assert_eq!(browser.get("/present/state").await.status, StatusCode::CONFLICT);
    locked(&browser).await;
}

async fn locked(browser: &Browser) {
    for path in PAGES {
        assert_eq!(browser.get(path).await.leads_to(), "/", "{path}");
    }
    for path in ["/present/agree", "/settings/phrase", "/history/delete", "/sync"] {
        assert_eq!(browser.post(path, &[("passphrase", PASSPHRASE), ("sure", "yes")]).await.leads_to(), "/");
    }
    let front = browser.get("/").await.text();
    assert!(front.contains("id=\"unlock\"") && !front.contains("identity/1"), "{front}");
    assert!(!front.contains("id=\"lock\""), "a locked wallet has no navigation");
}

#[tokio::test]
async fn a_wrong_passphrase_opens_nothing_and_the_right_one_does() {
    let world = World::new();
    let browser = Browser::inside(&world).await;
    browser.put(citizen(&world).0);
    assert_eq!(browser.unlock("osmanthus").await.error_code(), "wrong_passphrase");
    assert_eq!(browser.unlock("").await.error_code(), "empty_passphrase");
    assert!(browser.app.open().is_none());
    assert_eq!(browser.unlock(PASSPHRASE).await.leads_to(), "/");
    assert!(browser.app.open().is_some());
}

#[tokio::test]
async fn the_choice_of_language_and_size_is_kept() {
    let browser = Browser::inside(&World::new()).await;
    let seen = browser.get("/?lang=zh-CN&size=large").await;
    assert!(seen.text().contains("<html lang=\"zh-CN\" class=\"large\">") && seen.text().contains("欢迎"));
    assert_eq!(seen.headers.get_all(header::SET_COOKIE).iter().count(), 2);
}
