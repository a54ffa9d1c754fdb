//! From settings to a service that can be started.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use openid4vc::url::is_loopback;
use service::clock::Clock;
use service::staff::{Door, RosterError, Transport};
use url::Url;

use super::State;
use super::settings::Settings;
use crate::certificate::{CertificateError, VerifierCertificate};
use crate::following::{FileError, Following};
use crate::relying_party::{About, RelyingParty};
use crate::store::{Store, StoreError, marker_of};

/// Why a service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error("{path}: {source}")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The database does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state of following does not read.
    #[error(transparent)]
    Following(#[from] FileError),
    /// Answers would travel in the clear.
    #[error("answers to {0} would travel in the clear; only an address of this machine is possible")]
    NotPrivate(Url),
    /// Anybody in the network could ask citizens in the counter's name.
    #[error("{0} can be reached by others, who could then ask in the counter's name without a token")]
    TokenNeeded(SocketAddr),
    /// Anybody in the network could work at the counter's page.
    #[error("{0} can be reached by others, who could then work at the counter's page without signing in")]
    ClerksNeeded(SocketAddr),
    /// A citizen's paper and code would travel to another machine.
    #[error("the assistant at {0} is not on this machine, where paper and code stay")]
    AssistantElsewhere(Url),
    /// The password file does not read.
    #[error("{0}")]
    Clerks(RosterError),
}

/// The database's name in the data directory.
pub(crate) const DATABASE: &str = "verifier.sqlite";
/// The password file's name in the data directory.
pub(crate) const CLERKS: &str = "clerks";
/// The page's cookie; cookies know no port, so each service of one machine has its own name.
const COOKIE: &str = "yong_counter";

/// Opens the data directory, making what is missing in it. `address` is where the service listens.
pub fn open(settings: Settings, address: SocketAddr) -> Result<Arc<State>, OpenError> {
    open_with(settings, address, Clock::system())
}

/// [`open`] with a clock.
pub fn open_with(settings: Settings, address: SocketAddr, clock: Clock) -> Result<Arc<State>, OpenError> {
    let public_url = settings.public_url.clone().unwrap_or_else(|| own_address(address));
    if !is_loopback(&public_url) {
        return Err(OpenError::NotPrivate(public_url));
    }
    if !address.ip().is_loopback() && settings.token.is_none() {
        return Err(OpenError::TokenNeeded(address));
    }
    let door = door(&settings, address, &public_url)?;
    let data = settings.data.clone();
    // The database names pseudonyms and, for an hour, attributes: nobody else may look in.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&data)
        .map_err(|source| OpenError::Data { path: data.clone(), source })?;
    let name = settings.name.text("en");
    let certificate = VerifierCertificate::open_or_make(&data.join("certificate"), name, clock.now())?;
    let marker = settings.marker.clone().unwrap_or_else(|| marker_of(&data));
    let store = Store::open_counting(&data.join(DATABASE), &marker)?;
    let source = settings.ledger.source();
    let following =
        Following::resume(source, &settings.genesis, data.join("following.json"), settings.development)?;
    let relying_party = RelyingParty::new(about(&settings, public_url), certificate, store, following, clock);
    let state = match door {
        Some(door) => State::with_door(relying_party, settings.token, settings.requests_per_s, door),
        None => State::new(relying_party, settings.token, settings.requests_per_s),
    };
    match settings.assistant {
        Some(url) if !state.use_assistant(url.clone()) => Err(OpenError::AssistantElsewhere(url)),
        _ => Ok(state),
    }
}

/// The door of the password file; `None` where none is there and none is needed.
fn door(settings: &Settings, address: SocketAddr, public_url: &Url) -> Result<Option<Door>, OpenError> {
    let kept = settings.data.join(CLERKS);
    let path = settings.clerks.clone().or_else(|| kept.exists().then_some(kept));
    let transport = if public_url.scheme() == "https" { Transport::Tls } else { Transport::Plain };
    match path {
        Some(path) => Door::with_roster(&path, COOKIE, transport).map(Some).map_err(OpenError::Clerks),
        None if address.ip().is_loopback() && is_loopback(public_url) => Ok(None),
        None => Err(OpenError::ClerksNeeded(address)),
    }
}

fn about(settings: &Settings, public_url: Url) -> About {
    About {
        name: settings.name.clone(),
        complaint: settings.complaint.clone(),
        public_url,
        lifetime: settings.lifetime,
        ready_within_s: settings.ready_within_s,
    }
}

/// A service that listens on every address is reached on loopback.
fn own_address(address: SocketAddr) -> Url {
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { bracketed(address) };
    let url = format!("http://{host}:{}", address.port());
    url.parse().expect("a socket address is a web address")
}

fn bracketed(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}
