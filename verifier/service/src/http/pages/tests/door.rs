//! Signing in, and what each role is let in to.

use super::*;

#[tokio::test]
async fn each_role_has_its_pages() {
    let service = TestService::staffed();
    let asks = [("POST", "/ask"), ("POST", "/enter"), ("GET", "/codes")];
    let reads = [("GET", "/receipts"), ("GET", "/audit")];
    for (name, wanted) in [
        ("clerk", [303, 303, 200, 200, 403]),
        ("supervisor", [303, 303, 200, 200, 200]),
        ("auditor", [403, 403, 403, 200, 200]),
    ] {
        let cookie = service.sign_in(name).await;
        let mut got = Vec::new();
        for (method, path) in asks.into_iter().chain(reads) {
            let fields = [("policy", "score/1"), ("code", "score/1")];
            got.push(service.send(request(method, path, &cookie, &fields)).await.status.as_u16());
        }
        assert_eq!(got, wanted, "{name}");
    }
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_and_comes_back() {
    let service = TestService::staffed();
    for path in ["/", "/receipts", "/audit", "/codes", "/counter/x", "/counter/x/events"] {
        let seen = service.get(path, "").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{path}");
        assert!(seen.location().starts_with("/sign-in?then="), "{path}");
    }
    for path in ["/ask", "/enter", "/counter/x/cancel"] {
        assert_eq!(service.post(path, &[("policy", "score/1")], "").await.location(), "/sign-in?then=%2F");
    }
    assert!(service.get("/sign-in?then=%2Freceipts", "").await.says("value=\"/receipts\""));
    let fields = [("name", "clerk"), ("password", SECRET), ("then", "/receipts")];
    assert_eq!(service.post("/sign-in", &fields, "").await.location(), "/receipts");
    let elsewhere = [("name", "clerk"), ("password", SECRET), ("then", "//evil.example")];
    assert_eq!(service.post("/sign-in", &elsewhere, "").await.location(), "/");
}

#[tokio::test]
async fn a_request_belongs_to_who_made_it() {
    let service = TestService::staffed();
    let (own, other) = (service.sign_in("韦秀英").await, service.sign_in("clerk").await);
    let path = service.ask("score/1", &own).await;
    for stranger in [&other, &service.sign_in("supervisor").await] {
        assert_eq!(service.get(&path, stranger).await.status, StatusCode::NOT_FOUND);
        assert_eq!(service.get(&format!("{path}/events"), stranger).await.status, StatusCode::NOT_FOUND);
        let cancel = service.post(&format!("{path}/cancel"), &[], stranger).await;
        assert_eq!(cancel.status, StatusCode::NOT_FOUND);
    }
    let token = service.token(&path, true);
    service.answer(&path, &token).await;
    for (name, count) in [("韦秀英", 1), ("clerk", 0), ("supervisor", 1), ("auditor", 1)] {
        let cookie = service.sign_in(name).await;
        let seen = service.get("/receipts", &cookie).await;
        assert!(seen.says(&format!("data-count=\"{count}\"")), "{name}: {}", seen.text);
    }
    let auditor = service.sign_in("auditor").await;
    assert!(service.get("/receipts", &auditor).await.says("<td>韦秀英</td>"));
}

#[tokio::test]
async fn other_days_are_for_those_who_read_all() {
    let service = TestService::staffed();
    let own = service.sign_in("韦秀英").await;
    let path = service.ask("score/1", &own).await;
    let token = service.token(&path, true);
    service.answer(&path, &token).await;
    service.later(86_400);
    let day = "/receipts?day=2025-10-09";
    for (name, today, earlier) in [("韦秀英", 0, 0), ("auditor", 0, 1)] {
        let cookie = service.sign_in(name).await;
        let (seen, other) = (service.get("/receipts", &cookie).await, service.get(day, &cookie).await);
        assert!(seen.says(&format!("data-count=\"{today}\"")), "{name}");
        assert!(other.says(&format!("data-count=\"{earlier}\"")), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in_and_is_written_down_without_what_was_typed() {
    let service = TestService::staffed();
    for (name, password) in [("clerk", "wrong"), ("clerk", ""), ("my secret passphrase", "x")] {
        let seen = service.post("/sign-in", &[("name", name), ("password", password)], "").await;
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED, "{name}");
        assert!(seen.headers.get(header::SET_COOKIE).is_none() && seen.says("密码不正确"));
    }
    let lines = service.state.relying_party.audited(None, "auditor").unwrap();
    let failed: Vec<&str> = lines
        .iter()
        .filter(|line| line.act == crate::store::AuditAction::SignInFailed)
        .map(|line| line.who.as_str())
        .collect();
    assert_eq!(failed, ["", "clerk", "clerk"]);
}

#[tokio::test]
async fn tries_are_slowed_down_by_name_and_by_address() {
    let service = TestService::staffed();
    let try_once = async |name: &str, password: &str, address: [u8; 4]| {
        let form = request("POST", "/sign-in", "", &[("name", name), ("password", password)]);
        service.send(from_address(form, address)).await.status.as_u16()
    };
    for _ in 1..=5 {
        assert_eq!(try_once("clerk", "wrong", [10, 0, 0, 6]).await, 401);
    }
    assert_eq!(try_once("clerk", SECRET, [10, 0, 0, 6]).await, 429);
    assert_eq!(try_once("clerk", SECRET, [10, 0, 0, 7]).await, 303, "who is elsewhere does not wait");
    for name in ["a", "b", "c", "d", "e"] {
        assert_eq!(try_once(name, "wrong", [10, 0, 1, 1]).await, 401);
    }
    assert_eq!(try_once("auditor", SECRET, [10, 0, 1, 1]).await, 429);
    assert_eq!(try_once("auditor", SECRET, [10, 0, 1, 2]).await, 303);
    service.later(4);
    assert_eq!(try_once("clerk", SECRET, [10, 0, 0, 6]).await, 303);
}

#[tokio::test]
async fn the_cookie_is_for_this_service_alone() {
    for (transport, secure) in [(Transport::Plain, false), (Transport::Tls, true)] {
        let service = TestService::behind(transport);
        let seen = service.post("/sign-in", &[("name", "clerk"), ("password", SECRET)], "").await;
        let cookie = seen.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
    }
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let service = TestService::staffed();
    let cookie = service.sign_in("clerk").await;
    assert_eq!(service.get("/", &cookie).await.status, StatusCode::OK);
    let seen = service.post("/sign-out", &[], &cookie).await;
    assert!(seen.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert!(service.get("/", &cookie).await.location().starts_with("/sign-in"));
}

/// With a token but no password file the page would be a way around the token.
#[tokio::test]
async fn a_token_without_a_password_file_closes_the_page() {
    let token = || VerifierToken::new(TOKEN).unwrap();
    let service = TestService::new(|service, _| State::new(service, Some(token()), 10_000));
    for seen in [
        service.get("/", "").await,
        service.get("/sign-in", "").await,
        service.post("/ask", &[("policy", "score/1")], "").await,
    ] {
        assert!(seen.status == StatusCode::FORBIDDEN && seen.says("data-kind=\"closed\""), "{}", seen.text);
    }
}

#[tokio::test]
async fn people_change_their_own_passwords() {
    let service = TestService::staffed();
    let (own, elsewhere) = (service.sign_in("clerk").await, service.sign_in("clerk").await);
    assert!(service.get("/", &own).await.says("href=\"/password\""));
    assert!(service.get("/password", &own).await.says("id=\"change\""));
    assert_eq!(service.get("/password", "").await.location(), "/sign-in?then=%2Fpassword");
    let new = "staple battery horse";
    for (old, again, says) in
        [("wrong", new, "现在的密码不正确"), (SECRET, "differently", "两次输入的新密码不一样")]
    {
        let seen = service.post("/password", &[("old", old), ("new", new), ("again", again)], &own).await;
        assert!(seen.status == StatusCode::BAD_REQUEST && seen.says(says), "{}", seen.text);
        assert!(!seen.says(new), "what was typed is not repeated");
    }
    let seen = service.post("/password", &[("old", SECRET), ("new", new), ("again", new)], &own).await;
    assert!(seen.status == StatusCode::OK && seen.says("id=\"changed\""), "{}", seen.text);
    assert_eq!(service.get("/", &own).await.status, StatusCode::OK);
    assert_eq!(service.get("/", &elsewhere).await.location(), "/sign-in?then=%2F");
    for (password, status) in [(SECRET, StatusCode::UNAUTHORIZED), (new, StatusCode::SEE_OTHER)] {
        let seen = service.post("/sign-in", &[("name", "clerk"), ("password", password)], "").await;
        assert_eq!(seen.status, status);
    }
    let lines = service.state.relying_party.audited(None, "auditor").unwrap();
    let changed = |line: &&crate::store::AuditLine| line.act == crate::store::AuditAction::AddedClerk;
    let line = lines.iter().find(changed).unwrap();
    assert_eq!((line.who.as_str(), line.number.as_deref()), ("clerk", Some("clerk")));
    let local = TestService::local();
    assert_eq!(local.get("/password", "").await.status, StatusCode::NOT_FOUND);
}
