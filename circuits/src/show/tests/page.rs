//! `docs/statements/show.md` and `enroll.md` have the headings, the rows and the tests that the statements have.

use super::*;
use crate::enroll;

const SHOW: &str = include_str!("../../../../docs/statements/show.md");
const ENROLL: &str = include_str!("../../../../docs/statements/enroll.md");

const CHECK: &str = include_str!("../check.rs");
const SYNTHESIS: &str = include_str!("../circuit.rs");
/// Refusals of one clause each, by the clause's name.
const REFUSALS: &str = concat!(include_str!("../tests.rs"), include_str!("pseudonym.rs"));
const WITNESS: &str = include_str!("../witness.rs");

/// The sections about clauses: heading and text.
fn clauses(page: &'static str) -> Vec<(&'static str, &'static str)> {
    let sections = page.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap());
    sections.filter(|(heading, _)| heading.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// Words in code style with an underscore, of which the paragraph about rejections has no others than names of tests.
fn tests_named(text: &'static str) -> impl Iterator<Item = &'static str> {
    let rejections = text.split("**Rejections.**").nth(1).unwrap();
    rejections.split('`').skip(1).step_by(2).filter(|word| word.contains('_'))
}

#[test]
fn the_headings_are_the_same_in_all_places() {
    for ((heading, _), (clause, _)) in clauses(SHOW).into_iter().zip(rows_per_clause()) {
        assert_eq!(heading, format!("{}. {clause:?}", clause as usize + 1));
        let stands_in = |source: &str| source.contains(&format!("/// {heading}: "));
        assert!(stands_in(SYNTHESIS), "{heading} is not in circuit.rs");
        assert!(stands_in(WITNESS), "{heading} is not in witness.rs");
        assert!(clause == Clause::Context || stands_in(CHECK), "{heading} is not in check.rs");
    }
    assert_eq!(clauses(SHOW).len(), rows_per_clause().len());
}

#[test]
fn every_test_that_the_pages_name_exists() {
    let others = concat!(
        include_str!("hazards.rs"),
        include_str!("rows.rs"),
        include_str!("agreement.rs"),
        include_str!("soundness.rs"),
        include_str!("../../enroll/tests.rs")
    );
    let exists = |test: String| REFUSALS.contains(&test) || others.contains(&test);
    for (heading, text) in clauses(SHOW).into_iter().chain(clauses(ENROLL)) {
        let named: Vec<&str> = tests_named(text).collect();
        assert!(!named.is_empty(), "{heading} names no test");
        for name in named {
            assert!(exists(format!("fn {name}()")), "{name} does not exist");
        }
    }
    for page in [SHOW, ENROLL] {
        let (_, whole) = page.split_once("## As a whole").unwrap();
        for name in whole.split('`').skip(1).step_by(2).filter(|word| word.contains('_')) {
            assert!(exists(format!("fn {name}(")), "{name} does not exist");
        }
    }
    // And each refusal of one clause stands under it.
    for line in REFUSALS.lines().filter(|line| line.starts_with("fn ") && line.ends_with("() {")) {
        let name = line.trim_start_matches("fn ").trim_end_matches("() {");
        let about = clauses(SHOW).into_iter().find(|(heading, _)| {
            let clause = heading.split_once(". ").unwrap().1.to_lowercase();
            name.starts_with(&format!("{clause}_"))
        });
        if let Some((heading, text)) = about {
            assert!(tests_named(text).any(|named| named == name), "{name} is not under {heading}");
        }
    }
}

#[test]
fn the_rows_are_counted() {
    for ((heading, text), (_, rows)) in clauses(SHOW).into_iter().zip(rows_per_clause()) {
        assert_eq!(rows_said(text), rows, "{heading}");
    }
    let enroll = synthesized(enroll::Circuit { assignment: Some(samples::enroll(&mut rng())) });
    let all: usize = clauses(ENROLL).into_iter().map(|(_, text)| rows_said(text)).sum();
    assert_eq!(all, enroll.num_constraints());
    assert!(ENROLL.contains(&format!("\n{all} rows, with {} public inputs", enroll::PUBLIC_INPUTS)));
}

/// The number after "Synthesis".
fn rows_said(text: &str) -> usize {
    let synthesis = text.split("**Synthesis.** ").nth(1).unwrap();
    synthesis.split(' ').next().unwrap().replace(',', "").parse().unwrap()
}
