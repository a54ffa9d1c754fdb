//! The verifier over HTTP: what wallets and programs talk to, and the pages for people.

mod answer_queue;
mod assistant;
mod error;
mod guard;
mod health;
mod open;
mod openapi;
mod pages;
mod programs;
mod settings;
mod wallet;

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use openid4vc::vp::MAX_MESSAGE;
use service::clock::Clock;
use service::durable::WriteProbe;
use service::http::{
    AddressLimiter, Endpoint, Exposure, Guards, Limits, Loopback, Rate, RateLimiter, expose, limit_addresses,
};
use service::staff::{Door, Windows};
use tokio::sync::{Notify, watch};
use url::Url;

pub use error::problem_types;
pub use guard::VerifierToken;
use open::own_address;
pub(crate) use open::{CLERKS, DATABASE};
pub use open::{OpenError, open, open_with};
pub(crate) use programs::Scans;
pub use settings::{LedgerAddress, Settings};

use crate::relying_party::RelyingParty;
use crate::webhook::{Sender, Webhook};
use answer_queue::{AnswerQueue, WORKERS};
use assistant::Assistant;

/// What the handlers share.
pub struct State {
    relying_party: Arc<RelyingParty>,
    answers: AnswerQueue,
    /// Asked for by `POST /requests`; `None` where only this machine can reach the service.
    token: Option<VerifierToken>,
    addresses: Arc<AddressLimiter>,
    /// Fetches of one request object from one address, with one nonce.
    fetches: RateLimiter<(String, IpAddr), Rate>,
    /// Who is let in to the page.
    door: Door,
    /// The request that each window's second screen shows.
    screens: Windows<String>,
    /// Who can reach the service, and under which path.
    exposure: Arc<Exposure>,
    /// Opens sealed papers; empty where none was configured.
    assistant: OnceLock<Assistant>,
    /// Is told of requests that have ended; empty where none was configured.
    webhook: OnceLock<Sender>,
    /// Whether the data directory takes what is written; empty for a database in memory.
    write_probe: OnceLock<WriteProbe>,
    /// Rung whenever a transaction may have ended.
    ended: Notify,
    /// Turns true when the service stops, so that nobody waits for it.
    stopping: watch::Sender<bool>,
}

impl State {
    /// Around one counter on loopback without a password file: the page is open to whoever sits at the machine, unless a
    /// token is asked for, which the page would get around.
    #[cfg(test)]
    pub fn new(relying_party: RelyingParty, token: Option<VerifierToken>, requests_per_s: u32) -> Arc<Self> {
        let door =
            if token.is_none() { Door::without_roster(&Exposure::this_machine()) } else { Door::closed() };
        Self::with_door(relying_party, token, requests_per_s, door)
    }
    /// Around one counter whose page is behind a door, for this machine.
    #[cfg(test)]
    pub fn with_door(
        relying_party: RelyingParty,
        token: Option<VerifierToken>,
        requests_per_s: u32,
        door: Door,
    ) -> Arc<Self> {
        Self::exposed(relying_party, token, requests_per_s, door, Exposure::this_machine())
    }
    /// Around one counter that is reached so, with its page behind a door.
    pub fn exposed(
        relying_party: RelyingParty,
        token: Option<VerifierToken>,
        requests_per_s: u32,
        door: Door,
        exposure: Exposure,
    ) -> Arc<Self> {
        let state = Self::idle(relying_party, token, requests_per_s, door, exposure);
        // Without threads nothing works, this service's or any other part of the process.
        state
            .answers
            .spawn_workers(&state.relying_party, WORKERS)
            .expect("the system starts a handful of threads");
        state
    }

    /// In which nobody judges answers yet.
    fn idle(
        relying_party: RelyingParty,
        token: Option<VerifierToken>,
        requests_per_s: u32,
        door: Door,
        exposure: Exposure,
    ) -> Arc<Self> {
        let rate = Rate::per_second(requests_per_s);
        Arc::new(Self {
            relying_party: Arc::new(relying_party),
            answers: AnswerQueue::new(),
            token,
            addresses: Arc::new(AddressLimiter::new(rate, Loopback::Counted, Clock::system())),
            fetches: RateLimiter::new(FETCHES, Clock::system()),
            door,
            screens: Windows::default(),
            exposure: Arc::new(exposure),
            assistant: OnceLock::new(),
            webhook: OnceLock::new(),
            write_probe: OnceLock::new(),
            ended: Notify::new(),
            stopping: watch::Sender::new(false),
        })
    }
    /// Has `/readyz` try whether something can be written there.
    pub(crate) fn keep_data_in(&self, data: &Path) {
        self.write_probe.get_or_init(|| WriteProbe::new(data));
    }
    /// Has sealed papers opened by the assistant at this address; `false` for an address that is not this machine.
    pub(crate) fn use_assistant(&self, url: Url) -> bool {
        Assistant::new(url).is_some_and(|assistant| self.assistant.set(assistant).is_ok())
    }
    /// Has programs' requests told to a webhook when they have ended.
    pub(crate) fn tell(&self, webhook: Webhook) {
        self.webhook.get_or_init(|| Sender::new(webhook));
    }
    /// The counter.
    pub fn relying_party(&self) -> &RelyingParty {
        &self.relying_party
    }
}

