//! The description of the node's paths (`OpenAPI` 3.1), made from the handlers, the kinds of resources and the table of errors.

#![expect(unused_qualifications, reason = "the macros of utoipa write names out")]

mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger::digest::Digest;
use ledger::resource::Resource;
use ledger::tile::{Numbered, TilePath, TileWidth};
use service::http::ProblemType;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{OpenApi, PartialSchema, ToSchema};

pub(super) use self::schemas::{Accepted, Entry};
use self::schemas::{AllOf, AnyJson, AnyOf, Condition, Formula, Genesis, Index, NotOf, Problem, Status};
use super::problem::{
    BUSY, CLOCK, EMPTY, ENTRY_CODES, ID_REUSED, INCOMPLETE, KEY_FILE, NOT_FOUND, READ_ONLY, SIGNING,
    TOO_LARGE, TOO_MANY_CHANGES, TOO_MANY_ENTRIES, UNAVAILABLE,
};

/// What the handlers say of themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Yong ledger node",
        description = "A transparency log in the tlog-tiles layout with what is derived from it. Everything is read-only but \
                       `/entries`; no request names a citizen or a leaf.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(super::submit::entries, super::healthz, super::readyz, super::metrics, openapi,),
    components(schemas(Problem, Status, Index, Genesis, Entry, Formula, AllOf, AnyOf, NotOf, Condition,))
)]
struct Handlers;

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = AnyJson, content_type = "application/json")),
)]
pub(super) async fn openapi() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, DOCUMENT.as_str()).into_response()
}

static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| document().to_json().expect("the description has text keys"));

/// The whole document.
fn document() -> utoipa::openapi::OpenApi {
    let mut document = Handlers::openapi();
    for resource in one_of_each() {
        let (path, operation) = describe(&resource);
        document.paths.add_path_operation(path, vec![HttpMethod::Get], operation);
    }
    for (path, operation) in public_lists() {
        document.paths.add_path_operation(path, vec![HttpMethod::Get], operation);
    }
    let mut codes = BTreeSet::new();
    for (path, item) in &mut document.paths.paths {
        let errors = errors(path);
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            add_errors(operation, &errors);
        }
        codes.extend(errors.into_values().flatten());
    }
    if let Some(RefOr::T(Schema::Object(problem))) =
        document.components.as_mut().and_then(|components| components.schemas.get_mut("Problem"))
    {
        let code = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).enum_values(Some(codes));
        let code = code.description(Some("The word for programs."));
        problem.properties.insert("error".to_owned(), code.into());
    }
    document
}

/// A resource of each kind, for [`describe`].
fn one_of_each() -> [Resource; 14] {
    let numbered = Numbered { index: 0, width: TileWidth::FULL };
    [
        Resource::Checkpoint,
        Resource::Cosigned,
        Resource::Tile(TilePath { level: 0, index: 0, width: TileWidth::FULL }),
        Resource::Entries(numbered),
        Resource::Entry(0),
        Resource::Genesis,
        Resource::Index,
        Resource::Status,
        Resource::Cap,
        Resource::Shard(0),
        Resource::ShardTile(0, numbered),
        Resource::Changes { from: 0, to: 0 },
        Resource::Hour(0),
        Resource::Blob(Digest::of(b"")),
    ]
}

