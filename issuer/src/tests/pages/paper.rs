//! Sealed papers.

use axum::http::StatusCode;
use openid4vc::paper::{PaperCode, SealedPaper};

use super::browser::{Desk, Page, Which};
use crate::tests::world::{InjectedFault, PERSON, identity_row, import};

const SCHEMA: &str = "identity/1";

fn desk() -> Desk {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    import(&desk.issuer, SCHEMA, &identity_row(PERSON));
    desk
}

fn print(desk: &Desk) -> Page {
    let clerk = desk.stranger();
    clerk.post(&format!("{}/paper", clerk.find(PERSON)), &[("schema", SCHEMA)])
}

fn opened(page: &Page) -> openid4vc::paper::Paper {
    let sealed: SealedPaper = page.attribute("data-paper").parse().unwrap();
    let code: PaperCode = page.text("paper-code").parse().unwrap();
    sealed.open(&code).unwrap()
}

#[test]
fn a_paper_opens_with_the_code_beside_it_and_its_credential_is_on_the_ledger() {
    let desk = desk();
    let page = print(&desk);
    let paper = opened(&page);
    let registry = desk.issuer.registry();
    let schema = circuits::policy::Catalogue::schema(&registry, &paper.credential.schema).unwrap();
    let holder = paper.secrets.holder(&desk.issuer.config().department, &paper.credential.schema);
    let credential = paper.credential.credential(schema, holder).unwrap();
    assert_eq!(desk.world.ledger.leaf(paper.credential.position), credential.leaf());
    assert!(!page.has("侯斌") && !page.has(PERSON), "no name stands on a paper");
}

#[test]
fn neither_secret_nor_code_is_kept() {
    let desk = desk();
    let page = print(&desk);
    let secret = circuits::field::Element(*opened(&page).secrets.person.expose()).to_string();
    let sealed = page.attribute("data-paper").to_owned();
    let code = page.text("paper-code").to_owned();
    let kept: Vec<u8> = std::fs::read_dir(&desk.issuer.config().data)
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    let has = |needle: &str| kept.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(has(PERSON), "the search finds what is there");
    for kept_nowhere in [secret, sealed, code.replace(' ', ""), code] {
        assert!(!has(&kept_nowhere));
    }
}

/// An old person chooses what they remember, and nothing that a finder tries first.
#[test]
fn the_person_may_choose_the_code() {
    let desk = desk();
    let clerk = desk.stranger();
    let at = format!("{}/paper", clerk.find(PERSON));
    let print = |code: &str| clerk.post(&at, &[("schema", SCHEMA), ("code", code)]);
    let known = format!("{}938522", PERSON.get(..6).unwrap());
    for refused in ["4071", "123456789012", "1948 0517 3926", "K7QM-3XPT", known.as_str()] {
        assert_eq!(print(refused).refusal(), "paper_code", "{refused}");
    }
    assert_eq!(desk.world.ledger.leaves(), (0, 0), "nothing was granted");
    let page = print("４０７１ 93852264");
    assert_eq!(page.text("paper-code"), "4071 9385 2264");
    opened(&page);
}

#[test]
fn the_audit_list_has_the_printing_of_a_paper() {
    let desk = desk();
    let code = print(&desk).text("paper-code").to_owned();
    let audit = desk.stranger().get("/audit");
    assert!(audit.has("data-act=\"paper\"") && audit.has(PERSON), "{}", audit.html);
    assert!(!audit.has(&code));
}

/// A paper is a person of its own, and the desk is the person authority.
#[test]
fn another_paper_is_printed_after_a_reset_alone() {
    let desk = desk();
    let first = opened(&print(&desk));
    assert_eq!(print(&desk).refusal(), "other_person");
    let clerk = desk.stranger();
    let form = [("schema", SCHEMA), ("reason", "lost.phrase")];
    clerk.post(&format!("{}/reset", clerk.find(PERSON)), &form);
    let second = opened(&print(&desk));
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
    assert_ne!(first.secrets.device.expose(), second.secrets.device.expose());
    assert_ne!(first.secrets.person.expose(), second.secrets.person.expose());
}

#[test]
fn no_paper_without_a_record_or_against_the_rules() {
    let desk = desk();
    let clerk = desk.stranger();
    let at = clerk.find(PERSON);
    assert_eq!(clerk.post(&format!("{at}/paper"), &[("schema", "credit-report/1")]).refusal(), "not_granted");
    assert_eq!(clerk.post("/people/999/paper", &[("schema", SCHEMA)]).status, StatusCode::NOT_FOUND);
    print(&desk);
    let suspend = [("schema", SCHEMA), ("act", "suspend"), ("reason", "moved"), ("sure", "yes")];
    clerk.post(&format!("{at}/status"), &suspend);
    assert_eq!(print(&desk).refusal(), "other_person");
}

#[test]
fn a_ledger_that_refuses_gives_no_paper() {
    let desk = desk();
    desk.world.ledger.fail_next(InjectedFault::Refused);
    assert_eq!(print(&desk).refusal(), "ledger");
    assert!(desk.world.ledger.leaves() == (0, 0));
}
