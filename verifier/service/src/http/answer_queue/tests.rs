//! The waiting room with and without anybody who works in it.

use openid4vc::vp::{Nonce, Reason};

use super::*;
use crate::relying_party::tests::Scene;
use verifier::Development;

const HERE: QueueKey = QueueKey::Address(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

fn asked_by(name: &str) -> QueueKey {
    QueueKey::RelyingParty(name.into())
}

fn to_nobody() -> Response {
    Response::Declined(Nonce::try_from("nobody".to_owned()).unwrap())
}

#[test]
fn what_finds_no_place_is_told_so_and_what_was_taken_in_is_judged() {
    let relying_party = Arc::new(Scene::new(Development::Accepted).relying_party);
    let answers = AnswerQueue::new();
    let elsewhere = QueueKey::Address(IpAddr::from([127, 0, 0, 2]));
    let mut told: Vec<_> = (0..OF_ONE_LINE).map(|_| answers.submit(HERE, to_nobody()).unwrap()).collect();
    assert_eq!(answers.submit(HERE, to_nobody()).err(), Some(QueueFull));
    told.extend((OF_ONE_LINE..WAITING).map(|_| answers.submit(elsewhere.clone(), to_nobody()).unwrap()));
    assert_eq!(answers.submit(asked_by("1"), to_nobody()).err(), Some(QueueFull));
    assert_eq!(answers.waiting(), WAITING);
    answers.spawn_workers(&relying_party, WORKERS).unwrap();
    for told in told {
        let ended = told.blocking_recv().unwrap();
        assert!(matches!(ended, Err(RelyingPartyError::Refused(Reason::Expired))), "{ended:?}");
    }
}

/// A busy counter waits for itself, and a quiet one for nobody.
#[test]
fn the_one_answer_of_a_quiet_counter_is_in_the_first_batch() {
    let answers = AnswerQueue::new();
    let told: Vec<_> = (0..500).map(|_| answers.submit(asked_by("busy"), to_nobody()).unwrap()).collect();
    let quiet = Response::Declined(Nonce::try_from("quiet".to_owned()).unwrap());
    let told_last = answers.submit(asked_by("quiet"), quiet.clone()).unwrap();
    let batch = answers.0.next().unwrap();
    assert_eq!((batch.len(), answers.waiting()), (BATCH, 501 - BATCH));
    assert_eq!(batch.iter().position(|waiter| waiter.response == quiet), Some(1));
    drop((told, told_last));
}

#[test]
fn a_closed_room_is_emptied_before_the_threads_end() {
    let relying_party = Arc::new(Scene::new(Development::Accepted).relying_party);
    let answers = AnswerQueue::new();
    let told = answers.submit(HERE, to_nobody()).unwrap();
    answers.spawn_workers(&relying_party, 1).unwrap();
    drop(answers);
    assert!(told.blocking_recv().is_ok());
}

#[test]
fn a_sender_that_goes_away_stops_nobody() {
    let relying_party = Arc::new(Scene::new(Development::Accepted).relying_party);
    let answers = AnswerQueue::new();
    drop(answers.submit(HERE, to_nobody()).unwrap());
    let told = answers.submit(HERE, to_nobody()).unwrap();
    answers.spawn_workers(&relying_party, 1).unwrap();
    assert!(told.blocking_recv().is_ok());
}
