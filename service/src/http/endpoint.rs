//! Where a service takes connections.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::tls::Tls;

/// A listener, and the certificate that it shows if it speaks TLS.
#[derive(Debug)]
pub struct Endpoint {
    listener: TcpListener,
    tls: Option<Tls>,
}

/// Wallets and browsers would be sent to an address that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`public_url` is {0}, but the service speaks TLS; write https, or take its certificate away")]
pub struct PlainPublicUrl(String);

impl Endpoint {
    /// Without a certificate it speaks HTTP in the clear.
    pub fn new(listener: TcpListener, tls: Option<Tls>) -> Self {
        Self { listener, tls }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// `https`, or `http` without a certificate.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// A service that speaks TLS is not reached at an address of `http`. One that does not may be reached at `https`,
    /// through a proxy.
    pub fn check_public_url(&self, public_url: Option<&str>) -> Result<(), PlainPublicUrl> {
        let plain = public_url.filter(|url| self.tls.is_some() && url.starts_with("http:"));
        plain.map_or(Ok(()), |url| Err(PlainPublicUrl(url.to_owned())))
    }

    pub(super) fn into_parts(self) -> (TcpListener, Option<Tls>) {
        (self.listener, self.tls)
    }
}

impl From<TcpListener> for Endpoint {
    fn from(listener: TcpListener) -> Self {
        Self::new(listener, None)
    }
}
