//! `docs/statements/score.md` has the headings, the rows and the tests that the statement has.

use super::*;

const PAGE: &str = include_str!("../../../../docs/statements/score.md");
const CHECK: &str = include_str!("../check.rs");
const SYNTHESIS: &str = include_str!("../circuit.rs");
const WITNESS: &str = include_str!("../witness.rs");
const REFUSALS: &str = include_str!("../tests.rs");
const OTHERS: &str =
    concat!(include_str!("rows.rs"), include_str!("agreement.rs"), include_str!("soundness.rs"));

/// The sections about clauses: heading and text.
fn clauses() -> Vec<(&'static str, &'static str)> {
    let sections = PAGE.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap());
    sections.filter(|(heading, _)| heading.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// Words in code style with an underscore.
fn named(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2).filter(|word| word.contains('_') && !word.contains(['.', '[']))
}

fn rejections(text: &'static str) -> &'static str {
    text.split("**Rejections.**").nth(1).unwrap()
}

#[test]
fn the_headings_are_the_same_in_all_places() {
    assert_eq!(clauses().len(), rows_per_clause().len());
    for ((heading, text), (clause, rows)) in clauses().into_iter().zip(rows_per_clause()) {
        assert_eq!(heading, format!("{}. {clause:?}", clause as usize + 1));
        let stands_in = |source: &str| source.contains(&format!("/// {heading}: "));
        assert!(stands_in(SYNTHESIS), "{heading} is not in circuit.rs");
        assert!(stands_in(WITNESS), "{heading} is not in witness.rs");
        assert!(clause == Clause::Context || stands_in(CHECK), "{heading} is not in check.rs");
        let synthesis = text.split("**Synthesis.** ").nth(1).unwrap();
        let said: String = synthesis.split(' ').next().unwrap().replace(',', "");
        assert_eq!(said, rows.to_string(), "{heading}");
    }
}

#[test]
fn every_test_that_the_page_names_exists_and_every_refusal_is_named() {
    let (_, whole) = PAGE.split_once("## As a whole").unwrap();
    for name in clauses().into_iter().flat_map(|(_, text)| named(rejections(text))).chain(named(whole)) {
        let exists = |source: &str| source.contains(&format!("fn {name}("));
        assert!(exists(REFUSALS) || exists(OTHERS), "{name} does not exist");
    }
    for line in REFUSALS.lines().filter(|line| line.starts_with("fn ") && line.ends_with("() {")) {
        let name = line.trim_start_matches("fn ").trim_end_matches("() {");
        for (heading, text) in clauses() {
            let clause = heading.split_once(". ").unwrap().1.to_lowercase();
            if name.starts_with(&format!("{clause}_")) {
                assert!(named(rejections(text)).any(|named| named == name), "{name} is not under {heading}");
            }
        }
    }
}
