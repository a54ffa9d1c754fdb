//! The issuer's configuration file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;
use ledger::registry::Development;
use openid4vc::vci::{CredentialIssuer, ProofTypes};
use serde::{Deserialize, Serialize};
use service::http::TrustedProxies;
use service::tls::TlsFiles;
use url::Url;

use crate::person::IdNumbers;

/// Everything an issuer is told. TOML; relative paths are relative to the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The department that the issuer grants for.
    pub department: DepartmentId,
    /// The department's signing key (`ledger keygen`). A thief issues and revokes in its name.
    pub key: PathBuf,
    /// The ledger node.
    pub ledger: Url,
    /// The genesis file that the department trusts; it was handed over, never downloaded.
    pub genesis: PathBuf,
    /// Where the issuer listens. Where others than this machine can reach it, `admin_token` and `clerks` are needed.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The issuer's address as wallets see it: the `desk` of the department in the registry. Behind a proxy it may have a
    /// path.
    pub public_url: CredentialIssuer,
    /// Proxies whose word on a client's address counts, as IP networks. Whoever sends from one can claim any address.
    #[serde(default)]
    pub trusted_proxies: TrustedProxies,
    /// Certificate authorities in PEM that are believed beside the public ones, for a ledger with a private certificate.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The issuer's own folder. It holds personal data: a thief learns the records of everybody in it.
    pub data: PathBuf,
    /// Whether proofs under development keys are accepted, which whoever made the key can forge. Only to try things out.
    #[serde(default)]
    pub development: Development,
    /// File with the token that staff endpoints ask for. Needed where others than this machine can reach the issuer.
    #[serde(default)]
    pub admin_token: Option<PathBuf>,
    /// How long an offer can be redeemed, seconds.
    #[serde(default = "default_offer_seconds")]
    pub offer_seconds: u64,
    /// How often the ledger is followed, seconds.
    #[serde(default = "default_sync_seconds")]
    pub sync_seconds: u64,
    /// Who works at the pages, and what needs two of them.
    #[serde(default)]
    pub staff: StaffRules,
    /// A certificate and its key: the issuer speaks TLS itself.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// What the issuer grants.
    pub schemas: Vec<Grantable>,
}

/// Who works at the pages, and what needs two of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StaffRules {
    /// The password file (`issuer clerk add`). Without one the page works for whoever sits at this machine, as long as
    /// nobody else can reach it.
    pub clerks: Option<PathBuf>,
    /// Credentials that one clerk changes alone in one act; a larger list waits for another clerk.
    pub alone_up_to: u64,
    /// Whether one clerk revokes alone.
    pub revoke: Revoking,
}

/// Whether one clerk revokes alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoking {
    /// Every revocation waits for another clerk: it is final.
    #[default]
    Approved,
    /// One clerk revokes up to `alone_up_to` credentials.
    Alone,
}

impl Default for StaffRules {
    fn default() -> Self {
        Self { clerks: None, alone_up_to: 20, revoke: Revoking::default() }
    }
}

/// One schema that the issuer grants.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grantable {
    /// As published on the ledger.
    pub schema: SchemaId,
    /// Civil days (UTC+8) from the day of issue.
    pub validity_days: u32,
    /// How a wallet shows who it is.
    pub binding: Binding,
    /// Which identity numbers people have: `any`, or `resident` for those of GB 11643, whose check digit is looked at in
    /// lists.
    #[serde(default)]
    pub id_numbers: IdNumbers,
    /// Records to import at start: `id_number` and the schema's attributes.
    #[serde(default)]
    pub records: Option<PathBuf>,
}

/// How a wallet shows who it is when it asks for a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Binding {
    /// It proves that it knows its secret; the clerk has seen the person.
    Enroll,
    /// It shows an identity credential of the same person, so both hang on one secret.
    Identity {
        /// Which identity credential.
        schema: SchemaId,
        /// One to four departments whose identity credential is accepted.
        issuers: Vec<DepartmentId>,
    },
}

