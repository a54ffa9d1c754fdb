//! Conditions across credentials: what they mean, in plain and as rows, what is refused, and how they are said.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value as Json, json};

use super::agreement::{Formulas, pick, random_schema, random_values};
use super::row_machine;
use super::rules::obey_slots;
use super::sample::{Shelf, additive, object, policy, text};
use crate::Fr;
use crate::constraints::alteration::synthesized;
use crate::join::{self, Clause, Private, Public, Violated, WIDTH};
use crate::model::{MAX_OPTIONAL, WeightError};
use crate::opening::Opening;
use crate::policy::{CheckedPolicy, Policy, PolicyErrorKind, Verdict};
use crate::samples::{self, NOW};
use crate::schema::{ATTRIBUTES, Schema, Values};

/// Identity, vehicle, income and loans: one owner, and amounts of other scales.
fn schemas() -> [Schema; 3] {
    let titled = |zh: &str, en: &str| json!({"zh-CN": zh, "en": en});
    let all = [
        json!({"schema": "identity/1", "title": titled("身份证", "Identity"), "attributes": [
            {"name": "number", "type": "text", "title": titled("号码", "Number")},
            {"name": "alias", "type": "text", "optional": true, "title": titled("别名", "Alias")},
            {"name": "born", "type": "date", "title": titled("出生日期", "Date of birth")}]}),
        json!({"schema": "income/1", "title": titled("收入证明", "Income"), "attributes": [
            {"name": "monthly", "type": "decimal", "scale": 2, "max": 100_000_000, "title": titled("月收入", "Monthly income")},
            {"name": "bonus", "type": "uint", "max": 1_000_000, "optional": true, "title": titled("奖金", "Bonus")}]}),
        json!({"schema": "loans/1", "title": titled("贷款证明", "Loans"), "attributes": [
            {"name": "owner", "type": "text", "title": titled("借款人", "Owner")},
            {"name": "monthly", "type": "uint", "max": 1_000_000, "title": titled("月还款", "Monthly payment")},
            {"name": "arrears", "type": "uint", "max": 1_000_000, "optional": true, "title": titled("欠款", "Arrears")},
            {"name": "paid", "type": "bool", "title": titled("已还清", "Paid off")}]}),
    ];
    all.map(|schema| serde_json::from_value(schema).unwrap())
}

const IDS: [&str; 3] = ["identity", "income", "loans"];

fn with_across(formula: Json) -> Json {
    let mut policy = policy();
    let queries = IDS.iter().zip(schemas()).map(|(id, schema)| {
        json!({"id": id, "schema": schema.schema, "issuers": ["credit.nanning", "tax.nanning"]})
    });
    policy["credentials"] = queries.collect();
    policy["across"] = formula;
    policy
}

fn check(policy: Json) -> Result<CheckedPolicy, String> {
    let policy: Policy = serde_json::from_value(policy).map_err(|e| e.to_string())?;
    let mut shelf = Shelf::sample();
    for schema in schemas() {
        shelf.add_schema(schema);
    }
    shelf.add(additive());
    policy.check(&shelf).map_err(|e| e.to_string())
}

fn compiled(formula: &Json) -> CheckedPolicy {
    check(with_across(formula.clone())).unwrap_or_else(|e| panic!("{e}: {formula}"))
}

/// Number 4501, born 2001, an income of 5,000.50; owner 4501, 2,000 a month, no arrears, not paid off; as changed.
fn values(changes: &[(&str, &str, Json)]) -> [Values; 3] {
    let mut all = [
        object(json!({"number": "4501", "born": "2001-02-03"})),
        object(json!({"monthly": "5000.50"})),
        object(json!({"owner": "4501", "monthly": 2000, "paid": false})),
    ];
    for (id, name, value) in changes {
        let place = IDS.iter().position(|known| known == id).unwrap();
        all[place].insert((*name).to_owned(), value.clone());
    }
    let schemas = schemas();
    std::array::from_fn(|i| schemas[i].values(&all[i]).unwrap())
}

