//! `docs/policy-language.md`: what stands there is what the compiler and the evaluator do.

use serde_json::{Value as Json, json};

use super::sample::{Shelf, object, policy};
use crate::model::Model;
use crate::policy::{CheckedPolicy, Policy, PolicyErrorKind, Verdict};
use crate::samples::NOW;
use crate::schema::{Schema, Values};

const PAGE: &str = include_str!("../../../../docs/policy-language.md");

/// What the page says of a block of JSON, and the block.
struct Block {
    info: Vec<&'static str>,
    json: Json,
}

/// All blocks, in their order.
fn blocks() -> Vec<Block> {
    let blocks = PAGE.split("```json ").skip(1).map(|rest| {
        let (info, rest) = rest.split_once('\n').unwrap();
        let text = rest.split("```").next().unwrap();
        let json = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in {text}"));
        Block { info: info.split(' ').collect(), json }
    });
    blocks.collect()
}

fn only(kind: &str) -> Json {
    let mut found: Vec<Json> = blocks().into_iter().filter(|b| b.info == [kind]).map(|b| b.json).collect();
    assert_eq!(found.len(), 1, "the page has one {kind}");
    found.pop().unwrap()
}

fn schema() -> Schema {
    serde_json::from_value(only("schema")).unwrap()
}

fn values() -> Values {
    schema().values(&object(only("values"))).unwrap()
}

/// A schema and values of the page that are called so.
fn second() -> (Schema, Values) {
    let block = |kind| blocks().into_iter().find(|b| b.info == ["second", kind]).unwrap().json;
    let schema: Schema = serde_json::from_value(block("schema")).unwrap();
    let values = schema.values(&object(block("values"))).unwrap();
    (schema, values)
}

fn checked(policy: Json) -> Result<CheckedPolicy, String> {
    let mut shelf = Shelf::of(schema());
    shelf.add_schema(second().0);
    for model in blocks().into_iter().filter(|b| b.info == ["model"]) {
        shelf.add(serde_json::from_value::<Model>(model.json).unwrap());
    }
    // What is wrong with the form of a formula is found while reading it, and has no code there.
    let form = policy["credentials"][0]["require"].clone();
    if let Err(error) = crate::policy::Formula::try_from(form.clone())
        && !form.is_null()
    {
        return Err(error.kind.code().to_owned());
    }
    let policy: Policy = serde_json::from_value(policy).unwrap();
    policy.check(&shelf).map_err(|error| error.kind.code().to_owned())
}

fn with_formula(formula: &Json) -> Json {
    let mut policy = policy();
    policy["credentials"][0]["schema"] = json!("credit-report/1");
    policy["credentials"][0]["require"] = formula.clone();
    policy
}

/// Asks for both credentials of the page, by the ids that it uses.
fn with_field(field: &str, json: &Json) -> Json {
    let mut policy = policy();
    policy["credentials"] = json!([
        {"id": "credit", "schema": "credit-report/1", "issuers": ["credit.nanning"]},
        {"id": "income", "schema": "income/1", "issuers": ["tax.nanning"]}]);
    policy[field] = json.clone();
    policy
}

fn verdict(word: &str) -> Verdict {
    match word {
        "holds" => Verdict::Holds,
        "fails" => Verdict::Fails,
        "unprovable" => Verdict::Unprovable,
        other => panic!("{other} is no verdict"),
    }
}

#[test]
fn every_example_is_what_the_page_says() {
    for Block { info, json } in blocks() {
        match info[..] {
            ["policy"] => {
                let policy = checked(json.clone()).unwrap();
                assert_eq!(serde_json::to_value(policy.policy()).unwrap(), json);
                assert_eq!(policy.evaluate("credit", NOW, &values()), Ok(Verdict::Unprovable));
            }
            ["schema" | "values" | "model"] | ["second", "schema" | "values"] => {}
            ["across", word] => {
                let policy =
                    checked(with_field("across", &json)).unwrap_or_else(|code| panic!("{code}: {json}"));
                let credit = values();
                let income = second().1;
                let all = [("credit", &credit), ("income", &income)].into();
                assert_eq!(policy.evaluate_across(NOW, &all), Ok(Some(verdict(word))), "{json}");
                policy.join_rows(NOW).unwrap();
            }
            ["across-refused", code] => {
                assert_eq!(checked(with_field("across", &json)).err().as_deref(), Some(code), "{json}");
            }
            ["score", word] => {
                let policy = checked(with_field("models", &json!([json])));
                let policy = policy.unwrap_or_else(|code| panic!("{code}: {json}"));
                assert_eq!(policy.evaluate_score(0, &values()), Ok(verdict(word)), "{json}");
            }
            ["score-refused", code] => {
                let refused = checked(with_field("models", &json!([json])));
                assert_eq!(refused.err().as_deref(), Some(code), "{json}");
            }
            ["formula", word] => {
                let policy = checked(with_formula(&json)).unwrap_or_else(|code| panic!("{code}: {json}"));
                assert_eq!(policy.evaluate("c", NOW, &values()), Ok(verdict(word)), "{json}");
                policy.rows("c", NOW, &serde_json::Map::new()).unwrap();
            }
            ["refused", code] => {
                let mut policy = with_formula(&json);
                if code == "too_many_atoms" {
                    policy["credentials"][0]["reveal"] =
                        json!(["score", "level", "rate", "born", "owns_home", "name"]);
                }
                assert_eq!(checked(policy).err().as_deref(), Some(code), "{json}");
            }
            _ => panic!("{info:?} is no kind of example"),
        }
    }
}

/// Every code in the page is one of the program's and the other way round, but for those of values, which a policy has no way
/// to break.
#[test]
fn the_page_has_every_code() {
    let sources = [
        include_str!("../error.rs"),
        include_str!("../../model/weights.rs"),
        include_str!("../../schema/error.rs").split("impl ValueErrorKind").nth(1).unwrap(),
    ];
    let codes = sources.into_iter().flat_map(|source| source.split("=> \"").skip(1));
    let codes = codes.map(|rest| rest.split('"').next().unwrap());
    let of_cells = ["given_twice", "missing", "not_in_schema"];
    let table = PAGE.split("## Errors\n").nth(1).unwrap();
    for code in codes.filter(|code| !of_cells.contains(code)) {
        assert!(table.contains(&format!("`{code}`")), "{code} is not in the page");
    }
    assert_eq!(PolicyErrorKind::TooDeep.code(), "too_deep");
}
