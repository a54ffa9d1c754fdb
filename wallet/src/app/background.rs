//! What runs beside an open wallet: catching up with the ledger, and making the prover quick.
//!
//! The ledger is asked at unlocking, if what is known is old, and then on a schedule of its own with a random part. It is
//! never asked because somebody presents: that would tell it when.

use std::sync::{Arc, Weak};
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::OsRng;

use super::open::Open;
use super::state::App;

/// Begins both, until the wallet is locked.
pub(super) fn start(app: &App, open: &Arc<Open>) {
    let (first, now, keeper) = (Arc::clone(open), app.now(), app.clone());
    app.tasks().begin(move || {
        if is_old(&first, now) {
            // A failure is shown on the page; the schedule tries again.
            let _ = first.sync(now);
        }
        prepare(&first, now);
        if let Ok(prover) = first.ledger().show_prover(now) {
            keeper.keep_prover(prover);
        }
    });
    tokio::spawn(keep_up(app.clone(), Arc::downgrade(open)));
}

/// Catches up, once, and prepares the credentials for the new root.
pub(super) fn catch_up(open: &Open, now: u64) {
    if open.sync(now).is_ok() {
        prepare(open, now);
    }
}

/// Sleeps and catches up by turns. It holds the wallet only while it works.
async fn keep_up(app: App, open: Weak<Open>) {
    loop {
        tokio::time::sleep(pause()).await;
        app.lock_if_idle();
        let Some(open) = open.upgrade() else { return };
        let now = app.now();
        app.tasks().begin(move || catch_up(&open, now));
    }
}

/// Locks an app that nobody uses, also when no page asks.
pub(crate) async fn watch(app: App) {
    loop {
        tokio::time::sleep(WATCH).await;
        app.lock_if_idle();
    }
}

fn is_old(open: &Open, now: u64) -> bool {
    open.ledger().view().synced_at().is_none_or(|synced| now.saturating_sub(synced) > LONGEST_S)
}

/// Not being ready only makes the next proof slower.
fn prepare(open: &Open, now: u64) {
    let _ = open.prepare(now);
}

/// Different each time, so that wallets do not ask in step and one does not know another by its rhythm.
fn pause() -> Duration {
    Duration::from_secs(OsRng.gen_range(SHORTEST_S..=LONGEST_S))
}

/// Well below the ten minutes after which a policy usually finds a root too old.
const LONGEST_S: u64 = 360;
const SHORTEST_S: u64 = 240;
const WATCH: Duration = Duration::from_secs(5);