/// `a_0, …, a_35` of the credentials that the policy joins.
fn elements(policy: &CheckedPolicy, values: &BTreeMap<&str, &Values>) -> [Fr; WIDTH] {
    let joined = policy.joined();
    std::array::from_fn(|i| {
        let id = joined.get(i / ATTRIBUTES).or(joined.last()).unwrap();
        values[id].elements()[i % ATTRIBUTES]
    })
}

/// The verdict in plain, which is also that of the rows.
fn meaning(policy: &CheckedPolicy, values: &BTreeMap<&str, &Values>) -> Verdict {
    let plain = policy.evaluate_across(NOW, values).unwrap().unwrap();
    let rows = policy.join_rows(NOW).unwrap().unwrap();
    assert_eq!(row_machine::run_slots(&rows.atoms, &rows.literal, &elements(policy, values)), plain);
    plain
}

fn means(formula: &Json, changes: &[(&str, &str, Json)], expected: Verdict) {
    let all = values(changes);
    let by_id = IDS.into_iter().zip(&all).collect();
    assert_eq!(meaning(&compiled(formula), &by_id), expected, "{formula}");
}

#[test]
fn decimals_count_as_the_numbers_that_they_are() {
    // 40 % of 5,000.50 is 2,000.20.
    let quota = json!({"sum": {"income.monthly": 40, "loans.monthly": -100}, "op": "ge", "value": 0});
    means(&quota, &[], Verdict::Holds);
    means(&quota, &[("loans", "monthly", json!(2001))], Verdict::Fails);
    means(
        &quota,
        &[("loans", "monthly", json!(2001)), ("income", "monthly", json!("5002.50"))],
        Verdict::Holds,
    );
    means(
        &quota,
        &[("loans", "monthly", json!(2001)), ("income", "monthly", json!("5002.49"))],
        Verdict::Fails,
    );
    let exactly =
        |value: i64| json!({"sum": {"income.monthly": 2, "loans.monthly": 1}, "op": "eq", "value": value});
    means(&exactly(12_001), &[], Verdict::Holds);
    means(&exactly(12_000), &[], Verdict::Fails);
}

#[test]
fn two_texts_are_the_same_or_not() {
    for (operator, owner, expected) in [
        ("eq", "4501", Verdict::Holds),
        ("eq", "4502", Verdict::Fails),
        ("ne", "4501", Verdict::Fails),
        ("ne", "4502", Verdict::Holds),
    ] {
        let formula = json!({"sum": {"loans.owner": 1, "identity.number": -1}, "op": operator, "value": 0});
        means(&formula, &[("loans", "owner", json!(owner))], expected);
    }
}

#[test]
fn single_attributes_may_stand_beside_sums() {
    let formula = json!({"any": [
        {"attr": "income.monthly", "op": "ge", "value": "6000.00"}, {"attr": "loans.paid", "op": "eq", "value": true}]});
    means(&formula, &[], Verdict::Fails);
    means(&formula, &[("loans", "paid", json!(true))], Verdict::Holds);
    means(&formula, &[("income", "monthly", json!("6000.00"))], Verdict::Holds);
    let adult = json!({"all": [
        {"attr": "identity.born", "op": "le", "value": {"today": "-18y"}},
        {"attr": "loans.arrears", "op": "absent"}]});
    means(&adult, &[], Verdict::Holds);
    means(&adult, &[("identity", "born", json!("2020-01-01"))], Verdict::Fails);
    means(&adult, &[("loans", "arrears", json!(0))], Verdict::Fails);
}

#[test]
fn an_absent_attribute_is_not_compared_by_order() {
    let formula = json!({"sum": {"income.bonus": 2, "loans.arrears": -1}, "op": "ge", "value": 0});
    means(&formula, &[], Verdict::Unprovable);
    means(&formula, &[("income", "bonus", json!(1))], Verdict::Unprovable);
    means(&formula, &[("income", "bonus", json!(1)), ("loans", "arrears", json!(2))], Verdict::Holds);
    let equal = json!({"sum": {"income.bonus": 2, "loans.arrears": -1}, "op": "eq", "value": 0});
    means(&equal, &[], Verdict::Fails);
}

