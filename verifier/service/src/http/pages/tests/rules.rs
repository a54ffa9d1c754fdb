//! What holds for every page: headers, forms of other sites, languages.

use super::*;

const POSTS: [&str; 7] =
    ["/ask", "/enter", "/counter/x/cancel", "/counter/x/paper", "/sign-in", "/sign-out", "/password"];

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let service = TestService::staffed();
    let cookie = service.sign_in("supervisor").await;
    let before = service.state.relying_party.audited(None, "auditor").unwrap().len();
    for path in POSTS {
        let fields = [("policy", "score/1"), ("code", "score/1"), ("name", "clerk"), ("password", SECRET)];
        let mut form = request("POST", path, &cookie, &fields);
        form.headers_mut().insert(header::ORIGIN, "http://evil.example".parse().unwrap());
        assert_eq!(service.send(form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    // The reading of the list itself is the only new line.
    assert_eq!(service.state.relying_party.audited(None, "auditor").unwrap().len(), before + 1);
}

#[tokio::test]
async fn every_page_has_the_strict_policy_and_no_inline_script_or_style() {
    let service = TestService::local();
    assert!(service.state.use_assistant("http://127.0.0.1:9/".parse().unwrap()));
    let path = service.ask("score/1", "").await;
    let paper = format!("{path}/paper");
    assert!(service.get(&paper, "").await.says("id=\"paper-form\""));
    let pages = [
        "/",
        path.as_str(),
        paper.as_str(),
        "/receipts",
        "/receipts/find?number=1",
        "/audit",
        "/codes",
        "/counter/none",
        "/sign-in",
    ];
    for page in pages {
        let seen = service.get(page, "").await;
        let policy = seen.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{page}");
        assert_eq!(seen.headers[header::REFERRER_POLICY], "same-origin", "{page}");
        assert_eq!(seen.headers[header::CACHE_CONTROL], "no-store", "{page}");
        assert!(!seen.says("<script>") && !seen.says("<style") && !seen.says(" style=\""), "{page}");
        assert!(!seen.says(" onclick=") && !seen.says(" onload="), "{page}");
    }
    for asset in ["/assets/counter.js", "/assets/counter.css", "/assets/yong.css"] {
        assert_eq!(service.get(asset, "").await.status, StatusCode::OK, "{asset}");
    }
}

#[tokio::test]
async fn pages_speak_the_readers_language_and_grow() {
    let service = TestService::local();
    let english = service.get("/?lang=en&size=large", "").await;
    assert!(english.says("lang=\"en\" class=\"large\"") && english.says("Choose the matter"));
    assert!(service.get("/", "").await.says("请选择事项"));
    let zhuang = service.get("/?lang=za", "").await;
    assert!(zhuang.says("lang=\"za\"") && zhuang.says("尚未经母语者审校"));
}

#[tokio::test]
async fn forms_that_make_no_sense_get_a_page_that_says_so() {
    let service = TestService::local();
    for (path, fields) in [
        ("/ask", &[] as &[(&str, &str)]),
        ("/ask", &[("policy", "not a policy")]),
        ("/enter", &[]),
        ("/sign-in", &[("name", "clerk")]),
    ] {
        let seen = service.post(path, fields, "").await;
        assert!(seen.status == StatusCode::BAD_REQUEST && seen.says("data-kind=\"malformed\""), "{path}");
    }
}

#[tokio::test]
async fn a_name_that_somebody_else_points_here_gets_no_page() {
    let service = TestService::local();
    let mut foreign = request("GET", "/", "", &[]);
    foreign.headers_mut().insert(header::HOST, "evil.example".parse().unwrap());
    assert_eq!(service.send(foreign).await.status, StatusCode::FORBIDDEN);
}
