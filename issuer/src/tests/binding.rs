//! What a desk is told to ask wallets to show, compared with what its schema lets it ask for.

use std::sync::Arc;

use circuits::schema::SchemaId;
use ledger::samples;
use serde_json::json;

use super::world::{CREDIT, GONGAN, TAX, World, id};
use crate::config::{Binding, Config};
use crate::issuer::{BindingError, Issuer};
use crate::serve::{ServeError, serve_issuer};

fn asks(schema: &str, issuers: &[&str]) -> Binding {
    let issuers = issuers.iter().map(|issuer| issuer.parse().unwrap()).collect();
    Binding::Identity { schema: id(schema), issuers }
}

/// The credit bureau's desk, told to grant this schema for that.
fn told(world: &World, schema: SchemaId, binding: Binding) -> Issuer {
    let mut config: Config = world.credit.config().clone();
    config.schemas[0].schema = schema;
    config.schemas[0].binding = binding;
    world.opened(config)
}

/// How such a desk is refused; it does not go on serving either.
fn refused(world: &World, schema: SchemaId, binding: Binding) -> BindingError {
    let issuer = told(world, schema, binding);
    let refused = issuer.check_bindings().unwrap_err();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        serve_issuer(Arc::new(issuer), listener, std::future::pending()).await
    });
    assert!(matches!(ended, Err(ServeError::Binding(error)) if error == refused));
    refused
}

#[test]
fn a_desk_asks_for_what_its_schema_says_or_for_nothing() {
    let world = World::new();
    assert_eq!(world.credit.check_bindings(), Ok(()));
}

#[test]
fn a_desk_that_would_enrol_though_its_schema_asks_for_an_identity_does_not_start() {
    let world = World::new();
    let refused = refused(&world, id("credit-report/1"), Binding::Enroll);
    assert!(matches!(refused, BindingError::NotAsked { .. }), "{refused}");
}

#[test]
fn a_desk_that_asks_for_something_else_does_not_start() {
    let world = World::new();
    for asked in
        [asks("identity/2", &[GONGAN]), asks("identity/1", &[GONGAN, TAX]), asks("identity/1", &[TAX])]
    {
        let refused = refused(&world, id("credit-report/1"), asked);
        assert!(matches!(refused, BindingError::Differs { .. }), "{refused}");
    }
    let said = refused(&world, id("credit-report/1"), asks("identity/1", &[TAX])).to_string();
    assert!(
        said.contains("`identity/1` of tax.nanning") && said.contains("`identity/1` of gongan.nanning"),
        "{said}"
    );
}

/// A schema of the credit bureau that says nothing of an identity.
fn publish_plain(world: &World) {
    let plain = json!({"kind": "schema.publish", "id": "plain/1", "schema": {"schema": "plain/1",
        "title": samples::localized("plain"),
        "attributes": [{"name": "a", "type": "uint", "max": 9, "title": samples::localized("a")}]}});
    world.ledger.append(samples::sign(samples::record(plain), CREDIT));
}

#[test]
fn a_desk_whose_schema_lets_it_ask_for_nothing_does_not_start() {
    let world = World::new();
    publish_plain(&world);
    let refused = refused(&world, id("plain/1"), asks("identity/1", &[GONGAN]));
    assert!(matches!(refused, BindingError::NotSaid { .. }), "{refused}");
}

#[test]
fn a_desk_that_would_enrol_in_the_place_of_the_person_authority_does_not_start() {
    let world = World::new();
    publish_plain(&world);
    let refused = refused(&world, id("plain/1"), Binding::Enroll);
    let authority = GONGAN.parse().unwrap();
    assert_eq!(refused, BindingError::NotPersonAuthority { schema: id("plain/1"), authority });
}

#[test]
fn a_desk_with_another_departments_schema_does_not_start() {
    let world = World::new();
    let foreign = json!({"kind": "schema.publish", "id": "foreign/1", "schema": {"schema": "foreign/1",
        "title": samples::localized("foreign"), "identity": {"schema": "identity/1", "issuers": [GONGAN]},
        "attributes": [{"name": "a", "type": "uint", "max": 9, "title": samples::localized("a")}]}});
    world.ledger.append(samples::sign(samples::record(foreign), TAX));
    let refused = refused(&world, id("foreign/1"), asks("identity/1", &[GONGAN]));
    assert!(matches!(refused, BindingError::Foreign { .. }), "{refused}");
}
