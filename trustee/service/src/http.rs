//! The trustee over HTTP: two paths for wallets, two for whoever watches the service.
//!
//! | path | takes | answers |
//! |---|---|---|
//! | `POST /shares` | `{"bundle": {…}, "share": "…"}` | `{"bundle": "…"}`, the identifier, when the share is kept |
//! | `POST /answers` | `{"bundle": "…", "key": "…"}` | `{"bundle": {…}, "answer": "…"}`, the share sealed to the key |
//! | `GET /healthz`, `GET /readyz` | | whether it runs; whether it could keep a share and knows the ledger |
//! | `GET /openapi.json` | | all of this for programs |

mod openapi;
mod problem;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Json, Router};
use ledger::follow::STATED_WITHIN_S;
use ledger::genesis::Genesis;
use rand::rngs::OsRng;
use serde::de::DeserializeOwned;
use service::clock::Clock;
use service::durable::WriteProbe;
use service::http::{
    AddressLimiter, Endpoint, Exposure, Guards, Limits, Loopback, Problem, ProblemType, Rate, expose,
    limit_addresses,
};
use trustee::wire::{Answer, Deposit, Deposited, Question};

use self::problem::ApiError;
pub use self::problem::problem_types;
use crate::config::Config;
use crate::following::{FollowedError, Following, LedgerSource};
use crate::keeper::Keeper;
use crate::key_file::{KeyFileError, load_key};
use crate::store::{Store, StoreError};

/// An open trustee.
pub struct TrusteeService {
    keeper: Keeper,
    following: Following,
    write_probe: WriteProbe,
    clock: Clock,
}

