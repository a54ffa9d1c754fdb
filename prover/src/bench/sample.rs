//! The statements that are measured: full credentials deep in a full tree, and rows that use everything.

mod rows;

use ark_bn254::Fr;
use ark_ff::{Field, UniformRand};
use circuits::credential::{
    self, Credential, DepartmentId, DeviceSecret, HolderSecrets, PersonSecret, Scope, Validity,
};
use circuits::opening::Opening;
use circuits::schema::Schema;
use circuits::tree::{ARITY, DEPTH, Path, Position};
use circuits::{enroll, join, score, show};
use rand::RngCore;
use zeroize::Zeroizing;

use crate::statement::{Enroll, Join, Score, Show, Statement};

/// A statement with an invented example.
pub trait Sample: Statement {
    /// Secrets, salts, position, siblings, context and blinding are fresh each time; no step of proving is faster for a special
    /// one.
    fn sample(rng: &mut impl RngCore) -> (Self::Public, Self::Private);
}

impl Sample for Show {
    fn sample(rng: &mut impl RngCore) -> (show::Public, show::Private) {
        let secrets = secrets(rng);
        let credential = credential(&secrets, ISSUERS[0], rng);
        let position = Position::new(u64::from(rng.next_u32())).expect("32 bits are below 4^16");
        let siblings = [(); DEPTH].map(|()| [(); ARITY - 1].map(|()| Fr::rand(rng).into()));
        let path = Path { position, siblings };
        let context = Fr::rand(rng);
        let scope = Scope::session(&context);
        let blind = Fr::rand(rng);
        let public = show::Public {
            root: path.root(&credential.leaf()),
            now: Fr::from(NOW),
            context,
            scope,
            linked: Fr::ONE,
            nullifier: secrets.nullifier(&scope, 0),
            link: credential::link(&credential.inner(), &blind),
            rows: rows::show(&credential),
        };
        (public, show::Private { secrets, index: 0, blind, credential, path })
    }
}

/// Somebody new, at a department of the demonstration.
impl Sample for Enroll {
    fn sample(rng: &mut impl RngCore) -> (enroll::Public, HolderSecrets) {
        let secrets = secrets(rng);
        let issuer = department(ISSUERS[0]);
        let schema = schema().schema;
        let holder = secrets.holder(&issuer, &schema);
        let person = secrets.person.person(&issuer);
        (enroll::Public { context: Fr::rand(rng), issuer, schema, holder, person }, secrets)
    }
}

impl Sample for Join {
    fn sample(rng: &mut impl RngCore) -> (join::Public, join::Private) {
        let secrets = secrets(rng);
        let openings = ISSUERS.map(|issuer| opening(&secrets, issuer, rng));
        let links = openings.each_ref().map(Opening::link);
        (join::Public { context: Fr::rand(rng), links, rows: rows::join() }, join::Private { openings })
    }
}

impl Sample for Score {
    fn sample(rng: &mut impl RngCore) -> (score::Public, score::Private) {
        let opening = opening(&secrets(rng), ISSUERS[0], rng);
        let public = score::Public { context: Fr::rand(rng), link: opening.link(), rows: rows::score() };
        (public, score::Private { opening })
    }
}

fn opening(secrets: &HolderSecrets, issuer: &str, rng: &mut impl RngCore) -> Opening {
    Opening { blind: Fr::rand(rng), credential: credential(secrets, issuer, rng) }
}

/// A credential with every type of attribute.
fn credential(secrets: &HolderSecrets, issuer: &str, rng: &mut impl RngCore) -> Credential {
    let schema = schema();
    let issuer = department(issuer);
    Credential {
        holder: secrets.holder(&issuer, &schema.schema),
        validity: Validity::new(NOW - DAY, NOW + DAY).expect("in order and below 2^40"),
        salt: Fr::rand(rng),
        document: Some([7; 32]),
        values: schema.values_from_text(CELLS).expect("the cells fit the schema"),
        issuer,
        schema: schema.schema,
    }
}

/// Somebody new with one device.
fn secrets(rng: &mut impl RngCore) -> HolderSecrets {
    let mut bytes = Zeroizing::new([0; 64]);
    rng.fill_bytes(bytes.as_mut());
    let device = DeviceSecret::from_uniform_bytes(&bytes);
    rng.fill_bytes(bytes.as_mut());
    HolderSecrets { device, person: PersonSecret::from_uniform_bytes(&bytes) }
}

fn department(id: &str) -> DepartmentId {
    id.parse().expect("two labels")
}

fn schema() -> Schema {
    serde_json::from_str(SCHEMA).expect("the schema below obeys the rules")
}

const ISSUERS: [&str; join::LINKS] = ["credit.nanning", "tax.nanning", "housing.nanning"];

const NOW: u64 = 1_760_000_000;
const DAY: u64 = 86_400;

const CELLS: [(&str, &str); 8] = [
    ("score", "712"),
    ("born", "1988-08-08"),
    ("level", "B"),
    ("owns_home", "true"),
    ("income", "8600"),
    ("assets", "120000"),
    ("rate", "3.85"),
    ("name", "韦小宁"),
];

const SCHEMA: &str = r#"{
    "schema": "bench/1",
    "title": {"zh-CN": "测量", "en": "Measurement"},
    "attributes": [
        {"name": "score", "type": "uint", "max": 2000, "title": {"zh-CN": "信用分", "en": "Score"}},
        {"name": "born", "type": "date", "title": {"zh-CN": "出生日期", "en": "Born"}},
        {"name": "level", "type": "enum", "codes": {"A": 1, "B": 2, "C": 3, "D": 4}, "title": {"zh-CN": "等级", "en": "Level"}},
        {"name": "owns_home", "type": "bool", "title": {"zh-CN": "有房", "en": "Owns a home"}},
        {"name": "income", "type": "uint", "max": 1000000000, "title": {"zh-CN": "收入", "en": "Income"}},
        {"name": "assets", "type": "uint", "max": 1000000000, "title": {"zh-CN": "资产", "en": "Assets"}},
        {"name": "rate", "type": "decimal", "scale": 2, "max": 10000, "title": {"zh-CN": "利率", "en": "Rate"}},
        {"name": "name", "type": "text", "title": {"zh-CN": "姓名", "en": "Name"}}
    ]
}"#;