/// The body of a resource.
enum Body {
    Text,
    Bytes,
    Json(&'static str),
}

/// The path of a kind of resource, and what a `GET` of it is.
fn describe(resource: &Resource) -> (&'static str, Operation) {
    let level = || number("L", "Level.");
    let index = || text("N", TILE_INDEX, None);
    let shard = || number("S", "Shard.");
    match resource {
        Resource::Checkpoint => (
            "/checkpoint",
            get("checkpoint", "The newest signed checkpoint (signed note).", [], &Body::Text, "The note."),
        ),
        Resource::Cosigned => {
            let summary = "The newest checkpoint with the cosignatures of all witnesses.";
            ("/checkpoint-cosigned", get("checkpoint_cosigned", summary, [], &Body::Text, "The note."))
        }
        Resource::Tile(_) => {
            let says = "256 hashes of 32 bytes, or fewer.";
            ("/tile/{L}/{N}", get("tile", "Hashes of the log.", [level(), index()], &Body::Bytes, says))
        }
        Resource::Entries(_) => {
            let says = "Each entry after its length in two bytes.";
            ("/tile/entries/{N}", get("entries", "A bundle of entries.", [index()], &Body::Bytes, says))
        }
        Resource::Entry(_) => {
            let at = number("index", "From 0.");
            ("/entry/{index}", get("entry", "One entry.", [at], &Body::Json("Entry"), "Canonical JSON."))
        }
        Resource::Genesis => {
            let summary = "What everybody has to trust: origin, log key, first departments.";
            ("/genesis", get("genesis", summary, [], &Body::Json("Genesis"), "The genesis file."))
        }
        Resource::Index => {
            let summary = "Which entries are of the registry, and which are state roots.";
            ("/index", get("index", summary, [], &Body::Json("Index"), "Indices, ascending."))
        }
        Resource::Status => {
            ("/status", get("status", "How the node is.", [], &Body::Json("Status"), "Sizes and roots."))
        }
        Resource::Cap => {
            let says = "32 bytes each, big endian.";
            ("/credentials/cap", get("cap", "The roots of all shards.", [], &Body::Bytes, says))
        }
        Resource::Shard(_) => {
            let says = "65,536 elements of 32 bytes, big endian.";
            let operation = get("shard", "All leaves of a full shard.", [shard()], &Body::Bytes, says);
            ("/credentials/shard/{S}", operation)
        }
        Resource::ShardTile(..) => {
            let says = "256 elements of 32 bytes, or fewer.";
            let summary = "Leaves of a shard that grows.";
            let operation = get("shard_tile", summary, [shard(), index()], &Body::Bytes, says);
            ("/credentials/shard/{S}/{N}", operation)
        }
        Resource::Changes { .. } => {
            let range = text(
                "range",
                "`<from>-<to>`, the `entries` of the two state roots.",
                Some("^[0-9]+-[0-9]+$"),
            );
            let summary = "Leaves removed or restored between two state roots.";
            let operation = get("changes", summary, [range], &Body::Bytes, "Positions with their leaves.");
            ("/credentials/changes/{range}", operation)
        }
        Resource::Hour(_) => {
            let hour = number("hour", "A full hour, in hours since 1970.");
            let summary =
                "The newest state root before the newest full hour, and the roots of all shards then.";
            let says = "The index of its entry in 8 bytes big endian, then 32 bytes each.";
            ("/credentials/hour/{hour}", get("hour", summary, [hour], &Body::Bytes, says))
        }
        Resource::Blob(_) => {
            let digest = text("digest", "Lower-case hex.", Some("^[0-9a-f]{64}$"));
            let summary = "A file by its SHA-256, such as a proving key.";
            ("/blob/{digest}", get("blob", summary, [digest], &Body::Bytes, "The file."))
        }
    }
}

/// The list of entries on the public page in the forms for programs.
fn public_lists() -> [(&'static str, Operation); 3] {
    let list = |id: &str, summary: &str, media: &str| {
        let parameters = [
            ("department", "Identifier of a department that signed or is concerned."),
            ("kind", "A kind of record, or `all`; without it all but `state.root`."),
            ("before", "Only entries before this index, from the link to the next page."),
            ("lang", "`zh-CN` or `en`."),
        ];
        let schema = plain(Type::String, None);
        let answer = if media.ends_with("json") { json_feed() } else { schema.clone() };
        let content = ContentBuilder::new().schema(Some(answer)).build();
        let response = ResponseBuilder::new().description("The newest first.").content(media, content);
        let operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
        let operation = parameters.into_iter().fold(operation, |operation, (name, description)| {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            let parameter = parameter.required(Required::False).description(Some(description));
            operation.parameter(parameter.schema(Some(schema.clone())).build())
        });
        operation.response("200", response).build()
    };
    [
        (
            "/records/feed.atom",
            list("records_atom", "Entries in words, as an Atom feed of 50 a page.", "application/atom+xml"),
        ),
        (
            "/records/feed.json",
            list("records_json", "Entries in words, as a JSON Feed of 50 a page.", "application/feed+json"),
        ),
        (
            "/records/records.csv",
            list("records_csv", "Entries in words, as a table of 1,000 rows a page.", "text/csv"),
        ),
    ]
}

/// A JSON Feed 1.1, as the public page writes it.
fn json_feed() -> RefOr<Schema> {
    let members = |of: ObjectBuilder, names: &[&'static str]| {
        names.iter().fold(of, |of, name| of.property(*name, plain(Type::String, None)).required(*name))
    };
    let texts = ArrayBuilder::new().items(plain(Type::String, None));
    let authors = ArrayBuilder::new().items(members(ObjectBuilder::new(), &["name"]));
    let item = members(ObjectBuilder::new(), &["id", "url", "title", "content_text", "date_published"]);
    let item = item.property("authors", authors).required("authors").property("tags", texts).required("tags");
    let feed = ["version", "title", "language", "home_page_url", "feed_url"];
    let feed = members(ObjectBuilder::new(), &feed).property("next_url", plain(Type::String, None));
    feed.property("items", ArrayBuilder::new().items(item)).required("items").into()
}

fn get<const N: usize>(
    id: &str,
    summary: &str,
    parameters: [Parameter; N],
    body: &Body,
    says: &str,
) -> Operation {
    let (media, schema) = match body {
        Body::Text => ("text/plain", plain(Type::String, None)),
        Body::Bytes => ("application/octet-stream", plain(Type::String, Some("binary"))),
        Body::Json(name) => ("application/json", Ref::from_schema_name(*name).into()),
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new().description(says).content(media, content);
    let operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
    let operation = parameters.into_iter().fold(operation, OperationBuilder::parameter);
    operation.response("200", response).build()
}

fn plain(kind: Type, encoding: Option<&str>) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(SchemaType::new(kind));
    match encoding {
        Some(encoding) => schema.content_encoding(encoding).into(),
        None => schema.into(),
    }
}

fn number(name: &str, description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).minimum(Some(0));
    parameter(name, description, schema)
}

fn text(name: &str, description: &str, pattern: Option<&str>) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).pattern(pattern);
    parameter(name, description, schema)
}

