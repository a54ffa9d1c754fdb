//! Where the wallet is and how it talks: flags over environment over configuration file over defaults; and the wallet
//! that is there.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use ledger::registry::Development;
use serde::Deserialize;
use service::cli::{CommandError, Language};
use service::clock::Clock;
use url::Url;

use super::{Place, terminal};
use crate::error::WalletError;
use crate::phrase::WordList;
use crate::session::Session;
use crate::store::{Store, StoreError, file};

/// Where the wallet is and how it talks.
pub(super) struct Settings {
    pub(super) home: PathBuf,
    /// A ledger given for this run.
    pub(super) ledger: Option<Url>,
    /// Of the talk, and of a new recovery phrase.
    pub(super) language: Language,
    /// Whether development keys are used.
    pub(super) development: Development,
    /// Certificate authorities that the configuration adds.
    pub(super) ca: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    home: Option<PathBuf>,
    ledger: Option<Url>,
    language: Option<String>,
    #[serde(default)]
    development: Development,
    ca: Option<PathBuf>,
}

impl Settings {
    /// `asked` is the language of the command line or the environment.
    pub(super) fn gather(place: &Place, asked: Option<Language>) -> Result<Self, CommandError> {
        let config = config(place.config.as_deref())?;
        let home = place.home.clone().or(config.home).or_else(default_home);
        let home = home.ok_or_else(|| {
            CommandError::new(
                "no_home",
                "there is no data folder for this user",
                "Give the wallet's folder with --home.",
            )
        })?;
        let configured = config.language.map(|tag| tag.parse::<Language>()).transpose();
        let configured = configured.map_err(|error| bad_config(&error))?;
        let language = asked.or(configured).unwrap_or_else(Language::of_the_system);
        let development = if place.development { Development::Accepted } else { config.development };
        let ledger = place.ledger.clone().or(config.ledger);
        Ok(Self { home, ledger, language, development, ca: config.ca })
    }

    /// In which words a recovery phrase is told.
    pub(super) fn word_list(&self) -> WordList {
        match self.language {
            Language::English => WordList::English,
            Language::Chinese => WordList::SimplifiedChinese,
        }
    }

    /// Asks for the passphrase and opens the wallet.
    pub(super) fn open(&self) -> Result<Session, CommandError> {
        if !Store::exists(&self.home) {
            return Err(WalletError::from(StoreError::NoWallet(self.home.clone())).into());
        }
        let passphrase = terminal::passphrase(self.language)?;
        let opening = terminal::waiting("…");
        let (store, contents) = Store::open(&self.home, &passphrase).map_err(WalletError::from)?;
        drop(opening);
        Ok(Session::new(store, contents, self.ledger.as_ref(), self.development)?)
    }

    /// The ledger for a new wallet.
    pub(super) fn ledger_or_default(&self) -> Url {
        let default = || Url::parse(LEDGER).expect("the default is a URL");
        self.ledger.clone().unwrap_or_else(default)
    }
}

fn config(named: Option<&Path>) -> Result<Config, CommandError> {
    let standard = || dirs().map(|dirs| dirs.config_dir().join("wallet.toml")).filter(|path| path.exists());
    let Some(path) = named.map(Path::to_owned).or_else(standard) else {
        return Ok(Config::default());
    };
    let bytes = file::read(&path, MAX_CONFIG).map_err(|e| bad_config(&format!("{}: {e}", path.display())))?;
    let text = String::from_utf8(bytes).map_err(|e| bad_config(&e))?;
    toml::from_str(&text).map_err(|e| bad_config(&format!("{}: {}", path.display(), e.message())))
}

/// A configuration's text, read and dropped.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_config_for_fuzzing(text: &str) {
    let _ = toml::from_str::<Config>(text);
}

fn bad_config(what: &impl std::fmt::Display) -> CommandError {
    CommandError::new(
        "bad_config",
        format!("the configuration is not usable: {what}"),
        "Correct it; it may have `home`, `ledger`, `language`, `development` and `ca` and nothing else.",
    )
}

fn default_home() -> Option<PathBuf> {
    dirs().map(|dirs| dirs.data_dir().join("wallet"))
}

fn dirs() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "yong")
}

/// Unix seconds by this machine's clock.
pub(super) fn now() -> Result<u64, WalletError> {
    Ok(Clock::system().checked_now()?)
}

const LEDGER: &str = "http://127.0.0.1:7001";
const MAX_CONFIG: u64 = 64 * 1024;
