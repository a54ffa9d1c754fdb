//! TLS of a service: a certificate with its key, read again when the files change.
//!
//! HTTP/1.1 alone is offered. Whatever a renewal does to the two files, and in whichever order, a service goes on with the
//! last pair that fitted.

#[cfg(feature = "cli")]
mod args;
mod pair;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[cfg(feature = "cli")]
pub use args::TlsArgs;
pub use pair::TlsError;

use self::pair::Texts;

/// The table `[tls]` of a service's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The service's certificate in PEM, then those of the authorities between it and the one that clients know.
    pub cert: PathBuf,
    /// Its private key in PEM, without a passphrase. A thief answers in the service's name.
    pub key: PathBuf,
}

/// What a listener shakes hands with. Clones share the certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    watched: Arc<Watched>,
}

impl Tls {
    /// Reads both files, which must fit.
    pub fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let texts = Texts::read(files)?;
        let certificate = Arc::new(Current(RwLock::new(Arc::new(texts.pair(files)?))));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the library knows the versions that it offers");
        let resolver: Arc<dyn ResolvesServerCert> = certificate.clone();
        let mut config = versions.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let looked = Looked { at: Instant::now(), found: Some(texts.digest()) };
        let watched = Watched { files: files.clone(), certificate, looked: Mutex::new(looked) };
        Ok(Self { acceptor: Arc::new(config).into(), watched: Arc::new(watched) })
    }

    /// Shakes hands. However long the client takes: whoever calls bounds it.
    pub(crate) async fn accept<I>(&self, stream: I) -> io::Result<TlsStream<I>>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        if self.watched.is_due() {
            let watched = Arc::clone(&self.watched);
            tokio::task::spawn_blocking(move || watched.look()).await.map_err(io::Error::other)?;
        }
        self.acceptor.accept(stream).await
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.watched.files).finish_non_exhaustive()
    }
}

/// The pair that new connections are shown.
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Current")
    }
}

struct Watched {
    files: TlsFiles,
    certificate: Arc<Current>,
    looked: Mutex<Looked>,
}

/// The last look at the files.
struct Looked {
    at: Instant,
    /// The digest of what was in them; `None` if they could not be read. What is the same is not judged again.
    found: Option<[u8; 32]>,
}

impl Watched {
    /// Whether it is time to look, which is said to one caller only.
    fn is_due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.at.elapsed() >= LOOK_EVERY;
        if due {
            looked.at = Instant::now();
        }
        due
    }

    /// Takes a new pair that fits. Files are compared by content: a copy may keep its time and length.
    fn look(&self) {
        let texts = Texts::read(&self.files);
        let found = texts.as_ref().ok().map(Texts::digest);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if found == looked.found {
            return;
        }
        looked.found = found;
        match texts.and_then(|texts| texts.pair(&self.files)) {
            Ok(pair) => {
                *self.certificate.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::info!(cert = %self.files.cert.display(), "a new certificate is shown from now on");
            }
            Err(error) => tracing::error!(%error, "the service goes on with the certificate that it had"),
        }
    }
}

/// How often the files are read, at most, and only when somebody connects.
const LOOK_EVERY: Duration = Duration::from_secs(10);

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
