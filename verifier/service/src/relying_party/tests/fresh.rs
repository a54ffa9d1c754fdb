//! A counter whose ledger is old: a path that repeats old answers, a node that stopped, clocks that are wrong. Each has its
//! own word, and none of them lets an answer pass that a fresh ledger would refuse.

use super::*;

/// What keeps the counter from working, in its word for programs.
fn why_not(scene: &Scene) -> Vec<&'static str> {
    scene.relying_party.not_ready().iter().map(NotReady::code).collect()
}

/// How a counter ends an answer that it cannot judge.
fn undecided(answered: Result<(), RelyingPartyError>) -> &'static str {
    match answered {
        Err(RelyingPartyError::NotReady(why)) => why.code(),
        other => panic!("{other:?}"),
    }
}

/// The counter follows again and again, for so long.
fn follow_until(scene: &Scene, end: u64) {
    let now = scene.relying_party.now();
    let every = usize::try_from((end - now) / 12).unwrap().max(1);
    for at in (now..=end).step_by(every) {
        scene.at(at);
        scene.relying_party.follow().unwrap();
    }
    scene.at(end);
}

#[test]
fn a_path_that_repeats_old_answers_for_ever_closes_the_counter() {
    let (scene, good, _, tree) = Scene::with_citizens();
    scene.path.repeat();
    follow_until(&scene, NOW + 3400);
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    let token = asking(&object).present(&good, &tree);
    assert_eq!(why_not(&scene), ["ledger_answers_old"], "long before anything is refused for it");
    follow_until(&scene, NOW + 3501);
    assert_eq!(undecided(scene.answer(&object, &token)), "ledger_answers_old");
    assert_eq!(scene.status(&asked).status, Status::Pending, "nothing was spent");
    let asked = scene.relying_party.ask(&"score/1".parse().unwrap());
    assert_eq!(undecided(asked.map(drop)), "ledger_answers_old");
    follow_until(&scene, NOW + 30 * 86_400);
    assert_eq!(why_not(&scene), ["ledger_answers_old"]);
    // The same path, honest again.
    scene.path.pass_on();
    scene.ledger.heartbeat(NOW + 30 * 86_400);
    scene.relying_party.follow().unwrap();
    assert!(why_not(&scene).is_empty());
}

#[test]
fn a_repeating_path_is_remembered_as_old_over_a_restart() {
    let (scene, ..) = Scene::with_citizens();
    scene.path.repeat();
    follow_until(&scene, NOW + 7200);
    let file = scene.dir.path().join("following.json");
    let kept = crate::following::stored_follower(&file).unwrap().unwrap();
    assert_eq!(kept.stated_at(), Some(NOW - 100));
}

#[test]
fn a_quiet_ledger_keeps_the_counter_open() {
    let (scene, good, _, tree) = Scene::with_citizens();
    for beat in 1..=24 {
        scene.ledger.heartbeat(NOW + 240 * beat);
    }
    scene.at(NOW + 240 * 24 + 60);
    scene.relying_party.follow().unwrap();
    assert!(why_not(&scene).is_empty());
    let object = scene.fetch(&scene.ask("score/1"));
    scene.answer(&object, &asking(&object).present(&good, &tree)).unwrap();
}

#[test]
fn a_node_that_stopped_has_a_word_of_its_own() {
    let (scene, ..) = Scene::with_citizens();
    scene.ledger.set(Link::Cut);
    scene.at(NOW + 120);
    assert!(scene.relying_party.follow().is_err());
    assert_eq!(why_not(&scene), ["ledger_behind"]);
    let said = scene.relying_party.not_ready()[0].to_string();
    assert!(said.contains("120 s ago") && said.contains("stopped"), "{said}");
}

/// When it last answered is not when it last stated something.
#[test]
fn a_node_that_stopped_after_old_answers_is_said_to_have_answered_since() {
    let (scene, ..) = Scene::with_citizens();
    scene.path.repeat();
    follow_until(&scene, NOW + 3600);
    scene.path.pass_on();
    scene.ledger.set(Link::Cut);
    scene.at(NOW + 3630);
    assert!(scene.relying_party.follow().is_err());
    let asked = scene.relying_party.ask(&"score/1".parse().unwrap());
    assert!(matches!(asked, Err(RelyingPartyError::NotReady(NotReady::Behind { seconds: 30 }))));
}

#[test]
fn a_counter_twenty_minutes_slow_is_not_ready_and_says_which_clocks() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let object = scene.fetch(&scene.ask("score/1"));
    let token = asking(&object).present(&good, &tree);
    scene.ledger.heartbeat(NOW);
    scene.at(NOW - 1200);
    assert!(scene.relying_party.follow().is_err());
    assert_eq!(why_not(&scene), ["clocks_differ"]);
    assert_eq!(undecided(scene.answer(&object, &token)), "clocks_differ");
    let said = scene.relying_party.not_ready()[0].to_string();
    assert!(said.contains("1200 s ahead") && said.contains("this clock is slow"), "{said}");
    scene.at(NOW);
    scene.relying_party.follow().unwrap();
    assert!(why_not(&scene).is_empty());
}

#[test]
fn a_counter_twenty_minutes_fast_is_not_ready() {
    let (scene, ..) = Scene::with_citizens();
    scene.ledger.heartbeat(NOW);
    scene.at(NOW + 1200);
    scene.relying_party.follow().unwrap();
    assert_eq!(why_not(&scene), ["ledger_answers_old"]);
    assert!(scene.relying_party.not_ready()[0].to_string().contains("this machine's clock is fast"));
}

#[test]
fn a_node_far_in_the_future_is_not_followed_and_makes_no_old_root_young() {
    let (scene, good, _, tree) = Scene::with_citizens();
    scene.ledger.commit(&[&Citizen::new(3, 900)], 9_000_000_000);
    scene.at(NOW + 60);
    assert!(scene.relying_party.follow().is_err());
    assert_eq!(why_not(&scene), ["clocks_differ"]);
    let asked = scene.relying_party.ask(&"score/1".parse().unwrap());
    assert_eq!(undecided(asked.map(drop)), "clocks_differ");
    let here = scene.relying_party.own_id();
    let text = crate::offline::tests::answer("score/1", &here, &good, &tree, NOW + 60).to_text().unwrap();
    assert!(matches!(scene.relying_party.scan(&text, &here), Err(RelyingPartyError::NotReady(_))));
}

#[test]
fn a_new_counter_takes_no_root_of_the_day_before_for_fresh() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let later = NOW + 20 * 3_600;
    scene.ledger.commit(&[&Citizen::new(3, 900)], NOW + 60);
    scene.ledger.heartbeat(later);
    scene.at(later + 5);
    scene.relying_party.follow().unwrap();
    let object = scene.fetch(&scene.ask("score/1"));
    let token = asking(&object).present(&good, &tree);
    assert_eq!(reason(scene.answer(&object, &token)), Reason::StaleRoot);
}
