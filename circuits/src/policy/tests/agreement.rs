//! The evaluator, the rows and the constraint system give the same answer on random schemas, formulas and values.

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value as Json, json};

use super::row_machine;
use super::sample::{ID, Shelf, model, policy, text};
use crate::constraints::alteration::synthesized;
use crate::model::{ModelError, ModelErrorKind, WeightError, WeightedSum};
use crate::policy::{CheckedPolicy, Policy, PolicyErrorKind, Verdict};
use crate::samples::{self, NOW};
use crate::schema::{ATTRIBUTES, Attribute, AttributeType, Schema, Values};
use crate::show::{self, Circuit, Clause, Private, Public, Rows, Violated};
use crate::tree::Position;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn of_evaluator_and_rows(seed: u64) {
        if let Some(case) = Case::random(seed) {
            prop_assert_eq!(case.plain(), row_machine::run(&case.rows(), &case.values.elements()), "{}", case.json);
        }
    }

    #[test]
    fn parsing_is_exact(seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        let schema = random_schema(&mut rng);
        let formula = Formulas { schema: &schema }.formula(&mut rng, 3);
        let parsed: crate::policy::Formula = serde_json::from_value(formula.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(parsed).unwrap(), formula);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn of_evaluator_and_statement(seed: u64) {
        if let Some(case) = Case::random(seed) {
            let (public, private) = case.instance();
            let cs = synthesized(Circuit { assignment: Some((public.clone(), private.clone())) });
            prop_assert_eq!(show::check(&public, &private), case.plain_refusal());
            prop_assert_eq!(cs.is_satisfied().unwrap(), case.plain() == Verdict::Holds);
        }
    }
}

#[test]
fn random_cases_reach_every_verdict() {
    let verdicts: Vec<_> = (0..300).filter_map(Case::random).map(|case| case.plain()).collect();
    assert!(verdicts.len() > 100, "{} of 300 formulas fit", verdicts.len());
    for verdict in [Verdict::Holds, Verdict::Fails, Verdict::Unprovable] {
        assert!(verdicts.iter().filter(|v| **v == verdict).count() > 10, "{verdict:?}");
    }
}

/// A random policy that compiled, and random values.
pub(super) struct Case {
    pub(super) schema: Schema,
    policy: CheckedPolicy,
    revealed: Map<String, Json>,
    values: Values,
    json: Json,
    seed: u64,
}

impl Case {
    /// `None` if the formula needs too many atoms or clauses; every other refusal is a defect of the generator.
    pub(super) fn random(seed: u64) -> Option<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let schema = random_schema(&mut rng);
        let values = random_values(&mut rng, &schema);
        let mut json = policy();
        json["credentials"][0]["schema"] = json!(schema.schema);
        if rng.gen_ratio(19, 20) {
            json["credentials"][0]["require"] = Formulas { schema: &schema }.formula(&mut rng, 3);
        }
        let shown = schema.attributes.choose_multiple(&mut rng, seed as usize % 3);
        let revealed: Map<_, _> = shown.map(|a| (a.name.clone(), shown_value(&values, &a.name))).collect();
        json["credentials"][0]["reveal"] = revealed.keys().cloned().collect();
        let parsed: Policy = serde_json::from_value(json.clone()).unwrap();
        let mut shelf = Shelf::of(schema.clone());
        if let Some(weights) = random_weights(&mut scorecard_rng(), &schema) {
            shelf.add(model(&weights));
        }
        match parsed.check(&shelf) {
            Ok(policy) => Some(Self { schema, policy, revealed, values, json, seed }),
            Err(e) if has_no_room(&e.kind) => None,
            Err(e) => panic!("{e} in {json}"),
        }
    }

    fn plain(&self) -> Verdict {
        self.policy.evaluate(ID, NOW, &self.values).unwrap()
    }

    fn plain_refusal(&self) -> Result<(), Violated> {
        match self.plain() {
            Verdict::Holds => Ok(()),
            Verdict::Fails => Err(Violated(Clause::Formula)),
            Verdict::Unprovable => Err(Violated(Clause::Atoms)),
        }
    }

    pub(super) fn rows(&self) -> Rows {
        self.policy.rows(ID, NOW, &self.revealed).unwrap()
    }

    /// The credential in a tree, shown under the policy.
    fn instance(&self) -> (Public, Private) {
        let mut rng = StdRng::seed_from_u64(self.seed);
        let secrets = samples::secrets(&mut rng);
        let mut credential = samples::credential(&secrets, &mut rng);
        credential.schema = self.schema.schema.clone();
        credential.holder = secrets.holder(&credential.issuer, &credential.schema);
        credential.values = self.values.clone();
        let path = samples::tree_around(credential.leaf(), Position::new(self.seed >> 32).unwrap(), &mut rng);
        let private = Private { secrets, index: 0, blind: crate::Fr::from(self.seed), credential, path };
        let context = crate::Fr::from(self.seed);
        let scope = self.policy.scope(&samples::department(), &context);
        let public = Public { rows: self.rows(), ..samples::public(&private, scope, context) };
        (public, private)
    }
}