#[test]
fn links_are_in_the_order_of_the_policy() {
    let policy = compiled(&json!({"sum": {"loans.monthly": 1, "income.bonus": 3}, "op": "ge", "value": 0}));
    assert_eq!(policy.joined(), ["income", "loans"]);
    assert!(policy.is_linked("income") && policy.is_linked("loans") && !policy.is_linked("identity"));
    let rows = policy.join_rows(NOW).unwrap().unwrap();
    assert_eq!((rows.atoms[0].weight[1], rows.atoms[0].weight[ATTRIBUTES + 1]), (Fr::from(3), Fr::from(1)));
    assert!(rows.atoms.iter().all(|atom| atom.weight[2 * ATTRIBUTES..].iter().all(|w| *w == Fr::from(0))));
    assert!(rows.literal.iter().all(|clause| *clause == rows.literal[0]));
    let without = super::sample::check(super::sample::policy()).unwrap();
    assert_eq!((without.joined().len(), without.join_rows(NOW).unwrap()), (0, None));
    assert_eq!(without.evaluate_across(NOW, &BTreeMap::new()), Ok(None));
}

#[test]
fn a_policy_with_a_condition_across_round_trips() {
    let json =
        with_across(json!({"sum": {"income.monthly": 40, "loans.monthly": -100}, "op": "ge", "value": 0}));
    let policy: Policy = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(policy).unwrap(), json);
}

#[test]
fn one_refusal_for_each_rule() {
    let sum = |weights: Json, value: i64| json!({"sum": weights, "op": "ge", "value": value});
    let pair = |weights: Json, op: &str, value: i64| json!({"sum": weights, "op": op, "value": value});
    let atom = |n: u32| json!({"attr": "loans.monthly", "op": "ge", "value": n});
    for (formula, why) in [
        (json!({"attr": "monthly", "op": "ge", "value": 1}), "$.across.attr: has a name without a point"),
        (json!({"attr": "house.size", "op": "ge", "value": 1}), "$.across.attr: names a credential"),
        (
            json!({"attr": "income.size", "op": "ge", "value": 1}),
            "$.across.attr: is not an attribute of income/1",
        ),
        (sum(json!({"house.size": 1}), 0), "$.across.sum.house.size: names a credential"),
        (sum(json!({"income.size": 1}), 0), "$.across.sum.income.size: is not an attribute"),
        (sum(json!({"loans.monthly": 0}), 0), "$.across.sum.loans.monthly: is zero"),
        (sum(json!({}), 0), "$.across.sum: is empty"),
        (sum(json!({"income.bonus": 1, "loans.arrears": -1}), 0), "$.across.sum: has weights of optional"),
        (sum(json!({"income.monthly": "92233720368547758"}), 0), "$.across.sum: can reach 2^63"),
        (sum(json!({"loans.monthly": 9_223_372_036_855_i64}), 0), "$.across.sum: can reach 2^63"),
        (sum(json!({"income.monthly": 1, "loans.monthly": 1}), 2_000_001), "$.across.value: is outside"),
        (sum(json!({"loans.owner": 1, "loans.monthly": -1}), 0), "$.across.sum.loans.owner: is a text"),
        (pair(json!({"loans.owner": 1, "identity.number": 1}), "eq", 0), "identity.number: is a text"),
        (pair(json!({"loans.owner": 2, "identity.number": -2}), "eq", 0), "identity.number: is a text"),
        (pair(json!({"loans.owner": 1}), "eq", 0), "loans.owner: is a text"),
        (pair(json!({"loans.owner": 1, "identity.alias": -1}), "eq", 0), "identity.alias: is compared"),
        (pair(json!({"loans.owner": 1, "identity.number": -1}), "ge", 0), "$.across.op: does not fit a pair"),
        (pair(json!({"loans.owner": 1, "identity.number": -1}), "eq", 1), "$.across.value: is not 0"),
        (json!({"model": "scorecard/1", "op": "ge", "value": 1}), "$.across.model: is a model"),
        (
            json!({"any": [atom(1), atom(2), atom(3), {"not": atom(4)}]}),
            "$.across.any[3].not: is where the atoms",
        ),
        (json!({"all": [{"attr": "loans.paid"}]}), "across.all[0]: has no `op`"),
    ] {
        let error = check(with_across(formula.clone())).err().unwrap_or_else(|| panic!("{formula}"));
        assert!(error.contains(why), "{formula}: {error}");
    }
}

