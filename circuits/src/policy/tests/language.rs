//! Formulas in words.

use serde_json::{Value as Json, json};

use super::sample::{ID, Shelf, check, compiled, policy, with_formula};
use crate::policy::Policy;
use crate::samples::NOW;
use crate::schema::Schema;

fn said(formula: Json, language: &str) -> Vec<String> {
    compiled(formula).in_words(ID, NOW, language)
}

#[test]
fn every_operator_has_its_sentence() {
    for (formula, chinese, english) in [
        (json!({"attr": "score", "op": "ge", "value": 650}), "信用分至少 650", "Score is at least 650"),
        (json!({"attr": "score", "op": "gt", "value": 650}), "信用分超过 650", "Score is more than 650"),
        (json!({"attr": "score", "op": "le", "value": 650}), "信用分至多 650", "Score is at most 650"),
        (json!({"attr": "score", "op": "lt", "value": 650}), "信用分低于 650", "Score is less than 650"),
        (
            json!({"attr": "score", "op": "between", "value": [1, 2]}),
            "信用分在 1 到 2 之间（含）",
            "Score is from 1 to 2, both included",
        ),
        (
            json!({"attr": "score", "op": "not_between", "value": [1, 2]}),
            "信用分低于 1 或超过 2",
            "Score is below 1 or above 2",
        ),
        (json!({"attr": "level", "op": "eq", "value": "A"}), "等级为 A", "Level is A"),
        (json!({"attr": "level", "op": "ne", "value": "A"}), "等级不是 A", "Level is not A"),
        (
            json!({"attr": "level", "op": "in", "value": ["A", "B"]}),
            "等级是 A、B 之一",
            "Level is one of A, B",
        ),
        (
            json!({"attr": "level", "op": "not_in", "value": ["A", "B"]}),
            "等级不是 A、B 中的任何一个",
            "Level is none of A, B",
        ),
        (json!({"attr": "owns_home", "op": "eq", "value": true}), "有房", "the holder owns a home"),
        (json!({"attr": "owns_home", "op": "ne", "value": true}), "没有房", "the holder does not own a home"),
        (json!({"attr": "debt", "op": "present"}), "负债有记录", "Debt is on record"),
        (json!({"attr": "debt", "op": "absent"}), "负债没有记录", "Debt is not on record"),
        (
            json!({"attr": "since", "op": "le", "value": {"today": "-18y"}}),
            "起始日不晚于 2007-10-09",
            "Since is on or before 2007-10-09",
        ),
        (
            json!({"sum": {"assets": 2, "score": -1}, "op": "ge", "value": 10}),
            "2 × 资产 − 信用分至少 10",
            "2 × Assets − Score is at least 10",
        ),
        (
            json!({"model": "scorecard/1", "op": "ge", "value": 600}),
            "按“评分卡”计算的得分至少 600",
            "Score under “Scorecard” is at least 600",
        ),
    ] {
        assert_eq!(said(formula.clone(), "zh-CN"), [chinese]);
        assert_eq!(said(formula, "en"), [english]);
    }
}

#[test]
fn conditions_are_sentences_and_alternatives_share_one() {
    let atom = |n: u32| json!({"attr": "score", "op": "ge", "value": n});
    let formula = json!({"all": [atom(1), {"any": [atom(2), {"all": [atom(3), {"not": atom(4)}]}]}]});
    assert_eq!(
        said(formula, "en"),
        ["Score is at least 1", "Score is at least 2 or (Score is at least 3 and Score is less than 4)"]
    );
    assert_eq!(said(json!({"not": {"any": [atom(1), atom(2)]}}), "zh-CN"), ["信用分低于 1", "信用分低于 2"]);
    assert_eq!(
        said(json!({"not": {"all": [atom(1), atom(2)]}}), "zh-CN"),
        ["信用分低于 1，或者信用分低于 2"]
    );
}

#[test]
fn possession_is_said_too() {
    let policy = check(policy()).unwrap();
    assert_eq!(policy.in_words(ID, NOW, "zh-CN"), ["持有有效的“样例”"]);
    assert_eq!(policy.in_words(ID, NOW, "en"), ["A valid “Sample” is held"]);
}

