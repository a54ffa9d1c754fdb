//! The sandbox's paths before anybody has moved in; with people they are tested as a process, by the examples.

use axum::body::{Body, to_bytes};
use tower::ServiceExt as _;

use super::*;
use crate::data_dir::{DataDir, OpenMode};

#[test]
fn the_table_of_errors_is_sound() {
    service::http::check_table(problem_types()).unwrap();
}

#[tokio::test]
async fn while_people_move_in_programs_are_told_to_wait_and_the_page_looks_again() {
    let (status, body) = answer("GET", "/people", &[], "").await;
    assert_eq!((status, code(&body)), (503, "not_ready".to_owned()));
    let link = r#"{"link":"openid4vp://?client_id=x"}"#;
    assert_eq!(answer("POST", "/people/jia/present", &[], link).await.0, 503);
    assert_eq!(answer("POST", "/reset", &[], "{}").await.0, 503);
    let (status, page) = answer("GET", "/?lang=en", &[], "").await;
    assert_eq!(status, 200);
    assert!(page.contains("moving in"), "{page}");
}

#[tokio::test]
async fn a_body_of_another_form_is_malformed() {
    for (path, body) in [
        ("/people/jia/present", "{}"),
        ("/people/jia/present", r#"{"link":"x","more":1}"#),
        ("/people/jia/receive", r#"{"link":"x"}"#),
        ("/reset", ""),
        ("/reset", r#"{"all":true}"#),
    ] {
        let (status, answered) = answer("POST", path, &[], body).await;
        assert_eq!((status, code(&answered)), (400, "malformed".to_owned()), "{path} {body}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_and_other_names_are_refused() {
    let from_elsewhere = [("origin", "https://evil.example")];
    let rebound = [("host", "evil.example")];
    for headers in [&from_elsewhere[..], &rebound[..], &[("sec-fetch-site", "cross-site")]] {
        for (method, path) in [("GET", "/people"), ("POST", "/people/jia/present"), ("POST", "/reset")] {
            let (status, body) = answer(method, path, headers, "{}").await;
            assert_eq!((status, code(&body)), (403, "other_site".to_owned()), "{headers:?} {path}");
        }
    }
    // The button needs this page, named by the browser.
    assert_eq!(answer("POST", "/reset-page", &[], "").await.0, 403);
}

async fn answer(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = DataDir::open(folder.path(), None, OpenMode::Continue).unwrap();
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7100");
    for (name, value) in headers {
        if *name == "host" {
            request.headers_mut().unwrap().remove("host");
        }
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = app(Sandbox::default(), Links::new(&data_dir)).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn code(body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap();
    problem["error"].as_str().unwrap().to_owned()
}
