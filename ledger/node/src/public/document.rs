//! Public documents: what in them is a fact, a table or a chart. Whatever has another shape is shown as it is.

use serde_json::{Map, Value};
use service::web::Translator;

use super::chart::{self, Bar};
use super::render::{WORDS, grouped};

/// A document as it is shown.
#[derive(Default)]
pub(super) struct Document {
    pub(super) facts: Vec<(String, String)>,
    pub(super) tables: Vec<Table>,
    /// The rest, as JSON.
    pub(super) rest: Option<String>,
}

/// A list of like things, with a chart if it is a list of amounts or of work done.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<String>>,
    /// What the amounts add up to, with their unit.
    pub(super) total: Option<String>,
    /// SVG.
    pub(super) chart: Option<String>,
    /// Whether the chart has marks where the work was planned to be.
    pub(super) marked: bool,
}

/// A column of a table.
pub(super) struct Column {
    pub(super) title: String,
    pub(super) numeric: bool,
}

impl Document {
    /// Reads a document for a reader of this language.
    pub(super) fn read(document: &Value, t: Translator<'_>) -> Self {
        let Value::Object(members) = document else {
            return Self { rest: Some(pretty(document)), ..Self::default() };
        };
        let mut shown = Self::default();
        let mut rest = Map::new();
        let unit = members.get("unit").and_then(|unit| phrase(unit, t)).map(|unit| unit_in_words(&unit, t));
        let unit = unit.unwrap_or_default();
        for (key, value) in members {
            if let Some(table) = table(key, value, &unit, t) {
                shown.tables.push(table);
            } else if let Some(text) = phrase(value, t) {
                let text = if key == "unit" { unit.clone() } else { text };
                shown.facts.push((word(key, t), text));
            } else {
                rest.insert(key.clone(), value.clone());
            }
        }
        shown.rest = (!rest.is_empty()).then(|| pretty(&Value::Object(rest)));
        shown
    }
}

/// A list of objects, not too long to be read.
fn table(key: &str, value: &Value, unit: &str, t: Translator<'_>) -> Option<Table> {
    let rows: Vec<&Map<String, Value>> =
        value.as_array()?.iter().map(Value::as_object).collect::<Option<_>>()?;
    if rows.is_empty() || rows.len() > LONGEST {
        return None;
    }
    let keys = columns(&rows);
    let numeric = |key: &str| rows.iter().all(|row| row.get(key).is_some_and(Value::is_number));
    let cell =
        |row: &Map<String, Value>, key: &str| row.get(key).map_or_else(String::new, |value| inline(value, t));
    Some(Table {
        name: word(key, t),
        columns: keys.iter().map(|key| Column { title: word(key, t), numeric: numeric(key) }).collect(),
        rows: rows.iter().map(|row| keys.iter().map(|key| cell(row, key)).collect()).collect(),
        total: total(&rows, unit),
        chart: chart(&rows, unit, t),
        marked: rows.iter().any(|row| row.get(PLANNED).is_some_and(Value::is_i64)),
    })
}

/// The sum of a list in which everything has an amount.
fn total(rows: &[&Map<String, Value>], unit: &str) -> Option<String> {
    let mut amounts = rows.iter().map(|row| row.get("amount")?.as_i64());
    let sum = amounts.try_fold(0_i64, |sum, amount| sum.checked_add(amount?))?;
    (rows.len() > 1).then(|| format!("{} {unit}", grouped(sum)).trim_end().to_owned())
}

/// A code of a currency as people call it.
fn unit_in_words(unit: &str, t: Translator<'_>) -> String {
    let known = format!("unit-{}", unit.to_lowercase());
    if WORDS.knows(&known) { t.say(&known) } else { unit.to_owned() }
}

/// The keys of all rows; what names a row comes first.
fn columns<'a>(rows: &[&'a Map<String, Value>]) -> Vec<&'a str> {
    let mut keys: Vec<&str> = Vec::new();
    for key in rows.iter().flat_map(|row| row.keys()).map(String::as_str) {
        if !keys.contains(&key) && keys.len() < WIDEST {
            keys.push(key);
        }
    }
    keys.sort_by_key(|key| !NAMES.contains(key));
    keys
}

