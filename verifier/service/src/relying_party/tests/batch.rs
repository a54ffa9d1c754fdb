//! Many answers together: each has the verdict that it would have alone.

use super::*;

/// An answer to a fresh request, as a wallet posts it.
fn posted(object: &RequestObject, token: &VpToken) -> Response {
    Response::Encrypted(encrypted(object, &json!({ "vp_token": token })))
}

fn judged(scene: &Scene, responses: &[Response]) -> Vec<Option<Reason>> {
    let mut told: Vec<Option<Result<Taken, RelyingPartyError>>> = responses.iter().map(|_| None).collect();
    scene.relying_party.answer_batch(responses, (), &mut |index, ended| {
        assert!(told[index].replace(ended).is_none(), "told twice");
    });
    told.into_iter().map(|ended| ended.unwrap().err().map(|error| reason(Err(error)))).collect()
}

#[test]
fn a_batch_with_bad_proofs_refuses_exactly_those() {
    let (scene, good, poor, tree) = Scene::with_citizens();
    let asked: Vec<CreatedRequest> = (0..6).map(|_| scene.ask("fast-lane/1")).collect();
    let objects: Vec<RequestObject> = asked.iter().map(|asked| scene.fetch(asked)).collect();
    let mut tokens: Vec<VpToken> =
        objects.iter().map(|object| asking(object).present(&good, &tree)).collect();
    // The proofs of another request; one false proof beside a true one; and true proofs of two holders.
    tokens[1] = tokens[0].clone();
    let other = tokens[4].0["identity"].clone();
    tokens[3].0.insert("identity".into(), other);
    let asking = asking(&objects[5]);
    let identity = &asking.policy.policy().credentials[1];
    tokens[5].0.insert("identity".into(), [asking.show(identity, &poor, &tree)]);
    let responses: Vec<Response> =
        objects.iter().zip(&tokens).map(|(object, token)| posted(object, token)).collect();
    let refused = Some(Reason::NotProved);
    assert_eq!(judged(&scene, &responses), [None, refused, None, refused, None, refused]);
    let passed: Vec<bool> = asked.iter().map(|asked| scene.status(asked).status == Status::Passed).collect();
    assert_eq!(passed, [true, false, true, false, true, false]);
}

#[test]
fn each_kind_of_end_stands_beside_the_others() {
    let (scene, good, poor, tree) = Scene::with_citizens();
    let late = Citizen::new(3, 900);
    scene.ledger.commit(&[&late], NOW - 50);
    let with_late = Tree::of(&[&good, &poor, &late]);
    let object = || scene.fetch(&scene.ask("survey/1"));
    let (declined, first, second, newer, unknown, garbage) =
        (object(), object(), object(), object(), object(), object());
    let stranger = Citizen::new(9, 900);
    let answers = [
        Response::Encrypted(encrypted(&declined, &json!({ "error": "access_denied" }))),
        posted(&first, &asking(&first).present(&good, &tree)),
        posted(&second, &asking(&second).present(&good, &tree)),
        posted(&newer, &asking(&newer).present(&late, &with_late)),
        posted(&unknown, &asking(&unknown).present(&stranger, &Tree::of(&[&stranger]))),
        Response::Encrypted(encrypted(&garbage, &json!({ "vp_token": {} }))),
        Response::Encrypted("a..b.c.d".to_owned()),
        Response::Declined(Nonce::try_from("nobody".to_owned()).unwrap()),
    ];
    let expected = [
        None,
        None,
        Some(Reason::AlreadyUsed),
        None,
        Some(Reason::UnknownRoot),
        Some(Reason::Malformed),
        Some(Reason::Malformed),
        Some(Reason::Expired),
    ];
    assert_eq!(judged(&scene, &answers), expected);
    let again = judged(&scene, &answers[..4]);
    assert!(again.iter().all(|ended| *ended == Some(Reason::AlreadyUsed)));
}

#[test]
fn the_same_answer_twice_in_one_batch_is_accepted_once() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let object = scene.fetch(&scene.ask("score/1"));
    let answer = posted(&object, &asking(&object).present(&good, &tree));
    assert_eq!(judged(&scene, &[answer.clone(), answer]), [None, Some(Reason::AlreadyUsed)]);
}

#[test]
fn a_batch_that_cannot_be_judged_stays_open() {
    let (scene, good, _, tree) = Scene::with_citizens();
    scene.ledger.set(Link::Cut);
    scene.at(NOW + 3499);
    let asked = [scene.ask("score/1"), scene.ask("score/1")];
    let objects = [scene.fetch(&asked[0]), scene.fetch(&asked[1])];
    let answers = objects.each_ref().map(|object| posted(object, &asking(object).present(&good, &tree)));
    scene.at(NOW + 3601);
    scene.relying_party.answer_batch(&answers, (), &mut |_, ended| {
        assert!(matches!(ended, Err(RelyingPartyError::NotReady(_))));
    });
    assert!(asked.iter().all(|asked| scene.status(asked).status == Status::Pending));
    scene.ledger.set(Link::Up);
    scene.ledger.heartbeat(NOW + 3601);
    scene.relying_party.follow().unwrap();
    assert_eq!(judged(&scene, &answers), [None, None]);
}
