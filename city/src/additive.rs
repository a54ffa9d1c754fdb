//! The published additive model on every record of the data: the score that the script of `city/data` wrote down, the plain
//! meaning of `fast-lane/2`, the statement `score`, and proofs of it.

use circuits::credential::{Credential, Validity};
use circuits::model::Model;
use circuits::opening::Opening;
use circuits::policy::{Catalogue, CheckedPolicy, Policy, Verdict};
use circuits::schema::{Schema, SchemaId, Values};
use circuits::{Fr, score};
use rand::rngs::{OsRng, StdRng};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde::Deserialize;

use crate::fixtures::{Sources, people, values};

const SCORES: &str = include_str!("../data/credit-additive-scores.csv");
/// Records that are proved, unless `RECORDS=all`.
const PROVED: usize = 24;

#[derive(Deserialize)]
struct Scored {
    id_number: String,
    units: i64,
}

/// A record, and what the script says of it.
struct Case {
    values: Values,
    units: i64,
}

#[test]
fn every_record_has_the_score_that_the_script_wrote_down() {
    let shelf = Shelf::new();
    let cases = shelf.cases();
    assert_eq!(cases.len(), 4454);
    for Case { values, units } in &cases {
        assert_eq!(shelf.additive.score_units(values), Some(*units));
    }
}

#[test]
fn the_statement_says_of_every_record_what_the_scores_say() {
    let shelf = Shelf::new();
    let policy = shelf.fast_lane();
    let mut rng = StdRng::seed_from_u64(1);
    for case in shelf.cases() {
        let (public, private) = statement(&policy, &case.values, &mut rng);
        assert_eq!(score::check(&public, &private).is_ok(), case.passes());
        let verdict = policy.evaluate_score(0, &case.values).unwrap();
        assert_eq!(verdict == Verdict::Holds, case.passes());
    }
}

/// `RECORDS=all cargo test --release -p yong-city additive` proves all of them; a seed that is printed chooses some otherwise.
#[test]
fn records_that_pass_are_proved_and_no_other_is() {
    let shelf = Shelf::new();
    let policy = shelf.fast_lane();
    let seed: u64 = rand::thread_rng().r#gen();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut cases = shelf.cases();
    if std::env::var("RECORDS").as_deref() != Ok("all") {
        cases.shuffle(&mut rng);
        cases.truncate(PROVED);
    }
    let prover = &prover::testing::prover().score;
    for case in cases {
        let (public, private) = statement(&policy, &case.values, &mut rng);
        match prover.prove(&public, &private, &mut OsRng) {
            Ok(proof) => {
                assert!(case.passes(), "seed {seed}");
                prover.verifying_key().verify(&public.to_inputs(), &proof).unwrap();
            }
            Err(_) => assert!(!case.passes(), "seed {seed}"),
        }
    }
}

impl Case {
    /// 510 points, as `fast-lane/2` asks, in units.
    fn passes(&self) -> bool {
        self.units >= 510_000
    }
}

fn statement(policy: &CheckedPolicy, values: &Values, rng: &mut StdRng) -> (score::Public, score::Private) {
    let credential = Credential {
        issuer: "credit.nanning".parse().unwrap(),
        schema: values.schema().clone(),
        holder: rng.r#gen::<u64>().into(),
        validity: Validity::new(0, 1).unwrap(),
        salt: rng.r#gen::<u64>().into(),
        document: None,
        values: values.clone(),
    };
    let opening = Opening { blind: rng.r#gen::<u64>().into(), credential };
    let (_, rows) = policy.score_rows().next().expect("the policy asks for a score");
    let public = score::Public { context: Fr::from(1), link: opening.link(), rows: rows.clone() };
    (public, score::Private { opening })
}

/// What `fast-lane/2` is checked against.
struct Shelf {
    schemas: [Schema; 2],
    additive: Model,
    sources: Sources,
}

impl Shelf {
    fn new() -> Self {
        let factors: Schema =
            serde_json::from_str(include_str!("../story/schemas/credit-factors-1.json")).unwrap();
        let identity = serde_json::from_str(include_str!("../story/schemas/identity-1.json")).unwrap();
        let additive = serde_json::from_str(include_str!("../story/models/credit-additive-1.json")).unwrap();
        let linear = serde_json::from_str(include_str!("../story/models/credit-scorecard-1.json")).unwrap();
        let sources = Sources { factors: factors.clone(), model: linear };
        Self { schemas: [factors, identity], additive, sources }
    }

    fn fast_lane(&self) -> CheckedPolicy {
        let policy: Policy =
            serde_json::from_str(include_str!("../story/policies/fast-lane-2.json")).unwrap();
        policy.check(self).unwrap()
    }

    fn cases(&self) -> Vec<Case> {
        let scored = csv::Reader::from_reader(SCORES.as_bytes()).into_deserialize::<Scored>();
        let pairs = scored.map(Result::unwrap).zip(people().unwrap());
        pairs
            .map(|(scored, person)| {
                assert_eq!(scored.id_number, person.id_number());
                let values = values(&person, &self.schemas[0], &self.sources).unwrap();
                Case { values, units: scored.units }
            })
            .collect()
    }
}

impl Catalogue for Shelf {
    fn schema(&self, id: &SchemaId) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.schema == *id)
    }

    fn model(&self, id: &SchemaId) -> Option<&Model> {
        Some(&self.additive).filter(|model| model.id() == id)
    }
}
