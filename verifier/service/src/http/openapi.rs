//! The `OpenAPI` document, from the handlers.
#![expect(unused_qualifications, reason = "the macros of utoipa write whole paths")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use service::http::ProblemType;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Ref, RefOr, Response};
use utoipa::{IntoResponses, Modify, OpenApi, PartialSchema, ToResponse, ToSchema};

use super::error::TABLE;
use super::{health, programs, wallet};
use crate::wire_schema;

/// The document's text.
pub(super) static OPENAPI: LazyLock<String> =
    LazyLock::new(|| Service::openapi().to_json().expect("the document has text keys alone"));

/// Every path of the service that is not a page.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Yong counter",
        description = "What clerks and wallets say to a service counter. The wallet's side is OpenID4VP 1.0.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(
        programs::policies,
        programs::ask,
        programs::transaction,
        programs::scan,
        programs::reconcile,
        programs::client,
        wallet::request,
        wallet::request_with_nonce,
        wallet::response,
        health::alive,
        health::ready,
        health::metrics,
        health::openapi,
    ),
    components(responses(Error), schemas(ErrorCode)),
    modifiers(&StaffToken),
)]
struct Service;

struct StaffToken;

impl Modify for StaffToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The staff token; not needed on a loopback listener."))
            .build();
        if let Some(components) = &mut document.components {
            components.add_security_scheme("staff", SecurityScheme::Http(token));
        }
    }
}

/// Errors that handlers share; what each code means is in the table of [`super::error`].
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident: $($status:literal)*;)*) => { $(
        $(#[$doc])*
        pub(super) enum $name {}
        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let error = || RefOr::Ref(Ref::from_response_name("Error"));
                [$($status),*].into_iter().map(|status: &str| (status.to_owned(), error())).collect()
            }
        }
    )* };
}

errors! {
    /// Of every path: another host's name, too many requests, a defect, no time.
    Refusals: "403" "429" "500" "503";
    /// Of paths with a query.
    QueryErrors: "400";
    /// Of paths that read a body.
    BodyErrors: "400" "413" "415";
    /// Of paths that need the token.
    TokenErrors: "401";
    /// Of paths about something with a name.
    NotFound: "404";
    /// Of policies: the first day has not come, or another counter counts.
    Elsewhere: "409";
    /// Of requests with a key of the program's.
    KeyErrors: "422";
    /// Of request objects, which are given out for some minutes.
    Gone: "410";
}

/// What went wrong, in two languages; nothing internal.
#[derive(ToResponse)]
#[response(
    description = "What went wrong, in two languages; nothing internal.",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "a description")]
struct Error(#[to_schema] ProblemDocument);

/// A problem document (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "a description")]
struct ProblemDocument {
    /// `urn:yong:problem:` and the code.
    #[schema(rename = "type", format = "uri")]
    kind: String,
    /// The code's sentence in English.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What this occurrence adds, for programmers.
    #[schema(nullable = false)]
    detail: Option<String>,
    /// For programs.
    error: ErrorCode,
    /// For people.
    message: wire_schema::Localized,
}

/// Every code of the table.
enum ErrorCode {}

impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let codes = TABLE.iter().map(ProblemType::code);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
    }
}

impl ToSchema for ErrorCode {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ErrorCode")
    }
}

/// As much of an `OpenAPI` document as every one has.
#[derive(ToSchema)]
#[schema(as = OpenApiDocument)]
#[expect(dead_code, reason = "a description")]
pub(super) struct Document {
    /// Version of `OpenAPI`.
    openapi: String,
    info: DocumentInfo,
}

/// What the document is about.
#[derive(ToSchema)]
#[schema(as = OpenApiInfo)]
#[expect(dead_code, reason = "a description")]
struct DocumentInfo {
    title: String,
    version: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::relying_party::tests::Scene;

    fn document() -> Value {
        serde_json::from_str(&OPENAPI).unwrap()
    }

    #[test]
    fn the_document_is_of_version_3_1_and_names_its_licence() {
        let document = document();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
        assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0 OR MIT");
        let codes = document["components"]["schemas"]["ErrorCode"]["enum"].as_array().unwrap();
        assert_eq!(codes.len(), TABLE.len());
    }

    #[test]
    fn every_object_has_members_and_every_array_items() {
        fn walk(value: &Value, at: &str) {
            if value["type"] == "object" {
                let bounded = ["properties", "additionalProperties", "maxProperties"];
                assert!(bounded.iter().any(|member| value.get(member).is_some()), "{at}");
            }
            assert!(value["type"] != "array" || value.get("items").is_some(), "{at}");
            match value {
                Value::Object(members) => {
                    members.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}")));
                }
                Value::Array(items) => items.iter().for_each(|value| walk(value, at)),
                _ => {}
            }
        }
        walk(&document(), "");
    }

    #[test]
    fn what_other_crates_write_is_described() {
        let (scene, good, _, tree) = Scene::with_citizens();
        let asked = scene.ask("survey/1");
        scene.pass(&asked, &good, &tree);
        let status = json!(scene.relying_party.status(&asked.transaction).unwrap().unwrap());
        let document = document();
        for (written, name) in [(&status, "Transaction"), (&status["receipt"], "Receipt")] {
            let schema = &document["components"]["schemas"][name];
            for member in written.as_object().unwrap().keys() {
                assert!(schema["properties"].get(member).is_some(), "{name}: {member}");
            }
            for member in schema["required"].as_array().unwrap() {
                assert!(written.get(member.as_str().unwrap()).is_some(), "{name}: {member}");
            }
        }
    }
}
