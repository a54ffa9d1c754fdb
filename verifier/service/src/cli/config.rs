//! The configuration file of `verifier serve`, and which ledger it trusts: one whose genesis was handed over, or the
//! ledger's own word the first time. Flags and environment come before the file, the defaults after it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use circuits::schema::Localized;
use ledger::client::Client;
use ledger::genesis::Genesis;
use serde::Deserialize;
use service::durable::{self, Readers};
use service::http::TrustedProxies;
use service::tls::TlsFiles;
use url::Url;

use super::error::CliError;

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
    /// File that remembers how many uses were counted.
    pub(super) marker: Option<PathBuf>,
    /// The trusted genesis file.
    pub(super) genesis: Option<PathBuf>,
    /// Where wallets reach the service.
    pub(super) public_url: Option<Url>,
    /// Proxies whose word on a client's address counts, as IP networks.
    #[serde(default)]
    pub(super) trusted_proxies: TrustedProxies,
    /// Certificate authorities in PEM that are believed beside the public ones.
    pub(super) ca: Option<PathBuf>,
    /// A certificate and its key: the service speaks TLS itself.
    pub(super) tls: Option<TlsFiles>,
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
    pub(super) fn read(path: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text =
            fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
        toml::from_str(&text)
            .map_err(|error| CliError::Config { path: path.to_owned(), reason: error.message().to_owned() })
    }
}

/// A configuration's text, read and dropped.
#[cfg(feature = "fuzzing")]
pub fn read_config_for_fuzzing(text: &str) {
    let _ = toml::from_str::<Config>(text);
}

/// Where trust comes from when none was given before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstContact {
    /// Refuse to start.
    Refuse,
    /// Believe whoever answers, and keep to it.
    Believe,
}

/// The genesis from `given`, else the one kept in the data directory, else the ledger's own if that is allowed.
pub(super) fn trusted(
    given: Option<&Path>,
    data: &Path,
    ledger: &Url,
    first: FirstContact,
) -> Result<Genesis, CliError> {
    let kept = data.join("genesis.json");
    if let Some(path) = given {
        return read(path);
    }
    if kept.exists() {
        return read(&kept);
    }
    if first == FirstContact::Refuse {
        return Err(CliError::NoGenesis);
    }
    let genesis =
        Client::new(ledger.clone()).genesis().map_err(|error| CliError::Ledger(error.to_string()))?;
    fs::create_dir_all(data).map_err(|source| CliError::File { path: data.to_owned(), source })?;
    durable::replace(&kept, &genesis.to_bytes(), Readers::Everybody)?;
    Ok(genesis)
}

fn read(path: &Path) -> Result<Genesis, CliError> {
    let bytes = fs::read(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    serde_json::from_slice(service::spreadsheet::unmarked(&bytes))
        .map_err(|_| CliError::Genesis(path.to_owned()))
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
