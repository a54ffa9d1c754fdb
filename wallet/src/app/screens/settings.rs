//! Recovery phrase, sealed copy, print and language, and what the wallet trusts.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Response;
use axum::routing::{get, post};
use ledger::genesis::Genesis;
use serde::Deserialize;
use service::civil_time::minute;
use service::web::{Preferences, render};

use super::first::{TellPhrase, phrase_note, words};
use super::history::file;
use super::home::Synced;
use crate::app::background::run_blocking;
use crate::app::error::PageError;
use crate::app::form::Typed;
use crate::app::page::{Page, again};
use crate::app::session::OpenWallet;
use crate::app::state::{App, Unlocked};
use crate::contents::Pinned;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(settings))
        .route("/settings/phrase", post(phrase))
        .route("/settings/backup", get(backup))
}

async fn settings(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    render(&SettingsPage::new(&app, &open, preferences, None))
}

#[derive(Deserialize)]
struct PassphraseForm {
    #[serde(default)]
    passphrase: Typed,
}

/// The recovery phrase once more, for whoever knows the passphrase: an open wallet that was left alone does not show
/// it.
async fn phrase(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Form(form): Form<PassphraseForm>,
) -> Response {
    match known(&open, &form.passphrase).await {
        Ok(()) => {
            let page = Page::open(&app, &open, preferences, "settings");
            let contents = open.read();
            let words = words(contents.wallet.phrase(), preferences);
            let note = phrase_note(contents.wallet.person_from());
            render(&TellPhrase { page, words, next: None, note })
        }
        Err(error) => again(&SettingsPage::new(&app, &open, preferences, Some(error))),
    }
}

async fn known(open: &Arc<OpenWallet>, typed: &Typed) -> Result<(), PageError> {
    let passphrase = typed.passphrase()?;
    let open = Arc::clone(open);
    run_blocking(move || open.knows(&passphrase)).await
}

async fn backup(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    match open.sealed() {
        Ok(sealed) => {
            let day = minute(app.now()).replace([' ', ':'], "-");
            file(&format!("wallet-{day}.yong"), "application/octet-stream", sealed)
        }
        Err(error) => again(&SettingsPage::new(&app, &open, preferences, Some(error.into()))),
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    page: Page,
    ledger: String,
    /// Digest of the genesis file, to be compared with a published one.
    fingerprint: String,
    pinned: Pinned,
    entries: u64,
    synced: Synced,
    home: String,
    idle_minutes: u64,
    error: Option<PageError>,
}

impl SettingsPage {
    fn new(app: &App, open: &Arc<OpenWallet>, preferences: Preferences, error: Option<PageError>) -> Self {
        let contents = open.read();
        let trust = &contents.trust;
        let genesis: Option<Genesis> = serde_json::from_value(trust.genesis.clone()).ok();
        Self {
            page: Page::open(app, open, preferences, "settings"),
            ledger: trust.ledger.to_string(),
            fingerprint: genesis.map(|genesis| genesis.digest().to_string()).unwrap_or_default(),
            pinned: trust.pinned,
            entries: open.ledger().view().size(),
            synced: Synced::new(open),
            home: app.config().home.display().to_string(),
            idle_minutes: app.config().idle_s.div_ceil(60),
            error,
        }
    }
}