impl Binding {
    /// How the metadata says it.
    pub fn proof_types(&self) -> ProofTypes {
        match self {
            Self::Enroll => ProofTypes::enroll(),
            Self::Identity { schema, issuers } => ProofTypes::identity(schema.clone(), issuers.clone()),
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read `{0}`: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// The file is not TOML of this form.
    #[error("`{0}` is not a desk configuration: {1}")]
    Parse(PathBuf, #[source] Box<toml::de::Error>),
    /// A value makes no sense.
    #[error("configuration: {0}")]
    Value(&'static str),
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::Read(path.to_owned(), e))?;
        let mut config: Self =
            toml::from_str(&text).map_err(|e| ConfigError::Parse(path.to_owned(), Box::new(e)))?;
        config.resolve(path.parent().unwrap_or(Path::new(".")));
        config.check()?;
        Ok(config)
    }

    /// Checks what types cannot say.
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut seen = std::collections::BTreeSet::new();
        if self.schemas.is_empty() || !self.schemas.iter().all(|g| seen.insert(&g.schema)) {
            return Err(ConfigError::Value("`schemas` must name at least one schema, and each once"));
        }
        if !self.schemas.iter().all(|g| (1..=36_500).contains(&g.validity_days)) {
            return Err(ConfigError::Value("`validity_days` must be from 1 to 36500"));
        }
        if !self.schemas.iter().all(|g| g.binding.is_sensible()) {
            return Err(ConfigError::Value("`binding.identity.issuers` must name one to four departments"));
        }
        if !(60..=86_400).contains(&self.offer_seconds) || !(1..=3_600).contains(&self.sync_seconds) {
            return Err(ConfigError::Value("`offer_seconds` is 60 to 86400, `sync_seconds` 1 to 3600"));
        }
        Ok(())
    }

    /// What the issuer says about a schema that it grants.
    pub fn grantable(&self, schema: &SchemaId) -> Option<&Grantable> {
        self.schemas.iter().find(|g| g.schema == *schema)
    }

    fn resolve(&mut self, folder: &Path) {
        let records = self.schemas.iter_mut().filter_map(|g| g.records.as_mut());
        let paths = [&mut self.key, &mut self.genesis, &mut self.data];
        let files = self.admin_token.as_mut().into_iter().chain(self.staff.clerks.as_mut());
        let files = files.chain(self.ca.as_mut());
        let files = files.chain(self.tls.iter_mut().flat_map(|tls| [&mut tls.cert, &mut tls.key]));
        for path in paths.into_iter().chain(files).chain(records) {
            *path = folder.join(&*path);
        }
    }
}

impl Binding {
    fn is_sensible(&self) -> bool {
        match self {
            Self::Enroll => true,
            Self::Identity { issuers, .. } => (1..=circuits::show::ISSUERS).contains(&issuers.len()),
        }
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7002))
}

const fn default_offer_seconds() -> u64 {
    1_800
}

const fn default_sync_seconds() -> u64 {
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../desk.example.toml");

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desk.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(&path)
    }

    #[test]
    fn the_example_is_a_configuration() {
        let config = load(EXAMPLE).unwrap();
        assert!(config.key.is_absolute() && config.genesis.is_absolute() && config.data.is_absolute());
        assert_eq!((config.offer_seconds, config.sync_seconds), (1_800, 2));
        assert!(
            matches!(&config.schemas[0].binding, Binding::Identity { issuers, .. } if issuers.len() == 1)
        );
    }

    #[test]
    fn each_wrong_value_is_refused() {
        for (right, wrong) in [
            ("validity_days = 365", "validity_days = 0"),
            ("issuers = [\"gongan.nanning\"]", "issuers = []"),
            ("[[schemas]]", "surprise = 1\n[[schemas]]"),
            ("listen = ", "trusted_proxies = [\"proxy.example\"]\nlisten = "),
            ("[[schemas]]", "offer_seconds = 1\n[[schemas]]"),
            ("[staff]", "[staff]\nsurprise = 1"),
            ("revoke = \"approved\"", "revoke = \"sometimes\""),
            ("public_url = \"http://127.0.0.1:7012\"", "public_url = \"http://desk.example\""),
            ("schema = \"credit-report/1\"", "schema = \"credit-report\""),
        ] {
            assert!(EXAMPLE.contains(right), "{right}");
            assert!(load(&EXAMPLE.replacen(right, wrong, 1)).is_err(), "{wrong}");
        }
        let schemas = EXAMPLE.split_once("[[schemas]]").unwrap().1;
        assert!(load(&format!("{EXAMPLE}\n[[schemas]]{schemas}")).is_err());
    }
}
