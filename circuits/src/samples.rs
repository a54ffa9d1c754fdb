//! Instances that satisfy the statements, for tests here and in other crates (feature `test-support`).
//!
//! ```
//! use circuits::{samples, show};
//! use rand::{SeedableRng, rngs::StdRng};
//!
//! let (public, private) = samples::show(&mut StdRng::seed_from_u64(1));
//! assert_eq!(show::check(&public, &private), Ok(()));
//! ```

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::RngCore;

use crate::credential::{
    self, Credential, DepartmentId, DeviceSecret, HolderSecrets, PersonSecret, Scope, Validity,
};
use crate::opening::Opening;
use crate::schema::{ATTRIBUTES, Schema};
use crate::score::{BINS, CHOICES};
use crate::show::{Atom, Private, Public, Rows};
use crate::tree::{self, ARITY, DEPTH, Path, Position};
use crate::{enroll, field, join, score};

/// The samples' present, unix seconds.
pub const NOW: u64 = 1_760_000_000;

/// The department of every sample.
pub fn department() -> DepartmentId {
    "credit.nanning".parse().expect("two labels")
}

/// A schema with every type of attribute; `assets` and `debt` may be absent.
pub fn schema() -> Schema {
    serde_json::from_str(include_str!("../vectors/sample-schema.json"))
        .expect("the sample schema obeys the rules")
}

/// Random secrets of a person with one device.
pub fn secrets(rng: &mut impl RngCore) -> HolderSecrets {
    let mut bytes = [0; 64];
    rng.fill_bytes(&mut bytes);
    let device = DeviceSecret::from_uniform_bytes(&bytes);
    rng.fill_bytes(&mut bytes);
    HolderSecrets { device, person: PersonSecret::from_uniform_bytes(&bytes) }
}

/// A credential of [`schema`] by [`department`], valid for a day around [`NOW`]; [`rows`] hold of it.
pub fn credential(secrets: &HolderSecrets, rng: &mut impl RngCore) -> Credential {
    let schema = schema();
    let holder = secrets.holder(&department(), &schema.schema);
    let score = (650 + rng.next_u32() % 1_000).to_string();
    let level = if rng.next_u32().is_multiple_of(2) { "A" } else { "B" };
    let cells = [
        ("score", score.as_str()),
        ("level", level),
        ("rate", "3.85"),
        ("since", "2001-02-03"),
        ("owns_home", "true"),
        ("name", "南宁"),
        ("assets", "120000"),
    ];
    let values = schema.values_from_text(cells).expect("the cells fit the sample schema");
    let validity = Validity { from: NOW - 43_200, until: NOW + 43_200 };
    let salt = Fr::rand(rng);
    Credential {
        issuer: department(),
        schema: schema.schema,
        holder,
        validity,
        salt,
        document: Some([7; 32]),
        values,
    }
}

/// The path of `position` in the tree with these leaves and no others.
pub fn path(leaves: &BTreeMap<Position, Fr>, position: Position) -> Path {
    let mut level: BTreeMap<u64, Fr> = leaves.iter().map(|(p, leaf)| (p.get(), *leaf)).collect();
    let mut at = position.get();
    let mut siblings = [[Fr::ZERO.into(); ARITY - 1]; DEPTH];
    for (height, siblings) in siblings.iter_mut().enumerate() {
        let others = children(&level, height, at / 4).into_iter().enumerate();
        let others = others.filter(|(child, _)| *child as u64 != at % 4);
        siblings.iter_mut().zip(others).for_each(|(sibling, (_, node))| *sibling = node.into());
        level = level.keys().map(|i| (i / 4, tree::node(&children(&level, height, i / 4)))).collect();
        at /= 4;
    }
    Path { position, siblings }
}

fn children(level: &BTreeMap<u64, Fr>, height: usize, parent: u64) -> [Fr; ARITY] {
    let empty = tree::empty_roots()[height];
    std::array::from_fn(|child| level.get(&(parent * 4 + child as u64)).copied().unwrap_or(empty))
}

/// A tree of `leaf` at `position` among three random leaves, one of them beside it.
pub fn tree_around(leaf: Fr, position: Position, rng: &mut impl RngCore) -> Path {
    let near = Position::new(position.get() ^ 1).expect("the last bit is inside the tree");
    let others = [near, random_position(rng), random_position(rng)];
    let mut leaves: BTreeMap<Position, Fr> = others.into_iter().map(|p| (p, Fr::rand(rng))).collect();
    leaves.insert(position, leaf);
    path(&leaves, position)
}