fn shown_value(values: &Values, name: &str) -> Json {
    values.get(name).map_or(Json::Null, crate::schema::Value::to_json)
}

/// One to twelve attributes; small bounds, so that values meet the limits of conditions.
pub(super) fn random_schema(rng: &mut StdRng) -> Schema {
    let attribute = |i: usize, rng: &mut StdRng| {
        let mut json = match rng.gen_range(0..6) {
            0 => json!({"type": "uint", "max": pick(rng, &[3, 2000])}),
            1 => json!({"type": "decimal", "scale": 1, "max": 12}),
            2 => json!({"type": "date"}),
            3 => json!({"type": "bool"}),
            4 => json!({"type": "enum", "codes": {"A": 0, "B": 1, "C": 7}}),
            _ => json!({"type": "text"}),
        };
        json["name"] = json!(format!("a{i}"));
        json["title"] = text();
        if rng.r#gen() {
            json["optional"] = json!(true);
        }
        json
    };
    let attributes: Vec<_> = (0..rng.gen_range(1..=ATTRIBUTES)).map(|i| attribute(i, rng)).collect();
    serde_json::from_value(json!({"schema": "sample/1", "title": text(), "attributes": attributes})).unwrap()
}

/// Whether a random policy was refused for its size or its weights, and not for being wrong.
fn has_no_room(kind: &PolicyErrorKind) -> bool {
    match kind {
        PolicyErrorKind::TooManyAtoms { .. } | PolicyErrorKind::TooManyClauses { .. } => true,
        PolicyErrorKind::Weight(error)
        | PolicyErrorKind::ModelDoesNotFit(ModelError { kind: ModelErrorKind::Weight(error), .. }) => {
            matches!(error, WeightError::Cancels(_) | WeightError::TooLarge | WeightError::TooManyOptional(_))
        }
        _ => false,
    }
}

pub(super) fn random_values(rng: &mut StdRng, schema: &Schema) -> Values {
    let mut values = Map::new();
    for attribute in &schema.attributes {
        if !attribute.optional || rng.gen_ratio(1, 2) {
            values.insert(attribute.name.clone(), random_value(rng, attribute));
        }
    }
    schema.values(&values).unwrap()
}

fn random_value(rng: &mut StdRng, attribute: &Attribute) -> Json {
    match &attribute.kind {
        AttributeType::Uint { max } => json!(pick(rng, &[0, 1, 2, 3, *max])),
        AttributeType::Decimal { .. } => json!(pick(rng, &["0", "0.1", "1.0", "1.2"])),
        AttributeType::Date => json!(pick(rng, &["1957-03-01", "1970-01-01", "2007-10-09", "2025-10-09"])),
        AttributeType::Bool => json!(rng.r#gen::<bool>()),
        AttributeType::Enum { .. } => json!(pick(rng, &["A", "B", "C"])),
        AttributeType::Text => json!(pick(rng, &["", "侯斌", "韩建"])),
    }
}

pub(super) fn pick<T: Copy>(rng: &mut StdRng, from: &[T]) -> T {
    *from.choose(rng).expect("there is something to pick from")
}

/// The scorecard is a function of the schema.
fn scorecard_rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

/// Weights over some ordered attributes; `None` if there is none.
fn random_weights(rng: &mut StdRng, schema: &Schema) -> Option<Json> {
    let ordered: Vec<_> = schema.attributes.iter().filter(|a| a.kind.range().is_some()).collect();
    let count = rng.gen_range(1..=3);
    let chosen: Vec<_> = ordered.choose_multiple(rng, count).collect();
    let chosen: Map<_, _> =
        chosen.into_iter().map(|a| (a.name.clone(), json!(pick(rng, &[-3, -1, 1, 2, 5])))).collect();
    (!chosen.is_empty()).then_some(Json::Object(chosen))
}

/// Random formulas over a schema.
pub(super) struct Formulas<'a> {
    pub(super) schema: &'a Schema,
}