fn chart(rows: &[&Map<String, Value>], unit: &str, t: Translator<'_>) -> Option<String> {
    let bar = |row: &&Map<String, Value>, of: &str| {
        let label = NAMES.iter().find_map(|name| phrase(row.get(*name)?, t))?;
        Some(Bar { label, value: row.get(of)?.as_i64()?, mark: row.get(PLANNED).and_then(Value::as_i64) })
    };
    let bars = |of: &str| rows.iter().map(|row| bar(row, of)).collect::<Option<Vec<_>>>();
    if let Some(bars) = bars("done") {
        return chart::progress(&bars);
    }
    chart::amounts(&bars("amount")?, unit)
}

/// A text, a number or a truth; a text in several languages in the reader's.
fn phrase(value: &Value, t: Translator<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(t.say(if *truth { "yes" } else { "no" })),
        // A year is no quantity.
        Value::Number(number) => Some(number.to_string()),
        Value::Object(texts) => {
            let text = texts.get(t.language().tag()).or_else(|| texts.get("zh-CN"))?.as_str()?;
            texts.values().all(Value::is_string).then(|| text.to_owned())
        }
        Value::Null | Value::Array(_) => None,
    }
}

fn inline(value: &Value, t: Translator<'_>) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), grouped),
        other => phrase(other, t).unwrap_or_else(|| other.to_string()),
    }
}

/// A key in words, if there are words for it.
fn word(key: &str, t: Translator<'_>) -> String {
    let known = format!("column-{key}");
    if WORDS.knows(&known) { t.say(&known) } else { key.to_owned() }
}

pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Keys that name a row.
const NAMES: [&str; 4] = ["item", "name", "title", "policy"];
/// The key of how much was to be done by now.
const PLANNED: &str = "planned";
/// Rows of a table at most.
const LONGEST: usize = 500;
/// Columns of a table at most.
const WIDEST: usize = 12;

#[cfg(test)]
mod tests {
    use serde_json::json;
    use service::web::Language;

    use super::*;

    fn read(document: &Value) -> Document {
        Document::read(document, WORDS.spoken(Language::English))
    }

    #[test]
    fn amounts_and_work_done_have_a_table_and_a_chart() {
        for (list, row) in
            [("lines", json!({"item": "x", "amount": 12})), ("projects", json!({"name": "x", "done": 12}))]
        {
            let document = read(&json!({ "year": 2026, list: [row] }));
            assert_eq!(document.facts[0].1, "2026");
            assert_eq!(document.tables[0].rows, [["x", "12"]]);
            assert!(document.tables[0].chart.is_some(), "{list}");
            assert!(document.rest.is_none());
        }
    }

    #[test]
    fn amounts_have_a_total_in_the_unit_that_people_say() {
        let document =
            json!({"unit": "CNY", "lines": [{"item": "x", "amount": 1200}, {"item": "y", "amount": -3}]});
        for (language, total) in [(Language::Chinese, "1,197 元"), (Language::English, "1,197 yuan")] {
            let shown = Document::read(&document, WORDS.spoken(language));
            assert_eq!(shown.tables[0].total.as_deref(), Some(total));
            assert!(!shown.facts.iter().any(|(_, text)| text == "CNY"));
        }
        for lines in [
            json!([{"item": "x", "amount": i64::MAX}, {"item": "y", "amount": 1}]),
            json!([{"a": 1}, {"b": 2}]),
        ] {
            assert_eq!(read(&json!({"lines": lines})).tables[0].total, None);
        }
    }

    #[test]
    fn other_shapes_are_shown_as_they_are() {
        for document in
            [json!(null), json!([1, [2]]), json!({"a": {"b": [1]}}), json!({"rows": [1]}), json!("<b>")]
        {
            let shown = read(&document);
            assert!(shown.tables.is_empty());
            assert!(shown.rest.is_some(), "{document}");
        }
        let ragged = read(&json!({"rows": [{"a": 1}, {"b": {"c": []}}]}));
        assert_eq!(ragged.tables[0].rows, [["1", ""], ["", "{\"c\":[]}"]]);
    }
}
