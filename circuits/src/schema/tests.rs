use serde_json::{Map, Value as Json, json};

use super::{AttributeType, Schema, Value, ValueError, Values};

fn title() -> Json {
    json!({"zh-CN": "标题", "en": "Title"})
}

/// A schema of one attribute of each type, all required.
pub(crate) fn every_type() -> Json {
    json!({"schema": "every-type/1", "title": title(), "attributes": [
        {"name": "count", "type": "uint", "max": 2000, "title": title()},
        {"name": "price", "type": "decimal", "scale": 2, "max": 100_000, "title": title()},
        {"name": "born", "type": "date", "title": title()},
        {"name": "good", "type": "bool", "title": title()},
        {"name": "level", "type": "enum", "codes": {"A": 1, "B": 2}, "title": title()},
        {"name": "name", "type": "text", "title": title()},
        {"name": "note", "type": "text", "optional": true, "title": title()}]})
}

fn every_value() -> Json {
    json!({"count": 2000, "price": "12.50", "born": "1970-01-01", "good": true, "level": "B", "name": "侯斌"})
}

fn schema(json: Json) -> Result<Schema, String> {
    serde_json::from_value(json).map_err(|e| e.to_string())
}

fn read(json: Json) -> Result<Values, ValueError> {
    let Json::Object(map) = json else { unreachable!("tests give objects") };
    schema(every_type()).unwrap().values(&map)
}

fn with(mut json: Json, pointer: &str, value: Json) -> Json {
    match (json.pointer_mut(pointer), pointer.rsplit_once('/')) {
        (Some(place), _) => *place = value,
        (None, Some((parent, field))) => json.pointer_mut(parent).unwrap()[field] = value,
        (None, None) => unreachable!("tests give pointers"),
    }
    json
}

#[test]
fn a_schema_round_trips() {
    let parsed = schema(every_type()).unwrap();
    assert_eq!(serde_json::to_value(&parsed).unwrap(), every_type());
}

#[test]
fn a_schema_says_for_whose_identity_it_is_given() {
    let given = |issuers: &[&str]| {
        with(every_type(), "/identity", json!({"schema": "identity/1", "issuers": issuers}))
    };
    let json = given(&["gongan.nanning", "credit.nanning"]);
    let parsed = schema(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&parsed).unwrap(), json);
    assert_eq!(parsed.identity.unwrap().issuers.len(), 2);
    for issuers in [&[][..], &["a", "a"], &["a", "b", "c", "d", "e"]] {
        let refused = schema(given(issuers)).unwrap_err();
        assert!(refused.contains("$.identity.issuers"), "{refused}");
    }
}

#[test]
fn a_schema_that_breaks_one_rule_is_refused() {
    let attribute = |i: usize| json!({"name": format!("a{i}"), "type": "bool", "title": title()});
    let many: Vec<_> = (0..13).map(attribute).collect();
    for (pointer, value, why) in [
        ("/attributes", json!(many), "13 attributes"),
        ("/attributes", json!([]), "0 attributes"),
        ("/attributes/1/name", json!("count"), "$.attributes[1].name"),
        ("/attributes/0/name", json!("Count"), "[a-z]"),
        ("/attributes/0/name", json!("0count"), "[a-z]"),
        (
            "/attributes/0/name",
            json!("person_since"),
            "$.attributes[0].name: is a reserved name: the day since",
        ),
        (
            "/attributes/0/name",
            json!("disputed_since"),
            "$.attributes[0].name: is a reserved name: the day since",
        ),
        ("/attributes/2/name", json!("disputed_since"), "a date that is optional"),
        ("/attributes/0/max", json!("4611686018427387904"), "2^62"),
        ("/attributes/0/max", json!(-1), "2^62"),
        ("/attributes/0/scale", json!(1), "needs `max`"),
        ("/attributes/1/scale", json!(19), "at most 18"),
        ("/attributes/2/max", json!(3), "parameters"),
        ("/attributes/4/codes", json!({}), "0 names"),
        ("/attributes/4/codes", json!({"A": 1, "B": 1}), "twice"),
        ("/attributes/4/codes", json!({"A": "4611686018427387904"}), "2^62"),
        ("/attributes/4/codes", json!({"": 1}), "empty"),
        ("/attributes/0/title", json!({"en": "Title"}), "zh-CN"),
        ("/attributes/0/extra", json!(1), "unknown field"),
        ("/extra", json!(1), "unknown field"),
        ("/schema", json!("every-type"), "name/version"),
    ] {
        let error = schema(with(every_type(), pointer, value)).unwrap_err();
        assert!(error.contains(why), "{pointer}: {error}");
    }
}

#[test]
fn reserved_names_have_their_type() {
    let born = |name: &str, optional: bool| {
        let mut renamed = with(every_type(), "/attributes/2/name", json!(name));
        renamed["attributes"][2]["optional"] = json!(optional);
        schema(renamed)
    };
    born("person_since", false).unwrap();
    born("disputed_since", true).unwrap();
    assert!(born("person_since", true).unwrap_err().contains("a date that is not optional"));
}

#[test]
fn bounds_up_to_the_limit_are_exact() {
    let largest = with(every_type(), "/attributes/0/max", json!("4611686018427387903"));
    let parsed = schema(largest.clone()).unwrap();
    assert_eq!(parsed.attributes[0].kind.range(), Some(0..=(1 << 62) - 1));
    assert_eq!(serde_json::to_value(&parsed).unwrap(), largest);
    let Json::Object(map) = with(every_value(), "/count", json!("4611686018427387903")) else {
        unreachable!()
    };
    assert_eq!(Json::Object(parsed.values(&map).unwrap().to_json())["count"], json!("4611686018427387903"));
}