fn random_position(rng: &mut impl RngCore) -> Position {
    Position::new(u64::from(rng.next_u32())).expect("32 bits are below 4^16")
}

/// An atom that is never named: bit 0.
pub fn unused<const WIDTH: usize>() -> Atom<Fr, WIDTH> {
    Atom {
        weight: [Fr::ZERO; WIDTH],
        low: Fr::ZERO,
        high: Fr::ZERO,
        order: Fr::ZERO,
        member: [Fr::ZERO; 8],
        k_const: Fr::ZERO,
        k_order: Fr::ZERO,
        k_member: Fr::ZERO,
    }
}

/// low ≤ Σ weight · attribute ≤ high.
pub fn between<const WIDTH: usize>(weights: &[(usize, i64)], low: i64, high: i64) -> Atom<Fr, WIDTH> {
    let mut atom =
        Atom { low: Fr::from(low), high: Fr::from(high), order: Fr::ONE, k_order: Fr::ONE, ..unused() };
    for &(i, weight) in weights {
        atom.weight[i] = Fr::from(weight);
    }
    atom
}

/// The attribute is one of up to eight members, padded by repetition.
pub fn member<const WIDTH: usize>(attribute: usize, members: &[Fr]) -> Atom<Fr, WIDTH> {
    let mut atom = Atom { k_member: Fr::ONE, ..unused() };
    atom.weight[attribute] = Fr::ONE;
    atom.member = std::array::from_fn(|i| members[i.min(members.len() - 1)]);
    atom
}

/// The atom's negation.
pub fn not<const WIDTH: usize>(atom: &Atom<Fr, WIDTH>) -> Atom<Fr, WIDTH> {
    let (k_order, k_member) = (-atom.k_order, -atom.k_member);
    Atom { k_const: Fr::ONE - atom.k_const, k_order, k_member, ..atom.clone() }
}

/// Rows for [`schema`] and [`department`] that use every kind of atom: score ≥ 650, and level in {A, B}, and debt absent, and
/// born before 2010 or rich, and name not Beijing.
pub fn rows() -> Rows {
    let all = schema();
    let index = |name: &str| all.attribute(name).expect("a sample attribute").0;
    let beijing = field::text("北京").expect("NFC");
    let atoms = [
        between(&[(index("score"), 1)], 650, 2_000),
        member(index("level"), &[Fr::from(1u64), Fr::from(2u64)]),
        member(index("debt"), &[field::absent()]),
        not(&between(&[(index("since"), 1)], 14_610, i64::MAX)),
        between(&[(index("assets"), 1), (index("rate"), -2)], 1_000_000, i64::MAX),
        not(&member(index("name"), &[beijing])),
    ];
    let clauses: [&[usize]; 6] = [&[0], &[1], &[2], &[3, 4], &[5], &[0]];
    Rows {
        schema: all.schema.element(),
        issuers: [department().element(); 4],
        atoms,
        literal: clauses.map(|named| std::array::from_fn(|j| Fr::from(named.contains(&j)))),
    }
}

/// A satisfying instance of `show` in a named scope of ten uses, with a link.
pub fn show(rng: &mut impl RngCore) -> (Public, Private) {
    let secrets = secrets(rng);
    let credential = credential(&secrets, rng);
    let path = tree_around(credential.leaf(), random_position(rng), rng);
    let private = Private { secrets, index: 7, blind: Fr::rand(rng), credential, path };
    let uses = NonZeroU16::new(10).expect("ten");
    let public = public(&private, Scope::named("housing-2026", &department(), uses), Fr::rand(rng));
    (public, private)
}

/// [`rows`] at [`NOW`], with the root, the nullifier and the link that `private` has.
pub fn public(private: &Private, scope: Scope, context: Fr) -> Public {
    Public {
        root: private.path.root(&private.credential.leaf()),
        now: Fr::from(NOW),
        context,
        scope,
        linked: Fr::ONE,
        nullifier: private.secrets.nullifier(&scope, private.index),
        link: credential::link(&private.credential.inner(), &private.blind),
        rows: rows(),
    }
}

