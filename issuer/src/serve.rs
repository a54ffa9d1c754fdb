//! The running desk: HTTP, and the ledger followed in the background.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::serve::ListenerExt as _;
use ledger::follow::FollowError;
use service::staff::{Door, Transport};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

use crate::config::Config;
use crate::http::{Access, AdminToken, Pace, Service, Tally, app};
use crate::issuer::{ActError, Issuer, OpenError, Ran};

/// Why a desk does not run, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The network ended it.
    #[error("the listener: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs a desk until `shutdown` ends. It answers at once; `/readyz` says when the ledger has been followed.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let office = tokio::task::spawn_blocking(move || Issuer::open(config));
    let office = office.await.expect("opening a desk does not panic")?;
    serve_issuer(Arc::new(office), listener, shutdown).await
}

/// Runs an opened desk until `shutdown` ends.
pub async fn serve_issuer(
    office: Arc<Issuer>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let service = Arc::new(service(office, listener.local_addr()?)?);
    let following = tokio::spawn(follow(service.clone()));
    let working = tokio::spawn(work_on_lists(service.clone()));
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move {
        shutdown.await;
        // Nobody listens when the server ended before.
        stop.send(()).ok();
    };
    // A connection that cannot be tuned is a connection still.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let router = app(service).into_make_service_with_connect_info::<SocketAddr>();
    let served = tokio::select! {
        served = async { axum::serve(listener, router).with_graceful_shutdown(shutdown).await } => served,
        () = grace(stopped) => Ok(()),
    };
    following.abort();
    working.abort();
    Ok(served?)
}

/// Ends some time after the shutdown began, so that a connection that hangs does not keep the desk.
async fn grace(stopped: oneshot::Receiver<()>) {
    match stopped.await {
        Ok(()) => tokio::time::sleep(GRACE).await,
        Err(_) => std::future::pending().await,
    }
}

/// What the handlers of a listener at this address see.
pub(crate) fn service(office: Arc<Issuer>, listener: SocketAddr) -> Result<Service, OpenError> {
    Ok(Service {
        access: access(office.config().admin_token.as_deref(), listener)?,
        door: door(office.config(), listener)?,
        tries: Mutex::default(),
        lists: Notify::new(),
        pace: Pace::new(),
        tally: Tally::default(),
        imported: AtomicBool::new(office.config().schemas.iter().all(|g| g.records.is_none())),
        office,
    })
}

fn door(config: &Config, listener: SocketAddr) -> Result<Door, OpenError> {
    let Some(path) = &config.staff.clerks else { return Ok(Door::without_roster(listener)) };
    let tls = config.public_url.as_str().starts_with("https:");
    let transport = if tls { Transport::Tls } else { Transport::Plain };
    Door::with_roster(path, COOKIE, transport).map_err(OpenError::Clerks)
}

/// Does uploaded lists, part by part; lists that a restart interrupted go first.
async fn work_on_lists(service: Arc<Service>) {
    loop {
        let office = service.office.clone();
        let ran = tokio::task::spawn_blocking(move || office.run_a_part()).await;
        match ran {
            Ok(Ok(Ran::Part)) => {}
            Ok(Ok(Ran::Idle)) => service.lists.notified().await,
            Ok(Err(e)) => {
                tracing::warn!("an uploaded list: {e}");
                tokio::time::sleep(LIST_RETRY).await;
            }
            Err(e) => {
                tracing::error!("an uploaded list: {e}");
                tokio::time::sleep(LIST_RETRY).await;
            }
        }
    }
}

fn access(token: Option<&Path>, listener: SocketAddr) -> Result<Access, OpenError> {
    let token = token.map(AdminToken::load).transpose().map_err(OpenError::AdminToken)?;
    Ok(Access::for_listener(listener, token))
}

/// Follows the ledger; once it is followed, sends plans that have no answer again and imports the configured records.
async fn follow(service: Arc<Service>) {
    let every = Duration::from_secs(service.office.config().sync_seconds);
    let mut turn = Turn::First;
    loop {
        let service = service.clone();
        let next = tokio::task::spawn_blocking(move || follow_once(&service, turn)).await;
        turn = next.unwrap_or(turn);
        tokio::time::sleep(every).await;
    }
}

/// Whether the desk has followed the ledger since its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Later,
}

fn follow_once(service: &Service, turn: Turn) -> Turn {
    if let Err(e) = service.office.sync() {
        service.tally.syncs_failed.add(1);
        if matches!(e, FollowError::Misbehaviour(_)) {
            tracing::error!("{e}");
        } else {
            tracing::warn!("following the ledger: {e}");
        }
        return turn;
    }
    let older_than = if turn == Turn::First { 0 } else { STUCK_SECONDS };
    let pending = service.office.settle_pending(older_than);
    pending.unwrap_or_else(|e| tracing::warn!("sending plans again: {e}"));
    if service.office.is_ready() && !service.imported.load(Ordering::Acquire) {
        import_all(&service.office);
        service.imported.store(true, Ordering::Release);
    }
    Turn::Later
}

fn import_all(office: &Issuer) {
    for grantable in &office.config().schemas {
        let Some(path) = &grantable.records else { continue };
        match import(office, grantable, path) {
            Ok(refused) => {
                tracing::info!(schema = %grantable.schema, refused, "imported the configured records");
            }
            Err(e) => tracing::error!(schema = %grantable.schema, "the configured records: {e}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error(transparent)]
    Rows(#[from] crate::rows::RowsError),
    #[error(transparent)]
    Act(#[from] ActError),
}

/// Number of refused lines.
fn import(office: &Issuer, grantable: &crate::config::Grantable, path: &Path) -> Result<usize, ImportError> {
    let mut refused = 0;
    for chunk in crate::rows::chunks(path)? {
        let outcomes = office.import_records(&grantable.schema, &chunk?)?;
        refused += outcomes.iter().filter(|o| matches!(o, crate::admin::RowOutcome::Refused(_))).count();
    }
    Ok(refused)
}

/// A plan that has had no answer for so long is sent again by the background; until then whoever made it waits for it.
const STUCK_SECONDS: u64 = 30;
/// How long a list waits after trouble with the ledger or the database.
const LIST_RETRY: Duration = Duration::from_secs(2);
/// The cookie of the desk's page.
const COOKIE: &str = "yong_desk";
/// How long requests that were begun may take after the shutdown.
const GRACE: Duration = Duration::from_secs(10);
