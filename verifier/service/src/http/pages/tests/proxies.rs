//! The page behind a proxy on the counter's machine.

use super::*;

const PUBLIC: &str = "https://city.example/counter-1";

#[tokio::test]
async fn under_a_path_every_link_and_cookie_stays_there() {
    let service = TestService::beyond(PUBLIC, &[]);
    let signed_in = service.post("/sign-in", &[("name", "clerk"), ("password", SECRET)], "").await;
    assert_eq!(signed_in.location(), "/counter-1/");
    let cookie = signed_in.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("; Path=/counter-1;") && cookie.contains("; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let asked = service.post("/ask", &[("policy", "score/1")], cookie).await.location();
    let waiting = asked.strip_prefix("/counter-1").unwrap();
    assert!(waiting.starts_with("/counter/"), "{asked}");
    for path in ["/", "/receipts", "/codes", waiting, &asked, "/sign-in"] {
        let page = service.get(path, cookie).await;
        for attribute in ["href", "action", "src", "data-events"] {
            for link in page.text.split(&format!(" {attribute}=\"")).skip(1) {
                let link = link.split('"').next().unwrap();
                assert!(link.starts_with("/counter-1/") || link.starts_with(['?', '#']), "{path}: {link}");
            }
        }
    }
    for asset in ["/assets/counter.js", "/counter-1/assets/counter.css"] {
        assert_eq!(service.get(asset, "").await.status, StatusCode::OK, "{asset}");
    }
}

#[tokio::test]
async fn a_form_is_taken_from_the_public_page_only() {
    let service = TestService::beyond(PUBLIC, &[]);
    for (origin, site, status) in [
        (Some("https://city.example"), Some("same-origin"), 401),
        (Some("https://city.example"), None, 401),
        (Some("https://evil.example"), None, 403),
        (Some("https://city.example"), Some("cross-site"), 403),
        (None, None, 403),
        (None, Some("none"), 403),
    ] {
        let mut form = request("POST", "/sign-in", "", &[("name", "clerk"), ("password", "wrong")]);
        let headers = form.headers_mut();
        headers.remove("sec-fetch-site");
        site.map(|site| headers.insert("sec-fetch-site", site.parse().unwrap()));
        origin.map(|origin| headers.insert(header::ORIGIN, origin.parse().unwrap()));
        assert_eq!(service.send(form).await.status.as_u16(), status, "{origin:?} {site:?}");
    }
}

#[tokio::test]
async fn a_program_that_a_link_led_here_changes_nothing() {
    let service = TestService::local();
    let path = service.ask("score/1", "").await;
    let mut cancel = request("POST", &format!("{path}/cancel"), "", &[]);
    cancel.headers_mut().remove("sec-fetch-site");
    assert_eq!(service.send(cancel).await.status, StatusCode::FORBIDDEN);
    assert_eq!(service.get(&path, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_passwords_from_outside_lock_nobody_else_out() {
    let service = TestService::beyond(PUBLIC, &["127.0.0.1"]);
    let try_once = async |name: &str, password: &str, from: &str| {
        let mut form = request("POST", "/sign-in", "", &[("name", name), ("password", password)]);
        form.headers_mut().insert("x-forwarded-for", from.parse().unwrap());
        service.send(from_address(form, [127, 0, 0, 1])).await.status.as_u16()
    };
    for _ in 0..5 {
        assert_eq!(try_once("clerk", "wrong", "198.51.100.7").await, 401);
    }
    assert_eq!(try_once("clerk", SECRET, "198.51.100.7").await, 429);
    assert_eq!(try_once("auditor", SECRET, "203.0.113.9, 198.51.100.7").await, 429);
    assert_eq!(try_once("clerk", SECRET, "203.0.113.9").await, 303);
    assert_eq!(try_once("auditor", SECRET, "203.0.113.9").await, 303);
}

#[tokio::test]
async fn the_page_of_this_machine_is_closed_to_whom_a_proxy_lets_in() {
    let service = TestService::local();
    for name in ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via", "forwarded"] {
        let mut get = request("GET", "/", "", &[]);
        get.headers_mut().insert(name, "203.0.113.9".parse().unwrap());
        let seen = service.send(get).await;
        assert!(seen.status == StatusCode::FORBIDDEN && seen.says("data-kind=\"closed\""), "{name}");
    }
}
