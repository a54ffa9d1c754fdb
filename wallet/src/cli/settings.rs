//! Flags over environment over configuration file over defaults.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use ledger::registry::Development;
use serde::Deserialize;
use url::Url;

use super::Place;
use super::failure::Failure;
use crate::phrase::Language;
use crate::present::Tongue;
use crate::store::file;

/// Where the wallet is and how it talks.
pub(super) struct Settings {
    pub(super) home: PathBuf,
    /// A ledger given for this run.
    pub(super) ledger: Option<Url>,
    pub(super) language: Language,
    /// Whether development keys are used.
    pub(super) development: Development,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    home: Option<PathBuf>,
    ledger: Option<Url>,
    language: Option<String>,
    #[serde(default)]
    development: Development,
}

impl Settings {
    pub(super) fn gather(place: &Place) -> Result<Self, Failure> {
        let config = config(place.config.as_deref())?;
        let home = place.home.clone().or(config.home).or_else(default_home);
        let home = home.ok_or_else(|| {
            Failure::new(
                "no_home",
                "there is no data folder for this user",
                "Give the wallet's folder with --home.",
            )
        })?;
        let configured = config.language.map(|tag| tag.parse()).transpose();
        let configured: Option<Language> = configured.map_err(|error: String| bad_config(&error))?;
        let language = place.language.or(configured).unwrap_or_else(system_language);
        let development = if place.development { Development::Accepted } else { config.development };
        Ok(Self { home, ledger: place.ledger.clone().or(config.ledger), language, development })
    }

    pub(super) fn tongue(&self) -> Tongue {
        match self.language {
            Language::English => Tongue::English,
            Language::SimplifiedChinese => Tongue::Chinese,
        }
    }

    /// The ledger for a new wallet.
    pub(super) fn ledger_or_default(&self) -> Url {
        let default = || Url::parse(LEDGER).expect("the default is a URL");
        self.ledger.clone().unwrap_or_else(default)
    }
}

fn config(named: Option<&Path>) -> Result<Config, Failure> {
    let standard = || dirs().map(|dirs| dirs.config_dir().join("wallet.toml")).filter(|path| path.exists());
    let Some(path) = named.map(Path::to_owned).or_else(standard) else {
        return Ok(Config::default());
    };
    let bytes = file::read(&path, MAX_CONFIG).map_err(|e| bad_config(&format!("{}: {e}", path.display())))?;
    let text = String::from_utf8(bytes).map_err(|e| bad_config(&e))?;
    toml::from_str(&text).map_err(|e| bad_config(&format!("{}: {}", path.display(), e.message())))
}

fn bad_config(what: &impl std::fmt::Display) -> Failure {
    Failure::new(
        "bad_config",
        format!("the configuration is not usable: {what}"),
        "Correct it; it may have `home`, `ledger`, `language` and `development` and nothing else.",
    )
}

fn default_home() -> Option<PathBuf> {
    dirs().map(|dirs| dirs.data_dir().join("wallet"))
}

fn dirs() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "yong")
}

fn system_language() -> Language {
    let tag = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    match tag {
        Some(tag) if tag.starts_with("zh") => Language::SimplifiedChinese,
        _ => Language::English,
    }
}

const LEDGER: &str = "http://127.0.0.1:7001";
const MAX_CONFIG: u64 = 64 * 1024;
