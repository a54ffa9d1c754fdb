//! Tells the waiting page that its request has ended, by server-sent events.
//!
//! The event says how it ended in one word; the page then asks for the verdict like any page, so that whatever is shown
//! passes the same checks.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use openid4vc::vp::Status;
use serde_json::json;
use tokio::time::timeout;

use super::failure::PageFailure;
use super::right::Right;
use super::visit::Visit;
use crate::http::State;

/// How long nobody looks while nothing rings.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// How waiting ended.
enum End {
    /// The request has ended so.
    Verdict(Status),
    /// It was taken back, or is no longer kept.
    Gone,
    /// The service stops; the browser asks again when it is back.
    Stopping,
}

/// `GET /counter/<id>/events`: one event when the request has ended, and the end of the stream.
pub(super) async fn stream(visit: Visit, Path(id): Path<String>) -> Result<Response, PageFailure> {
    visit.allow(Right::Ask)?;
    visit.standing(id.clone()).await?;
    let state = Arc::clone(visit.state());
    let ended = async move { Ok::<_, Infallible>(until_ended(&state, &id).await.event()) };
    Ok(Sse::new(stream::once(ended)).keep_alive(KeepAlive::default()).into_response())
}

async fn until_ended(state: &Arc<State>, id: &str) -> End {
    let mut stopping = state.stopping.subscribe();
    loop {
        let ended = state.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let Some((status, left)) = look(state, id).await else { return End::Gone };
        if status != Status::Pending {
            return End::Verdict(status);
        }
        if *stopping.borrow() {
            return End::Stopping;
        }
        let stopped = stopping.wait_for(|stopping| *stopping);
        // Whichever comes first, the status is read again.
        let _ = timeout(left.min(LOOK_AGAIN), async {
            tokio::select! { () = ended => {}, _ = stopped => {} }
        })
        .await;
    }
}

/// How the request stands, and how long it may still be answered.
async fn look(state: &Arc<State>, id: &str) -> Option<(Status, Duration)> {
    let (state, id) = (Arc::clone(state), id.to_owned());
    let looked = tokio::task::spawn_blocking(move || {
        let status = state.counter.status(&id).ok()??;
        let left = (status.expires_at + 1).saturating_sub(state.counter.now());
        Some((status.status, Duration::from_secs(left)))
    });
    looked.await.ok()?
}

impl End {
    fn event(self) -> Event {
        match self {
            Self::Verdict(status) => {
                Event::default().event("verdict").data(json!({ "status": status }).to_string())
            }
            Self::Gone => Event::default().event("verdict").data(json!({ "status": "gone" }).to_string()),
            Self::Stopping => Event::default().event("stopping").data("{}"),
        }
    }
}
