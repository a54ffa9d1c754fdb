//! Uploaded lists.

use std::fmt::Write as _;

use axum::http::StatusCode;
use circuits::policy::Catalogue as _;
use serde_json::Value;

use super::browser::{Browser, Desk, Which};
use crate::config::StaffRules;
use crate::issuer::Ran;
use crate::store::people;
use crate::tests::world::{InjectedFault, OTHER, PERSON, Wallet, credit_row, enrol, id, person};

const SCHEMA: &str = "credit-report/1";
const HEADER: &str = "id_number,score,level,bad_records,seniority_years\n";
const ISSUE: [(&str, &str); 4] = [("schema", SCHEMA), ("act", "issue"), ("reason", "moved"), ("other", "")];

fn desk(rules: &StaffRules) -> Desk {
    let desk = Desk::staffed(Which::Credit, rules);
    for (seed, number) in [(1, PERSON), (2, OTHER)] {
        enrol(&desk.issuer, SCHEMA, number, &Wallet::new(seed).holder(&desk.issuer, SCHEMA));
    }
    desk
}

fn csv(rows: &[(&str, &str)]) -> String {
    rows.iter().fold(HEADER.to_owned(), |mut text, (number, score)| {
        writeln!(text, "{number},{score},A,no,9").unwrap();
        text
    })
}

fn upload(clerk: &Browser<'_>, fields: &[(&str, &str)], csv: &str) -> String {
    let page = clerk.upload(fields, csv);
    assert!(page.location.starts_with("/lists/"), "{}", page.html);
    page.location
}

fn run(desk: &Desk, clerk: &Browser<'_>, at: &str) {
    assert_eq!(clerk.post(&format!("{at}/run"), &[]).location, at);
    desk.work();
}

/// The word and the reason of each line of the report.
fn report(clerk: &Browser<'_>, at: &str) -> Vec<(String, String)> {
    let report = clerk.get(&format!("{at}/report.csv")).html;
    let lines = report.trim_start_matches('\u{feff}').lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[2].to_owned(), cells[3].to_owned())
    });
    lines.collect()
}

fn words(lines: &[(String, String)]) -> Vec<(&str, &str)> {
    lines.iter().map(|(word, code)| (word.as_str(), code.as_str())).collect()
}

#[test]
fn a_preview_says_what_each_line_would_do_and_writes_nothing() {
    let desk = desk(&StaffRules::default());
    let wei = desk.clerk("wei");
    desk.issuer.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    let rows = [(PERSON, "651"), (OTHER, "700"), (OTHER, "1"), ("p3", "1"), ("p4", "9999"), ("no/one", "1")];
    let at = upload(&wei, &ISSUE, &csv(&rows));
    let wanted = [
        ("replaces", ""),
        ("new", ""),
        ("refused", "duplicate_row"),
        ("refused", "not_enrolled"),
        ("refused", "bad_value"),
        ("refused", "bad_person"),
    ];
    assert_eq!(words(&report(&wei, &at)), wanted);
    let page = wei.get(&at);
    assert!(page.has("data-preview=\"refused\" data-count=\"4\""), "{}", page.html);
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    let record = people::record(desk.issuer.store_for_tests().read(), &person("p3"), &id(SCHEMA)).unwrap();
    assert!(record.is_none());
    run(&desk, &wei, &at);
    let done = report(&wei, &at);
    assert_eq!(words(&done)[..3], [("issued", ""), ("issued", ""), ("refused", "duplicate_row")]);
    assert_eq!(desk.world.ledger.leaves(), (3, 1));
    let page = wei.get(&at);
    assert!(page.has("data-state=\"done\"") && page.has("data-outcome=\"issued\" data-count=\"2\""));
    let again = upload(&wei, &ISSUE, &csv(&rows[..2]));
    assert_eq!(words(&report(&wei, &again)), [("unchanged", ""); 2]);
}

#[test]
fn a_list_that_was_given_up_or_run_is_not_run_again() {
    let desk = desk(&StaffRules::default());
    let wei = desk.clerk("wei");
    let at = upload(&wei, &ISSUE, &csv(&[(PERSON, "1")]));
    assert_eq!(wei.post(&format!("{at}/drop"), &[]).location, "/lists");
    assert_eq!(wei.post(&format!("{at}/run"), &[]).refusal(), "not_open");
    let at = upload(&wei, &ISSUE, &csv(&[(PERSON, "1")]));
    run(&desk, &wei, &at);
    assert_eq!(wei.post(&format!("{at}/run"), &[]).refusal(), "not_open");
    assert_eq!(wei.post(&format!("{at}/drop"), &[]).refusal(), "not_open");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
}

