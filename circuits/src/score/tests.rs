//! Acceptance, and one refusal per rule that breaks only that rule: in plain Rust with the clause, and as constraints.

use ark_ff::{AdditiveGroup, UniformRand};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value as Json, json};

use super::*;
use crate::constraints::alteration::{Satisfied, synthesized};
use crate::credential::Credential;
use crate::schema::ATTRIBUTES;
use crate::{Fr, field, samples};

mod agreement;
mod page;
mod rows;
mod soundness;

type Instance = (Public, Private);

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn sample() -> Instance {
    samples::score(&mut rng())
}

/// The sample with these values in place of its own, and the link to them.
fn with_values(changes: &[(&str, Json)]) -> Instance {
    let (mut public, mut private) = sample();
    let credential = &mut private.opening.credential;
    let mut values = credential.values.to_json();
    for (name, value) in changes {
        values.insert((*name).to_owned(), value.clone());
    }
    credential.values = samples::schema().values(&values).unwrap();
    public.link = private.opening.link();
    (public, private)
}

/// Every number but that of `score` counts nothing, which is `points` at this score.
fn alone(score: u64, points: i64) -> Instance {
    let (mut public, private) = with_values(&[("score", json!(score))]);
    let index = place("score");
    for i in (0..ATTRIBUTES).filter(|i| *i != index) {
        public.rows.points[i] = [Fr::ZERO; CHOICES];
    }
    public.rows.low = Fr::from(points);
    public.rows.high = Fr::from(points);
    (public, private)
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

fn one() -> Fr {
    Fr::from(1u64)
}

fn place(name: &str) -> usize {
    samples::schema().attribute(name).unwrap().0
}

#[test]
fn a_sample_holds() {
    accepted(&sample());
}

// 1. Opening

#[test]
fn opening_another_link() {
    let (mut public, private) = sample();
    public.link += one();
    refused(&(public, private), Clause::Opening);
}

#[test]
fn opening_another_blind() {
    let (public, mut private) = sample();
    private.opening.blind += one();
    refused(&(public, private), Clause::Opening);
}

#[test]
fn opening_altered_credential() {
    for alter in [
        |c: &mut Credential| c.salt += one(),
        |c: &mut Credential| c.holder += one(),
        |c: &mut Credential| c.document = None,
        |c: &mut Credential| c.validity.until += 1,
        |c: &mut Credential| c.values = samples::schema().values(&better(c)).unwrap(),
    ] {
        let (public, mut private) = sample();
        alter(&mut private.opening.credential);
        refused(&(public, private), Clause::Opening);
    }
}

fn better(credential: &Credential) -> serde_json::Map<String, Json> {
    let mut values = credential.values.to_json();
    values.insert("score".to_owned(), json!(1_999));
    values
}

// 2. Bins

#[test]
fn bins_below_the_first_edge() {
    let (mut public, private) = with_values(&[("score", json!(650))]);
    public.rows.edge[place("score")][..7].fill(Fr::from(651));
    refused(&(public, private), Clause::Bins);
}

#[test]
fn bins_a_used_text_is_in_none() {
    let (mut public, private) = sample();
    let name = place("name");
    public.rows.edge[name][0] = Fr::ZERO;
    accepted(&(public.clone(), private.clone()));
    public.rows.used[name] = one();
    refused(&(public, private), Clause::Bins);
}

#[test]
fn bins_begin_at_their_edge_and_end_before_the_next() {
    for (score, points) in [(0, 10), (99, 10), (100, 11), (650, 16), (1_499, 24), (1_500, 25), (2_000, 25)] {
        accepted(&alone(score, points));
        refused(&alone(score, points + 1), Clause::Sum);
    }
}

#[test]
fn bins_of_dates_before_1970() {
    for (since, points) in [("1969-12-31", 3), ("0001-01-01", 3), ("1970-01-01", 4)] {
        let (mut public, private) = with_values(&[("since", json!(since)), ("score", json!(0))]);
        // score 10, assets 7, debt 1
        let sum = Fr::from(10 + 7 + 1 + points);
        [public.rows.low, public.rows.high] = [sum, sum];
        accepted(&(public, private));
    }
}

/// 2^250 is in no bin, and its own points count.
#[test]
fn bins_absence_has_its_own_points() {
    let (mut public, private) = with_values(&[("assets", Json::Null), ("score", json!(0))]);
    let sum = Fr::from(10 + 4 - 2 + 1);
    [public.rows.low, public.rows.high] = [sum, sum];
    accepted(&(public, private));
}

#[test]
fn bins_of_what_is_not_used_count_nothing() {
    let (mut public, private) = alone(650, 16);
    let score = place("score");
    public.rows.used[score] = Fr::ZERO;
    accepted(&(public.clone(), private.clone()));
    // With nothing but padding the number is in no bin, whatever it is.
    public.rows.edge[score] = [field::power_of_two(END_BITS); BINS];
    refused(&(public.clone(), private.clone()), Clause::Sum);
    [public.rows.low, public.rows.high] = [Fr::ZERO; 2];
    accepted(&(public, private));
}

// 3. Sum

#[test]
fn sum_below_and_above_the_bounds() {
    for (low, high) in [(17, 100), (-100, 15)] {
        let (mut public, private) = alone(650, 16);
        [public.rows.low, public.rows.high] = [Fr::from(low), Fr::from(high)];
        refused(&(public, private), Clause::Sum);
    }
    accepted(&alone(650, 16));
}

#[test]
fn sum_bounds_may_be_as_far_as_a_verifier_makes_them() {
    let far = field::power_of_two(61);
    let (mut public, private) = alone(650, 16);
    [public.rows.low, public.rows.high] = [-far, far];
    accepted(&(public.clone(), private.clone()));
    public.rows.high = field::power_of_two(64);
    refused(&(public, private), Clause::Sum);
}

#[test]
fn sum_of_the_greatest_points_does_not_wrap() {
    let (mut public, private) = sample();
    let most = field::power_of_two(40);
    public.rows.points = [[most; CHOICES]; ATTRIBUTES];
    let all = most * Fr::from(ATTRIBUTES as u64);
    [public.rows.low, public.rows.high] = [all, all];
    accepted(&(public.clone(), private.clone()));
    public.rows.points = [[-most; CHOICES]; ATTRIBUTES];
    refused(&(public.clone(), private.clone()), Clause::Sum);
    [public.rows.low, public.rows.high] = [-all, -all];
    accepted(&(public, private));
}
