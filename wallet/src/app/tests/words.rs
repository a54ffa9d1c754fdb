use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use service::web::Language;

use crate::app::{CHINESE, WORDS};
use crate::history::Outcome;
use crate::present::Lack;

#[test]
fn chinese_and_english_are_complete() {
    assert!(WORDS.missing().is_empty(), "{:?}", WORDS.missing());
}

#[test]
fn every_word_that_a_page_says_exists() {
    let unknown: Vec<_> = said().into_iter().filter(|key| !WORDS.knows(key)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_word_that_exists_is_said() {
    let said = said();
    let keys = CHINESE.lines().filter_map(|line| Some(line.split_once(" = ")?.0));
    let unsaid: Vec<_> = keys.filter(|key| !said.contains(*key)).collect();
    assert!(unsaid.is_empty(), "{unsaid:?}");
}

/// Keys in templates, keys that notices name, and families of keys made from words of the program.
fn said() -> BTreeSet<String> {
    let texts = templates().into_iter().chain(app());
    let spoken = texts.flat_map(|text| spoken(&text)).collect::<Vec<_>>();
    let notices = ["entered", "stranger", "not-found"].map(|n| [format!("{n}-title"), format!("{n}-text")]);
    let outcomes = Outcome::CODES.map(|word| format!("outcome-{word}"));
    let told = ["presented", "refused", "kept", "declined", "not_satisfiable", "failed", "not_sent"];
    let lacks = [
        Lack::NoCredential,
        Lack::Withdrawn,
        Lack::NotSynced,
        Lack::NotValid,
        Lack::Unprovable,
        Lack::NotSatisfied,
        Lack::UsedUp,
    ];
    let failures = failures().into_iter().map(|word| format!("failure-{word}"));
    let reasons = [
        "expired",
        "unknown_root",
        "stale_root",
        "key_not_valid",
        "malformed",
        "not_proved",
        "not_started",
        "other_register",
        "already_used",
        "other",
    ];
    let all = spoken.into_iter().chain(notices.into_iter().flatten()).chain(outcomes);
    let all = all.chain(told.map(|word| format!("outcome-text-{word}")));
    let all = all.chain(lacks.map(|lack| format!("lack-{}", lack.as_str()))).chain(failures);
    all.chain(reasons.map(|word| format!("reason-{word}"))).collect()
}

fn templates() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    files.collect()
}

/// What stands in the quotes after `say(`, `say1(` and `say2(`.
fn spoken(template: &str) -> Vec<String> {
    ["say(\"", "say1(\"", "say2(\""].into_iter().flat_map(|call| quoted(template, call)).collect()
}

/// The codes by which the program names what went wrong, read from its own source.
fn failures() -> BTreeSet<String> {
    let forms = quoted(include_str!("../error.rs"), "=> \"");
    let pictures = quoted(include_str!("../../qr.rs"), "=> \"");
    let shared = include_str!("../../error.rs").split('"').skip(1).step_by(2).map(str::to_owned);
    let all = forms.chain(pictures).chain(shared).chain(["other".to_owned()]);
    all.filter(|code| is_code(code)).collect()
}

/// Not a sentence.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn quoted(text: &str, before: &str) -> impl Iterator<Item = String> {
    text.split(before).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
}

/// The app's own source, without its tests.
fn app() -> Vec<String> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app"), &mut files);
    let is_test =
        |file: &PathBuf| file.ends_with("tests.rs") || file.components().any(|p| p.as_os_str() == "tests");
    files.into_iter().filter(|file| !is_test(file)).map(|file| fs::read_to_string(file).unwrap()).collect()
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// How often somebody may answer is counted by each counter for itself, and the words do not promise more.
#[test]
fn uses_are_said_to_be_counted_by_the_counter() {
    let said = |language| WORDS.spoken(language).say2("consent-linked", ("scope", "survey"), ("uses", 1));
    let (english, chinese) = (said(Language::English), said(Language::Chinese));
    assert!(english.contains("at this counter. Each counter counts for itself"), "{english}");
    assert!(chinese.contains("在这个窗口最多接受 1 次。各窗口分别计数"), "{chinese}");
}