#[test]
fn above_the_limit_a_list_of_corrections_waits_for_another_clerk() {
    let desk = desk(&StaffRules { alone_up_to: 1, ..StaffRules::default() });
    let wei = desk.clerk("wei");
    let lu = desk.clerk("lu");
    let first = upload(&wei, &ISSUE, &csv(&[(PERSON, "1"), (OTHER, "1")]));
    run(&desk, &wei, &first);
    let one = upload(&wei, &ISSUE, &csv(&[(PERSON, "2"), (OTHER, "1")]));
    run(&desk, &wei, &one);
    let two = upload(&wei, &ISSUE, &csv(&[(PERSON, "3"), (OTHER, "3")]));
    let proposal = wei.post(&format!("{two}/run"), &[]).location;
    assert!(proposal.starts_with("/proposals/"));
    desk.work();
    assert_eq!(desk.world.ledger.leaves(), (3, 1));
    let decide = |clerk: &Browser<'_>| clerk.post(&format!("{proposal}/decide"), &[("decision", "approve")]);
    assert_eq!(decide(&wei).refusal(), "own_proposal");
    assert_eq!(decide(&lu).status, StatusCode::SEE_OTHER);
    desk.work();
    assert_eq!(desk.world.ledger.leaves(), (5, 3));
    assert!(wei.get(&two).has("data-state=\"done\""));
}

/// What a preview found is looked at again when the list is run: the limit holds for what it does then.
#[test]
fn a_list_that_grew_above_the_limit_since_its_preview_waits() {
    let desk = desk(&StaffRules { alone_up_to: 1, ..StaffRules::default() });
    let wei = desk.clerk("wei");
    let at = upload(&wei, &ISSUE, &csv(&[(PERSON, "2"), (OTHER, "2")]));
    assert!(wei.get(&at).has("data-preview=\"new\" data-count=\"2\""));
    desk.issuer.grant_list(&id(SCHEMA), &[credit_row(PERSON, "1"), credit_row(OTHER, "1")]).unwrap();
    assert!(wei.post(&format!("{at}/run"), &[]).location.starts_with("/proposals/"));
}

#[test]
fn a_list_suspends_alone_below_the_limit_and_never_revokes_alone() {
    let desk = desk(&StaffRules::default());
    let wei = desk.clerk("wei");
    let issued = upload(&wei, &ISSUE, &csv(&[(PERSON, "1"), (OTHER, "1")]));
    run(&desk, &wei, &issued);
    let with = |act| [("schema", SCHEMA), ("act", act), ("reason", "fraud"), ("other", "case-9")];
    let people = format!("id_number\n{PERSON}\n{OTHER}\np3\n");
    let at = upload(&wei, &with("suspend"), &people);
    assert_eq!(words(&report(&wei, &at)), [("changes", ""), ("changes", ""), ("refused", "not_held")]);
    run(&desk, &wei, &at);
    assert_eq!(words(&report(&wei, &at)), [("changed", ""), ("changed", ""), ("refused", "not_held")]);
    assert_eq!(desk.world.ledger.leaves(), (2, 2));
    let at = upload(&wei, &with("revoke"), &people);
    assert!(wei.post(&format!("{at}/run"), &[]).location.starts_with("/proposals/"));
}

#[test]
fn a_list_continues_after_trouble_and_after_a_restart() {
    let desk = desk(&StaffRules::default());
    let wei = desk.clerk("wei");
    let at = upload(&wei, &ISSUE, &csv(&[(PERSON, "1"), (OTHER, "1")]));
    wei.post(&format!("{at}/run"), &[]);
    desk.world.ledger.fail_next(InjectedFault::LandedButLost);
    assert!(desk.issuer.run_a_part().is_err());
    let state: Value = serde_json::from_str(&wei.get(&format!("{at}/state")).html).unwrap();
    assert_eq!((&state["state"], &state["done"], &state["total"]), (&"running".into(), &0.into(), &2.into()));
    let reopened = desk.world.reopened(&desk.issuer);
    while reopened.run_a_part().unwrap() == Ran::Part {}
    assert!(wei.get(&at).has("data-state=\"done\""));
    assert_eq!(desk.world.ledger.leaves(), (2, 0));
}

