//! What programs add to requests.

use super::*;

fn asked(policy: &str) -> ProgramRequest {
    ProgramRequest::new(policy.parse().unwrap())
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::parse(text.as_bytes()).unwrap()
}

impl Scene {
    fn ask_once(
        &self,
        asked: ProgramRequest,
        key: &IdempotencyKey,
    ) -> Result<CreatedRequest, RelyingPartyError> {
        self.relying_party.ask_for_program(asked, Some(key), Notify::Nobody)
    }

    fn ask_with_return(&self, policy: &str) -> CreatedRequest {
        let return_to = Some(ReturnTo::try_from("https://bank.example/loan".to_owned()).unwrap());
        let asked = ProgramRequest { return_to, ..asked(policy) };
        self.relying_party.ask_for_program(asked, None, Notify::Nobody).unwrap()
    }
}

#[test]
fn a_reference_comes_back_with_the_status() {
    let (scene, ..) = Scene::with_citizens();
    let reference = Some(Reference::try_from("loan 17".to_owned()).unwrap());
    let asked = ProgramRequest { reference, ..asked("score/1") };
    let asked = scene.relying_party.ask_for_program(asked, None, Notify::Nobody).unwrap();
    assert_eq!(scene.status(&asked).reference.as_deref(), Some("loan 17"));
    assert_eq!(scene.status(&scene.ask("score/1")).reference, None);
}

#[test]
fn with_one_key_the_same_is_asked_once() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let first = scene.ask_once(asked("score/1"), &key("a")).unwrap();
    assert_eq!(scene.ask_once(asked("score/1"), &key("a")).unwrap(), first);
    assert_ne!(scene.ask_once(asked("score/1"), &key("b")).unwrap(), first);
    scene.pass(&first, &good, &tree);
    // The answer is as it was, whatever has become of the request.
    assert_eq!(scene.ask_once(asked("score/1"), &key("a")).unwrap(), first);
    assert_eq!(scene.status(&first).status, Status::Passed);
}

#[test]
fn one_key_does_not_ask_two_things() {
    let (scene, ..) = Scene::with_citizens();
    let first = scene.ask_once(asked("score/1"), &key("a")).unwrap();
    let reference = Some(Reference::try_from("another".to_owned()).unwrap());
    for other in [asked("survey/1"), ProgramRequest { reference, ..asked("score/1") }] {
        assert!(matches!(scene.ask_once(other, &key("a")), Err(RelyingPartyError::KeyReused)));
    }
    assert_eq!(scene.ask_once(asked("score/1"), &key("a")).unwrap(), first);
}

#[test]
fn the_way_back_is_told_to_the_wallet_that_answered_and_opens_the_result() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let asked = scene.ask_with_return("score/1");
    let object = scene.fetch(&asked);
    let result = |code: Option<&str>| scene.relying_party.status_for_program(&asked.transaction, code);
    assert_eq!(result(None).unwrap().unwrap().status, Status::Pending);
    let token = asking(&object).present(&good, &tree);
    let response = Response::Encrypted(encrypted(&object, &json!({ "vp_token": token })));
    let back = scene.relying_party.answer(&response).unwrap().redirect_uri.unwrap();
    let code = back.as_str().strip_prefix("https://bank.example/loan?response_code=").unwrap();
    for other in [None, Some(""), Some("another"), Some(&code[1..])] {
        assert!(matches!(result(other), Err(RelyingPartyError::ResponseCodeNeeded)), "{other:?}");
    }
    assert_eq!(result(Some(code)).unwrap().unwrap().status, Status::Passed);
    assert!(!format!("{object:?}").contains(code), "the code is in the request, which others can fetch");
}

#[test]
fn whoever_declines_goes_back_too_and_nothing_is_kept_from_the_program() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask_with_return("score/1");
    let object = scene.fetch(&asked);
    let declined = Response::Encrypted(encrypted(&object, &json!({ "error": "access_denied" })));
    assert!(scene.relying_party.answer(&declined).unwrap().redirect_uri.is_some());
    let status = scene.relying_party.status_for_program(&asked.transaction, None).unwrap().unwrap();
    assert_eq!(status.status, Status::Declined);
}

#[test]
fn an_error_in_the_clear_does_not_tell_the_way_back() {
    let (scene, ..) = Scene::with_citizens();
    let object = scene.fetch(&scene.ask_with_return("score/1"));
    let clear = Response::Declined(object.state.clone().unwrap());
    assert_eq!(scene.relying_party.answer(&clear).unwrap(), Taken::default());
}
