//! Offers and tokens.

use ledger::samples;
use openid4vc::vci::TokenRequest;
use serde_json::json;

use super::world::{CREDIT, GONGAN, PERSON, TAX, World, id, identity_row, import, person, token_request};
use crate::issuer::{ActError, GrantError, IssuerError, TokenError};

fn refusal(world: &World, request: &TokenRequest) -> GrantError {
    match world.gongan.token(request) {
        Err(TokenError::Grant(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn offered(world: &World) -> (TokenRequest, TokenRequest) {
    import(&world.gongan, "identity/1", &identity_row(PERSON));
    let offered = world.gongan.offer(&id("identity/1"), &person(PERSON)).unwrap();
    let right = offered.tx_code.expose();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let request = |tx_code| token_request(&world.gongan, &offered.offer, tx_code);
    (request(right), request(wrong))
}

#[test]
fn an_offer_gives_one_token() {
    let world = World::new();
    let (right, _) = offered(&world);
    assert!(world.gongan.token(&right).is_ok());
    assert_eq!(refusal(&world, &right), GrantError::Used);
}

#[test]
fn older_wallets_send_a_user_pin() {
    let world = World::new();
    let (mut right, _) = offered(&world);
    right.user_pin = right.tx_code.take();
    assert!(world.gongan.token(&right).is_ok());
}

#[test]
fn a_wrong_number_is_refused_five_times_and_then_even_the_right_one() {
    let world = World::new();
    let (right, wrong) = offered(&world);
    for left in [4, 3, 2, 1] {
        assert_eq!(refusal(&world, &wrong), GrantError::WrongNumber { left });
    }
    assert_eq!(refusal(&world, &wrong), GrantError::Locked, "the fifth says so itself");
    assert_eq!(refusal(&world, &right), GrantError::Locked);
}

#[test]
fn what_can_be_seen_to_be_no_number_is_no_try_and_the_right_one_may_be_typed_with_any_keyboard() {
    let world = World::new();
    let (mut right, _) = offered(&world);
    let number = right.tx_code.take().unwrap().expose().to_owned();
    let mut with = |typed: String| {
        right.tx_code = Some(typed.into());
        world.gongan.token(&right)
    };
    for malformed in ["", "12345", "1234567", "12345O", "领取码"] {
        for _ in 0..2 {
            assert!(
                matches!(with(malformed.to_owned()), Err(TokenError::Grant(GrantError::Wrong))),
                "{malformed}"
            );
        }
    }
    let wide = number.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap());
    let typed: String =
        wide.enumerate().map(|(n, c)| if n == 3 { format!(" {c}") } else { c.to_string() }).collect();
    assert!(with(format!("{typed}\r\n")).is_ok());
}

/// A wallet that sends no number, or something that is no number of this desk, has not guessed.
#[test]
fn what_is_no_number_is_no_try() {
    let world = World::new();
    let (right, _) = offered(&world);
    for _ in 0..8 {
        let without = TokenRequest { tx_code: None, ..right.clone() };
        assert!(matches!(world.gongan.token(&without), Err(TokenError::NoTxCode)));
        for malformed in ["12345", "1234567", "12345x", " 12345"] {
            let request = TokenRequest { tx_code: Some(malformed.to_owned().into()), ..right.clone() };
            assert_eq!(refusal(&world, &request), GrantError::Wrong, "{malformed}");
        }
    }
    assert!(world.gongan.token(&right).is_ok());
}

#[test]
fn an_expired_offer_is_refused() {
    let world = World::new();
    let (right, _) = offered(&world);
    world.pass(601);
    assert_eq!(refusal(&world, &right), GrantError::Expired);
}

#[test]
fn an_unknown_code_is_refused() {
    let world = World::new();
    let unknown = TokenRequest::new("nobody's".to_owned().into(), Some("000000".to_owned().into()));
    assert_eq!(refusal(&world, &unknown), GrantError::Wrong);
}

#[test]
fn a_newer_offer_ends_the_older() {
    let world = World::new();
    let (older, _) = offered(&world);
    let (newer, _) = offered(&world);
    assert_eq!(refusal(&world, &older), GrantError::Wrong);
    assert!(world.gongan.token(&newer).is_ok());
}

#[test]
fn other_grants_are_refused() {
    let world = World::new();
    let (mut right, _) = offered(&world);
    right.grant_type = "authorization_code".to_owned();
    assert!(matches!(world.gongan.token(&right), Err(TokenError::GrantType)));
}

#[test]
fn the_desk_of_a_suspended_department_offers_nothing() {
    let world = World::new();
    import(&world.gongan, "identity/1", &identity_row(PERSON));
    let mut suspension =
        samples::record(json!({"kind": "department.suspend", "id": "s", "department": GONGAN,
        "reason": "key-stolen", "approvals": []}));
    suspension.bind(samples::terms(world.ledger.with_log(|log| log.state().size())));
    world.ledger.append(samples::sign_approved(suspension, &[CREDIT, TAX]));
    world.gongan.sync().unwrap();
    let refused = world.gongan.offer(&id("identity/1"), &person(PERSON));
    assert!(matches!(refused, Err(ActError::Refused(IssuerError::DepartmentSuspended))), "{refused:?}");
    assert!(!world.gongan.is_ready() && world.credit.is_ready());
}

#[test]
fn nothing_is_offered_without_a_record_or_beyond_the_configuration() {
    let world = World::new();
    let refused = |schema, number| match world.gongan.offer(&id(schema), &person(number)) {
        Err(ActError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("identity/1", PERSON), IssuerError::UnknownPerson);
    assert_eq!(refused("identity/2", PERSON), IssuerError::NotGranted);
}