/// Clauses that others imply stay, so three atoms can need four.
#[test]
fn a_fourth_clause_is_refused() {
    let atom = |n: u32| json!({"attr": "loans.monthly", "op": "ge", "value": n});
    for formula in [
        json!({"any": [{"all": [atom(1), atom(2)]}, atom(3)]}),
        json!({"all": [atom(1), atom(2), atom(3)]}),
        json!({"any": [atom(1), atom(2), atom(3)]}),
    ] {
        compiled(&formula);
    }
    // Two of three: (a ∨ b)(a ∨ c)(b ∨ c), and a ∨ b ∨ c.
    let pair = |n, m| json!({"all": [atom(n), atom(m)]});
    let two_of_three = json!({"any": [pair(1, 2), pair(1, 3), pair(2, 3)]});
    let error = check(with_across(two_of_three)).err().unwrap();
    assert!(error.contains("$.across: needs 4 clauses"), "{error}");
}

#[test]
fn one_credential_cannot_count_twice() {
    let mut twice =
        with_across(json!({"sum": {"income.monthly": 1, "second.monthly": 1}, "op": "ge", "value": 1}));
    let mut second = twice["credentials"][1].clone();
    second["id"] = json!("second");
    twice["credentials"].as_array_mut().unwrap().push(second);
    let error = check(twice.clone()).err().unwrap();
    assert!(error.contains("$.credentials[3].issuers[0]: "), "{error}");
    twice["credentials"][3]["issuers"] = json!(["housing.nanning", "tax.nanning"]);
    let error = check(twice.clone()).err().unwrap();
    assert!(error.contains("$.credentials[3].issuers[1]: "), "{error}");
    twice["credentials"][3]["issuers"] = json!(["housing.nanning"]);
    check(twice.clone()).unwrap();
    // Two queries that `across` does not both name may overlap, as ever.
    twice["credentials"][3]["issuers"] = json!(["tax.nanning"]);
    twice["across"] = json!({"attr": "income.monthly", "op": "ge", "value": "1.00"});
    check(twice).unwrap();
}

#[test]
fn a_fourth_credential_has_no_link() {
    let mut four = with_across(json!({"sum": {"income.monthly": 1, "loans.monthly": 1, "identity.born": 1,
        "second.monthly": 1}, "op": "ge", "value": 1}));
    let mut second = four["credentials"][1].clone();
    second["id"] = json!("second");
    second["issuers"] = json!(["housing.nanning"]);
    four["credentials"].as_array_mut().unwrap().push(second);
    let error = check(four).err().unwrap();
    assert!(error.contains("$.across: names 4 credentials"), "{error}");
}

