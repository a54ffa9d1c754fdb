//! A wallet whose ledger is old or whose clock is wrong.

use ledger::samples::Replaying;

use super::super::*;
use crate::testing::{NOW, World, citizen};

#[test]
fn a_path_that_repeats_old_answers_makes_no_wallet_fresh() {
    let world = World::new();
    let path = Arc::new(Replaying::new(world.clone()));
    let ledger = Ledger::new(Box::new(path.clone()), world.genesis(), None);
    ledger.sync([], NOW).unwrap();
    path.repeat();
    for later in [300, 3600, 30 * 86_400] {
        world.heartbeat(NOW + later);
        ledger.sync([], NOW + later).unwrap();
        assert_eq!(ledger.view().synced_at(), Some(NOW), "to read an old answer again is no news");
        assert_eq!(ledger.view().freshness(NOW + later), Freshness::Stated { seconds: later });
    }
    let again = Ledger::resume(Box::new(path), &world.genesis(), &ledger.state(), None).unwrap();
    assert_eq!(again.view().synced_at(), Some(NOW));
}

#[test]
fn a_wallet_whose_clock_is_slow_says_so_and_shows_nothing() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let refusal = ledger.sync(wallet.positions(), NOW - 1200).unwrap_err();
    assert_eq!(refusal, FollowError::Clocks { stated_at: NOW, now: NOW - 1200 });
    assert_eq!(ledger.view().freshness(NOW - 1200), Freshness::Ahead { seconds: 1200 });
    let error: crate::error::WalletError = refusal.into();
    assert_eq!(error.code(), "clocks_differ");
}

#[test]
fn what_the_ledgers_clock_said_counts_for_a_while_and_also_where_it_was_refused() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    ledger.sync([], NOW + 100).unwrap();
    let lag = |now| ledger.view().lag_s(now);
    assert_eq!((lag(NOW + 100), lag(NOW + 700)), (Some(100), Some(100)));
    assert_eq!((lag(NOW + 99), lag(NOW + 701)), (None, None), "this clock may have been set since");
    // It is set back to the time of that sync, as by a machine that knows no time when it starts.
    world.heartbeat(NOW + 7200);
    ledger.sync([], NOW + 100).unwrap_err();
    assert_eq!(lag(NOW + 100), Some(-7100), "not by the newest statement that was taken in");
    assert_eq!(ledger.view().synced_at(), Some(NOW));
}

#[test]
fn a_state_of_an_older_version_is_read() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let mut state: serde_json::Value = serde_json::from_slice(&ledger.state()).unwrap();
    let members = state.as_object_mut().unwrap();
    for since in ["positions", "hour", "read_at", "clocks"] {
        members.remove(since).unwrap();
    }
    members.insert("synced_at".into(), (NOW + 5).into());
    let bytes = serde_json::to_vec(&state).unwrap();
    let resumed = Ledger::resume(Box::new(world.clone()), &world.genesis(), &bytes, None).unwrap();
    assert_eq!(resumed.view().synced_at(), Some(NOW));
}