/// The whole service.
pub fn app(state: Arc<State>) -> Router {
    let routes = Router::new()
        .route("/request/{id}", get(wallet::request).post(wallet::request_with_nonce))
        .route("/response", post(wallet::response))
        .route("/policies", get(programs::policies))
        .route("/requests", post(programs::ask))
        .route("/transactions/{id}", get(programs::transaction))
        .route("/scan", post(programs::scan))
        .route("/reconcile", post(programs::reconcile))
        .route("/client", get(programs::client))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(health::openapi))
        .merge(pages::pages())
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method);
    let routes = routes
        .layer(from_fn_with_state(Arc::clone(&state.addresses), limit_addresses))
        .layer(from_fn_with_state(Arc::clone(&state), guard::own_host));
    let guards = Guards::new().body_bytes(MAX_MESSAGE).answer_within(ANSWER_WITHIN);
    let exposure = Arc::clone(&state.exposure);
    expose(guards.around(routes).layer(from_fn(guard::log)).with_state(state), exposure)
}

/// Why the service ended, or could not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The data directory or the settings do not work.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(#[from] std::io::Error),
}

/// Serves until `shutdown` resolves, following the ledger meanwhile.
pub async fn serve(
    mut settings: Settings,
    endpoint: impl Into<Endpoint>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let endpoint = endpoint.into();
    let address = endpoint.local_addr()?;
    settings.public_url.get_or_insert_with(|| own_address(endpoint.scheme(), address));
    let every = settings.follow_every;
    let state = tokio::task::spawn_blocking(move || open(settings, address))
        .await
        .map_err(std::io::Error::other)??;
    endpoint.measure(state.relying_party.metrics().all());
    let background = [
        tokio::spawn(follow(Arc::clone(&state), every)),
        tokio::spawn(forget(Arc::clone(&state))),
        tokio::spawn(notify(Arc::clone(&state))),
    ];
    let stopping = Arc::clone(&state);
    let shutdown = async move {
        shutdown.await;
        stopping.stopping.send_replace(true);
    };
    service::http::serve(endpoint, app(state), Limits::new(), shutdown).await;
    background.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}

/// Catches up with the ledger again and again; says when it begins to fail and when it works again.
async fn follow(state: Arc<State>, every: Duration) {
    let mut failing = false;
    loop {
        let shared = Arc::clone(&state);
        let followed = tokio::task::spawn_blocking(move || shared.relying_party.follow()).await;
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
async fn forget(state: Arc<State>) {
    loop {
        let shared = Arc::clone(&state);
        match tokio::task::spawn_blocking(move || shared.relying_party.forget()).await {
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

/// Tells the webhook what has ended, as soon as it has; what another process of the counter ended, or was not taken before,
/// at the next look.
async fn notify(state: Arc<State>) {
    if state.webhook.get().is_none() {
        return;
    }
    loop {
        let ended = state.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let shared = Arc::clone(&state);
        let sending =
            move || shared.webhook.get().map_or(Ok(()), |sender| sender.send_due(&shared.relying_party));
        match tokio::task::spawn_blocking(sending).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "cannot read or write what the webhook is to be told"),
            Err(error) => tracing::error!(%error, "telling the webhook stopped unexpectedly"),
        }
        tokio::select! {
            () = ended => {}
            stopped = stopped_within(&state, NOTIFY_EVERY) => if stopped { return },
        }
    }
}

async fn stopped_within(state: &State, time: Duration) -> bool {
    let mut stopping = state.stopping.subscribe();
    tokio::time::timeout(time, stopping.wait_for(|stopping| *stopping)).await.is_ok()
}

/// No answer takes longer, waiting for a verdict included.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// One wallet fetches once, and again when the network failed it.
const FETCHES: Rate = Rate::per_minute(20);
/// How often old transactions are looked for.
const FORGET_EVERY: Duration = Duration::from_secs(60);
/// How often is looked for what the webhook is to be told.
const NOTIFY_EVERY: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
