//! How far something is that the owner waits for.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use circuits::schema::Localized;
use serde_json::json;

use crate::app::form::Trouble;
use crate::app::open::{Open, lock};

/// One thing at a time; a new one takes the place of the one before.
#[derive(Default)]
pub(in crate::app) struct Progress(Mutex<Step>);

/// Where it stands.
#[derive(Clone, Default)]
pub(super) enum Step {
    /// Nothing was begun.
    #[default]
    Nothing,
    /// Not done yet.
    Working,
    /// Done, as this page tells it.
    Ended(Outcome),
}

/// How it ended: no proofs, no values.
#[derive(Clone)]
pub(super) struct Outcome {
    /// Stands in `data-outcome`, and names the words `outcome-…`.
    pub(super) kind: &'static str,
    /// What it was about.
    pub(super) about: Localized,
    /// The counter's word for why it refused.
    pub(super) reason: Option<String>,
    /// Why it failed.
    pub(super) trouble: Option<Trouble>,
    /// What is to be shown to a counter without a network.
    pub(super) code: Option<Code>,
}

impl Outcome {
    pub(super) fn new(kind: &'static str, about: Localized) -> Self {
        Self { kind, about, reason: None, trouble: None, code: None }
    }

    pub(super) fn failed(about: Localized, trouble: Trouble) -> Self {
        Self { trouble: Some(trouble), ..Self::new("failed", about) }
    }
}

/// The text of a QR code. Holds revealed values: no `Debug`.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) text: String,
    /// Until when a counter takes it, unix seconds.
    pub(super) until: u64,
}

/// Work that was begun. If it ends without [`Working::end`], the page says that it failed.
pub(super) struct Working {
    open: Arc<Open>,
    of: fn(&Open) -> &Progress,
    ended: bool,
}

impl Progress {
    pub(super) fn begin(open: &Arc<Open>, of: fn(&Open) -> &Progress) -> Working {
        *lock(&of(open).0) = Step::Working;
        Working { open: Arc::clone(open), of, ended: false }
    }

    pub(super) fn step(&self) -> Step {
        lock(&self.0).clone()
    }

    /// For the page's script.
    pub(super) fn state(&self) -> Response {
        let word = match self.step() {
            Step::Nothing => "nothing",
            Step::Working => "working",
            Step::Ended(_) => "ended",
        };
        Json(json!({ "state": word })).into_response()
    }
}

impl Working {
    pub(super) fn end(mut self, outcome: Outcome) {
        self.set(outcome);
    }

    fn set(&mut self, outcome: Outcome) {
        self.ended = true;
        *lock(&(self.of)(&self.open).0) = Step::Ended(outcome);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if !self.ended {
            self.set(Outcome::failed(bare(""), Trouble::new("defect")));
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
