//! One rejection per rule.

use super::*;
use crate::samples::witness;
use crate::samples::{department, insecure_key};
use crate::sm2::Need;

fn new(departments: Vec<Department>, threshold: usize) -> Result<Genesis, GenesisError> {
    Genesis::new("log".parse().unwrap(), insecure_key("log").public(), departments, threshold)
}

fn two() -> Vec<Department> {
    vec![department("police"), department("tax")]
}

#[test]
fn a_genesis_reads_back() {
    let genesis = new(two(), 2).unwrap();
    assert_eq!(canonical::from_slice::<Genesis>(&genesis.to_bytes()).unwrap(), genesis);
}

#[test]
fn an_unknown_field_is_refused() {
    let text = String::from_utf8(new(two(), 2).unwrap().to_bytes()).unwrap();
    let more = text.replacen('{', r#"{"extra":1,"#, 1);
    assert!(serde_json::from_str::<Genesis>(&more).is_err());
    assert!(serde_json::from_str::<Genesis>(&text.replace(r#""threshold":2"#, r#""threshold":3"#)).is_err());
}

#[test]
fn a_ledger_has_departments() {
    assert_eq!(new(vec![], 1), Err(GenesisError::NoDepartment));
}

#[test]
fn the_threshold_can_be_met() {
    assert_eq!(new(two(), 0), Err(GenesisError::Threshold(2)));
    assert_eq!(new(two(), 3), Err(GenesisError::Threshold(2)));
}

#[test]
fn departments_are_distinct() {
    let twice = Department { key: insecure_key("other").public(), ..department("police") };
    let police = "police".parse().unwrap();
    assert_eq!(new(vec![department("police"), twice], 1), Err(GenesisError::DuplicateDepartment(police)));
}

#[test]
fn no_department_has_the_name_of_the_log() {
    let log = Department { key: insecure_key("other").public(), ..department("log") };
    assert_eq!(new(vec![log], 1), Err(GenesisError::ReservedName("log".parse().unwrap())));
}

#[test]
fn keys_are_distinct() {
    let shared = Department { key: department("police").key, ..department("tax") };
    let tax: DepartmentId = "tax".parse().unwrap();
    assert_eq!(new(vec![department("police"), shared], 1), Err(GenesisError::SharedKey(tax.clone())));
    let logs = Department { key: insecure_key("log").public(), ..department("tax") };
    assert_eq!(new(vec![logs], 1), Err(GenesisError::SharedKey(tax)));
}

#[test]
fn witnesses_and_the_bulk_limit_read_back() {
    let plain = new(two(), 2).unwrap();
    let text = String::from_utf8(plain.to_bytes()).unwrap();
    assert!(!text.contains("witnesses") && !text.contains("bulk_limit"), "{text}");
    let quorum = Quorum::new(2, vec![witness("w1"), witness("w2"), witness("w3")]).unwrap();
    let genesis = plain.witnessed(quorum.clone()).unwrap().limited(50).unwrap();
    let read: Genesis = canonical::from_slice(&genesis.to_bytes()).unwrap();
    assert_eq!((read.witnesses(), read.bulk_limit()), (Some(&quorum), 50));
    assert_eq!(read, genesis);
}

#[test]
fn the_least_root_age_reads_back_and_is_no_wider_than_production() {
    let plain = new(two(), 1).unwrap();
    assert_eq!(plain.min_root_age_s(), None);
    assert!(!String::from_utf8(plain.to_bytes()).unwrap().contains("min_root_age_s"));
    let genesis = plain.clone().rooted(30).unwrap();
    let read: Genesis = canonical::from_slice(&genesis.to_bytes()).unwrap();
    assert_eq!((read.min_root_age_s(), &read), (Some(30), &genesis));
    for refused in [0, MIN_ROOT_AGE_S + 1] {
        assert_eq!(plain.clone().rooted(refused), Err(GenesisError::RootAge));
    }
}

#[test]
fn the_person_authority_reads_back_and_is_a_department() {
    let plain = new(two(), 1).unwrap();
    assert_eq!(plain.person_authority(), None);
    assert!(!String::from_utf8(plain.to_bytes()).unwrap().contains("person_authority"), "its digest stays");
    let police: DepartmentId = "police".parse().unwrap();
    let genesis = plain.clone().with_person_authority(police.clone()).unwrap();
    let read: Genesis = canonical::from_slice(&genesis.to_bytes()).unwrap();
    assert_eq!((read.person_authority(), &read), (Some(&police), &genesis));
    assert_ne!(genesis.digest(), plain.digest());
    let court: DepartmentId = "court".parse().unwrap();
    let refused = GenesisError::PersonAuthority(court.clone());
    assert_eq!(plain.with_person_authority(court.clone()), Err(refused));
    let forged = String::from_utf8(genesis.to_bytes()).unwrap();
    let forged = forged.replace(r#""person_authority":"police""#, r#""person_authority":"court""#);
    assert!(serde_json::from_str::<Genesis>(&forged).is_err());
}

#[test]
fn a_witness_has_a_key_of_its_own() {
    for other in ["log", "police"] {
        let quorum = Quorum::new(1, vec![witness(other)]).unwrap();
        let expected = Err(GenesisError::WitnessKey(other.parse().unwrap()));
        assert_eq!(new(two(), 1).unwrap().witnessed(quorum), expected);
    }
}

#[test]
fn the_bulk_limit_is_not_zero() {
    assert_eq!(new(two(), 1).unwrap().limited(0), Err(GenesisError::BulkLimit));
}

#[test]
fn a_second_key_reads_back_and_its_absence_leaves_the_digest() {
    let plain = new(two(), 1).unwrap();
    assert!(!String::from_utf8(plain.to_bytes()).unwrap().contains("sm2"));
    let key = "BNBJD2mhqLRHNxwzIDUQb1hBdhg5d1hbti5qG3347R3TrgRKtGHsRuROSo44NGLcBW/B9NUyofCCMZP6qoJ8yAg=";
    for need in [Need::Required, Need::Offered] {
        let signed = plain.clone().with_sm2(Sm2Rule { key: key.parse().unwrap(), need });
        let read: Genesis = serde_json::from_slice(&signed.to_bytes()).unwrap();
        assert_eq!((&read, read.sm2().unwrap().need), (&signed, need));
        assert_ne!(read.digest(), plain.digest());
    }
}