/// 2^12 sets and not 2^24: with as many optional attributes as there may be the answer still comes.
#[test]
fn absences_of_twenty_four_attributes_cannot_cancel() {
    let schema = |k: usize| {
        let attributes: Vec<_> = (0..ATTRIBUTES)
            .map(|i| json!({"name": format!("a{i}"), "type": "bool", "optional": true, "title": text()}))
            .collect();
        json!({"schema": format!("wide{k}/1"), "title": text(), "attributes": attributes})
    };
    let mut shelf = Shelf::default();
    let mut policy = policy();
    policy["credentials"] = json!([]);
    for k in 0..3 {
        shelf.add_schema(serde_json::from_value(schema(k)).unwrap());
        let query = json!({"id": format!("c{k}"), "schema": format!("wide{k}/1"), "issuers": ["a"]});
        policy["credentials"].as_array_mut().unwrap().push(query);
    }
    let mut weights = Map::new();
    for i in 0..MAX_OPTIONAL {
        weights.insert(format!("c{}.a{}", i / ATTRIBUTES, i % ATTRIBUTES), json!(1u64 << i));
    }
    let check = |weights: &Map<String, Json>| {
        let mut policy = policy.clone();
        policy["across"] = json!({"sum": weights, "op": "ge", "value": 0});
        serde_json::from_value::<Policy>(policy).unwrap().check(&shelf).map(drop)
    };
    // Powers of two, one of them negative: no sum is zero.
    weights["c1.a11"] = json!(-(1i64 << 23));
    check(&weights).unwrap();
    // And now the first two and the last.
    weights["c1.a11"] = json!(-3);
    let error = check(&weights).unwrap_err();
    assert_eq!(
        error.kind,
        PolicyErrorKind::Weight(WeightError::Cancels("`c0.a0`, `c0.a1`, `c1.a11`".to_owned()))
    );
    weights.insert("c2.a0".to_owned(), json!(1u64 << 40));
    let error = check(&weights).unwrap_err();
    assert_eq!(error.kind, PolicyErrorKind::Weight(WeightError::TooManyOptional(MAX_OPTIONAL + 1)));
    // All of one sign cannot cancel, however many there are.
    weights["c1.a11"] = json!(3);
    check(&weights).unwrap();
}

#[test]
fn questions_about_other_values() {
    let policy = compiled(&json!({"sum": {"income.monthly": 1, "loans.monthly": 1}, "op": "ge", "value": 1}));
    let all = values(&[]);
    let only = BTreeMap::from([("income", &all[1])]);
    assert_eq!(
        policy.evaluate_across(NOW, &only).unwrap_err().kind,
        PolicyErrorKind::NoValues("loans".to_owned())
    );
    let other = BTreeMap::from([("income", &all[1]), ("loans", &all[1])]);
    assert_eq!(policy.evaluate_across(NOW, &other).unwrap_err().kind.code(), "other_schema");
    assert_eq!(policy.join_rows(u64::MAX).unwrap_err().path, "now");
}

