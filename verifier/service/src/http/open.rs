//! From settings to a service that can be started.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use openid4vc::url::is_private;
use service::clock::Clock;
use service::http::{BadPublicUrl, Exposed, Exposure, Reach};
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
    #[error(
        "answers to {0} would travel in the clear; give the counter a certificate (`tls`), or set `public_url` to the \
         https address of a proxy before it, or to an address of this machine"
    )]
    NotPrivate(Url),
    /// The public address cannot be served.
    #[error(transparent)]
    PublicUrl(#[from] BadPublicUrl),
    /// Anybody in the network could ask citizens in the counter's name.
    #[error(
        "others than this machine can reach the counter, since {0}, and could ask in its name; set `token_file` to a \
         file with a token"
    )]
    TokenNeeded(Exposed),
    /// Anybody in the network could work at the counter's page.
    #[error(
        "others than this machine can reach the counter, since {0}, and could work at its page; set `clerks` to the \
         password file that `verifier clerk add` makes"
    )]
    ClerksNeeded(Exposed),
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
    let public_url = settings.public_url.clone().unwrap_or_else(|| own_address("http", address));
    if !is_private(&public_url) {
        return Err(OpenError::NotPrivate(public_url));
    }
    let exposure = Exposure::new(address, Some(public_url.as_str()), settings.trusted_proxies.clone())?;
    if let (Reach::Others(why), None) = (exposure.reach(), &settings.token) {
        return Err(OpenError::TokenNeeded(why.clone()));
    }
    let door = door(&settings, &exposure, &public_url)?;
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
    let state = State::exposed(relying_party, settings.token, settings.requests_per_s, door, exposure);
    state.keep_data_in(&data);
    match settings.assistant {
        Some(url) if !state.use_assistant(url.clone()) => Err(OpenError::AssistantElsewhere(url)),
        _ => Ok(state),
    }
}

/// The door of the password file. Where none is there and none is needed, the page is open to whoever sits at the
/// machine, unless a token is asked for, which the page would get around.
fn door(settings: &Settings, exposure: &Exposure, public_url: &Url) -> Result<Door, OpenError> {
    let kept = settings.data.join(CLERKS);
    let path = settings.clerks.clone().or_else(|| kept.exists().then_some(kept));
    let transport = if public_url.scheme() == "https" { Transport::Tls } else { Transport::Plain };
    match (path, exposure.reach()) {
        (Some(path), _) => Door::with_roster(&path, COOKIE, transport).map_err(OpenError::Clerks),
        (None, Reach::Others(why)) => Err(OpenError::ClerksNeeded(why.clone())),
        (None, Reach::ThisMachine) if settings.token.is_some() => Ok(Door::closed()),
        (None, Reach::ThisMachine) => Ok(Door::without_roster(exposure)),
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
pub(super) fn own_address(scheme: &str, address: SocketAddr) -> Url {
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { bracketed(address) };
    let url = format!("{scheme}://{host}:{}", address.port());
    url.parse().expect("a socket address is a web address")
}

fn bracketed(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}
