//! Keys in a token, through the real library. Each test runs itself anew with a token of its own, as a library reads its
//! configuration once in a process.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use cryptoki::context::Pkcs11;
use ledger::signer::{DepartmentSigner, SigningError};
use ledger_keys::{KeyError, KeySource, TokenKey, WatchedKey};
use yong_tests::softhsm::{LABEL, MODULE, Token};

#[test]
fn a_key_in_a_token_signs_and_keeps_to_the_key_that_it_was() {
    let Some(token) = within("a_key_in_a_token_signs_and_keeps_to_the_key_that_it_was") else { return };
    token.make_key("one", "01");
    let key = open(&token.uri("one")).unwrap();
    let message = b"yong/record/v1\nledger.test/1\n{}";
    let first = key.sign(message).unwrap();
    key.public().verify(message, &first).unwrap();
    assert!(key.public().verify(b"another", &first).is_err());
    assert_eq!(key.sign(message).unwrap(), first, "Ed25519 is deterministic");

    // The token ends every session, as after a reset.
    reset();
    assert_eq!(key.sign(message).unwrap(), first);

    // The key is gone, and then another one has its name.
    token.remove_key("01");
    reset();
    assert!(
        matches!(key.sign(message), Err(SigningError::Unavailable(why)) if why.contains("no private key"))
    );
    token.make_key("one", "01");
    reset();
    assert!(matches!(key.sign(message), Err(SigningError::Unavailable(why)) if why.contains("start anew")));
    assert_ne!(open(&token.uri("one")).unwrap().public(), key.public());
}

#[test]
fn a_key_is_found_by_every_name_it_has_and_by_no_other() {
    let Some(token) = within("a_key_is_found_by_every_name_it_has_and_by_no_other") else { return };
    for (label, id) in [("one", "01"), ("two", "02"), ("twin", "03"), ("twin", "04")] {
        token.make_key(label, id);
    }
    let one = open(&token.uri("one")).unwrap().public();
    let uri = |from: &str, to: &str| token.uri("one").replacen(from, to, 1);
    let same = [
        ("object=one", "id=%01"),
        ("object=one", "object=one;id=%01;type=private"),
        ("token=", "model=SoftHSM%20v2;token="),
    ];
    for (from, to) in same {
        assert_eq!(open(&uri(from, to)).unwrap().public(), one, "{to}");
    }
    assert_ne!(open(&token.uri("two")).unwrap().public(), one);
    assert!(matches!(open(&token.uri("twin")), Err(KeyError::ManyKeys(2))));
    assert!(open(&uri("object=one", "object=twin;id=%03")).is_ok());
    assert!(matches!(open(&token.uri("three")), Err(KeyError::NoKey)));
    assert!(matches!(open(&uri("object=one", "object=one;id=%02")), Err(KeyError::NoKey)));
    token.make_other_key("p256", "05");
    assert!(matches!(open(&token.uri("p256")), Err(KeyError::OtherType)));
    assert!(matches!(open(&uri(LABEL, "another")), Err(KeyError::NoToken)));
    assert!(matches!(open(&uri("token=", "serial=0;token=")), Err(KeyError::NoToken)));
    assert!(matches!(open(&uri(MODULE, "/nonexistent.so")), Err(KeyError::Module { .. })));
}

#[test]
fn a_pin_that_was_refused_is_not_tried_again() {
    let Some(token) = within("a_pin_that_was_refused_is_not_tried_again") else { return };
    token.make_key("one", "01");
    let uri = token.uri("one").parse().unwrap();
    let key = TokenKey::open(uri).unwrap();
    token.write_pin("000000");
    for word in ["refuses the PIN", "not tried again", "not tried again"] {
        reset();
        let refused = key.sign(b"m");
        assert!(matches!(refused, Err(SigningError::Unavailable(why)) if why.contains(word)), "{word}");
    }
    assert!(matches!(open(&token.uri("one")), Err(KeyError::PinRefusedBefore)), "whoever opens the key");
    token.write_pin(yong_tests::softhsm::PIN);
    assert!(key.sign(b"m").is_ok(), "a corrected PIN needs no restart");
    let without = token.uri("one").split_once("&pin-source").unwrap().0.to_owned();
    assert!(matches!(open(&without), Err(KeyError::NoPin)), "nothing in the environment");
}

fn open(uri: &str) -> Result<Box<dyn DepartmentSigner>, KeyError> {
    uri.parse::<KeySource>().unwrap().open()
}

#[test]
fn a_token_that_was_taken_out_signs_when_it_is_back() {
    let Some(token) = within("a_token_that_was_taken_out_signs_when_it_is_back") else { return };
    token.make_key("one", "01");
    token.make_key("two", "02");
    let [one, two] = ["one", "two"].map(|label| WatchedKey::new(open(&token.uri(label)).unwrap()));
    let first = two.sign(b"m").unwrap();
    token.take_out();
    assert!(matches!(one.sign(b"m"), Err(SigningError::Unavailable(why)) if why.contains("no token")));
    assert!(one.check().is_err() && one.try_again().is_err() && two.check().is_ok());
    token.put_back();
    assert!(one.sign(b"m").is_ok());
    assert!(one.check().is_ok());
    assert_eq!(two.sign(b"m").unwrap(), first, "the library was begun anew under it");
}

#[test]
fn a_token_that_was_shown_a_wrong_pin_by_another_process_is_shown_none() {
    let test = "a_token_that_was_shown_a_wrong_pin_by_another_process_is_shown_none";
    let Some(token) = within(test) else { return };
    token.make_key("one", "01");
    token.try_wrong_pin();
    assert!(matches!(open(&token.uri("one")), Err(KeyError::PinTriedElsewhere)));
    token.log_in();
    assert!(open(&token.uri("one")).is_ok());
}

/// The library forgets everything, as after a reset: sessions, logins, and that it was ever asked.
fn reset() {
    Pkcs11::new(MODULE).unwrap().finalize().unwrap();
}

/// The token, in the process that has one; in the first process the test is run anew with it.
fn within(test: &str) -> Option<Token> {
    if let Some(token) = Token::inside() {
        return Some(token);
    }
    let folder = tempfile::tempdir().unwrap();
    if let Some(token) = Token::new(folder.path()) {
        token.run_inside(test);
    }
    None
}
