//! A bundle has one identifier and distinct trustees; a trustee takes its own share of it and no other.

use circuits::Fr;
use ledger::samples::hpke_key;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};

use super::*;
use crate::samples::{Dealing, department};

fn trustee(name: &str, commitment: u64) -> Trustee {
    Trustee { department: department(name), key: hpke_key(name), commitment: Element(Fr::from(commitment)) }
}

fn three() -> Vec<Trustee> {
    vec![trustee("police", 1), trustee("tax", 2), trustee("court", 3)]
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([9; 32])
}

#[test]
fn a_bundle_reads_back() {
    let bundle = Bundle::new(2, three()).unwrap();
    let json = serde_json::to_value(&bundle).unwrap();
    assert_eq!(serde_json::from_value::<Bundle>(json).unwrap(), bundle);
    let seats: Vec<_> = bundle.seats().map(|seat| (seat.index().get(), seat.trustee().clone())).collect();
    assert_eq!(seats, (1..).zip(three()).collect::<Vec<_>>());
    assert_eq!(bundle.seat(&department("tax")).unwrap().index().get(), 2);
    assert!(bundle.seat(&department("credit")).is_none());
}

#[test]
fn everything_in_a_bundle_changes_its_identifier() {
    type Change = fn(&mut Value);
    let good = serde_json::to_value(Bundle::new(2, three()).unwrap()).unwrap();
    let id = |json: &Value| serde_json::from_value::<Bundle>(json.clone()).unwrap().id();
    let changes: [Change; 7] = [
        |json| json["needed"] = json!(3),
        |json| json["trustees"][0]["department"] = json!("credit"),
        |json| json["trustees"][1]["key"] = json!(hpke_key("another")),
        |json| json["trustees"][2]["commitment"] = json!("4"),
        |json| json["trustees"].as_array_mut().unwrap().swap(0, 1),
        |json| json["trustees"].as_array_mut().unwrap().truncate(2),
        |json| json["trustees"].as_array_mut().unwrap().push(json!(trustee("credit", 4))),
    ];
    for change in changes {
        let mut other = good.clone();
        change(&mut other);
        assert_ne!(id(&other), id(&good), "{other}");
    }
}

#[test]
fn what_is_no_bundle_is_refused() {
    type Change = fn(&mut Value);
    let good = serde_json::to_value(Bundle::new(2, three()).unwrap()).unwrap();
    let changes: [Change; 6] = [
        |json| json["needed"] = json!(1),
        |json| json["needed"] = json!(4),
        |json| json["needed"] = json!(-2),
        |json| json["extra"] = json!(1),
        |json| json["trustees"][0]["extra"] = json!(1),
        |json| json["trustees"][0]["commitment"] = json!("04"),
    ];
    for change in changes {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(serde_json::from_value::<Bundle>(bad.clone()).is_err(), "{bad}");
    }
    let text = good.to_string().replacen("{\"needed\":2", "{\"needed\":2,\"needed\":2", 1);
    assert!(serde_json::from_str::<Bundle>(&text).is_err(), "{text}");
}

#[test]
fn a_department_has_one_share() {
    let mut twice = three();
    twice[2] = Trustee { key: hpke_key("other"), ..trustee("police", 3) };
    assert_eq!(Bundle::new(2, twice), Err(BundleError::DepartmentTwice(department("police"))));
}

#[test]
fn two_departments_with_one_key_are_refused() {
    let mut shared = three();
    shared[2].key = hpke_key("police");
    assert_eq!(Bundle::new(2, shared), Err(BundleError::SharedKey(department("court"))));
}

#[test]
fn a_bundle_of_one_or_of_too_many_is_refused() {
    let alone = Bundle::new(1, vec![trustee("police", 1)]);
    assert_eq!(alone, Err(BundleError::Threshold(ThresholdError { needed: 1, shares: 1 })));
    let many = (0..17).map(|i| trustee(&format!("d{i}"), i)).collect();
    assert_eq!(Bundle::new(2, many), Err(BundleError::Threshold(ThresholdError { needed: 2, shares: 17 })));
}

#[test]
fn every_trustee_takes_its_own_share_and_no_other() {
    let dealing = Dealing::new(2, 3);
    for (place, seat) in dealing.bundle().seats().enumerate() {
        for (other, deposit) in dealing.deposits().iter().enumerate() {
            let taken = seat.check_deposit(deposit, dealing.key(place));
            let expected = if place == other { Ok(()) } else { Err(DepositError::Unopened) };
            assert_eq!(taken, expected, "share {other} at trustee {place}");
        }
    }
}

#[test]
fn another_private_key_than_the_bundles_opens_nothing() {
    let dealing = Dealing::new(2, 3);
    let seat = dealing.bundle().seats().next().unwrap();
    let taken = seat.check_deposit(&dealing.deposits()[0], dealing.key(1));
    assert_eq!(taken, Err(DepositError::OtherKey));
}

#[test]
fn a_share_of_another_bundle_is_refused() {
    // The same secret, the same trustees and keys, dealt twice.
    let [one, two] = [1, 2].map(|seed| Dealing::seeded(2, 3, seed));
    let seat = one.bundle().seats().next().unwrap();
    let taken = seat.check_deposit(&two.deposits()[0], one.key(0));
    assert_eq!(one.key(0).public(), two.key(0).public());
    assert_eq!(taken, Err(DepositError::Unopened));
}

#[test]
fn a_wallet_that_seals_another_share_than_it_commits_to_is_refused() {
    let dealing = Dealing::new(2, 3);
    let seat = dealing.bundle().seats().next().unwrap();
    let other = Share::new(seat.index(), Fr::from(7u64), Fr::from(8u64));
    let deposit = seat.deposit(&other, &mut rng());
    assert_eq!(seat.check_deposit(&deposit, dealing.key(0)), Err(DepositError::OtherShare));
    let answer = seat.answer(&deposit, dealing.key(0), &hpke_key("wallet"), &mut rng());
    assert_eq!(answer, Err(DepositError::OtherShare));
}

#[test]
fn an_answer_is_no_deposit() {
    let dealing = Dealing::new(2, 3);
    let seat = dealing.bundle().seats().next().unwrap();
    let to = dealing.key(0).public();
    let answer = seat.answer(&dealing.deposits()[0], dealing.key(0), &to, &mut rng()).unwrap();
    assert_eq!(seat.check_deposit(&answer, dealing.key(0)), Err(DepositError::Unopened));
}
