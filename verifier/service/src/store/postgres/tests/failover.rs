//! A primary that dies under load, and a standby that is promoted in its place.

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::store::Outcome;

/// An answer that one thread brought: its request, its pseudonym, and what it was told.
type Told = (String, u64, Result<Finalized, StoreError>);

/// Answers before the primary dies, and after its standby was promoted.
const ENOUGH: usize = 60;

#[test]
fn a_primary_that_dies_under_load_loses_no_answer_and_has_none_accepted_twice() {
    let Some(server) = Server::start_with_standby() else { return };
    let address = address(&server.schema("register"));
    let stores = [0, 1].map(|_| PostgresStore::open(&address).unwrap());
    let stop = AtomicBool::new(false);
    let (tell, told) = channel();
    let told = thread::scope(|scope| {
        for number in 0..4 {
            let (store, stop, tell) = (&stores[number % 2], &stop, tell.clone());
            scope.spawn(move || answer_until(store, number, stop, &tell));
        }
        drop(tell);
        let mut before: Vec<Told> = told.iter().take(ENOUGH).collect();
        server.kill_primary();
        let dead = Instant::now();
        server.promote();
        let mut after: Vec<Told> = told.iter().take(ENOUGH).collect();
        assert!(dead.elapsed() < Duration::from_secs(30), "{ENOUGH} answers after {:?}", dead.elapsed());
        stop.store(true, Ordering::Relaxed);
        before.append(&mut after);
        before.extend(told.iter());
        before
    });
    let unsaid = told.iter().filter(|(.., told)| told.is_err()).count();
    assert!(unsaid < ENOUGH, "{unsaid} of {} answers were not told how they ended", told.len());

    let remembered = PostgresStore::open(&address).unwrap();
    let mut passed = BTreeSet::new();
    for (name, nullifier, told) in &told {
        let kept = remembered.transaction(&transaction(name).id).unwrap();
        match told {
            Ok(Finalized::Recorded) => {
                assert!(
                    matches!(kept.unwrap().outcome, Outcome::Passed { .. }),
                    "{name} was acknowledged and lost"
                );
                assert!(passed.insert(*nullifier), "pseudonym {nullifier} was accepted twice");
            }
            Ok(Finalized::NoUsesLeft) => {
                assert!(matches!(kept.unwrap().outcome, Outcome::Refused { .. }), "{name}");
            }
            Ok(Finalized::AlreadyAnswered) => panic!("{name} was answered once"),
            Err(_) => {}
        }
    }
    let mut client = server.client();
    let twice = "SELECT count(*) FROM register.uses WHERE used > 1";
    assert_eq!(client.query_one(twice, &[]).unwrap().get::<_, i64>(0), 0);
}

/// Everybody comes with the same pseudonyms in the same order, each of which has one use.
fn answer_until(store: &PostgresStore, number: usize, stop: &AtomicBool, tell: &Sender<Told>) {
    for nullifier in (1..).take_while(|_| !stop.load(Ordering::Relaxed)) {
        let name = format!("f{number}-{nullifier}");
        let (transaction, answer, uses) = (transaction(&name), answer(nullifier), named(1));
        let told = store.insert_batch(std::slice::from_ref(&transaction)).and_then(|()| {
            store.finalize(TransactionEnd::accepted(&transaction, &answer, &uses, name.clone(), NOW, kept))
        });
        if tell.send((name, nullifier, told)).is_err() {
            return;
        }
    }
}
