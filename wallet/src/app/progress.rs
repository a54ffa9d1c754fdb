//! How far something is that the owner waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use circuits::schema::Localized;
use serde_json::json;

use super::error::{FormError, PageError};

/// One thing at a time; a new one takes the place of the one before.
#[derive(Default)]
pub(super) struct Progress(Arc<Mutex<Step>>);

/// Where it stands.
#[derive(Clone, Default)]
pub(super) enum Step {
    /// Nothing was begun.
    #[default]
    Nothing,
    /// Not done yet.
    Working,
    /// Done, as this page tells it.
    Ended(TaskOutcome),
}

/// How it ended: no proofs, no values.
#[derive(Clone)]
pub(super) struct TaskOutcome {
    /// Stands in `data-outcome`, and names the words `outcome-…`.
    pub(super) kind: &'static str,
    /// What it was about.
    pub(super) about: Localized,
    /// The verifier's word for why it refused.
    pub(super) reason: Option<String>,
    /// Why it failed.
    pub(super) error: Option<PageError>,
    /// What is to be shown to a verifier without a network.
    pub(super) code: Option<ShownCode>,
}

impl TaskOutcome {
    pub(super) fn new(kind: &'static str, about: Localized) -> Self {
        Self { kind, about, reason: None, error: None, code: None }
    }

    pub(super) fn failed(about: Localized, error: PageError) -> Self {
        Self { error: Some(error), ..Self::new("failed", about) }
    }
}

/// The text of a QR code. Holds revealed values: no `Debug`.
#[derive(Clone)]
pub(super) struct ShownCode {
    pub(super) text: String,
    /// Until when a verifier takes it, unix seconds.
    pub(super) until: u64,
}

/// Work that was begun. If it ends without [`Working::end`], the page says that it failed.
pub(super) struct Working {
    step: Arc<Mutex<Step>>,
    ended: bool,
}

impl Progress {
    pub(super) fn begin(&self) -> Working {
        *lock(&self.0) = Step::Working;
        Working { step: Arc::clone(&self.0), ended: false }
    }

    pub(super) fn step(&self) -> Step {
        lock(&self.0).clone()
    }

    /// For the page's script.
    pub(super) fn state(&self) -> Response {
        let state = match self.step() {
            Step::Nothing => "nothing",
            Step::Working => "working",
            Step::Ended(_) => "ended",
        };
        Json(json!({ "state": state })).into_response()
    }
}

impl Working {
    pub(super) fn end(mut self, outcome: TaskOutcome) {
        self.set(outcome);
    }

    fn set(&mut self, outcome: TaskOutcome) {
        self.ended = true;
        *lock(&self.step) = Step::Ended(outcome);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if !self.ended {
            self.set(TaskOutcome::failed(bare(""), FormError::Defect.into()));
        }
    }
}

/// An identifier instead of a title.
pub(super) fn bare(name: &str) -> Localized {
    Localized::same(name).expect("identifiers are plain")
}

/// What a script is told when the wallet was locked meanwhile.
pub(super) fn locked() -> Response {
    (StatusCode::CONFLICT, Json(json!({ "state": "locked" }))).into_response()
}

fn lock(step: &Mutex<Step>) -> MutexGuard<'_, Step> {
    step.lock().unwrap_or_else(PoisonError::into_inner)
}