impl Formulas<'_> {
    fn formula(&self, rng: &mut StdRng, depth: u32) -> Json {
        match if depth == 0 { 9 } else { rng.gen_range(0..10) } {
            0..3 => json!({"all": self.several(rng, depth)}),
            3..6 => json!({"any": self.several(rng, depth)}),
            6 => json!({"not": self.formula(rng, depth - 1)}),
            _ => self.condition(rng),
        }
    }

    fn several(&self, rng: &mut StdRng, depth: u32) -> Vec<Json> {
        (0..rng.gen_range(1..=3)).map(|_| self.formula(rng, depth - 1)).collect()
    }

    fn condition(&self, rng: &mut StdRng) -> Json {
        match rng.gen_range(0..8) {
            0 => self.sum(rng).unwrap_or_else(|| self.attribute(rng)),
            1 => self.score(rng).unwrap_or_else(|| self.attribute(rng)),
            _ => self.attribute(rng),
        }
    }

    /// A condition on one attribute.
    pub(super) fn attribute(&self, rng: &mut StdRng) -> Json {
        let attribute = self.schema.attributes.choose(rng).expect("schemas have attributes");
        let operators: &[&str] = match attribute.kind {
            AttributeType::Text => &["eq", "ne", "in", "not_in", "present", "absent"],
            _ => &[
                "eq",
                "ne",
                "in",
                "not_in",
                "lt",
                "le",
                "gt",
                "ge",
                "between",
                "not_between",
                "present",
                "absent",
            ],
        };
        let operator = pick(rng, operators);
        let mut json = json!({"attr": attribute.name, "op": operator});
        let mut literal = || match attribute.kind {
            AttributeType::Date if rng.r#gen() => json!({"today": pick(rng, &["-18y", "+0d", "-823m"])}),
            _ => random_value(rng, attribute),
        };
        match operator {
            "present" | "absent" => {}
            "in" | "not_in" => json["value"] = json!([literal(), literal()]),
            "between" | "not_between" => json["value"] = ordered(&attribute.kind, &literal(), &literal()),
            _ => json["value"] = literal(),
        }
        json
    }

    fn sum(&self, rng: &mut StdRng) -> Option<Json> {
        let weights = random_weights(rng, self.schema)?;
        let operator =
            pick(rng, &["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "between", "not_between"]);
        let (least, greatest) = self.range(&weights, 0)?;
        let mut value = || json!((least.max(-2) + rng.gen_range(0..4)).min(greatest));
        let value = match operator {
            "in" | "not_in" => json!([value(), value()]),
            "between" | "not_between" => ordered(&AttributeType::Uint { max: 0 }, &value(), &value()),
            _ => value(),
        };
        Some(json!({"sum": weights, "op": operator, "value": value}))
    }

    /// `scorecard/1`, if this schema has one; its base is 100 and its scale 10.
    fn score(&self, rng: &mut StdRng) -> Option<Json> {
        let (least, greatest) = self.range(&random_weights(&mut scorecard_rng(), self.schema)?, 100)?;
        let (least, greatest) = ((least + 109).div_euclid(10), (greatest + 100).div_euclid(10));
        let value = least.max(9) + rng.gen_range(0..3);
        let operator = pick(rng, &["ge", "gt", "le", "lt"]);
        (value <= greatest).then(|| json!({"model": "scorecard/1", "op": operator, "value": value}))
    }

    fn range(&self, weights: &Json, base: i64) -> Option<(i64, i64)> {
        let weights = serde_json::from_value(weights.clone()).ok()?;
        let range = WeightedSum::new(self.schema, &weights, base).ok()?.range;
        Some(((*range.start()).try_into().ok()?, (*range.end()).try_into().ok()?))
    }
}

/// `[low, high]` in the order of the type, as far as both are absolute.
fn ordered(kind: &AttributeType, one: &Json, other: &Json) -> Json {
    let number = |json: &Json| match kind {
        AttributeType::Uint { max: 0 } => json.as_i64(),
        _ => crate::schema::Value::from_json(kind, json).ok().and_then(|value| value.number()),
    };
    if number(one) > number(other) { json!([other, one]) } else { json!([one, other]) }
}
