//! A wallet brought back: from its recovery phrase, or from a sealed copy.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use service::web::{Preferences, render};

use super::first::{NewPassphrase, create, is_taken, trusted};
use crate::app::background::run_blocking;
use crate::app::error::PageError;
use crate::app::form::{self, Typed};
use crate::app::page::{Page, again, see};
use crate::app::state::App;
use crate::phrase::Phrase;
use crate::store::{Store, StoreError};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/restore", get(ask_restore)).route("/restore/phrase", post(restore_phrase))
}

pub(super) fn uploads() -> Router<App> {
    Router::new().route("/restore/file", post(restore_file))
}

async fn ask_restore(State(app): State<App>, preferences: Preferences) -> Response {
    if is_taken(&app) {
        return see("/");
    }
    render(&Restore { page: Page::locked(preferences), error: None })
}

#[derive(Deserialize)]
struct PhraseForm {
    #[serde(default)]
    phrase: Typed,
    #[serde(default)]
    passphrase: Typed,
    #[serde(default)]
    again: Typed,
}

async fn restore_phrase(
    State(app): State<App>,
    preferences: Preferences,
    Form(form): Form<PhraseForm>,
) -> Response {
    match from_phrase(&app, form).await {
        Ok(()) => see("/"),
        Err(error) => again(&Restore { page: Page::locked(preferences), error: Some(error) }),
    }
}

async fn from_phrase(app: &App, form: PhraseForm) -> Result<(), PageError> {
    refuse_taken(app)?;
    let phrase = Phrase::parse(form.phrase.text())?;
    let passphrase = NewPassphrase { passphrase: form.passphrase, again: form.again }.chosen()?;
    let trust = trusted(app).await?;
    create(app, passphrase, phrase, trust).await
}

async fn restore_file(State(app): State<App>, preferences: Preferences, form: Multipart) -> Response {
    match from_file(&app, form).await {
        Ok(()) => see("/"),
        Err(error) => again(&Restore { page: Page::locked(preferences), error: Some(error) }),
    }
}

async fn from_file(app: &App, form: Multipart) -> Result<(), PageError> {
    refuse_taken(app)?;
    let (sealed, passphrase) = form::backup(form).await?;
    let passphrase = passphrase.passphrase()?;
    let app = app.clone();
    run_blocking(move || {
        let (store, contents) = Store::restore_bytes(&app.config().home, &sealed, &passphrase)?;
        app.admit(store, contents)
    })
    .await
}

fn refuse_taken(app: &App) -> Result<(), PageError> {
    if is_taken(app) { Err(StoreError::AlreadyThere(app.config().home.clone()).into()) } else { Ok(()) }
}

#[derive(Template)]
#[template(path = "restore.html")]
struct Restore {
    page: Page,
    error: Option<PageError>,
}
