//! The statement that is measured: a full credential deep in a full tree, and a policy that uses every kind of atom.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, UniformRand};
use circuits::credential::{
    self, Credential, DepartmentId, DeviceSecret, HolderSecrets, PersonSecret, Scope, Validity,
};
use circuits::schema::{ATTRIBUTES, Schema};
use circuits::show::{Atom, CLAUSES, ISSUERS, MEMBERS, Private, Public, Rows, SLOTS};
use circuits::tree::{ARITY, DEPTH, Path, Position};
use rand::RngCore;
use zeroize::Zeroizing;

/// Secrets, salt, position, siblings, context and blinding are fresh each time; no step of proving is faster for a special
/// one.
pub(crate) fn show(rng: &mut impl RngCore) -> (Public, Private) {
    let schema: Schema = serde_json::from_str(SCHEMA).expect("the schema below obeys the rules");
    let issuer: DepartmentId = "credit.nanning".parse().expect("two labels");
    let secrets = secrets(rng);
    let credential = Credential {
        holder: secrets.holder(&issuer, &schema.schema),
        validity: Validity::new(NOW - DAY, NOW + DAY).expect("in order and below 2^40"),
        salt: Fr::rand(rng),
        document: Some([7; 32]),
        values: schema.values_from_text(CELLS).expect("the cells fit the schema"),
        issuer,
        schema: schema.schema,
    };
    let position = Position::new(u64::from(rng.next_u32())).expect("32 bits are below 4^16");
    let path =
        Path { position, siblings: [(); DEPTH].map(|()| [(); ARITY - 1].map(|()| Fr::rand(rng).into())) };
    let context = Fr::rand(rng);
    let scope = Scope::session(&context);
    let blind = Fr::rand(rng);
    let public = Public {
        root: path.root(&credential.leaf()),
        now: Fr::from(NOW),
        context,
        scope,
        linked: Fr::ONE,
        nullifier: secrets.nullifier(&scope, 0),
        link: credential::link(&credential.inner(), &blind),
        rows: rows(&credential),
    };
    (public, Private { secrets, index: 0, blind, credential, path })
}

/// Somebody new with one device.
pub(crate) fn secrets(rng: &mut impl RngCore) -> HolderSecrets {
    let mut bytes = Zeroizing::new([0; 64]);
    rng.fill_bytes(bytes.as_mut());
    let device = DeviceSecret::from_uniform_bytes(&bytes);
    rng.fill_bytes(bytes.as_mut());
    HolderSecrets { device, person: PersonSecret::from_uniform_bytes(&bytes) }
}

/// score ≥ 650, a weighted sum of all numbers within bounds, level in a set, and their negations of the contrary.
fn rows(credential: &Credential) -> Rows {
    let only = |i: usize| std::array::from_fn(|k| Fr::from(u64::from(k == i)));
    let (score, born, level) = (only(0), only(1), only(2));
    let atoms = [
        between(&score, 650, 2_000),
        not(&between(&score, 0, 649)),
        between(&numbers(), 0, 1 << 40),
        member(&level, &[1, 2]),
        not(&member(&level, &[3, 4])),
        between(&born, 0, 14_000),
    ];
    Rows {
        schema: credential.schema.element(),
        issuers: [credential.issuer.element(); ISSUERS],
        atoms,
        literal: std::array::from_fn::<_, CLAUSES, _>(|c| {
            std::array::from_fn::<_, SLOTS, _>(|j| Fr::from(u64::from(c == j)))
        }),
    }
}

/// All attributes but the last of the schema, which is text and has no order, and those after it, which are absent.
fn numbers() -> [Fr; ATTRIBUTES] {
    std::array::from_fn(|i| Fr::from(u64::from(i < CELLS.len() - 1)))
}

fn between(weight: &[Fr; ATTRIBUTES], low: u64, high: u64) -> Atom {
    Atom {
        weight: *weight,
        low: Fr::from(low),
        high: Fr::from(high),
        order: Fr::ONE,
        member: [Fr::ZERO; MEMBERS],
        k_const: Fr::ZERO,
        k_order: Fr::ONE,
        k_member: Fr::ZERO,
    }
}

fn member(weight: &[Fr; ATTRIBUTES], members: &[u64]) -> Atom {
    Atom {
        order: Fr::ZERO,
        member: std::array::from_fn(|i| Fr::from(members[i % members.len()])),
        k_order: Fr::ZERO,
        k_member: Fr::ONE,
        ..between(weight, 0, 0)
    }
}

fn not(atom: &Atom) -> Atom {
    let (k_order, k_member) = (-atom.k_order, -atom.k_member);
    Atom { k_const: Fr::ONE - atom.k_const, k_order, k_member, ..atom.clone() }
}

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
