//! What runs beside the pages and an open wallet: proofs, catching up with the ledger, making the prover quick.
//!
//! The ledger is asked at unlocking, if what is known is old, and then on a schedule of its own with a random part.
//! It is never asked because somebody presents: that would tell it when.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::OsRng;
use tokio::task::{JoinHandle, spawn_blocking};

use super::error::{FormError, PageError};
use super::session::OpenWallet;
use super::state::App;
use crate::error::WalletError;
use crate::renewal::Asking;

/// Begins both, until the wallet is locked.
pub(super) fn start(app: &App, open: &Arc<OpenWallet>) {
    let first = Arc::clone(open);
    let now = app.now();
    let keeper = app.clone();
    app.tasks().begin(move || {
        if is_old(&first, now) && first.sync(now).is_ok() {
            // The schedule tries again what failed.
            first.renew(Asking::Scheduled, now).ok();
        }
        prepare(&first, now);
        if let Ok(prover) = first.ledger().show_prover(now) {
            keeper.keep_prover(prover);
        }
    });
    tokio::spawn(keep_up(app.clone(), Arc::downgrade(open)));
}

/// Catches up, once: with the ledger, then with the desks of credentials that ended. Prepares the credentials for the new root.
pub(super) fn catch_up(open: &OpenWallet, asking: Asking, now: u64) -> Result<(), WalletError> {
    open.sync(now)?;
    open.renew(asking, now)?;
    prepare(open, now);
    Ok(())
}

/// Sleeps and catches up by turns. It holds the wallet only while it works.
async fn keep_up(app: App, open: Weak<OpenWallet>) {
    loop {
        tokio::time::sleep(pause()).await;
        app.lock_if_idle();
        let Some(open) = open.upgrade() else { return };
        let now = app.now();
        // A failure is shown on the page.
        app.tasks().begin(move || drop(catch_up(&open, Asking::Scheduled, now)));
    }
}

/// Locks an app that nobody uses, also when no page asks.
pub(crate) async fn watch(app: App) {
    loop {
        tokio::time::sleep(WATCH).await;
        app.lock_if_idle();
    }
}

fn is_old(open: &OpenWallet, now: u64) -> bool {
    open.ledger().view().synced_at().is_none_or(|synced| now.saturating_sub(synced) > LONGEST_S)
}

/// Not being ready only makes the next proof slower.
fn prepare(open: &OpenWallet, now: u64) {
    open.prepare(now).ok();
}

/// Different each time, so that wallets do not ask in step and one does not know another by its rhythm.
fn pause() -> Duration {
    Duration::from_secs(OsRng.gen_range(SHORTEST_S..=LONGEST_S))
}

/// Work that goes on beside the pages.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<Vec<JoinHandle<()>>>);

impl Tasks {
    /// Does it on a thread where it may wait.
    pub(super) fn begin(&self, work: impl FnOnce() + Send + 'static) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|task| !task.is_finished());
        running.push(spawn_blocking(work));
    }

    /// Waits until everything that was begun is done.
    #[cfg(test)]
    pub(super) async fn done(&self) {
        loop {
            let running = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
            if running.is_empty() {
                return;
            }
            for task in running {
                task.await.expect("no work of the app panics");
            }
        }
    }
}

/// Does `work` where it may wait, and gives what it found. Work that panics is a defect: it is logged by the runtime
/// and the page says that something failed.
pub(super) async fn run_blocking<T: Send + 'static, E: Into<PageError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, PageError> {
    match spawn_blocking(work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(FormError::Defect.into()),
    }
}

/// Six minutes; the least age of a root that a policy must accept, [`ledger::genesis::MIN_ROOT_AGE_S`], counts on it.
const LONGEST_S: u64 = 360;
const SHORTEST_S: u64 = 240;
const WATCH: Duration = Duration::from_secs(5);
