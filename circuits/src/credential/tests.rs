use ark_ff::Field;

use super::*;

fn department(s: &str) -> DepartmentId {
    s.parse().unwrap()
}

#[test]
fn departments_are_labels() {
    for good in ["a", "credit.nanning", "a-1.b", &"a".repeat(64)] {
        assert_eq!(department(good).as_str(), good);
    }
    let long = "a".repeat(65);
    for bad in ["", ".", "a.", ".a", "a..b", "A", "a/b", "a_b", "南宁", "a b", "session", &long] {
        assert!(bad.parse::<DepartmentId>().is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<DepartmentId>("\"A\"").is_err());
}

#[test]
fn a_secret_is_64_bytes_big_endian_reduced() {
    let mut bytes = [0; 64];
    bytes[63] = 5;
    bytes[31] = 1;
    let two_to_256 = Fr::from(2u64).pow([256]);
    assert_eq!(*HolderSecret::from_uniform_bytes(&bytes).expose(), two_to_256 + Fr::from(5u64));
}

#[test]
fn a_pseudonym_is_the_tagged_hash() {
    let secret = HolderSecret::from_uniform_bytes(&[7; 64]);
    let scope = Scope::session(&Fr::from(9u64));
    let tag = field::text("yong/pseudonym/v1").unwrap();
    let session = field::text("session").unwrap();
    assert_eq!(secret.pseudonym(&scope), poseidon::hash(&[tag, *secret.expose(), session, Fr::from(9u64)]));
}

#[test]
fn the_three_scopes_differ() {
    let credit = department("credit.nanning");
    let named = Scope::named("housing", &credit);
    assert_eq!(*named.a(), field::text("scope/housing").unwrap());
    assert_eq!(*named.b(), credit.element());
    assert_ne!(named, Scope::session(&credit.element()));
    assert_ne!(named, Scope::named("housing", &department("tax.nanning")));
    assert_eq!(Scope::named("e\u{301}", &credit), Scope::named("\u{e9}", &credit));
    assert_eq!(*Scope::named("\u{301}", &credit).b(), credit.element());
}

#[test]
fn a_validity_is_two_times() {
    assert_eq!(Validity::new(2, 1), Err(ValidityError));
    assert_eq!(Validity::new(0, 1 << 40), Err(ValidityError));
    let validity = Validity::new(3, 5).unwrap();
    assert_eq!(validity.element(), Fr::from(3 + (5u128 << 40)));
    assert_eq!([2, 3, 5, 6].map(|now| validity.contains(now)), [false, true, true, false]);
    assert!(serde_json::from_str::<Validity>(r#"{"from":2,"until":1}"#).is_err());
    assert!(serde_json::from_str::<Validity>(r#"{"from":1,"until":2,"x":3}"#).is_err());
}
