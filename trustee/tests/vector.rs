//! A dealing that another program made, through what a wallet and a trustee call.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use circuits::field::Element;
use serde::Deserialize;
use trustee::{Bundle, HpkePrivateKey, Recovery, SealedShare};

/// `vectors/bundle.json`, which `vectors/bundle.py` made; it shares no code with the crate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    secret: Element,
    bundle: Bundle,
    id: String,
    shares: Vec<OneShare>,
    wallet_private_key: String,
    wallet_key_digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneShare {
    #[serde(rename = "value")]
    _value: Element,
    #[serde(rename = "blind")]
    _blind: Element,
    private_key: String,
    associated_data: String,
    deposit: SealedShare,
    answer: SealedShare,
}

fn vector() -> Vector {
    serde_json::from_str(include_str!("../vectors/bundle.json")).unwrap()
}

fn key(hex: &str) -> HpkePrivateKey {
    HpkePrivateKey::from_bytes(&hex::decode(hex).unwrap().try_into().unwrap())
}

#[test]
fn identifier_and_digest_are_those_of_the_other_program() {
    let vector = vector();
    assert_eq!(vector.bundle.id().to_string(), vector.id);
    assert_eq!(key(&vector.wallet_private_key).public().digest().to_string(), vector.wallet_key_digest);
    assert!(vector.shares.iter().all(|share| share.associated_data.starts_with(&vector.id)));
}

#[test]
fn each_trustee_takes_what_the_other_program_sealed() {
    let vector = vector();
    for (seat, share) in vector.bundle.seats().zip(&vector.shares) {
        let key = key(&share.private_key);
        assert_eq!(key.public(), seat.trustee().key);
        assert_eq!(seat.check_deposit(&share.deposit, &key), Ok(()));
    }
}

#[test]
fn the_secret_is_rebuilt_from_what_the_other_program_answered() {
    let vector = vector();
    let wallet = key(&vector.wallet_private_key);
    let trustees: Vec<_> = vector.bundle.seats().map(|seat| seat.trustee().department.clone()).collect();
    for absent in 0..trustees.len() {
        let mut recovery = Recovery::new(&vector.bundle, &wallet);
        for (place, (trustee, share)) in trustees.iter().zip(&vector.shares).enumerate() {
            if place != absent {
                recovery.take(trustee, &share.answer).unwrap();
            }
        }
        assert_eq!(Element(*recovery.rebuild().ok().unwrap().expose()), vector.secret);
    }
}
