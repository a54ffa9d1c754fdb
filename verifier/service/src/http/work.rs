//! What goes on in the background: following the ledger, and forgetting.

use std::sync::Arc;
use std::time::Duration;

use super::State;

/// How often old transactions are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Catches up with the ledger again and again; says when it begins to fail and when it works again.
pub(super) async fn follow(state: Arc<State>, every: Duration) {
    let mut failing = false;
    loop {
        let counter = Arc::clone(&state);
        let followed = tokio::task::spawn_blocking(move || counter.counter.follow()).await;
        match followed {
            Ok(Ok(())) if failing => {
                failing = false;
                tracing::info!("following the ledger again");
            }
            Ok(Err(error)) if !failing => {
                failing = true;
                tracing::warn!(%error, "cannot follow the ledger");
            }
            Err(error) => tracing::error!(%error, "following the ledger stopped unexpectedly"),
            Ok(_) => {}
        }
        if stopped_within(&state, every).await {
            return;
        }
    }
}

/// Deletes what must no longer be kept.
pub(super) async fn forget(state: Arc<State>) {
    loop {
        let counter = Arc::clone(&state);
        match tokio::task::spawn_blocking(move || counter.counter.forget()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(deleted)) => tracing::info!(deleted, "forgot old transactions"),
            Ok(Err(error)) => tracing::error!(%error, "cannot delete old transactions"),
            Err(error) => tracing::error!(%error, "deleting old transactions stopped unexpectedly"),
        }
        if stopped_within(&state, FORGET_EVERY).await {
            return;
        }
    }
}

async fn stopped_within(state: &State, time: Duration) -> bool {
    let mut stopping = state.stopping.subscribe();
    tokio::time::timeout(time, stopping.wait_for(|stopping| *stopping)).await.is_ok()
}