fn parameter(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
    parameter.required(Required::True).description(Some(description)).schema(Some(schema)).build()
}

/// The codes that a path can answer, by status.
fn errors(path: &str) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let always = [ProblemType::TOO_MANY_REQUESTS, ProblemType::INTERNAL, ProblemType::TIMEOUT];
    let own: &[ProblemType] = match path {
        "/entries" => &[
            READ_ONLY,
            EMPTY,
            INCOMPLETE,
            TOO_LARGE,
            TOO_MANY_ENTRIES,
            ID_REUSED,
            KEY_FILE,
            BUSY,
            UNAVAILABLE,
            CLOCK,
            SIGNING,
        ],
        "/readyz" => &[UNAVAILABLE, CLOCK, SIGNING],
        "/healthz"
        | "/metrics"
        | "/openapi.json"
        | "/records/feed.atom"
        | "/records/feed.json"
        | "/records/records.csv" => &[],
        "/credentials/changes/{range}" => &[NOT_FOUND, TOO_MANY_CHANGES],
        _ => &[NOT_FOUND],
    };
    let of_entries = if path == "/entries" { ENTRY_CODES } else { &[] };
    let mut found: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for row in always.iter().chain(own) {
        found.entry(row.status().as_u16()).or_default().insert(row.code());
    }
    for (status, code) in of_entries {
        found.entry(*status).or_default().insert(code);
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

impl PartialSchema for AnyJson {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some("Any JSON.")).into()
    }
}

impl ToSchema for AnyJson {}

const TILE_INDEX: &str = "Index in groups of three digits, as tlog-tiles writes it, with `.p/<W>` where the tile is not full; \
                          `x001/234` stands in one segment here, but its slashes are sent as they are.";

#[cfg(test)]
mod tests {
    use ledger::record::RecordKind;
    use serde_json::{Value, json};

    use super::*;

    fn described() -> Value {
        serde_json::from_str(&DOCUMENT).unwrap()
    }

