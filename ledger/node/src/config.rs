//! What an operator decides about a node.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use serde::Deserialize;
use service::http::{BadPublicUrl, Exposure, TrustedProxies};
use service::tls::TlsFiles;
use url::Url;

use crate::cosign::WitnessAddress;
use crate::sequencer::SequencerConfig;

/// Settings of a node. TOML form: a table with these names; unknown ones are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data directory that `init` made.
    pub data: PathBuf,
    /// Where the order is kept: `sqlite`, the default, or `postgres://…`.
    #[serde(default)]
    pub store: SequencerConfig,
    /// Where to listen; loopback by default.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// How many submissions may wait; one more is answered 503. Default 256.
    #[serde(default = "queue")]
    pub queue: usize,
    /// Where the witnesses of the genesis take checkpoints. A checkpoint is published when a quorum has cosigned it.
    #[serde(default)]
    pub witnesses: Vec<WitnessAddress>,
    /// Seconds that a start waits for witnesses to say what they have seen. Default 30.
    #[serde(default = "witness_patience_s")]
    pub witness_patience_s: u64,
    /// Where readers find the node, if that is not where it listens: behind a proxy, perhaps under a path.
    #[serde(default)]
    pub public_url: Option<Url>,
    /// Proxies whose word on a client's address counts, as IP networks. Whoever sends from one can claim any address.
    #[serde(default)]
    pub trusted_proxies: TrustedProxies,
    /// A certificate and its key: the node speaks TLS itself.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// Certificate authorities in PEM that are believed beside the public ones, for witnesses with a private certificate.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Requests that one network address may make in a second, twice as many at once; more are answered 429. Programs of
    /// this machine are not counted as long as it has neither `public_url` nor `trusted_proxies`; all who come through a
    /// proxy that is not trusted are one address. Default 200.
    #[serde(default = "requests_per_second")]
    pub requests_per_second: NonZeroU32,
    /// Seconds after which a root is stated though nothing has happened, 1 to 300, so that followers see that the ledger is
    /// there and that nothing was kept from them. Default 240, which leaves a minute for witnesses.
    #[serde(default)]
    pub heartbeat_s: Heartbeat,
    /// What a start makes of this machine's clock. Not in the file: it is somebody's word about one start.
    #[serde(skip)]
    pub start_clock: StartClock,
}

/// What a start makes of the machine's clock. While a node runs, jumps are noticed in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartClock {
    /// It is believed if it is at most a day after the newest state root; else witnesses must confirm it.
    #[default]
    Compared,
    /// Somebody compared it with another clock.
    Accepted,
}

/// How often a root is stated at least: 1 to 300 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct Heartbeat(u64);

/// A heartbeat outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a root is stated every 1 to {MOST_HEARTBEAT_S} seconds, not every {0}")]
pub struct HeartbeatError(pub u64);

impl TryFrom<u64> for Heartbeat {
    type Error = HeartbeatError;
    fn try_from(seconds: u64) -> Result<Self, HeartbeatError> {
        if (1..=MOST_HEARTBEAT_S).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(HeartbeatError(seconds))
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self(240)
    }
}

/// Why a configuration file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file")]
    Io(#[from] io::Error),
    /// The file is not what it should be.
    #[error("the configuration file is not valid: {0}")]
    Malformed(#[from] toml::de::Error),
}

impl Config {
    /// Default settings for a data directory.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            store: SequencerConfig::default(),
            listen: listen(),
            queue: queue(),
            witnesses: Vec::new(),
            witness_patience_s: witness_patience_s(),
            public_url: None,
            trusted_proxies: TrustedProxies::default(),
            tls: None,
            ca: None,
            requests_per_second: requests_per_second(),
            heartbeat_s: Heartbeat::default(),
            start_clock: StartClock::default(),
        }
    }

    /// How often a root is stated at least.
    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_s.0)
    }

    /// Reads a TOML file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Ok(toml::from_str(&fs::read_to_string(path)?)?)
    }

    /// How the node is reached that listens there.
    pub fn exposure(&self, listener: SocketAddr) -> Result<Exposure, BadPublicUrl> {
        Exposure::new(listener, self.public_url.as_ref().map(Url::as_str), self.trusted_proxies.clone())
    }
}

fn listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()
}

fn witness_patience_s() -> u64 {
    30
}

fn queue() -> usize {
    256
}

fn requests_per_second() -> NonZeroU32 {
    REQUESTS_PER_SECOND
}

/// Requests of one network address in a second.
pub(crate) const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(200).expect("200 is not 0");
/// Followers take a ledger for silent after a few times as long.
const MOST_HEARTBEAT_S: u64 = 300;
/// The port of a ledger node unless it is told another.
pub const DEFAULT_PORT: u16 = 7001;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_loopback_and_bounded() {
        let config: Config = toml::from_str("data = '/srv/ledger'").unwrap();
        assert_eq!(config, Config::new("/srv/ledger"));
        assert_eq!(config.listen.to_string(), "127.0.0.1:7001");
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(toml::from_str::<Config>("data = 'x'\nport = 1").is_err());
        assert!(toml::from_str::<Config>("data = 'x'\n[tls]\ncert = 'c'\nkey = 'k'").is_ok());
        assert!(toml::from_str::<Config>("data = 'x'\n[tls]\ncert = 'c'").is_err());
        assert!(toml::from_str::<Config>("data = 'x'\nstart_clock = 'Accepted'").is_err());
        assert!(toml::from_str::<Config>("data = 'x'\nrequests_per_second = 0").is_err());
        assert!(toml::from_str::<Config>("data = 'x'\ntrusted_proxies = ['proxy.example']").is_err());
        for seconds in [0, 301] {
            assert!(toml::from_str::<Config>(&format!("data = 'x'\nheartbeat_s = {seconds}")).is_err());
        }
    }
}
