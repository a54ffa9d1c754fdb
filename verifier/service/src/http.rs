//! The counter over HTTP: what wallets and programs talk to, and the page for people.

mod answers;
mod assistant;
mod desk;
mod failure;
mod guard;
mod health;
mod manners;
mod offline;
mod open;
mod pace;
mod pages;
mod settings;
mod wallet;
mod work;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::routing::{get, post};
use service::staff::{Door, Throttle};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use url::Url;

pub use guard::VerifierToken;
pub(crate) use offline::Scans;
pub(crate) use open::{CLERKS, DATABASE};
pub use open::{OpenError, open, open_with};
pub use settings::{LedgerAddress, Settings};

use crate::relying_party::RelyingParty;
use answers::{Answers, WORKERS};
use assistant::Assistant;
use pace::Pace;

/// What the handlers share.
pub struct State {
    counter: Arc<RelyingParty>,
    answers: Answers,
    /// Asked for by `POST /requests`; `None` where only this machine can reach the service.
    token: Option<VerifierToken>,
    pace: Pace,
    /// Who is let in to the page.
    door: Door,
    /// Tries of passwords, by address.
    tries: Mutex<Throttle<IpAddr>>,
    /// Opens sealed papers; empty where none was configured.
    assistant: OnceLock<Assistant>,
    /// Rung whenever a transaction may have ended.
    ended: Notify,
    /// Turns true when the service stops, so that nobody waits for it.
    stopping: watch::Sender<bool>,
}

impl State {
    /// Around one counter on loopback without a password file: the page is open to whoever sits at the machine, unless a
    /// token is asked for, which the page would get around.
    pub fn new(counter: RelyingParty, token: Option<VerifierToken>, requests_per_s: u32) -> Arc<Self> {
        let listener = if token.is_none() { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        Self::with_door(counter, token, requests_per_s, Door::without_roster((listener, 0).into()))
    }
    /// Around one counter whose page is behind a door.
    pub fn with_door(
        counter: RelyingParty,
        token: Option<VerifierToken>,
        requests_per_s: u32,
        door: Door,
    ) -> Arc<Self> {
        let state = Self::idle(counter, token, requests_per_s, door);
        // Without threads nothing works, this service's or any other part of the process.
        state.answers.spawn_workers(&state.counter, WORKERS).expect("the system starts a handful of threads");
        state
    }

    /// In which nobody judges answers yet.
    fn idle(
        counter: RelyingParty,
        token: Option<VerifierToken>,
        requests_per_s: u32,
        door: Door,
    ) -> Arc<Self> {
        Arc::new(Self {
            counter: Arc::new(counter),
            answers: Answers::new(),
            token,
            pace: Pace::new(requests_per_s),
            door,
            tries: Mutex::default(),
            assistant: OnceLock::new(),
            ended: Notify::new(),
            stopping: watch::Sender::new(false),
        })
    }
    /// Has sealed papers opened by the assistant at this address; `false` for an address that is not this machine.
    pub(crate) fn use_assistant(&self, url: Url) -> bool {
        Assistant::new(url).is_some_and(|assistant| self.assistant.set(assistant).is_ok())
    }
    /// The counter.
    pub fn counter(&self) -> &RelyingParty {
        &self.counter
    }
}

/// The whole service.
pub fn app(state: Arc<State>) -> Router {
    let routes = Router::new()
        .route("/request/{id}", get(wallet::request).post(wallet::request_with_nonce))
        .route("/response", post(wallet::response))
        .route("/policies", get(desk::policies))
        .route("/requests", post(desk::ask))
        .route("/transactions/{id}", get(desk::transaction))
        .route("/scan", post(offline::scan))
        .route("/reconcile", post(offline::reconcile))
        .route("/client", get(desk::client))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(health::openapi))
        .merge(pages::pages())
        .fallback(failure::no_such_path)
        .method_not_allowed_fallback(failure::no_such_method);
    manners::around(routes, &state).with_state(state)
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
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let every = settings.follow_every;
    let state = tokio::task::spawn_blocking(move || open(settings, address))
        .await
        .map_err(std::io::Error::other)??;
    let background = [
        tokio::spawn(work::follow(Arc::clone(&state), every)),
        tokio::spawn(work::forget(Arc::clone(&state))),
    ];
    let stopping = Arc::clone(&state);
    let service = app(state).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            shutdown.await;
            stopping.stopping.send_replace(true);
        })
        .await;
    background.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(served?)
}

#[cfg(test)]
mod tests;