#[test]
fn lists_that_cannot_be_read_are_refused_by_their_line() {
    let desk = desk(&StaffRules::default());
    let wei = desk.clerk("wei");
    let bad = wei.upload(&ISSUE, &format!("{HEADER}{PERSON},1\n"));
    assert_eq!((bad.status, bad.refusal()), (StatusCode::BAD_REQUEST, "bad_list"));
    assert!(bad.has("line 2") && !bad.has(PERSON));
    assert_eq!(
        wei.upload(&[("act", "issue"), ("schema", "other/1")], &csv(&[(PERSON, "650")])).refusal(),
        "not_granted"
    );
    assert_eq!(wei.upload(&[("act", "destroy"), ("schema", SCHEMA)], HEADER).refusal(), "malformed");
    assert_eq!(wei.upload(&[("surprise", "1")], HEADER).refusal(), "malformed");
    let no_reason = [("act", "revoke"), ("schema", SCHEMA), ("reason", "two words")];
    assert_eq!(wei.upload(&no_reason, HEADER).refusal(), "bad_reason");
    let long = "p\n".repeat(crate::issuer::MAX_LINES + 1);
    assert_eq!(wei.upload(&ISSUE, &format!("id_number\n{long}")).refusal(), "bad_list");
}

/// A clerk sees a name that was read wrongly before anything is done with it.
#[test]
fn a_list_that_can_be_read_in_two_ways_is_asked_about_and_the_preview_shows_values() {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    enrol(&desk.issuer, "identity/1", OTHER, &Wallet::new(2).holder(&desk.issuer, "identity/1"));
    let wei = desk.clerk("wei");
    let csv = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lists/C30-gbk-that-is-utf8-too.csv"),
    )
    .unwrap();
    let issue = [("schema", "identity/1"), ("act", "issue"), ("reason", "moved"), ("other", "")];
    let asked = wei.upload(&issue, &csv);
    assert_eq!((asked.status, asked.refusal()), (StatusCode::BAD_REQUEST, "bad_list"));
    assert!(asked.has("½־ǿ") && asked.has("陆志强"), "{}", asked.html);
    let with = |encoding| [("encoding", encoding), issue[0], issue[1], issue[2], issue[3]];
    let right = wei.get(&upload(&wei, &with("gb18030"), &csv));
    assert!(right.has("<ins>陆志强</ins>") && !right.has("½־ǿ"), "{}", right.html);
    let at = upload(&wei, &with("gb18030"), &csv);
    run(&desk, &wei, &at);
    let wrong = wei.get(&upload(&wei, &with("utf-8"), &csv));
    assert!(wrong.has("<del>陆志强</del>") && wrong.has("<ins>½־ǿ</ins>"), "{}", wrong.html);
    assert_eq!(wei.upload(&with("big5"), &csv).refusal(), "malformed");
    // What a list has done is not kept.
    assert!(!wei.get(&at).has("陆志强"));
}

#[test]
fn a_template_is_filled_in_as_people_write_and_goes_through() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    enrol(&desk.issuer, "identity/1", PERSON, &Wallet::new(1).holder(&desk.issuer, "identity/1"));
    let clerk = desk.stranger().speaking("zh-CN");
    assert!(clerk.get("/lists").has("/lists/template.csv?schema=identity/1"));
    let template = clerk.get("/lists/template.csv?schema=identity/1");
    let header = template.html.trim_start_matches('\u{feff}').trim();
    assert!(template.html.starts_with('\u{feff}') && !header.contains("person_since"), "{header}");
    assert!(header.starts_with("公民身份号码,"), "{header}");
    let columns: Vec<&str> = header.split(',').collect();
    let row = crate::tests::world::identity_row(PERSON);
    let schema = desk.issuer.registry().schema(&"identity/1".parse().unwrap()).unwrap().clone();
    let cells: Vec<String> = columns
        .iter()
        .map(|title| {
            let name = crate::rows::attribute(&schema, title);
            match (name.as_str(), row.get(&name).cloned().unwrap_or_default()) {
                ("birth_date", _) => "1996年9月11日".to_owned(),
                ("sex", sex) => if sex == "M" { "男" } else { "女" }.to_owned(),
                (_, cell) => cell,
            }
        })
        .collect();
    let form = [("schema", "identity/1"), ("act", "issue"), ("reason", ""), ("other", "")];
    let list = clerk.upload(&form, &format!("{header}\n{}\n", cells.join(",")));
    assert!(list.location.starts_with("/lists/"), "{}", list.html);
    let page = clerk.get(&list.location);
    assert!(!page.has("data-preview=\"refused\"") && page.has("1996-09-11"), "{}", page.html);
    assert_eq!(clerk.upload(&form, &format!("{header}\n")).refusal(), "bad_list");
    assert_eq!(clerk.upload(&form, "\u{1}\u{2}no list\n").refusal(), "bad_list");
    for unknown in ["/lists/template.csv?schema=other/1", "/lists/template.csv?schema=credit-report/1"] {
        assert_eq!(clerk.get(unknown).status, StatusCode::NOT_FOUND, "{unknown}");
    }
}
