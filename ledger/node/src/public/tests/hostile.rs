//! Readers and departments that mean no good.

use axum::http::StatusCode;
use serde_json::json;

use super::world::{World, disclosure, publish};

#[tokio::test]
async fn hostile_paths_are_not_found_and_not_repeated() {
    let world = World::full().await;
    for path in [
        "/departments/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/departments/..%2f..%2flog.key",
        "/departments/%ff%fe",
        "/departments/nobody",
        "/schemas/credit-factors/01",
        "/schemas/credit-factors/99999999999999999999",
        "/policies/%00/1",
        "/models/card/2",
        "/disclosures/05",
        "/disclosures/-1",
        "/disclosures/0",
        "/disclosures/18446744073709551616",
        "/records/18446744073709551615",
        "/records/1e3",
        "/records/%20",
    ] {
        let page = world.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.html.contains("账本上没有这一项"), "{path}");
        assert!(!page.html.contains("alert"), "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn markup_in_published_texts_is_text() {
    let world = World::empty();
    let evil = "<script>alert(1)</script>\"'&";
    let document = json!({
        evil: evil,
        "lines": [{"item": evil, "amount": 3, evil: evil}],
        "nested": [[evil]],
    });
    let mut record = disclosure("evil", "budget", &document);
    record["title"] = json!({"zh-CN": evil, "en": evil});
    world.accept(vec![publish(record)]).await;
    for path in
        ["/disclosures/1", "/disclosures", "/records/1", "/departments/credit.nanning", "/search?q=script"]
    {
        let page = world.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.html.contains("alert(1)"), "{path} shows it");
        assert!(!page.html.contains("<script>") && !page.html.contains("</script>\"'"), "{path} runs it");
    }
}

/// What an old log may hold and no new entry may.
#[test]
fn only_web_addresses_are_linked() {
    for (url, linked) in [
        ("https://a.example/", true),
        ("http://a.example/", true),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("file:///etc/passwd", false),
    ] {
        let shown = crate::public::render::Shown::new(&url.parse().unwrap());
        assert_eq!((shown.linked, shown.text.as_str()), (linked, url));
    }
}

#[tokio::test]
async fn a_javascript_address_is_not_published() {
    let world = World::empty();
    let mut record = disclosure("evil", "report", &json!({}));
    record.as_object_mut().unwrap().remove("document");
    record["url"] = json!("javascript:alert(document.domain)");
    record["digest"] = json!("ab".repeat(32));
    let refusal = world.refuse(publish(record)).await;
    assert!(refusal.contains("https"), "{refusal}");
    assert_eq!(world.get("/disclosures/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn queries_are_cut_repeated_as_text_and_never_fatal() {
    let world = World::full().await;
    let long = "x".repeat(30_000);
    let page = world.get(&format!("/search?q={long}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("id=\"cut\"") && page.html.len() < 20_000);
    let page = world.get("/search?q=%3Cscript%3E%22onload=").await;
    assert!(!page.html.contains("<script>") && !page.html.contains("\"onload"));
    let many = (0..5_000).map(|i| format!("k{i}=1")).collect::<Vec<_>>().join("&");
    for query in
        ["q=%ff%fe", "q=%", "&&&=&=", "q=a&q=b", many.as_str(), "try=1&years=%00", "before=-1", "before=x"]
    {
        for path in ["/", "/search", "/models/card/1", "/records", "/checkpoints"] {
            assert_eq!(
                world.get(&format!("{path}?{query}")).await.status,
                StatusCode::OK,
                "{path}?{query:.40}"
            );
        }
    }
}

#[tokio::test]
async fn documents_of_any_shape_are_shown() {
    let world = World::empty();
    let deep = (0..60).fold(json!(1), |inner, _| json!([inner]));
    let documents = [
        json!(7),
        json!([]),
        json!({}),
        deep,
        json!({"lines": [{"item": "x", "amount": 9_007_199_254_740_991_i64}]}),
        json!({"lines": [{"item": "x", "amount": -5}, {"item": "y", "amount": 0}]}),
        json!({"projects": [{"name": "x", "done": 500}]}),
        json!({"totals": 3}),
        json!({"totals": [{"policy": "x", "passed": -3}, 7]}),
    ];
    for (i, document) in documents.iter().enumerate() {
        let category = if document.get("totals").is_some() { "counter-totals" } else { "other" };
        world.accept(vec![publish(disclosure(&format!("d{i}"), category, document))]).await;
        let index = 1 + 2 * i;
        assert_eq!(world.get(&format!("/disclosures/{index}")).await.status, StatusCode::OK, "{document}");
    }
    assert_eq!(world.get("/numbers").await.status, StatusCode::OK);
}
