//! Acceptance, and one refusal per rule that breaks only that rule: in plain Rust with the clause, and as constraints.

use ark_ff::{AdditiveGroup, UniformRand};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::constraints::alteration::{Satisfied, synthesized};
use crate::credential::{self, DepartmentId, HolderSecrets, Scope, Validity};
use crate::samples::{self, NOW};
use crate::schema::ATTRIBUTES;
use crate::tree::Position;
use crate::{Fr, field};

mod agreement;
mod assignment;
mod attackers;
mod hazards;
mod layout;
mod page;
mod pseudonym;
mod rows;
mod soundness;

type Instance = (Public, Private);

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn sample() -> Instance {
    samples::show(&mut rng())
}

fn satisfied(public: &Public, private: &Private) -> bool {
    let cs = synthesized(Circuit { assignment: Some((public.clone(), private.clone())) });
    assert_eq!(cs.instance_assignment().unwrap()[1..], public.to_inputs());
    cs.is_satisfied().unwrap()
}

/// Both twins refuse, the native one at `clause`, and so does the one that computes values alone.
fn refused((public, private): &Instance, clause: Clause) {
    assert_eq!(check(public, private), Err(Violated(clause)));
    assert_eq!(assign(public, private).map(drop), Err(Violated(clause).into()));
    assert!(!satisfied(public, private), "the constraint system accepts what breaks {clause:?}");
}

fn accepted((public, private): &Instance) {
    assert_eq!(check(public, private), Ok(()));
    assert_eq!(assign(public, private).map(drop), Ok(()));
    assert!(satisfied(public, private));
}

/// A sample whose credential was altered by the department before it committed to it.
fn issued(alter: impl FnOnce(&mut Credential)) -> Instance {
    let (public, mut private) = sample();
    alter(&mut private.credential);
    recommitted(public, private)
}

/// The same instance with the root under which the credential, as it is, lies, and the link to it.
fn recommitted(mut public: Public, private: Private) -> Instance {
    public.root = private.path.root(&private.credential.leaf());
    public.link = credential::link(&private.credential.inner(), &private.blind);
    (public, private)
}

fn one() -> Fr {
    Fr::from(1u64)
}

fn stranger() -> HolderSecrets {
    samples::secrets(&mut StdRng::seed_from_u64(2))
}

/// The same person with another device.
fn second_device(secrets: &HolderSecrets) -> HolderSecrets {
    HolderSecrets { device: stranger().device.clone(), person: secrets.person.clone() }
}

fn tax() -> DepartmentId {
    "tax.nanning".parse().unwrap()
}

#[test]
fn a_sample_holds() {
    accepted(&sample());
}

// 1. Leaf

#[test]
fn leaf_another_root() {
    let (mut public, private) = sample();
    public.root += one();
    refused(&(public, private), Clause::Leaf);
}

#[test]
fn leaf_wrong_sibling() {
    for level in [0, 1, 15] {
        let (public, mut private) = sample();
        private.path.siblings[level][2].0 += one();
        refused(&(public, private), Clause::Leaf);
    }
}

#[test]
fn leaf_another_position() {
    let (public, mut private) = sample();
    private.path.position = Position::new(private.path.position.get() ^ 2).unwrap();
    refused(&(public, private), Clause::Leaf);
}

#[test]
fn leaf_revoked() {
    let (mut public, private) = sample();
    public.root = private.path.root(&Fr::ZERO);
    refused(&(public, private), Clause::Leaf);
}

#[test]
fn leaf_altered_value() {
    for alter in [
        |c: &mut Credential| c.salt += one(),
        |c: &mut Credential| c.document = None,
        |c: &mut Credential| c.validity.until += 1,
        |c: &mut Credential| c.validity.from -= 1,
    ] {
        let (public, mut private) = sample();
        alter(&mut private.credential);
        refused(&(public, private), Clause::Leaf);
    }
}

#[test]
fn leaf_of_another_holder() {
    let take: [fn(&mut HolderSecrets, HolderSecrets); 3] = [
        |ours, theirs| *ours = theirs,
        |ours, theirs| ours.device = theirs.device.clone(),
        |ours, theirs| {
            ours.person = theirs.person.clone();
        },
    ];
    for take in take {
        let (mut public, mut private) = sample();
        take(&mut private.secrets, stranger());
        public.nullifier = private.secrets.nullifier(&public.scope, private.index);
        refused(&(public, private), Clause::Leaf);
    }
}

#[test]
fn leaf_issued_to_another_holder() {
    refused(&issued(|c| c.holder += one()), Clause::Leaf);
}

#[test]
fn leaf_of_another_schema() {
    let (mut public, private) = sample();
    public.rows.schema += one();
    refused(&(public, private), Clause::Leaf);
}

