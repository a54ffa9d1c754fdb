//! The configuration file of `verifier serve`. Flags and environment come before it, the defaults after it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use circuits::schema::Localized;
use serde::Deserialize;
use url::Url;

use super::failure::Failure;

/// Everything that can be configured; TOML, unknown keys are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Address to listen on.
    pub(super) listen: Option<SocketAddr>,
    /// The ledger's node or a mirror of it.
    pub(super) ledger: Option<Url>,
    /// The data directory.
    pub(super) data: Option<PathBuf>,
    /// The trusted genesis file.
    pub(super) genesis: Option<PathBuf>,
    /// Where wallets reach the service.
    pub(super) public_url: Option<Url>,
    /// Who asks, by language.
    pub(super) name: Option<Localized>,
    /// Where to complain, by language.
    pub(super) complaint: Option<Localized>,
    /// Accept development keys.
    pub(super) development: Option<bool>,
    /// Seconds that a request may be answered, 10 to 300.
    pub(super) lifetime_s: Option<u64>,
    /// Seconds without following after which the service is not ready.
    pub(super) ready_within_s: Option<u64>,
    /// File with the token that `POST /requests` asks for.
    pub(super) token_file: Option<PathBuf>,
    /// Password file of the counter's page.
    pub(super) clerks: Option<PathBuf>,
    /// Address of the assistant that opens sealed papers, on this machine.
    pub(super) assistant: Option<Url>,
    /// Requests per second and address.
    pub(super) requests_per_s: Option<u32>,
}

impl Config {
    pub(super) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| Failure::File { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|error| Failure::Config { path: path.to_owned(), reason: error.message().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Config>("development = true\nlifetime_s = 60").is_ok());
        assert!(toml::from_str::<Config>("developement = true").is_err());
    }
}