#[test]
fn conditions_across_are_said_with_the_credential_of_each_name() {
    for (formula, chinese, english) in [
        (
            json!({"sum": {"income.monthly": 40, "loans.monthly": -100}, "op": "ge", "value": 0}),
            "40 × “收入证明”的月收入 − 100 × “贷款证明”的月还款至少 0",
            "40 × Monthly income of “Income” − 100 × Monthly payment of “Loans” is at least 0",
        ),
        (
            json!({"sum": {"loans.owner": 1, "identity.number": -1}, "op": "eq", "value": 0}),
            "“身份证”的号码与“贷款证明”的借款人相同",
            "Number of “Identity” is the same as Owner of “Loans”",
        ),
        (
            json!({"not": {"sum": {"loans.owner": 1, "identity.number": -1}, "op": "eq", "value": 0}}),
            "“身份证”的号码与“贷款证明”的借款人不同",
            "Number of “Identity” is not the same as Owner of “Loans”",
        ),
        (
            json!({"attr": "loans.paid", "op": "eq", "value": true}),
            "“贷款证明”的已还清：是",
            "Paid off of “Loans”: yes",
        ),
    ] {
        let policy = compiled(&formula);
        assert_eq!(policy.across_in_words(NOW, "zh-CN"), [chinese]);
        assert_eq!(policy.across_in_general("en"), [english]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// On random schemas, formulas and values the evaluator and the rows agree, and so does the statement in plain Rust.
    #[test]
    fn of_evaluator_and_rows(seed: u64) {
        if let Some(case) = Case::random(seed) {
            let plain = meaning(&case.policy, &case.by_id());
            let expected = match plain {
                Verdict::Holds => Ok(()),
                Verdict::Fails => Err(Violated(Clause::Formula)),
                Verdict::Unprovable => Err(Violated(Clause::Atoms)),
            };
            let (public, private) = case.instance();
            prop_assert_eq!(join::check(&public, &private), expected, "{}", case.json);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn of_evaluator_and_statement(seed: u64) {
        if let Some(case) = Case::random(seed) {
            let holds = meaning(&case.policy, &case.by_id()) == Verdict::Holds;
            let (public, private) = case.instance();
            let cs = synthesized(join::Circuit { assignment: Some((public.clone(), private.clone())) });
            prop_assert_eq!(cs.is_satisfied().unwrap(), holds);
            prop_assert_eq!(join::assign(&public, &private).is_ok(), holds);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// What a verifier guarantees of slots and clauses, over the attributes of all credentials.
    #[test]
    fn the_rules_hold_of_every_compiled_condition(seed: u64) {
        if let Some(case) = Case::random(seed) {
            let rows = case.policy.join_rows(NOW).unwrap().unwrap();
            let joined = case.policy.joined();
            let attribute = |i: usize| {
                let schema = case.policy.schema(joined.get(i / ATTRIBUTES)?)?;
                schema.attributes.get(i % ATTRIBUTES)
            };
            let attributes: Vec<_> = (0..WIDTH).map(attribute).collect();
            obey_slots(&rows.atoms, &rows.literal, &attributes);
        }
    }
}

#[test]
fn random_cases_reach_every_verdict() {
    let cases: Vec<_> = (0..400).filter_map(Case::random).collect();
    assert!(cases.len() > 100, "{} of 400 fit", cases.len());
    for verdict in [Verdict::Holds, Verdict::Fails, Verdict::Unprovable] {
        let found = cases.iter().filter(|case| meaning(&case.policy, &case.by_id()) == verdict);
        assert!(found.count() > 5, "{verdict:?}");
    }
}

/// A random condition over one to three random credentials.
struct Case {
    policy: CheckedPolicy,
    values: Vec<Values>,
    json: Json,
    seed: u64,
}

const RANDOM_IDS: [&str; 3] = ["c0", "c1", "c2"];

impl Case {
    /// `None` if the condition is refused for its size, its weights or a value out of reach.
    fn random(seed: u64) -> Option<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let count = rng.gen_range(1..=3);
        let mut shelf = Shelf::default();
        let mut json = policy();
        json["credentials"] = json!([]);
        let mut schemas = Vec::new();
        for id in &RANDOM_IDS[..count] {
            let mut schema = random_schema(&mut rng);
            schema.schema = format!("sample-{id}/1").parse().unwrap();
            json["credentials"].as_array_mut().unwrap().push(json!({
                "id": id, "schema": schema.schema, "issuers": ["credit.nanning"]}));
            shelf.add_schema(schema.clone());
            schemas.push(schema);
        }
        let values = schemas.iter().map(|schema| random_values(&mut rng, schema)).collect();
        json["across"] = formula(&mut rng, &schemas, 2);
        let parsed: Policy = serde_json::from_value(json.clone()).unwrap();
        match parsed.check(&shelf) {
            Ok(policy) => Some(Self { policy, values, json, seed }),
            Err(e) if has_no_room(&e.kind) => None,
            Err(e) => panic!("{e} in {json}"),
        }
    }

    fn by_id(&self) -> BTreeMap<&str, &Values> {
        RANDOM_IDS.into_iter().zip(&self.values).collect()
    }

    /// Credentials with these values, their links, and the rows.
    fn instance(&self) -> (Public, Private) {
        let mut rng = StdRng::seed_from_u64(self.seed);
        let secrets = samples::secrets(&mut rng);
        let by_id = self.by_id();
        let openings = self.policy.joined().into_iter().map(|id| {
            let mut credential = samples::credential(&secrets, &mut rng);
            credential.schema = by_id[id].schema().clone();
            credential.values = by_id[id].clone();
            Opening { blind: Fr::from(rng.r#gen::<u64>()), credential }
        });
        let private = Private::padded(&openings.collect::<Vec<_>>()).unwrap();
        let rows = self.policy.join_rows(NOW).unwrap().unwrap();
        let links = private.openings.each_ref().map(Opening::link);
        (Public { context: Fr::from(self.seed), links, rows }, private)
    }
}

fn has_no_room(kind: &PolicyErrorKind) -> bool {
    match kind {
        PolicyErrorKind::TooManyAtomsAcross(_)
        | PolicyErrorKind::TooManyClausesAcross(_)
        | PolicyErrorKind::OutOfReach
        | PolicyErrorKind::OptionalText => true,
        PolicyErrorKind::Weight(error) => {
            matches!(error, WeightError::Cancels(_) | WeightError::TooLarge | WeightError::TooManyOptional(_))
        }
        _ => false,
    }
}

fn formula(rng: &mut StdRng, schemas: &[Schema], depth: u32) -> Json {
    let several = |rng: &mut StdRng| -> Vec<Json> {
        (0..rng.gen_range(1..=2)).map(|_| formula(rng, schemas, depth - 1)).collect()
    };
    match if depth == 0 { 9 } else { rng.gen_range(0..10) } {
        0..2 => json!({"all": several(rng)}),
        2..4 => json!({"any": several(rng)}),
        4 => json!({"not": formula(rng, schemas, depth - 1)}),
        _ => condition(rng, schemas),
    }
}

fn condition(rng: &mut StdRng, schemas: &[Schema]) -> Json {
    match rng.gen_range(0..4) {
        0 => attribute(rng, schemas),
        1 => texts(rng, schemas).unwrap_or_else(|| attribute(rng, schemas)),
        _ => sum(rng, schemas).unwrap_or_else(|| attribute(rng, schemas)),
    }
}

fn attribute(rng: &mut StdRng, schemas: &[Schema]) -> Json {
    let k = rng.gen_range(0..schemas.len());
    let mut json = Formulas { schema: &schemas[k] }.attribute(rng);
    json["attr"] = json!(format!("c{k}.{}", json["attr"].as_str().unwrap()));
    json
}

/// The names of attributes that are ordered or not.
fn names(schemas: &[Schema], ordered: bool) -> Vec<String> {
    let of = |(k, schema): (usize, &Schema)| {
        let chosen = schema.attributes.iter().filter(|a| a.kind.range().is_some() == ordered);
        chosen.map(|a| format!("c{k}.{}", a.name)).collect::<Vec<_>>()
    };
    schemas.iter().enumerate().flat_map(of).collect()
}

fn texts(rng: &mut StdRng, schemas: &[Schema]) -> Option<Json> {
    let names = names(schemas, false);
    let chosen: Vec<_> = names.choose_multiple(rng, 2).collect();
    let [one, other] = chosen[..] else { return None };
    Some(json!({"sum": {one: 1, other: -1}, "op": pick(rng, &["eq", "ne"]), "value": 0}))
}

fn sum(rng: &mut StdRng, schemas: &[Schema]) -> Option<Json> {
    let names = names(schemas, true);
    let count = rng.gen_range(1..=4);
    let chosen: Vec<_> = names.choose_multiple(rng, count).cloned().collect();
    let weights: Map<String, Json> =
        chosen.into_iter().map(|name| (name, json!(pick(rng, &[-3, -1, 1, 2])))).collect();
    if weights.is_empty() {
        return None;
    }
    let mut value = || rng.gen_range(-2..4);
    let mut values = [value(), value()];
    values.sort_unstable();
    let operator = pick(rng, &["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "between", "not_between"]);
    let value = match operator {
        "in" | "not_in" | "between" | "not_between" => json!(values),
        _ => json!(values[0]),
    };
    Some(json!({"sum": weights, "op": operator, "value": value}))
}