#[test]
fn leaf_of_another_issuer() {
    let (mut public, mut private) = sample();
    public.rows.issuers = [tax().element(); ISSUERS];
    private.credential.issuer = tax();
    refused(&(public, private), Clause::Leaf);
}

// 2. Validity

#[test]
fn validity_not_yet() {
    refused(&issued(|c| c.validity.from = NOW + 1), Clause::Validity);
}

#[test]
fn validity_no_more() {
    refused(&issued(|c| c.validity.until = NOW - 1), Clause::Validity);
}

#[test]
fn validity_bounds_count() {
    accepted(&issued(|c| c.validity = Validity { from: NOW, until: NOW }));
    accepted(&issued(|c| c.validity = Validity { from: 0, until: (1 << 40) - 1 }));
}

#[test]
fn validity_out_of_range() {
    refused(&issued(|c| c.validity.until = 1 << 40), Clause::Validity);
    refused(&issued(|c| c.validity.until = u64::MAX), Clause::Validity);
    let (mut public, private) = issued(|c| c.validity = Validity { from: 1 << 40, until: (1 << 40) + 9 });
    public.now = Fr::from((1u64 << 40) + 5);
    refused(&(public, private), Clause::Validity);
}

// 3. Issuer

#[test]
fn issuer_is_not_accepted() {
    let (mut public, private) = sample();
    public.rows.issuers = [tax().element(); ISSUERS];
    refused(&(public, private), Clause::Issuer);
}

#[test]
fn issuer_may_stand_anywhere() {
    for place in 0..ISSUERS {
        let (mut public, private) = sample();
        let issuer = public.rows.issuers[place];
        public.rows.issuers = [tax().element(); ISSUERS];
        public.rows.issuers[place] = issuer;
        accepted(&(public, private));
    }
}

// 5. Atoms

#[test]
fn atoms_absent_attribute_by_order() {
    let debt = samples::schema().attribute("debt").unwrap().0;
    for index in [debt, ATTRIBUTES - 1] {
        let (mut public, private) = sample();
        public.rows.atoms[5] = samples::between(&[(index, 1)], i64::MIN, i64::MAX);
        refused(&(public, private), Clause::Atoms);
    }
}

#[test]
fn atoms_text_by_order() {
    let (mut public, private) = sample();
    let name = samples::schema().attribute("name").unwrap().0;
    public.rows.atoms[5] = samples::between(&[(name, 1)], 0, i64::MAX);
    refused(&(public, private), Clause::Atoms);
}

#[test]
fn atoms_bound_out_of_range() {
    let beyond = field::power_of_two(64) + Fr::from(10_000u64);
    for alter in [|a: &mut Atom, x: Fr| a.low = x, |a: &mut Atom, x: Fr| a.high = x] {
        for bound in [beyond, -beyond] {
            let (mut public, private) = sample();
            alter(&mut public.rows.atoms[0], bound);
            refused(&(public, private), Clause::Atoms);
        }
    }
}

// 6. Formula

#[test]
fn formula_order_atom_is_false() {
    for (low, high) in [(2_001, 3_000), (0, 649)] {
        let (mut public, private) = sample();
        public.rows.atoms[0] = samples::between(&[(0, 1)], low, high);
        refused(&(public, private), Clause::Formula);
    }
}

#[test]
fn formula_member_is_false() {
    let (mut public, private) = sample();
    public.rows.atoms[1] = samples::member(1, &[Fr::from(3u64), Fr::from(4u64)]);
    refused(&(public, private), Clause::Formula);
}

#[test]
fn formula_negated_member_is_false() {
    let (mut public, private) = sample();
    let name = private.credential.values.elements()[5];
    public.rows.atoms[5] = samples::not(&samples::member(5, &[name]));
    refused(&(public, private), Clause::Formula);
}

#[test]
fn formula_any_member_will_do() {
    for place in 0..MEMBERS {
        let (mut public, private) = sample();
        let level = private.credential.values.elements()[1];
        let mut others = [Fr::from(9u64); MEMBERS];
        others[place] = level;
        public.rows.atoms[1] = samples::member(1, &others);
        accepted(&(public, private));
    }
}

#[test]
fn formula_each_clause_counts() {
    for clause in 0..CLAUSES {
        let (mut public, private) = sample();
        public.rows.literal[clause] = [Fr::ZERO; SLOTS];
        refused(&(public, private), Clause::Formula);
    }
}

#[test]
fn formula_one_literal_will_do() {
    let (mut public, private) = sample();
    public.rows.atoms[3] = samples::unused();
    refused(&(public.clone(), private.clone()), Clause::Formula);
    public.rows.atoms[4] = samples::between(&[(6, 1)], 0, i64::MAX);
    accepted(&(public, private));
}