    /// Whether a value is of a schema; members that the schema does not name are refused.
    fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            return fits(document, document.pointer(&reference[1..]).unwrap(), value);
        }
        let all = |schemas: &Value| schemas.as_array().cloned();
        if let Some(one_of) = all(&schema["oneOf"]).or_else(|| all(&schema["anyOf"])) {
            return one_of.iter().any(|schema| fits(document, schema, value));
        }
        if let Some(all_of) = all(&schema["allOf"]) {
            return fits(document, &merged(document, &all_of), value);
        }
        if let Some(words) = schema["enum"].as_array() {
            return words.contains(value);
        }
        match schema["type"].as_str() {
            None => true,
            Some("null") => value.is_null(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("array") => value
                .as_array()
                .is_some_and(|all| all.iter().all(|item| fits(document, &schema["items"], item))),
            Some("object") => value.as_object().is_some_and(|members| {
                let known = members.iter().all(|(name, value)| {
                    let of = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                    of.is_some_and(|schema| fits(document, schema, value))
                });
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                known && required.iter().all(|name| members.contains_key(name.as_str().unwrap()))
            }),
            Some(other) => panic!("a schema of type {other}"),
        }
    }

    /// One object with the members of all.
    fn merged(document: &Value, all: &[Value]) -> Value {
        let mut made = serde_json::json!({"type": "object", "properties": {}, "required": []});
        for schema in all {
            let schema = match schema["$ref"].as_str() {
                Some(reference) => document.pointer(&reference[1..]).unwrap(),
                None => schema,
            };
            for (name, of) in schema["properties"].as_object().unwrap() {
                made["properties"][name] = of.clone();
            }
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            made["required"].as_array_mut().unwrap().extend(required);
        }
        made
    }

    #[test]
    fn every_kind_of_record_is_as_described() {
        let document = described();
        let page = include_str!("../../../../docs/records.md");
        let examples = page.split("```json\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
        let records: Vec<Value> = examples.map(|json| serde_json::from_str(json).unwrap()).collect();
        assert_eq!(records.len(), RecordKind::ALL.len());
        for mut record in records {
            assert!(fits(&document, &document["components"]["schemas"]["Record"], &record), "{record}");
            record["extra"] = 1.into();
            assert!(!fits(&document, &document["components"]["schemas"]["Record"], &record), "{record}");
        }
    }

    #[test]
    fn conditions_across_credentials_and_additive_models_are_as_described() {
        let document = described();
        let record = &document["components"]["schemas"]["Record"];
        for (kind, member, text) in [
            ("policy", "policy", include_str!("../../../../city/story/policies/fast-lane-2.json")),
            ("policy", "policy", include_str!("../../../../city/story/policies/home-loan-1.json")),
            ("policy", "policy", include_str!("../../../../city/story/policies/permit-2026-1.json")),
            ("model", "model", include_str!("../../../../city/story/models/credit-additive-1.json")),
        ] {
            let published: Value = serde_json::from_str(text).unwrap();
            let mut json = json!({"kind": format!("{kind}.publish"), "id": "x", member: published});
            assert!(fits(&document, record, &json), "{json}");
            json[member]["extra"] = 1.into();
            assert!(!fits(&document, record, &json), "{json}");
        }
    }

    #[test]
    fn nothing_is_left_untyped() {
        fn walk(value: &Value, path: &str) {
            if value["type"] == "object" {
                let typed = value.get("properties").is_some() || value.get("additionalProperties").is_some();
                assert!(typed, "{path} has no members");
            }
            if value["type"] == "array" {
                assert!(value.get("items").is_some(), "{path} has no items");
            }
            match value {
                Value::Object(members) => {
                    members.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}")));
                }
                Value::Array(all) => all.iter().for_each(|value| walk(value, path)),
                _ => {}
            }
        }
        let document = described();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["license"]["identifier"], "Apache-2.0 OR MIT");
        walk(&document, "");
    }

    #[test]
    fn the_operations_have_the_names_that_clients_know() {
        let document = described();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
        let ids: BTreeSet<&str> =
            operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        let wanted = [
            "blob",
            "cap",
            "changes",
            "checkpoint",
            "checkpoint_cosigned",
            "entries",
            "entry",
            "genesis",
            "healthz",
            "hour",
            "index",
            "metrics",
            "openapi",
            "readyz",
            "records_atom",
            "records_csv",
            "records_json",
            "shard",
            "shard_tile",
            "status",
            "submit",
            "tile",
        ];
        assert_eq!(ids, wanted.into_iter().collect());
    }
}
