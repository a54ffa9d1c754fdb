//! A private certificate authority on a command line.

use std::path::{Path, PathBuf};

/// Whom a program's clients believe beside the public authorities; flattened into a command line whose commands connect.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Authority {
    /// Believes the certificate authorities in this file too, in PEM: for services whose certificate is not public.
    #[arg(long, global = true, env = "YONG_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Authority {
    /// The file.
    pub fn file(&self) -> Option<&Path> {
        self.ca.as_deref()
    }
    /// What to do about a file that does not serve.
    pub const REMEDY: &str = "Give the authority's certificate as a file in PEM, with --ca, YONG_CA or `ca` in the configuration; \
                              SSL_CERT_FILE, if it is set, must be such a file too.";
}
