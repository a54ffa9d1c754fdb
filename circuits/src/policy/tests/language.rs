//! Formulas in words.

use serde_json::{Value as Json, json};

use super::sample::{ID, check, compiled, policy};
use crate::samples::NOW;

fn said(formula: Json, language: &str) -> Vec<String> {
    compiled(formula).in_words(ID, NOW, language)
}

#[test]
fn every_operator_has_its_sentence() {
    for (formula, chinese, english) in [
        (json!({"attr": "score", "op": "ge", "value": 650}), "信用分 ≥ 650", "Score is at least 650"),
        (json!({"attr": "score", "op": "gt", "value": 650}), "信用分 > 650", "Score is more than 650"),
        (json!({"attr": "score", "op": "le", "value": 650}), "信用分 ≤ 650", "Score is at most 650"),
        (json!({"attr": "score", "op": "lt", "value": 650}), "信用分 < 650", "Score is less than 650"),
        (
            json!({"attr": "score", "op": "between", "value": [1, 2]}),
            "信用分 在 1 到 2 之间（含）",
            "Score is from 1 to 2, both included",
        ),
        (
            json!({"attr": "score", "op": "not_between", "value": [1, 2]}),
            "信用分 小于 1 或大于 2",
            "Score is below 1 or above 2",
        ),
        (json!({"attr": "level", "op": "eq", "value": "A"}), "等级 为 A", "Level is A"),
        (json!({"attr": "level", "op": "ne", "value": "A"}), "等级 不是 A", "Level is not A"),
        (
            json!({"attr": "level", "op": "in", "value": ["A", "B"]}),
            "等级 是 A、B 之一",
            "Level is one of A, B",
        ),
        (
            json!({"attr": "level", "op": "not_in", "value": ["A", "B"]}),
            "等级 不是 A、B 中的任何一个",
            "Level is none of A, B",
        ),
        (json!({"attr": "owns_home", "op": "eq", "value": true}), "有房：是", "Owns a home: yes"),
        (json!({"attr": "owns_home", "op": "ne", "value": true}), "有房：否", "Owns a home: no"),
        (json!({"attr": "debt", "op": "present"}), "负债 有记录", "Debt is on record"),
        (json!({"attr": "debt", "op": "absent"}), "负债 没有记录", "Debt is not on record"),
        (
            json!({"attr": "since", "op": "le", "value": {"today": "-18y"}}),
            "起始日 不晚于 2007-10-09",
            "Since is on or before 2007-10-09",
        ),
        (
            json!({"sum": {"assets": 2, "score": -1}, "op": "ge", "value": 10}),
            "2 × 资产 − 信用分 ≥ 10",
            "2 × Assets − Score is at least 10",
        ),
        (
            json!({"model": "scorecard/1", "op": "ge", "value": 600}),
            "按“评分卡”计算的得分 ≥ 600",
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
    assert_eq!(said(json!({"not": {"any": [atom(1), atom(2)]}}), "zh-CN"), ["信用分 < 1", "信用分 < 2"]);
    assert_eq!(said(json!({"not": {"all": [atom(1), atom(2)]}}), "zh-CN"), ["信用分 < 1 或 信用分 < 2"]);
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
        ("-18y", "出示当天往前 18 年", "the day 18 years before asking"),
        ("+1m", "出示当天往后 1 个月", "the day 1 month after asking"),
        ("+0d", "出示当天", "the day of asking"),
    ] {
        let policy = compiled(json!({"attr": "since", "op": "le", "value": {"today": offset}}));
        assert_eq!(policy.in_general(ID, "en"), [format!("Since is on or before {english}")]);
        assert_eq!(policy.in_words(ID, u64::MAX, "en"), policy.in_general(ID, "en"));
        assert!(policy.in_general(ID, "zh-CN")[0].ends_with(chinese));
    }
}
