//! What a department decides about its witness.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::{fs, io};

use ledger::note::{KeyName, NoteKey};
use serde::Deserialize;
use service::http::TrustedProxies;
use service::tls::TlsFiles;

/// Settings of a witness. TOML form: a table with these names; unknown ones are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Its folder, made when it is missing. Losing it means a new witness with a new key.
    pub data: PathBuf,
    /// Its secret key, for nothing but cosigning.
    pub key: PathBuf,
    /// Its name, as in the genesis.
    pub name: KeyName,
    /// The logs that it cosigns, as vkeys.
    #[serde(default)]
    pub logs: Vec<NoteKey>,
    /// Genesis files of logs that it replays: it cosigns a checkpoint of these only if every entry up to it keeps the
    /// rules and every root derives. They need not be under `logs` again.
    #[serde(default)]
    pub replay: Vec<PathBuf>,
    /// Where to listen; loopback by default.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Proxies whose word on a client's address counts, as IP networks. All who come through another proxy are counted
    /// together.
    #[serde(default)]
    pub trusted_proxies: TrustedProxies,
    /// A certificate and its key: the witness speaks TLS itself.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
}

/// Why a configuration file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file: {0}")]
    Io(#[from] io::Error),
    /// The file is not what it should be.
    #[error("the configuration file is not valid: {0}")]
    Malformed(#[from] toml::de::Error),
}

impl WitnessConfig {
    /// Reads a TOML file.
    pub fn load(path: &Path) -> Result<Self, WitnessConfigError> {
        Ok(toml::from_str(&fs::read_to_string(path)?)?)
    }
}

fn listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, WITNESS_PORT).into()
}

/// The port of a witness unless it is told another.
pub const WITNESS_PORT: u16 = 7008;