/// Why a trustee does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// One of its keys cannot be read.
    #[error("a key of the trustee: {0}")]
    Key(#[from] KeyFileError),
    /// Its folder cannot be made.
    #[error("the trustee's folder: {0}")]
    Folder(#[source] io::Error),
    /// Its database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The genesis file cannot be read.
    #[error("the genesis file: {0}")]
    Genesis(#[source] io::Error),
    /// What was followed before cannot be taken up.
    #[error(transparent)]
    Followed(#[from] FollowedError),
}

impl TrusteeService {
    /// Opens what the configuration names, and follows this source of the ledger.
    pub fn open(config: &Config, source: LedgerSource, clock: Clock) -> Result<Self, OpenError> {
        let keys = config.keys.iter().map(|path| load_key(path)).collect::<Result<Vec<_>, _>>()?;
        std::fs::create_dir_all(&config.data).map_err(OpenError::Folder)?;
        let store = Store::open(&config.data.join(DATABASE))?;
        let genesis = std::fs::read(&config.genesis).map_err(OpenError::Genesis)?;
        let genesis: Genesis =
            serde_json::from_slice(&genesis).map_err(|error| OpenError::Genesis(error.into()))?;
        let following = Following::resume(source, &genesis, config.data.join(FOLLOWED))?;
        let keeper = Keeper::new(config.department.clone(), keys, config.per_day.get(), store, clock.clone());
        Ok(Self { keeper, following, write_probe: WriteProbe::new(&config.data), clock })
    }
    fn take(&self, body: &[u8]) -> Result<Deposited, ApiError> {
        let deposit: Deposit = parse(body)?;
        self.keeper.take(&deposit)?;
        Ok(Deposited { bundle: deposit.bundle.id() })
    }
    fn answer(&self, body: &[u8]) -> Result<Answer, ApiError> {
        let question: Question = parse(body)?;
        let followed = self.following.newest();
        let registry = followed.registry().ok_or(ApiError::Misbehaving)?;
        Ok(self.keeper.answer(registry, &question.bundle, &question.key, &mut OsRng)?)
    }
    /// A share that cannot be kept is better sent to a trustee that can; one that does not know the ledger answers nobody.
    fn check_ready(&self) -> Result<(), ApiError> {
        if !self.write_probe.is_writable() {
            return Err(ApiError::NotReady("nothing can be written to the trustee's folder"));
        }
        let followed = self.following.newest();
        followed.registry().ok_or(ApiError::Misbehaving)?;
        if !followed.freshness(self.clock.now()).is_within(STATED_WITHIN_S) {
            return Err(ApiError::NotReady("the ledger's newest statement is old, or ahead of this clock"));
        }
        Ok(())
    }
}

/// Every path of a trustee that is reached so. Needs a Tokio runtime.
pub fn trustee_app(trustee: Arc<TrusteeService>, exposure: Exposure) -> Router {
    let limiter = Arc::new(AddressLimiter::new(RATE, Loopback::Exempt, trustee.clock.clone()));
    let routes = Router::new()
        .route("/shares", post(take))
        .route("/answers", post(answer))
        .layer(from_fn_with_state(limiter, limit_addresses))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(openapi::openapi))
        .method_not_allowed_fallback(|| async { Problem::new(ProblemType::METHOD_NOT_ALLOWED) })
        .fallback(|| async { Problem::new(ProblemType::NOT_FOUND) });
    let guards = Guards::new().body_bytes(MAX_BODY).answer_within(ANSWER);
    expose(guards.around(routes).with_state(trustee), Arc::new(exposure))
}

/// Serves a trustee, and follows the ledger every so often, until `shutdown`.
pub async fn serve(
    trustee: Arc<TrusteeService>,
    endpoint: impl Into<Endpoint>,
    exposure: Exposure,
    every: Duration,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let following = tokio::spawn(follow(Arc::clone(&trustee), every));
    service::http::serve(endpoint, trustee_app(trustee, exposure), Limits::new(), shutdown).await;
    following.abort();
}

/// Catches up with the ledger again and again; says when it begins to fail and when it works again.
async fn follow(trustee: Arc<TrusteeService>, every: Duration) {
    let mut failing = false;
    loop {
        let shared = Arc::clone(&trustee);
        let caught_up =
            tokio::task::spawn_blocking(move || shared.following.catch_up(shared.clock.now())).await;
        match caught_up {
            Ok(Ok(())) if failing => {
                failing = false;
                tracing::info!("following the ledger again");
            }
            Ok(Err(error)) if !failing => {
                failing = true;
                tracing::warn!(%error, "cannot follow the ledger");
            }
            Ok(Ok(()) | Err(_)) => {}
            Err(error) => tracing::error!(%error, "following the ledger stopped unexpectedly"),
        }
        tokio::time::sleep(every).await;
    }
}

/// Takes a share that a wallet sealed to this trustee. The same one again changes nothing.
#[utoipa::path(
    post,
    path = "/shares",
    operation_id = "take",
    request_body(content = openapi::BroughtShare, content_type = "application/json"),
    responses((status = 200, description = "It is kept.", body = openapi::TakenShare)),
)]
async fn take(
    State(trustee): State<Arc<TrusteeService>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Deposited>, Problem> {
    let body = whole(body)?;
    blocking(trustee, move |trustee| trustee.take(&body)).await.map(Json)
}

/// Gives the share of a bundle, sealed to the key that a `recovery.request` on the ledger names. The same question gets
/// the same answer.
#[utoipa::path(
    post,
    path = "/answers",
    operation_id = "answer",
    request_body(content = openapi::AnswerQuestion, content_type = "application/json"),
    responses((status = 200, description = "The share.", body = openapi::GivenAnswer)),
)]
async fn answer(
    State(trustee): State<Arc<TrusteeService>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Answer>, Problem> {
    let body = whole(body)?;
    blocking(trustee, move |trustee| trustee.answer(&body)).await.map(Json)
}

/// Whether it runs.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain")),
)]
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether a share could be kept now, and the ledger is known as it is.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    responses((status = 200, description = "It is.", body = String, content_type = "text/plain")),
)]
async fn ready(State(trustee): State<Arc<TrusteeService>>) -> Result<&'static str, Problem> {
    blocking(trustee, TrusteeService::check_ready).await.map(|()| "ready\n")
}

fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        _ => ApiError::Malformed,
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::Malformed)
}

/// Runs what blocks (the database, the disk) off the async threads.
async fn blocking<T: Send + 'static>(
    trustee: Arc<TrusteeService>,
    act: impl FnOnce(&TrusteeService) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(move || act(&trustee)).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// The database in the data folder.
pub(crate) const DATABASE: &str = "trustee.sqlite";
/// What was followed of the ledger.
pub(crate) const FOLLOWED: &str = "followed.json";
/// A wallet asks once; a desk, for those who stand there.
const RATE: Rate = Rate::per_minute(60);
/// Bytes of a bundle of sixteen trustees, with room.
const MAX_BODY: usize = 16 * 1024;
/// An answer takes no longer, else it is 503.
const ANSWER: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;
