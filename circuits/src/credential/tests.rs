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
    let expected = two_to_256 + Fr::from(5u64);
    assert_eq!(*DeviceSecret::from_uniform_bytes(&bytes).expose(), expected);
    assert_eq!(*PersonSecret::from_uniform_bytes(&bytes).expose(), expected);
}

#[test]
fn a_persons_secret_has_one_encoding() {
    let secrets = holder_of(1, 9);
    let again = PersonSecret::from_bytes(&secrets.person.to_bytes()).unwrap();
    assert_eq!(again.expose(), secrets.person.expose());
    for bytes in [[0; 32], [0xff; 32]] {
        assert!(PersonSecret::from_bytes(&bytes).is_none());
    }
}

/// A device and a person of these bytes.
fn holder_of(device: u8, person: u8) -> HolderSecrets {
    HolderSecrets {
        device: DeviceSecret::from_uniform_bytes(&[device; 64]),
        person: PersonSecret::from_uniform_bytes(&[person; 64]),
    }
}

fn uses(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

#[test]
fn a_pseudonym_is_the_tagged_hash() {
    let secrets = holder_of(7, 8);
    let scope = Scope::session(&Fr::from(9u64));
    let [tag, session] = ["yong/pseudonym/v2", "session"].map(|s| field::text(s).unwrap());
    let [device, person] = [*secrets.device.expose(), *secrets.person.expose()];
    let expected = poseidon::hash(&[tag, device, person, session, Fr::from(9u64), Fr::from(3u64)]);
    assert_eq!(secrets.nullifier(&scope, 3), expected);
}

/// One person counts once in a named scope, with whichever device; elsewhere each device is somebody else.
#[test]
fn two_devices_of_a_person_are_one_only_in_named_scopes() {
    let [phone, tablet] = [holder_of(1, 9), holder_of(2, 9)];
    let credit = department("credit.nanning");
    let named = Scope::named("housing", &credit, uses(2));
    assert_eq!(phone.nullifier(&named, 1), tablet.nullifier(&named, 1));
    assert_ne!(phone.nullifier(&named, 0), phone.nullifier(&named, 1));
    let session = Scope::session(&Fr::from(5u64));
    assert_ne!(phone.nullifier(&session, 0), tablet.nullifier(&session, 0));
    let schema = "sample/1".parse().unwrap();
    assert_ne!(phone.holder(&credit, &schema), tablet.holder(&credit, &schema));
    assert_eq!(phone.person.person(&credit), tablet.person.person(&credit));
    assert_ne!(phone.person.person(&credit), phone.person.person(&department("tax.nanning")));
    assert_ne!(phone.nullifier(&named, 0), holder_of(1, 8).nullifier(&named, 0));
}

#[test]
fn the_three_scopes_differ() {
    let credit = department("credit.nanning");
    let named = Scope::named("housing", &credit, uses(10));
    assert_eq!(named.a, field::text("scope/housing").unwrap());
    assert_eq!([named.b, named.named, named.uses], [credit.element(), Fr::ONE, Fr::from(10u64)]);
    let session = Scope::session(&credit.element());
    assert_eq!([session.named, session.uses], [Fr::ZERO, Fr::ONE]);
    let enrolment = Scope::enrolment(&credit, &"sample/1".parse().unwrap());
    assert_eq!([enrolment.named, enrolment.uses], [Fr::ZERO, Fr::ONE]);
    assert_ne!(named.a, session.a);
    assert_ne!(enrolment.a, session.a);
    assert_ne!(named, Scope::named("housing", &department("tax.nanning"), uses(10)));
    assert_eq!(Scope::named("e\u{301}", &credit, uses(1)), Scope::named("\u{e9}", &credit, uses(1)));
    assert_eq!(Scope::named("\u{301}", &credit, uses(1)).b, credit.element());
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
    device_64_bytes: String,
    person_64_bytes: String,
    issuer: DepartmentId,
    issuer_element: Element,
    schema: SchemaId,
    schema_element: Element,
    holder: Element,
    person: Element,
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
    context: Element,
    session_nullifier: Element,
    scope: NamedScope,
    named_nullifiers: Vec<Element>,
    blind: Element,
    link: Element,
}

#[derive(serde::Deserialize)]
struct NamedScope {
    name: String,
    department: DepartmentId,
    uses: NonZeroU16,
}

impl Vector {
    fn read() -> Self {
        serde_json::from_str(include_str!("../../vectors/credential.json")).unwrap()
    }

    fn secrets(&self) -> HolderSecrets {
        let bytes = |hexadecimal: &str| hex::decode(hexadecimal).unwrap().try_into().unwrap();
        HolderSecrets {
            device: DeviceSecret::from_uniform_bytes(&bytes(&self.device_64_bytes)),
            person: PersonSecret::from_uniform_bytes(&bytes(&self.person_64_bytes)),
        }
    }
}

#[test]
fn pseudonyms_and_link_of_another_program_are_the_same() {
    let v = Vector::read();
    let secrets = v.secrets();
    assert_eq!(secrets.holder(&v.issuer, &v.schema), v.holder.0);
    assert_eq!(secrets.person.person(&v.issuer), v.person.0);
    assert_eq!(secrets.nullifier(&Scope::session(&v.context.0), 0), v.session_nullifier.0);
    let scope = Scope::named(&v.scope.name, &v.scope.department, v.scope.uses);
    for (index, nullifier) in (0..).zip(&v.named_nullifiers) {
        assert_eq!(secrets.nullifier(&scope, index), nullifier.0);
    }
    assert_eq!(v.named_nullifiers.len(), 3);
    assert_eq!(link(&v.inner.0, &v.blind.0), v.link.0);
}

#[test]
fn a_credential_of_another_program_is_the_same_leaf_and_root() {
    let v = Vector::read();
    let schema: Schema = serde_json::from_str(include_str!("../../vectors/sample-schema.json")).unwrap();
    let credential = Credential {
        holder: v.secrets().holder(&v.issuer, &v.schema),
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
