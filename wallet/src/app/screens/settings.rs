//! Recovery phrase, sealed copy, print and language, and what the wallet trusts.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Response;
use axum::routing::{get, post};
use ledger::genesis::Genesis;
use serde::Deserialize;
use service::web::{Preferences, render};

use super::first::{TellPhrase, words};
use super::history::file;
use super::home::Synced;
use super::{Sheet, again};
use crate::app::form::{Trouble, Typed};
use crate::app::open::Open;
use crate::app::state::{App, Unlocked};
use crate::app::tasks::apart;
use crate::cli::tell::civil;
use crate::contents::Pinned;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/settings", get(settings))
        .route("/settings/phrase", post(phrase))
        .route("/settings/backup", get(backup))
}

async fn settings(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    render(&Settings::of(&app, &open, look, None))
}

#[derive(Deserialize)]
struct Again {
    #[serde(default)]
    passphrase: Typed,
}

/// The recovery phrase once more, for whoever knows the passphrase: an open wallet that was left alone does not show it.
async fn phrase(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    Form(form): Form<Again>,
) -> Response {
    match known(&open, &form.passphrase).await {
        Ok(()) => {
            let words = words(open.read().wallet.phrase(), look);
            render(&TellPhrase { page: Sheet::open(&app, &open, look, "settings"), words, next: None })
        }
        Err(trouble) => again(&Settings::of(&app, &open, look, Some(trouble))),
    }
}

async fn known(open: &Arc<Open>, typed: &Typed) -> Result<(), Trouble> {
    let (passphrase, open) = (typed.passphrase()?, Arc::clone(open));
    Ok(apart(move || open.knows(&passphrase)).await??)
}

async fn backup(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    match open.sealed() {
        Ok(sealed) => {
            let day = civil(app.now()).replace([' ', ':'], "-");
            file(&format!("wallet-{day}.yong"), "application/octet-stream", sealed)
        }
        Err(error) => again(&Settings::of(&app, &open, look, Some(error.into()))),
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    page: Sheet,
    ledger: String,
    /// Digest of the genesis file, to be compared with a published one.
    fingerprint: String,
    pinned: Pinned,
    entries: u64,
    synced: Synced,
    home: String,
    idle_minutes: u64,
    trouble: Option<Trouble>,
}

impl Settings {
    fn of(app: &App, open: &Arc<Open>, look: Preferences, trouble: Option<Trouble>) -> Self {
        let contents = open.read();
        let trust = &contents.trust;
        let genesis: Option<Genesis> = serde_json::from_value(trust.genesis.clone()).ok();
        Self {
            page: Sheet::open(app, open, look, "settings"),
            ledger: trust.ledger.to_string(),
            fingerprint: genesis.map(|genesis| genesis.digest().to_string()).unwrap_or_default(),
            pinned: trust.pinned,
            entries: open.ledger().view().size(),
            synced: Synced::of(open),
            home: app.place().home.display().to_string(),
            idle_minutes: app.place().idle_s.div_ceil(60),
            trouble,
        }
    }
}
