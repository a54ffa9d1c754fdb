//! Finding people.

use axum::http::StatusCode;

use super::browser::{Desk, Which};
use crate::tests::world::{OTHER, PERSON, identity_row, import};

fn desk() -> Desk {
    let desk = Desk::unnamed(Which::Identity, [127, 0, 0, 1]);
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    desk
}

#[test]
fn a_person_is_found_by_number_or_name_and_no_address_has_the_number() {
    let desk = desk();
    for text in [PERSON, " 450199199609118925 ", "侯斌", "侯"] {
        let at = desk.stranger().find(text);
        assert!(at.starts_with("/people/") && !at.contains(PERSON), "{at}");
        let page = desk.stranger().get(&at);
        assert!(
            page.has("侯斌") && page.has("1996-09-11") && page.has("data-state=\"none\""),
            "{}",
            page.html
        );
    }
}

#[test]
fn several_people_are_chosen_from_and_nobody_is_said() {
    let desk = desk();
    import(&desk.issuer, "identity/1", &identity_row(OTHER));
    let found = desk.stranger().post("/find", &[("person", "侯斌")]);
    assert_eq!((found.status, found.html.matches("href=\"/people/").count()), (StatusCode::OK, 2));
    for text in ["斌", "450199", "%", "''", "*", "  "] {
        let found = desk.stranger().post("/find", &[("person", text)]);
        assert!(found.has("id=\"nobody\""), "{text}");
    }
}

#[test]
fn there_is_no_page_of_nobody() {
    let desk = desk();
    for path in ["/people/999", "/people/x", "/lists/1", "/proposals/1", "/lists/1/report.csv"] {
        assert_eq!(desk.stranger().get(path).status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// The foot's links and the history ask for such pages again.
#[test]
fn a_page_that_answered_a_form_leads_back_and_does_nothing_again() {
    let desk = desk();
    let clerk = desk.stranger();
    let at = clerk.find(PERSON);
    for (path, to) in [
        ("/find?lang=en", "/".to_owned()),
        (&*format!("{at}/offer?lang=en"), at.clone()),
        (&*format!("{at}/paper"), at.clone()),
        ("/lists/7/run", "/lists/7".to_owned()),
        ("/proposals/7/decide", "/proposals/7".to_owned()),
    ] {
        let page = clerk.get(path);
        assert_eq!((page.status, page.location), (StatusCode::SEE_OTHER, to), "{path}");
    }
    assert_eq!(clerk.post("/audit", &[]).status, StatusCode::METHOD_NOT_ALLOWED);
}

#[test]
fn a_mistyped_number_is_said_to_be_wrong_and_not_unknown() {
    let clerk_of = desk();
    let clerk = clerk_of.stranger();
    for (typed, words) in [("450199199609118926", "check digit"), (OTHER, "Nobody")] {
        let page = clerk.post("/find", &[("person", typed)]);
        assert_eq!(page.has("check digit"), words == "check digit", "{typed}: {}", page.html);
        assert!(page.has("id=\"nobody\""));
    }
}
