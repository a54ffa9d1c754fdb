//! Records by hand at the page: an example, a preview of the words, and what is wrong.

use super::browser::{Browser, Desk, Page, Which};
use super::rules::assert_strict;
use crate::config::StaffRules;

fn look(clerk: &Browser<'_>, text: &str) -> Page {
    clerk.post("/records/preview", &[("record", text)])
}

/// The schema of the example as the ledger would hold it, and the example of a policy over it.
fn examples(desk: &Desk) -> (String, String) {
    use ledger::record::RecordKind;
    (desk.issuer.example(RecordKind::Schema), desk.issuer.example(RecordKind::Policy))
}

#[test]
fn what_is_written_is_shown_as_the_public_page_would_show_it() {
    let desk = Desk::staffed(Which::Credit, &StaffRules::default());
    let wei = desk.clerk("wei");
    assert_strict("records", &wei.get("/records"));
    for kind in ["schema", "policy", "disclosure"] {
        let page = wei.get(&format!("/records/{kind}"));
        assert_strict(kind, &page);
        assert!(page.has("id=\"notes\""), "{}", page.html);
    }
    let (schema, policy) = examples(&desk);
    assert!(policy.contains(desk.issuer.config().department.as_str()), "the example is this department's");
    // The policy alone: its schema is not published.
    let alone = look(&wei, &policy);
    assert!(alone.has("data-verdict=\"refused\"") && alone.has("policy_does_not_compile"), "{}", alone.html);
    let both = look(&wei, &format!("[{schema},{policy}]"));
    assert_strict("preview", &both);
    assert!(both.has("data-verdict=\"accepted\"") && !both.has("data-verdict=\"refused\""), "{}", both.html);
    assert!(both.has("at least 600"), "{}", both.html);
    let chinese = desk.clerk("wei").speaking("zh-CN");
    assert!(look(&chinese, &format!("[{schema},{policy}]")).has("创业贷款资格"));
    // Nothing was published.
    desk.issuer.sync().unwrap();
    assert!(
        desk.issuer
            .registry()
            .policies()
            .all(|known| known.checked.policy().policy.as_str() != "start-up-loan/1")
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_the_text_is_kept() {
    let desk = Desk::staffed(Which::Credit, &StaffRules::default());
    let chinese = desk.clerk("wei").speaking("zh-CN");
    let pasted = look(&chinese, "{“kind”: 1}");
    assert!(pasted.has("id=\"not-json\"") && pasted.has("第 1 行第 2 个字"), "{}", pasted.html);
    assert!(pasted.has("{“kind”: 1}"), "the text is still in the form");
    let wei = desk.clerk("wei");
    let misspelt = look(&wei, &examples(&desk).0.replace("\"title\"", "\"titel\""));
    assert!(misspelt.has("malformed") && misspelt.has("$.schema"), "{}", misspelt.html);
    let other = look(&wei, &ledger_words::example(ledger::record::RecordKind::Suspend, 0));
    assert!(other.has("ledger check"), "{}", other.html);
    assert_eq!(wei.get("/records/department").status, axum::http::StatusCode::NOT_FOUND);
    let markup = look(&wei, "{\"kind\": \"</textarea><script>\"}");
    assert!(!markup.has("<script>\""), "{}", markup.html);
}

#[test]
fn an_auditor_writes_no_records() {
    let desk = Desk::staffed(Which::Credit, &StaffRules::default());
    let qin = desk.clerk("qin");
    for page in [qin.get("/records"), qin.get("/records/policy"), look(&qin, "{}")] {
        assert_eq!(page.status, axum::http::StatusCode::FORBIDDEN);
    }
}
