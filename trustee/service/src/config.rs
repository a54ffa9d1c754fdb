//! The trustee's configuration file.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use circuits::credential::DepartmentId;
use serde::Deserialize;
use service::http::TrustedProxies;
use service::tls::TlsFiles;
use url::Url;

/// Everything a trustee is told. TOML; relative paths are relative to the file, unknown names are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The department that keeps the shares.
    pub department: DepartmentId,
    /// Its private keys (`trustee keygen`), the newest and all older ones: what was sealed to a key that is missing is lost.
    pub keys: Vec<PathBuf>,
    /// The ledger node, or a mirror.
    pub ledger: Url,
    /// The genesis file that the department trusts; it was handed over, never downloaded.
    pub genesis: PathBuf,
    /// The trustee's own folder, made when it is missing. Losing it loses the shares.
    pub data: PathBuf,
    /// Where to listen; loopback by default.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The address as wallets see it: the `url` of the department's `trustee.publish`. Behind a proxy it may have a path.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Proxies whose word on a client's address counts, as IP networks. Whoever sends from one can claim any address.
    #[serde(default)]
    pub trusted_proxies: TrustedProxies,
    /// A certificate and its key: the trustee speaks TLS itself.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// Certificate authorities in PEM that are believed beside the public ones, for a ledger with a private certificate.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Recoveries within 24 hours in which one department may be involved, as the desk or as the second.
    #[serde(default = "per_day")]
    pub per_day: NonZeroU64,
    /// How often the ledger is followed, seconds, 1 to 3600.
    #[serde(default = "sync_seconds")]
    pub sync_seconds: u64,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {}", .0.display(), .1)]
    Read(PathBuf, #[source] io::Error),
    /// The file is not TOML of this form.
    #[error("`{}` is not a trustee's configuration: {}", .0.display(), .1)]
    Parse(PathBuf, #[source] Box<toml::de::Error>),
    /// A value makes no sense.
    #[error("configuration: {0}")]
    Value(&'static str),
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|error| ConfigError::Read(path.to_owned(), error))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|error| ConfigError::Parse(path.to_owned(), Box::new(error)))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let paths = [&mut config.genesis, &mut config.data];
        let tls = config.tls.iter_mut().flat_map(|tls| [&mut tls.cert, &mut tls.key]);
        for path in paths.into_iter().chain(&mut config.keys).chain(tls).chain(&mut config.ca) {
            *path = folder.join(&*path);
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.keys.is_empty() {
            return Err(ConfigError::Value("`keys` must name at least one file"));
        }
        if !(1..=3_600).contains(&self.sync_seconds) {
            return Err(ConfigError::Value("`sync_seconds` is 1 to 3600"));
        }
        Ok(())
    }
}

fn listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, TRUSTEE_PORT).into()
}

/// A city of millions sees some hundred a day at all its desks.
fn per_day() -> NonZeroU64 {
    const { NonZeroU64::new(50).expect("fifty is not zero") }
}

const fn sync_seconds() -> u64 {
    5
}

/// The port of a trustee unless it is told another.
pub const TRUSTEE_PORT: u16 = 7010;

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../trustee.example.toml");

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trustee.toml");
        fs::write(&path, text).unwrap();
        Config::load(&path)
    }

    #[test]
    fn the_example_is_a_configuration() {
        let config = load(EXAMPLE).unwrap();
        assert!(config.genesis.is_absolute() && config.data.is_absolute());
        assert!(config.keys.iter().all(|key| key.is_absolute()));
        assert_eq!((config.per_day.get(), config.sync_seconds), (50, 5));
        assert_eq!(config.listen.to_string(), "127.0.0.1:7010");
    }

    #[test]
    fn each_wrong_value_is_refused() {
        for (right, wrong) in [
            ("keys = [\"trustee.key\"]", "keys = []"),
            ("per_day = 50", "per_day = 0"),
            ("sync_seconds = 5", "sync_seconds = 0"),
            ("sync_seconds = 5", "sync_seconds = 3601"),
            ("sync_seconds = 5", "surprise = 5"),
            ("department = \"archive.nanning\"", "department = \"Archive\""),
        ] {
            assert!(EXAMPLE.contains(right), "{right}");
            assert!(load(&EXAMPLE.replacen(right, wrong, 1)).is_err(), "{wrong}");
        }
    }
}
