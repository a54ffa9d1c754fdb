//! The running issuer: HTTP, and the ledger followed in the background.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::follow::FollowError;
use service::clock::Clock;
use service::durable::WriteProbe;
use service::http::{AddressLimiter, Endpoint, Exposure, Limits, Loopback, Rate, Reach};
use service::staff::{Door, Transport};
use tokio::sync::Notify;

use crate::config::Config;
use crate::http::{Access, AdminToken, IssuerMetrics, Service, app};
use crate::issuer::{ActError, BindingError, Comparison, Issuer, OpenError, Ran};

/// Why an issuer does not run, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It would ask wallets for what the ledger does not let it ask for. Known once the ledger has been followed.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The network ended it.
    #[error("the listener: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs an issuer until `shutdown` ends. It answers at once; `/readyz` says when the ledger has been followed.
pub async fn serve(
    config: Config,
    endpoint: impl Into<Endpoint>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let issuer = tokio::task::spawn_blocking(move || Issuer::open(config));
    let issuer = issuer.await.expect("opening a desk does not panic")?;
    serve_issuer(Arc::new(issuer), endpoint, shutdown).await
}

/// Runs an opened issuer until `shutdown` ends, or until the ledger says that its configuration is wrong.
pub async fn serve_issuer(
    issuer: Arc<Issuer>,
    endpoint: impl Into<Endpoint>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let endpoint = endpoint.into();
    let service = Arc::new(service(issuer, endpoint.local_addr()?)?);
    endpoint.measure(service.metrics.all());
    let mut following = tokio::spawn(follow(service.clone()));
    let working = tokio::spawn(work_on_lists(service.clone()));
    let ended = tokio::select! {
        () = service::http::serve(endpoint, app(service), Limits::new(), shutdown) => Ok(()),
        Ok(refused) = &mut following => Err(refused.into()),
    };
    following.abort();
    working.abort();
    ended
}

/// What the handlers of a listener at this address see.
pub(crate) fn service(issuer: Arc<Issuer>, listener: SocketAddr) -> Result<Service, OpenError> {
    let config = issuer.config();
    let public_url = Some(config.public_url.as_str());
    let exposure = Exposure::new(listener, public_url, config.trusted_proxies.clone())?;
    Ok(Service {
        access: access(config.admin_token.as_deref(), exposure.reach())?,
        authenticator: authenticator(config, &exposure)?,
        exposure: Arc::new(exposure),
        lists: Notify::new(),
        screens: service::staff::Windows::default(),
        wallet_limiter: Arc::new(AddressLimiter::new(WALLET_RATE, Loopback::Exempt, Clock::system())),
        metrics: IssuerMetrics::new(),
        write_probe: WriteProbe::new(&config.data),
        imported: AtomicBool::new(issuer.config().schemas.iter().all(|g| g.records.is_none())),
        issuer,
    })
}

fn authenticator(config: &Config, exposure: &Exposure) -> Result<Door, OpenError> {
    let path = match (&config.staff.clerks, exposure.reach()) {
        (Some(path), _) => path,
        (None, Reach::ThisMachine) => return Ok(Door::without_roster(exposure)),
        (None, Reach::Others(why)) => return Err(OpenError::ClerksNeeded(why.clone())),
    };
    let tls = config.public_url.as_str().starts_with("https:");
    let transport = if tls { Transport::Tls } else { Transport::Plain };
    Door::with_roster(path, COOKIE, transport).map_err(OpenError::Clerks)
}

/// Does uploaded lists, part by part; lists that a restart interrupted go first.
async fn work_on_lists(service: Arc<Service>) {
    loop {
        let issuer = service.issuer.clone();
        let ran = tokio::task::spawn_blocking(move || issuer.run_a_part()).await;
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

fn access(token: Option<&Path>, reach: &Reach) -> Result<Access, OpenError> {
    match (token, reach) {
        (Some(path), _) => AdminToken::load(path).map(Access::Token).map_err(OpenError::AdminToken),
        (None, Reach::ThisMachine) => Ok(Access::Loopback),
        (None, Reach::Others(why)) => Err(OpenError::TokenNeeded(why.clone())),
    }
}

/// Follows the ledger; once it is followed, sends plans that have no answer again and imports the configured records. Ends
/// when the ledger says that the configuration is wrong.
async fn follow(service: Arc<Service>) -> BindingError {
    let every = Duration::from_secs(service.issuer.config().sync_seconds);
    let mut pass = SyncPass::First;
    loop {
        let service = service.clone();
        let next = tokio::task::spawn_blocking(move || follow_once(&service, pass)).await;
        match next.unwrap_or(Ok(pass)) {
            Ok(reached) => pass = reached,
            Err(refused) => return refused,
        }
        tokio::time::sleep(every).await;
    }
}

/// Whether the issuer has followed the ledger since its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SyncPass {
    First,
    Later,
}

fn follow_once(service: &Service, pass: SyncPass) -> Result<SyncPass, BindingError> {
    if let Err(e) = service.issuer.sync() {
        service.metrics.syncs_failed.increment(1);
        if matches!(e, FollowError::Misbehaviour(_)) {
            tracing::error!("{e}");
        } else {
            tracing::warn!("following the ledger: {e}");
        }
        return Ok(pass);
    }
    service.issuer.check_bindings()?;
    let older_than = if pass == SyncPass::First { 0 } else { STUCK_SECONDS };
    // What an old database still has to send may have been overtaken since.
    let behind = matches!(service.issuer.comparison(), Comparison::Behind { .. });
    let pending = if behind { Ok(()) } else { service.issuer.resolve_pending(older_than) };
    pending.unwrap_or_else(|e| tracing::warn!("sending plans again: {e}"));
    if service.issuer.is_ready() && !service.imported.load(Ordering::Acquire) {
        import_all(&service.issuer);
        service.imported.store(true, Ordering::Release);
    }
    Ok(SyncPass::Later)
}

fn import_all(issuer: &Issuer) {
    for grantable in &issuer.config().schemas {
        let Some(path) = &grantable.records else { continue };
        match import(issuer, grantable, path) {
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
fn import(issuer: &Issuer, grantable: &crate::config::Grantable, path: &Path) -> Result<usize, ImportError> {
    let mut refused = 0;
    for chunk in crate::rows::chunks(path, None)? {
        let outcomes = issuer.import_records(&grantable.schema, &chunk?)?;
        refused += outcomes.iter().filter(|o| matches!(o, crate::admin::RowOutcome::Refused(_))).count();
    }
    Ok(refused)
}

/// A plan that has had no answer for so long is sent again by the background; until then whoever made it waits for it.
const STUCK_SECONDS: u64 = 30;
/// How long a list waits after an error of the ledger or the database.
const LIST_RETRY: Duration = Duration::from_secs(2);
/// The cookie of the pages.
const COOKIE: &str = "yong_desk";
/// What one address may ask of what wallets use: receiving a credential takes six requests.
const WALLET_RATE: Rate = Rate::per_minute(120);