#[test]
fn texts_cannot_rewrite_the_screen_or_the_sentence() {
    let formula = json!({"attr": "name", "op": "eq", "value": "\u{1b}[2J{} \u{202e}x"});
    assert_eq!(said(formula, "en"), ["Name is \u{fffd}[2J{} \u{fffd}x"]);
}

#[test]
fn relative_dates_are_distances_without_a_clock() {
    for (offset, chinese, english) in [
        ("-18y", "出示当天的 18 年前", "the day 18 years before asking"),
        ("+1m", "出示当天的 1 个月后", "the day 1 month after asking"),
        ("+0d", "出示当天", "the day of asking"),
    ] {
        let policy = compiled(json!({"attr": "since", "op": "le", "value": {"today": offset}}));
        assert_eq!(policy.in_general(ID, "en"), [format!("Since is on or before {english}")]);
        assert_eq!(policy.in_words(ID, u64::MAX, "en"), policy.in_general(ID, "en"));
        assert!(policy.in_general(ID, "zh-CN")[0].ends_with(chinese));
    }
}

/// What people say: ages, units, a no.
#[test]
fn conditions_are_said_as_people_say_them() {
    for (formula, chinese, english) in [
        (
            json!({"attr": "birth_date", "op": "le", "value": {"today": "-18y"}}),
            "年满 18 岁",
            "the holder is at least 18 years old",
        ),
        (
            json!({"attr": "birth_date", "op": "gt", "value": {"today": "-18y"}}),
            "未满 18 岁",
            "the holder is under 18 years old",
        ),
        (
            json!({"attr": "birth_date", "op": "lt", "value": {"today": "-60y"}}),
            "出示当天之前已满 60 岁",
            "the holder turned 60 before the day of asking",
        ),
        (
            json!({"attr": "birth_date", "op": "ge", "value": {"today": "-35y"}}),
            "未满 35 岁，或出示当天刚满 35 岁",
            "the holder is under 35, or turns 35 on the day of asking",
        ),
        (
            json!({"attr": "birth_date", "op": "le", "value": {"today": "-1d"}}),
            "出生日期不晚于出示当天的 1 天前",
            "Date of birth is on or before the day 1 day before asking",
        ),
        (json!({"attr": "years", "op": "ge", "value": 10}), "工龄至少 10 年", "Work is at least 10 years"),
        (json!({"attr": "years", "op": "le", "value": 1}), "工龄至多 1 年", "Work is at most 1 year"),
        (
            json!({"attr": "bad", "op": "eq", "value": false}),
            "没有不良记录",
            "the holder does not have bad records",
        ),
        (json!({"attr": "bad", "op": "ne", "value": false}), "有不良记录", "the holder has bad records"),
        (json!({"attr": "paid", "op": "eq", "value": false}), "尚未还清", "Paid off: no"),
        (json!({"attr": "valid", "op": "eq", "value": false}), "有效：否", "Valid: no"),
    ] {
        let policy: Policy = serde_json::from_value(with_formula(formula.clone())).unwrap();
        let mut shelf = Shelf::sample();
        shelf.add_schema(people());
        let policy = policy.check(&shelf).unwrap();
        assert_eq!(policy.in_general(ID, "zh-CN"), [chinese], "{formula}");
        assert_eq!(policy.in_general(ID, "en"), [english], "{formula}");
    }
}

/// In place of the sample schema.
fn people() -> Schema {
    let attribute = |name: &str, kind: Json, chinese: &str, english: &str| {
        let mut attribute = json!({"name": name, "title": {"zh-CN": chinese, "en": english}});
        attribute.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        attribute
    };
    let truth = || json!({"type": "bool"});
    serde_json::from_value(
        json!({"schema": "sample/1", "title": {"zh-CN": "样例", "en": "Sample"}, "attributes": [
            attribute("birth_date", json!({"type": "date"}), "出生日期", "Date of birth"),
            attribute("years", json!({"type": "uint", "max": 80}), "工龄（年）", "Work (years)"),
            attribute("bad", truth(), "有不良记录", "Has bad records"),
            attribute("paid", truth(), "已还清", "Paid off"),
            attribute("valid", truth(), "有效", "Valid"),
        ]}),
    )
    .unwrap()
}
