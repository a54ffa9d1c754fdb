//! Who can reach a service, under which address, and who a request comes from.
//!
//! Three settings and the headers decide, here and nowhere else: where the service listens, its `public_url`, and
//! `trusted_proxies`.
//!
//! - What a proxy says ([`is_forwarded`]) takes rights away from a request: it does not come from this machine.
//! - It gives an address only where the proxy is trusted, and then the right-most one that no trusted proxy has: all
//!   before it is the sender's to choose.
//! - A service that others can reach ([`Reach::Others`]) has no rights for whoever sits at its machine, since a proxy
//!   there is such a program too, and need not say that it is a proxy.

mod forwarding;
mod mount;
mod network;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, Uri};

pub use forwarding::is_forwarded;
pub use mount::expose;
pub use network::{Network, NetworkError, TrustedProxies};

use super::origin::{host_is_loopback, names_this_machine};

/// How a service can be reached.
#[derive(Clone, Debug)]
pub struct Exposure {
    reach: Reach,
    base: Base,
    /// As browsers write it in `Origin`.
    origin: Option<String>,
    proxies: TrustedProxies,
}

/// Who can reach a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine.
    ThisMachine,
    /// Others too, and why that is so.
    Others(Exposed),
}

/// Why others than this machine can reach a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exposed {
    /// The listener takes connections from elsewhere.
    #[error("it listens on {0}")]
    Listener(SocketAddr),
    /// Its address is not one of this machine.
    #[error("its `public_url` is {0}")]
    PublicUrl(String),
    /// A proxy passes requests on.
    #[error("it has `trusted_proxies`")]
    Proxies,
}

/// A `public_url` under which no service can be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`public_url` {0} is not http(s)://HOST[:PORT][/PATH] with a path of letters, digits and -._~ between single slashes"
)]
pub struct BadPublicUrl(String);

/// The path under which a service is reached, without a slash at its end: `/desk`, or nothing.
///
/// A service has one for as long as it runs, so the text is never freed and pages copy it freely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Base(&'static str);

impl Base {
    /// What stands before every path of the service.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// Whose request it is, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A program of this machine, with no proxy between.
    Local,
    /// Whoever has this address.
    At(IpAddr),
    /// Somebody behind a proxy that does not tell, or is not trusted to: its own address is all that is known.
    Behind(IpAddr),
}

impl Client {
    /// The address that requests are counted by.
    pub fn address(self) -> IpAddr {
        match self {
            Self::Local => Ipv4Addr::LOCALHOST.into(),
            Self::At(address) | Self::Behind(address) => address,
        }
    }
}

impl Exposure {
    /// From the settings. `public_url` is absent where the service is reached where it listens.
    pub fn new(
        listener: SocketAddr,
        public_url: Option<&str>,
        proxies: TrustedProxies,
    ) -> Result<Self, BadPublicUrl> {
        let public = public_url.map(PublicUrl::parse).transpose()?;
        let reach = if !listener.ip().to_canonical().is_loopback() {
            Reach::Others(Exposed::Listener(listener))
        } else if let Some(public) = public.as_ref().filter(|public| !public.is_loopback) {
            Reach::Others(Exposed::PublicUrl(public.origin.clone()))
        } else if !proxies.is_empty() {
            Reach::Others(Exposed::Proxies)
        } else {
            Reach::ThisMachine
        };
        let base = public.as_ref().map(|public| public.base).unwrap_or_default();
        Ok(Self { reach, base, origin: public.map(|public| public.origin), proxies })
    }

    /// A service that only this machine can reach, at the root of wherever it listens.
    pub fn this_machine() -> Self {
        let proxies = TrustedProxies::default();
        Self { reach: Reach::ThisMachine, base: Base::default(), origin: None, proxies }
    }

    /// Who can reach it.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }
    /// The path that it is reached under.
    pub fn base(&self) -> Base {
        self.base
    }
    /// Its origin as browsers name it, if it has a `public_url`.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }
    /// Why everybody beyond the proxy counts as one client, where that is so.
    pub fn unknown_clients(&self) -> Option<&Exposed> {
        match &self.reach {
            Reach::Others(why @ Exposed::PublicUrl(_)) if self.proxies.is_empty() => Some(why),
            Reach::Others(_) | Reach::ThisMachine => None,
        }
    }

    /// Whose request came over a connection from `peer` with these headers.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if self.proxies.contains(peer) {
            return forwarding::client(headers, &self.proxies).map_or(Client::Behind(peer), Client::At);
        }
        match (peer.is_loopback(), &self.reach) {
            (false, _) => Client::At(peer),
            (true, Reach::ThisMachine) if !is_forwarded(headers) => Client::Local,
            (true, Reach::ThisMachine | Reach::Others(_)) => Client::Behind(peer),
        }
    }

    /// What [`expose`] noted with a request.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get::<Arc<Self>>().map(Arc::as_ref)
    }
}

/// Whose request it is, as [`expose`] noted it. Without that, the connection says; a request that came over no network
/// is this machine's.
pub fn client(extensions: &Extensions) -> Client {
    let noted = extensions.get::<Client>().copied();
    noted.unwrap_or_else(|| match peer(extensions) {
        peer if peer.is_loopback() => Client::Local,
        peer => Client::At(peer),
    })
}

/// Where the connection comes from; a request that came over no network is this machine's.
fn peer(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(Ipv4Addr::LOCALHOST.into(), |info| info.0.ip().to_canonical())
}

/// Whether a request to a service that only this machine can reach names it as such, and no proxy passed it on.
pub fn is_of_this_machine(headers: &HeaderMap) -> bool {
    host_is_loopback(headers) && !is_forwarded(headers)
}

struct PublicUrl {
    origin: String,
    base: Base,
    is_loopback: bool,
}

impl PublicUrl {
    fn parse(text: &str) -> Result<Self, BadPublicUrl> {
        let bad = || BadPublicUrl(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| bad())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or_else(bad)?;
        let authority =
            uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(bad)?;
        let path = uri.path().trim_end_matches('/');
        if uri.query().is_some() || text.contains('#') || !is_plain(path) {
            return Err(bad());
        }
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let name = authority.as_str().to_ascii_lowercase();
        let name = name.strip_suffix(usual).unwrap_or(&name);
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let is_loopback = names_this_machine(host);
        let base = if path.is_empty() { Base::default() } else { Base(path.to_owned().leak()) };
        Ok(Self { origin: format!("{scheme}://{name}"), base, is_loopback })
    }
}

/// A path that needs no escapes in pages, cookies and headers.
fn is_plain(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let segment = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(plain);
    path.is_empty() || path.strip_prefix('/').is_some_and(|path| path.split('/').all(segment))
}

#[cfg(test)]
mod tests;
