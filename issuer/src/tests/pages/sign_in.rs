//! Who gets in, and what each role may do.

use axum::http::StatusCode;

use super::browser::{Desk, PASSWORD, Which};
use crate::config::StaffRules;
use crate::tests::world::{PERSON, identity_row, import};

fn desk() -> Desk {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    desk
}

const PAGES: [&str; 6] = ["/", "/people/1", "/lists", "/proposals", "/audit", "/lists/1/report.csv"];

#[test]
fn a_stranger_is_sent_to_sign_in_and_changes_nothing() {
    let desk = desk();
    for path in PAGES {
        let page = desk.stranger().get(path);
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.location.starts_with("/sign-in?then=%2F"), "{}", page.location);
    }
    let found = desk.stranger().post("/find", &[("person", PERSON)]);
    assert_eq!(found.location, "/sign-in?then=%2F");
    assert_eq!(desk.stranger().get("/offers/00/state").status, StatusCode::SEE_OTHER);
}

#[test]
fn a_wrong_password_does_not_sign_in_and_the_list_has_no_name_that_nobody_has() {
    let desk = desk();
    for (name, password) in [("wei", "wrong"), (PASSWORD, "wei")] {
        assert_eq!(desk.stranger().sign_in(name, password).status, StatusCode::UNAUTHORIZED);
    }
    let audit = desk.clerk("nong").get("/audit");
    assert_eq!(audit.html.matches("data-act=\"sign-in-failed\"").count(), 2);
    assert!(!audit.has(PASSWORD));
}

#[test]
fn roles_are_held() {
    let desk = desk();
    let (clerk, auditor) = (desk.clerk("wei"), desk.clerk("qin"));
    assert_eq!(clerk.get("/audit").status, StatusCode::FORBIDDEN);
    assert_eq!(auditor.get("/").location, "/audit");
    for path in ["/audit", "/proposals"] {
        assert_eq!(auditor.get(path).status, StatusCode::OK);
    }
    for path in ["/people/1", "/lists", "/lists/1", "/lists/1/report.csv"] {
        assert_eq!(auditor.get(path).status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [
        "/find",
        "/people/1/offer",
        "/people/1/status",
        "/people/1/correct",
        "/lists/1/run",
        "/lists/1/drop",
        "/proposals/1/decide",
    ] {
        let form =
            [("person", PERSON), ("schema", "identity/1"), ("act", "suspend"), ("decision", "approve")];
        assert_eq!(auditor.post(path, &form).status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(auditor.upload(&[], "id_number\n").status, StatusCode::FORBIDDEN);
}

#[test]
fn who_signs_out_is_out() {
    let desk = desk();
    let clerk = desk.clerk("wei");
    assert_eq!(clerk.get("/").status, StatusCode::OK);
    clerk.post("/sign-out", &[]);
    assert_eq!(clerk.get("/").status, StatusCode::SEE_OTHER);
}

#[test]
fn without_a_password_file_the_page_is_closed_to_whom_a_proxy_lets_in() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    for path in PAGES {
        assert_eq!(desk.stranger().get_through_a_proxy(path).refusal(), "closed", "{path}");
    }
}

#[test]
fn another_sites_form_is_refused() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    let sent = desk.stranger().post_from_elsewhere("/find", &[("person", PERSON)]);
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}

#[test]
fn a_program_that_a_link_led_here_changes_nothing() {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    for path in ["/lists/1/run", "/lists/1/drop", "/find", "/people/1/offer", "/proposals/1/decide"] {
        let sent = desk.stranger().post_by_a_program(path, &[]);
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[test]
fn people_change_their_own_passwords() {
    let desk = desk();
    let (here, elsewhere) = (desk.clerk("wei"), desk.clerk("wei"));
    assert!(here.get("/").has("href=\"/password\"") && here.get("/password").has("id=\"change\""));
    let new = "staple battery horse";
    let change = |old: &str| here.post("/password", &[("old", old), ("new", new), ("again", new)]);
    let refused = change("wrong");
    assert!(
        refused.status == StatusCode::BAD_REQUEST && refused.has("That is not your password now"),
        "{}",
        refused.html
    );
    assert!(change(PASSWORD).has("id=\"changed\""));
    assert_eq!(here.get("/").status, StatusCode::OK);
    assert_eq!(elsewhere.get("/").location, "/sign-in?then=%2F");
    assert_eq!(desk.stranger().sign_in("wei", PASSWORD).status, StatusCode::UNAUTHORIZED);
    assert_eq!(desk.stranger().sign_in("wei", new).status, StatusCode::SEE_OTHER);
    let audit = desk.clerk("nong").get("/audit");
    assert!(audit.has("data-act=\"password\"") && audit.has("changed the own password") && !audit.has(new));
}
