//! The same two files on a command line.

use std::path::PathBuf;

use super::TlsFiles;

/// A certificate and its key, flattened into the command that runs a service.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct TlsArgs {
    /// Speaks TLS with this certificate, in PEM: the service's own first, then those between it and an authority that
    /// clients know. Read again when it changes.
    #[arg(long, env = "YONG_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM without a passphrase.
    #[arg(long, env = "YONG_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// What was given here, else what a configuration says.
    pub fn or(self, configured: Option<TlsFiles>) -> Option<TlsFiles> {
        match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            _ => configured,
        }
    }
}
