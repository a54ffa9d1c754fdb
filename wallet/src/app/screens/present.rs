//! Presenting: the counter's link, the consent screen, the decision, the answer.
//!
//! The steps are the library's: a request is fetched and checked, considered, shown, resolved, executed, remembered.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, render};

use super::consent::ConsentPage;
use super::offline::{begin_at_counter, names_a_counter};
use crate::app::WORDS;
use crate::app::background::run_blocking;
use crate::app::error::{FormError, PageError};
use crate::app::form;
use crate::app::page::{Page, again, see};
use crate::app::progress::{self, Step, TaskOutcome};
use crate::app::session::{OpenWallet, PendingRequest, ScreenId, lock};
use crate::app::state::{App, Unlocked};
use crate::error::WalletError;
use crate::present::{Decision, Ended, PresentError, Resolved, fetch_request};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/present/consent", get(consent))
        .route("/present/agree", post(agree))
        .route("/present/refuse", post(refuse))
        .route("/present/outcome", get(outcome))
        .route("/present/state", get(state))
}

pub(super) fn uploads() -> Router<App> {
    Router::new().route("/present", get(ask).post(fetch))
}

async fn ask(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    render(&PresentPage { page: Page::open(&app, &open, preferences, "present"), error: None })
}

async fn fetch(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Multipart,
) -> Response {
    match fetched(&app, &open, form).await {
        Ok(next) => see(next),
        Err(error) => {
            again(&PresentPage { page: Page::open(&app, &open, preferences, "present"), error: Some(error) })
        }
    }
}

/// Where to go on: a counter without a network hangs up a code of its own, which says nothing of a matter.
async fn fetched(app: &App, open: &Arc<OpenWallet>, form: Multipart) -> Result<&'static str, PageError> {
    let link = form::link(form).await?;
    if names_a_counter(&link) {
        *lock(&open.offline) = Some(begin_at_counter(&link)?);
        return Ok("/offline");
    }
    let now = app.now();
    let view = open.ledger().view();
    let pending = run_blocking(move || {
        let request = fetch_request(&link, view.registry(), now, &mut OsRng)?;
        Ok::<_, PresentError>(PendingRequest { id: ScreenId::random(), request, view })
    });
    let pending = pending.await?;
    // What cannot be answered at all is said here and not at the question.
    open.read().wallet.consider(open.ledger(), &pending.request, &pending.view, now)?;
    *lock(&open.request) = Some(pending);
    Ok("/present/consent")
}

async fn consent(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "present");
    let Some(pending) = lock(&open.request).clone() else { return see("/present") };
    let contents = open.read();
    match considered(&pending, app.now(), || {
        let considered =
            contents.wallet.consider(open.ledger(), &pending.request, &pending.view, app.now())?;
        Ok(ConsentPage::new(&considered.screen(), &pending.id, page))
    }) {
        Ok(consent) => render(&consent),
        Err(error) => {
            again(&PresentPage { page: Page::open(&app, &open, preferences, "present"), error: Some(error) })
        }
    }
}

/// A request may be answered for a few minutes only.
fn considered<T>(
    pending: &PendingRequest,
    now: u64,
    consider: impl FnOnce() -> Result<T, PresentError>,
) -> Result<T, PageError> {
    if pending.request.object().exp < now {
        return Err(FormError::Expired.into());
    }
    Ok(consider()?)
}

/// The form of a decision: which screen it is about.
#[derive(Deserialize)]
pub(super) struct Decided {
    #[serde(default)]
    pub(super) request: String,
}

async fn agree(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Form<Decided>,
) -> Response {
    decide(&app, &open, preferences, &form.request, Decision::Agree)
}

async fn refuse(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Form<Decided>,
) -> Response {
    decide(&app, &open, preferences, &form.request, Decision::Refuse)
}

/// A decision about another request than the one that was shown decides nothing.
fn decide(
    app: &App,
    open: &Arc<OpenWallet>,
    preferences: Preferences,
    id: &str,
    decision: Decision,
) -> Response {
    let Some(pending) = lock(&open.request).take_if(|pending| pending.id.as_str() == id) else {
        return see("/present/consent");
    };
    match resolve(open, &pending, decision, app.now()) {
        Ok(resolved) => {
            begin(app, open, pending, resolved);
            see("/present/outcome")
        }
        Err(error) => {
            again(&PresentPage { page: Page::open(app, open, preferences, "present"), error: Some(error) })
        }
    }
}

fn resolve(
    open: &OpenWallet,
    pending: &PendingRequest,
    decision: Decision,
    now: u64,
) -> Result<Resolved, PageError> {
    let contents = open.read();
    let wallet = &contents.wallet;
    considered(pending, now, || {
        wallet
            .consider(open.ledger(), &pending.request, &pending.view, now)?
            .resolve(decision, wallet.secret())
    })
}

/// Proves and sends beside the page; the wallet is free meanwhile.
fn begin(app: &App, open: &Arc<OpenWallet>, pending: PendingRequest, resolved: Resolved) {
    let working = open.presenting.begin();
    let clock = app.clone();
    let open = Arc::clone(open);
    app.tasks().begin(move || {
        let ended = resolved.execute(open.preparations(), &mut OsRng);
        let remembered = open.change(|contents| {
            contents.wallet.remember(&pending.request, &pending.view, &ended, clock.now());
        });
        working.end(told(&pending, ended, remembered));
    });
}

/// What is told of an end; the proofs are forgotten.
fn told(
    pending: &PendingRequest,
    ended: Result<Ended, PresentError>,
    remembered: Result<(), WalletError>,
) -> TaskOutcome {
    let about = pending.request.policy().checked.policy().title.clone();
    let mut outcome = match ended {
        Ok(Ended::Accepted(_)) => TaskOutcome::new("presented", about),
        Ok(Ended::Refused { reason, .. }) => {
            TaskOutcome { reason: Some(reason), ..TaskOutcome::new("refused", about) }
        }
        Ok(Ended::Kept(_)) => TaskOutcome::new("kept", about),
        Ok(Ended::Declined) => TaskOutcome::new("declined", about),
        Ok(Ended::NotSatisfiable(_)) => TaskOutcome::new("not_satisfiable", about),
        Err(error) => TaskOutcome::failed(about, error.into()),
    };
    if let Err(error) = remembered {
        outcome.error.get_or_insert(error.into());
    }
    outcome
}

async fn outcome(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "present");
    match open.presenting.step() {
        Step::Nothing => see("/present"),
        Step::Working => render(&OutcomePage { page, outcome: None }),
        Step::Ended(outcome) => render(&OutcomePage { page, outcome: Some(outcome) }),
    }
}

async fn state(State(app): State<App>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.presenting.state())
}

#[derive(Template)]
#[template(path = "present.html")]
struct PresentPage {
    page: Page,
    error: Option<PageError>,
}

#[derive(Template)]
#[template(path = "presented.html")]
struct OutcomePage {
    page: Page,
    /// `None` while it works.
    outcome: Option<TaskOutcome>,
}

impl OutcomePage {
    /// The counter's reason in the reader's words.
    fn reason(&self, code: &str) -> String {
        let key = format!("reason-{code}");
        self.page.say(if WORDS.knows(&key) { &key } else { "reason-other" })
    }
}
