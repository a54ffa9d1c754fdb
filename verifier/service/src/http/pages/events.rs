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

use super::error::PageError;
use super::visit::{Right, Visit};
use crate::http::State;
use crate::store::Sharing;

/// How long nobody looks while nothing rings.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// The same where another process may have ended the request, which rings nobody here. To be told by the database would
/// make every commit wait for a lock that all commits of the server share.
const LOOK_AGAIN_SHARED: Duration = Duration::from_secs(1);

/// A proxy passes on what it gets: nginx collects some kilobytes otherwise.
const NOT_KEPT_BACK: [(&str, &str); 1] = [("x-accel-buffering", "no")];

/// How waiting ended.
enum StreamEnd {
    /// The request has ended so.
    Verdict(Status),
    /// It was taken back, or is no longer kept.
    Gone,
    /// The service stops; the browser asks again when it is back.
    Stopping,
}

/// `GET /counter/<id>/events`: one event when the request has ended, and the end of the stream.
pub(super) async fn stream(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    visit.allow(Right::Ask)?;
    visit.view(id.clone()).await?;
    let state = Arc::clone(visit.state());
    let ended = async move { Ok::<_, Infallible>(until_ended(&state, &id).await.event()) };
    let stream = Sse::new(stream::once(ended)).keep_alive(KeepAlive::default());
    Ok((NOT_KEPT_BACK, stream).into_response())
}

async fn until_ended(state: &Arc<State>, id: &str) -> StreamEnd {
    let mut stopping = state.stopping.subscribe();
    loop {
        let ended = state.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let Some((status, left)) = preferences(state, id).await else { return StreamEnd::Gone };
        if status != Status::Pending {
            return StreamEnd::Verdict(status);
        }
        if *stopping.borrow() {
            return StreamEnd::Stopping;
        }
        let stopped = stopping.wait_for(|stopping| *stopping);
        // Whichever comes first, the status is read again.
        let again = match state.relying_party.sharing() {
            Sharing::OneProcess => LOOK_AGAIN,
            Sharing::SeveralProcesses => LOOK_AGAIN_SHARED,
        };
        let _ = timeout(left.min(again), async {
            tokio::select! { () = ended => {}, _ = stopped => {} }
        })
        .await;
    }
}

/// How the request stands, and how long it may still be answered.
async fn preferences(state: &Arc<State>, id: &str) -> Option<(Status, Duration)> {
    let state = Arc::clone(state);
    let id = id.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let status = state.relying_party.status(&id).ok()??;
        let left = (status.expires_at + 1).saturating_sub(state.relying_party.now());
        Some((status.status, Duration::from_secs(left)))
    });
    looked.await.ok()?
}

impl StreamEnd {
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
