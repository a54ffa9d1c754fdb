//! The description of the trustee's paths (`OpenAPI` 3.1), made from the handlers and the table of errors.

mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use service::http::ProblemType;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

use self::schemas::Problem;
pub(super) use self::schemas::{AnswerQuestion, BroughtShare, GivenAnswer, TakenShare};
use super::problem::{ANSWERING, LEDGER_MISBEHAVES, NOT_READY, TAKING};

/// What the handlers say of themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Yong trustee",
        description = "Keeps a department's shares of person secrets, and gives each to the one wallet that a \
                       `recovery.request` on the ledger names.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(super::take, super::answer, super::alive, super::ready, openapi),
    components(schemas(Problem))
)]
struct Handlers;

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = String, content_type = "application/json")),
)]
pub(super) async fn openapi() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, DOCUMENT.as_str()).into_response()
}

static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| document().to_json().expect("the description has text keys"));

fn document() -> utoipa::openapi::OpenApi {
    let mut document = Handlers::openapi();
    for (path, item) in &mut document.paths.paths {
        let errors = errors(path);
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            add_errors(operation, &errors);
        }
    }
    document
}

/// The codes that a path can answer, by status.
fn errors(path: &str) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let always = [ProblemType::INTERNAL, ProblemType::TIMEOUT];
    let own: &[ProblemType] = match path {
        "/shares" => TAKING,
        "/answers" => ANSWERING,
        "/readyz" => &[NOT_READY, LEDGER_MISBEHAVES],
        _ => &[],
    };
    let mut found: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for row in always.iter().chain(own) {
        found.entry(row.status().as_u16()).or_default().insert(row.code());
    }
    found
}

fn add_errors(operation: &mut Operation, errors: &BTreeMap<u16, BTreeSet<&'static str>>) {
    for (status, codes) in errors {
        let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(format!("`error` is {}.", codes.join(", ")))
            .content("application/problem+json", content);
        operation.responses.responses.insert(status.to_string(), response.build().into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn described() -> Value {
        serde_json::from_str(&DOCUMENT).unwrap()
    }

    #[test]
    fn every_path_is_described_with_its_errors() {
        let document = described();
        assert_eq!(document["openapi"], "3.1.0");
        let paths: BTreeSet<&str> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            ["/answers", "/healthz", "/openapi.json", "/readyz", "/shares"].into_iter().collect()
        );
        let answers = &document["paths"]["/answers"]["post"]["responses"];
        for (status, code) in
            [("400", "malformed"), ("403", "other_key"), ("404", "unknown_bundle"), ("429", "too_many")]
        {
            let description = answers[status]["description"].as_str().unwrap();
            assert!(description.contains(code), "{status}: {description}");
        }
    }
}
