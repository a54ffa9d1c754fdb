//! How far something is that the owner waits for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use circuits::schema::Localized;
use openid4vc::vp::ReceiptNumber;
use serde::Deserialize;
use serde_json::json;

use super::error::{FormError, PageError};
use super::session::ScreenId;
use crate::present::ContinueAt;

/// What was begun lately, by the screen that it was begun from: a window sees the end of its own.
#[derive(Default)]
pub(super) struct Progress(Arc<Mutex<Steps>>);

type Steps = VecDeque<(ScreenId, Step)>;

/// Which work a page is about.
#[derive(Deserialize)]
pub(super) struct Of {
    /// The screen that it was begun from; empty for the latest.
    #[serde(default)]
    pub(super) of: String,
}

/// Where it stands.
#[derive(Clone, Default)]
pub(super) enum Step {
    /// Nothing was begun.
    #[default]
    Nothing,
    /// Not done yet.
    Working,
    /// Done, as this page tells it.
    Ended(Box<TaskOutcome>),
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
    /// Why it could not be written down.
    pub(super) unwritten: Option<PageError>,
    /// Where whoever asked wants the owner to go on.
    pub(super) continue_at: Option<ContinueAt>,
    /// The number of the counter's receipt.
    pub(super) receipt: Option<ReceiptNumber>,
    /// What is to be shown to a verifier without a network.
    pub(super) code: Option<ShownCode>,
    /// What became of the shares of the person secret, where an identity credential came in.
    pub(super) shares: Option<SharesAfter>,
}

/// What became of the shares of the person secret.
#[derive(Clone)]
pub(super) enum SharesAfter {
    /// So many departments keep one, and so many of them are needed.
    Dealt { departments: usize, needed: usize },
    /// Another device of the person deals.
    FirstDevice,
    /// Not all of them keep theirs, or the desk does not know of it.
    Failed(PageError),
}

impl TaskOutcome {
    pub(super) fn new(kind: &'static str, about: Localized) -> Self {
        Self {
            kind,
            about,
            reason: None,
            error: None,
            unwritten: None,
            continue_at: None,
            receipt: None,
            code: None,
            shares: None,
        }
    }

    pub(super) fn failed(about: Localized, error: PageError) -> Self {
        Self { error: Some(error), ..Self::new("failed", about) }
    }

    /// It failed before anything was sent.
    pub(super) fn not_sent(about: Localized, error: PageError) -> Self {
        Self { error: Some(error), ..Self::new("not_sent", about) }
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
    of: ScreenId,
    steps: Arc<Mutex<Steps>>,
    ended: bool,
}

impl Progress {
    /// Begins what the owner decided on a screen.
    pub(super) fn begin(&self, of: &ScreenId) -> Working {
        let mut steps = lock(&self.0);
        steps.retain(|(id, _)| id != of);
        steps.push_back((of.clone(), Step::Working));
        if steps.len() > REMEMBERED {
            steps.pop_front();
        }
        Working { of: of.clone(), steps: Arc::clone(&self.0), ended: false }
    }

    pub(super) fn step(&self, of: &Of) -> Step {
        let steps = lock(&self.0);
        let found = match of.of.as_str() {
            "" => steps.back(),
            of => steps.iter().find(|(id, _)| id.is(of)),
        };
        found.map(|(_, step)| step.clone()).unwrap_or_default()
    }

    /// Whether something was begun from this screen: its form was sent twice.
    pub(super) fn knows(&self, of: &str) -> bool {
        lock(&self.0).iter().any(|(id, _)| id.is(of))
    }

    /// For the page's script.
    pub(super) fn state(&self, of: &Of) -> Response {
        let state = match self.step(of) {
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
        if let Some((_, step)) = lock(&self.steps).iter_mut().find(|(id, _)| *id == self.of) {
            *step = Step::Ended(Box::new(outcome));
        }
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

fn lock(steps: &Mutex<Steps>) -> MutexGuard<'_, Steps> {
    steps.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends that can still be looked at.
const REMEMBERED: usize = 16;
