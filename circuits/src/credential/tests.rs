use ark_ff::Field;

use super::*;
use crate::field::Element;
use crate::schema::Schema;
use crate::tree::{Path, Position, empty_roots};

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

/// What `docs/formats.md` says, against numbers that another program computed.
#[derive(serde::Deserialize)]
struct Vector {
    secret_64_bytes: String,
    issuer: DepartmentId,
    issuer_element: Element,
    schema: SchemaId,
    schema_element: Element,
    holder: Element,
    validity: Validity,
    validity_element: Element,
    salt: Element,
    values: serde_json::Map<String, serde_json::Value>,
    attributes: Vec<Element>,
    inner: Element,
    leaf: Element,
    leaf_in_a_shard: String,
    position: Position,
    root_of_this_leaf_alone: Element,
}

#[test]
fn a_credential_of_another_program_is_the_same_leaf_and_root() {
    let v: Vector = serde_json::from_str(include_str!("../../vectors/credential.json")).unwrap();
    let schema: Schema = serde_json::from_str(include_str!("../../vectors/sample-schema.json")).unwrap();
    let secret: [u8; 64] = hex::decode(&v.secret_64_bytes).unwrap().try_into().unwrap();
    let secret = HolderSecret::from_uniform_bytes(&secret);
    let credential = Credential {
        holder: secret.pseudonym(&Scope::enrolment(&v.issuer, &v.schema)),
        issuer: v.issuer,
        schema: v.schema,
        validity: v.validity,
        salt: v.salt.0,
        document: None,
        values: schema.values(&v.values).unwrap(),
    };
    assert_eq!(credential.issuer.element(), v.issuer_element.0);
    assert_eq!(credential.schema.element(), v.schema_element.0);
    assert_eq!(credential.holder, v.holder.0);
    assert_eq!(credential.validity.element(), v.validity_element.0);
    assert_eq!(credential.values.elements().map(Element).as_slice(), v.attributes);
    assert_eq!(credential.inner(), v.inner.0);
    assert_eq!(credential.leaf(), v.leaf.0);
    assert_eq!(hex::encode(field::to_bytes(&credential.leaf())), v.leaf_in_a_shard);
    let siblings = std::array::from_fn(|level| [Element(empty_roots()[level]); 3]);
    let path = Path { position: v.position, siblings };
    assert_eq!(path.root(&credential.leaf()), v.root_of_this_leaf_alone.0);
}