#[test]
fn values_round_trip() {
    let values = read(every_value()).unwrap();
    assert_eq!(Json::Object(values.to_json()), every_value());
    assert!(values.get("price") == Some(&Value::Decimal { units: 1250, scale: 2 }));
    assert!(values.get("note").is_none());
    assert_eq!(values.iter().count(), 7);
}

#[test]
fn text_cells_mean_the_same_as_json() {
    let schema = schema(every_type()).unwrap();
    let cells = [
        ("count", "2000"),
        ("price", "12.5"),
        ("born", "1970-01-01"),
        ("good", "yes"),
        ("level", "B"),
        ("name", "侯斌"),
        ("note", ""),
    ];
    assert!(schema.values_from_text(cells).unwrap() == read(every_value()).unwrap());
    let twice = schema.values_from_text([("count", "1"), ("count", "1")]);
    assert_eq!(twice.err().unwrap().attribute, "count");
}

#[test]
fn a_value_that_breaks_one_rule_is_refused_by_name_and_not_quoted() {
    for (name, value, why) in [
        ("count", json!(2001), "above"),
        ("count", json!(-7), "whole"),
        ("count", json!(1.5), "whole"),
        ("count", json!("7"), "whole"),
        ("price", json!("1000.01"), "above"),
        ("price", json!("99999999999999999999"), "decimal"),
        ("price", json!("12.505"), "finer"),
        ("price", json!(12.5), "string"),
        ("price", json!("012.5"), "decimal"),
        ("price", json!(".5"), "decimal"),
        ("price", json!("5."), "decimal"),
        ("price", json!("+5"), "decimal"),
        ("born", json!("0000-12-31"), "0001"),
        ("born", json!("2023-02-29"), "calendar"),
        ("born", json!("2023-2-09"), "YYYY"),
        ("born", json!("10000-01-01"), "YYYY"),
        ("born", json!("-999-01-01"), "YYYY"),
        ("good", json!(1), "true"),
        ("level", json!("C"), "names"),
        ("level", json!(1), "string"),
        ("name", json!("e\u{301}"), "NFC"),
        ("name", json!("x".repeat(1_025)), "1,024"),
        ("name", Json::Null, "missing"),
        ("other", json!(99), "not in schema"),
    ] {
        let error = read(with(every_value(), &format!("/{name}"), value.clone())).err().unwrap();
        assert_eq!(error.attribute, name);
        assert!(error.kind.to_string().contains(why), "{name}: {error}");
        let quoted = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert!(value.is_null() || quoted.len() < 3 || !error.to_string().contains(&quoted), "{error}");
    }
}

#[test]
fn every_type_has_its_text_form() {
    let schema = schema(every_type()).unwrap();
    for (kind, text) in schema.attributes.iter().zip(["7", "0.05", "9999-12-31", "false", "A", "x"]) {
        assert_eq!(Value::from_text(&kind.kind, text).unwrap_or(Value::Uint(0)).to_string(), text);
    }
}

#[test]
fn dates_count_days_in_both_directions() {
    let day =
        |text: &str| Value::from_text(&AttributeType::Date, text).ok().and_then(|v| v.number()).unwrap();
    assert_eq!([day("1970-01-01"), day("1970-01-02"), day("1969-12-31")], [0, 1, -1]);
    assert_eq!([day("0001-01-01"), day("9999-12-31")], [super::FIRST_DAY, super::LAST_DAY]);
    let born = Value::from_text(&AttributeType::Date, "1957-01-01").ok().unwrap();
    assert_eq!(born.element() + crate::Fr::from(4748), 0.into());
}

#[test]
fn elements_follow_the_statement() {
    let values = read(every_value()).unwrap();
    let elements = values.elements();
    for (i, number) in [2000u64, 1250, 0, 1, 2].into_iter().enumerate() {
        assert_eq!(elements[i], number.into());
    }
    assert_eq!(elements[5], crate::field::text("侯斌").unwrap());
    assert!(elements[6..].iter().all(|e| *e == crate::field::absent()));
}

#[test]
fn nulls_are_absent() {
    let values = read(with(every_value(), "/note", Json::Null)).unwrap();
    assert_eq!(values.to_json(), every_value().as_object().cloned().unwrap_or_else(Map::new));
}

#[test]
fn a_number_is_the_value_that_has_it() {
    for attribute in schema(every_type()).unwrap().attributes {
        let Some(range) = attribute.kind.range() else {
            assert!(Value::from_number(&attribute.kind, 0).is_none(), "text has no number");
            continue;
        };
        for number in [*range.start(), 1, *range.end()] {
            let value = Value::from_number(&attribute.kind, number);
            match attribute.kind {
                AttributeType::Enum { .. } if number == 0 => assert!(value.is_none(), "no name has code 0"),
                _ => assert!(value.is_some_and(|value| value.number() == Some(number)), "{}", attribute.name),
            }
        }
        for outside in [i64::MIN, range.start() - 1, range.end() + 1, i64::MAX] {
            assert!(Value::from_number(&attribute.kind, outside).is_none(), "{} {outside}", attribute.name);
        }
    }
}