/// A satisfying instance of `enroll`.
pub fn enroll(rng: &mut impl RngCore) -> (enroll::Public, HolderSecrets) {
    let secrets = secrets(rng);
    let issuer = department();
    let schema = schema().schema;
    let holder = secrets.holder(&issuer, &schema);
    let person = secrets.person.person(&issuer);
    (enroll::Public { context: Fr::rand(rng), issuer, schema, holder, person }, secrets)
}

/// A satisfying instance of `join` over two credentials of [`schema`], of which the second is by another department.
pub fn join(rng: &mut impl RngCore) -> (join::Public, join::Private) {
    let secrets = secrets(rng);
    let first = credential(&secrets, rng);
    let mut second = credential(&secrets, rng);
    second.issuer = "tax.nanning".parse().expect("two labels");
    second.holder = secrets.holder(&second.issuer, &second.schema);
    let openings = [first, second].map(|credential| Opening { blind: Fr::rand(rng), credential });
    let private = join::Private::padded(&openings).expect("two of three");
    (joined(&private, Fr::rand(rng)), private)
}

/// [`join_rows`] with the links that `private` has.
pub fn joined(private: &join::Private, context: Fr) -> join::Public {
    let links = private.openings.each_ref().map(Opening::link);
    join::Public { context, links, rows: join_rows() }
}

/// Rows over two credentials of [`schema`] that use every kind of atom: scores of at least 1,300 together, and the same name
/// in both, or debt absent in the second.
pub fn join_rows() -> join::Rows {
    let all = schema();
    let index = |credential: usize, name: &str| {
        credential * ATTRIBUTES + all.attribute(name).expect("a sample attribute").0
    };
    let mut same_name = member(index(0, "name"), &[Fr::ZERO]);
    same_name.weight[index(1, "name")] = -Fr::ONE;
    let atoms = [
        between(&[(index(0, "score"), 1), (index(1, "score"), 1)], 1_300, i64::MAX),
        same_name,
        not(&member(index(1, "debt"), &[Fr::ZERO])),
    ];
    let clauses: [&[usize]; join::CLAUSES] = [&[0], &[1, 2], &[0]];
    join::Rows { atoms, literal: clauses.map(|named| std::array::from_fn(|j| Fr::from(named.contains(&j)))) }
}

/// A satisfying instance of `score`.
pub fn score(rng: &mut impl RngCore) -> (score::Public, score::Private) {
    let credential = credential(&secrets(rng), rng);
    let private = score::Private { opening: Opening { blind: Fr::rand(rng), credential } };
    (scored(&private, Fr::rand(rng)), private)
}

/// [`score_rows`] with the link that `private` has.
pub fn scored(private: &score::Private, context: Fr) -> score::Public {
    score::Public { context, link: private.opening.link(), rows: score_rows() }
}

/// An attribute, the least value and the points of each bin, and the points of absence.
type Curve<'a> = (&'a str, &'a [(i64, i64)], i64);

/// Rows over [`schema`] in which `score` counts 10 to 25 in sixteen bins, `since` 3 or 4, `assets` −2 where they are absent and
/// else 5 or 7, and `debt` 1 where it is absent: at least 14 and at most 100 in all.
pub fn score_rows() -> score::Rows {
    let all = schema();
    let mut rows = score::Rows {
        edge: [[field::power_of_two(62); BINS]; ATTRIBUTES],
        points: [[Fr::ZERO; CHOICES]; ATTRIBUTES],
        used: [Fr::ZERO; ATTRIBUTES],
        low: Fr::from(14),
        high: Fr::from(100),
    };
    let by_hundred: Vec<(i64, i64)> = (0..16).map(|b| (b * 100, 10 + b)).collect();
    let curves: [Curve<'_>; 4] = [
        ("score", &by_hundred, 0),
        ("since", &[(-719_162, 3), (0, 4)], 0),
        ("assets", &[(0, 5), (100_000, 7)], -2),
        ("debt", &[(0, 0)], 1),
    ];
    for (name, bins, absent) in curves {
        let i = all.attribute(name).expect("a sample attribute").0;
        for (b, (edge, points)) in bins.iter().enumerate() {
            rows.edge[i][b] = Fr::from(*edge);
            rows.points[i][b] = Fr::from(*points);
        }
        rows.points[i][BINS] = Fr::from(absent);
        rows.used[i] = Fr::ONE;
    }
    rows
}
