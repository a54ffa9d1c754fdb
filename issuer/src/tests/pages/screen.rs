//! The citizen's screen.

use axum::http::StatusCode;

use super::browser::{Desk, Page, Which};
use crate::config::StaffRules;
use crate::tests::world::{OTHER, PERSON, identity_row, import, token_request};

fn desk() -> Desk {
    let desk = Desk::staffed(Which::Identity, &StaffRules::default());
    import(&desk.issuer, "identity/1", &identity_row(PERSON));
    import(&desk.issuer, "identity/1", &identity_row(OTHER));
    desk
}

#[test]
fn the_screen_has_the_newest_offers_code_and_never_its_number() {
    let desk = desk();
    let [wei, lu] = ["wei", "lu"].map(|name| desk.clerk(name));
    let make =
        |person| -> Page { wei.post(&format!("{}/offer", wei.find(person)), &[("schema", "identity/1")]) };
    let state = || wei.get("/screen/state").html;
    let (neutral, before) = (wei.get("/screen"), state());
    assert!(neutral.has("id=\"screen\"") && !neutral.has("<svg"), "{}", neutral.html);
    let first = make(PERSON);
    let of_first = state();
    let shown = wei.get("/screen");
    assert!(shown.has("<svg") && shown.has("http-equiv=\"refresh\""), "{}", shown.html);
    for secret in [first.text("tx-code"), "侯斌", PERSON, "href=\"/lists\""] {
        assert!(!shown.has(secret), "{secret}: {}", shown.html);
    }
    assert!(
        !lu.get("/screen").has("<svg") && !desk.clerk("wei").get("/screen").has("<svg"),
        "another window"
    );
    let second = make(OTHER);
    assert!(of_first != before && state() != of_first);
    let link = second.attribute("data-link").replace("&#38;", "&");
    let number = second.text("tx-code");
    desk.issuer.token(&token_request(&desk.issuer, &link, number)).unwrap();
    assert_eq!(state(), before);
    assert!(!wei.get("/screen").has("<svg"), "a wallet has it: the screen is neutral");
}

#[test]
fn the_screen_is_only_for_who_serves() {
    let desk = desk();
    for path in ["/screen", "/screen/state"] {
        assert_eq!(desk.stranger().get(path).status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(desk.clerk("qin").get(path).status, StatusCode::FORBIDDEN, "{path}");
    }
}
