//! Presenting: the counter's link, where it leads, the consent screen, the decision, the answer.
//!
//! The steps are the library's: a link is read and followed, its request checked, considered, shown, resolved, reserved,
//! executed, remembered.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::schema::Localized;
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
use crate::app::progress::{self, Of, Step, TaskOutcome};
use crate::app::session::{OpenWallet, PendingLink, PendingRequest, ScreenId, lock};
use crate::app::state::{App, Unlocked};
use crate::present::{Decision, Ended, Executed, PresentError, RequestLink, Resolved, fetch_request};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/present/link", get(leads))
        .route("/present/follow", post(follow))
        .route("/present/leave", post(leave))
        .route("/present/consent", get(consent))
        .route("/present/agree", post(agree))
        .route("/present/refuse", post(refuse))
        .route("/present/outcome", get(outcome))
        .route("/present/state", get(state))
}

pub(super) fn uploads() -> Router<App> {
    Router::new().route("/present", get(ask).post(read))
}

async fn ask(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    render(&PresentPage { page: Page::open(&app, &open, preferences, "present"), error: None })
}

async fn read(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Multipart,
) -> Response {
    match begun(&open, form).await {
        Ok(next) => see(next),
        Err(error) => refused(&app, &open, preferences, error),
    }
}

/// Where to go on: a counter without a network hangs up a code of its own, which says nothing of a matter.
async fn begun(open: &OpenWallet, form: Multipart) -> Result<&'static str, PageError> {
    let link = form::link(form).await?;
    if names_a_counter(&link) {
        *lock(&open.offline) = Some(begin_at_counter(&link)?);
        return Ok("/offline");
    }
    let link = RequestLink::read(&link, open.ledger().reach()).map_err(PresentError::from)?;
    *lock(&open.link) = Some(PendingLink { id: ScreenId::random(), link });
    Ok("/present/link")
}

/// Which server a link leads to. Nothing was sent there yet.
async fn leads(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let Some(pending) = lock(&open.link).clone() else { return see("/present") };
    render(&LinkPage::new(&pending, Page::open(&app, &open, preferences, "present"), None))
}

async fn leave(Unlocked(open): Unlocked, form: Form<Decided>) -> Response {
    lock(&open.link).take_if(|pending| pending.id.is(&form.request));
    see("/present")
}

async fn follow(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Form<Decided>,
) -> Response {
    let taken = lock(&open.link).take_if(|pending| pending.id.is(&form.request));
    let Some(PendingLink { link, .. }) = taken else {
        return link_changed(&app, &open, preferences);
    };
    match fetch(&app, &open, link).await {
        Ok(()) => see("/present/consent"),
        Err(error) => refused(&app, &open, preferences, error),
    }
}

/// The link in the form is not the one that waits. A second click on its button finds none, and goes to its request.
fn link_changed(app: &App, open: &OpenWallet, preferences: Preferences) -> Response {
    let page = Page::open(app, open, preferences, "present");
    let waiting = lock(&open.link).clone();
    match waiting {
        Some(other) => again(&LinkPage::new(&other, page, Some(FormError::Changed.into()))),
        None => see("/present/consent"),
    }
}

async fn fetch(app: &App, open: &Arc<OpenWallet>, link: RequestLink) -> Result<(), PageError> {
    let now = app.now();
    let view = open.ledger().view();
    let pending = run_blocking(move || {
        let request = fetch_request(&link, &view, now, &mut OsRng)?;
        Ok::<_, PresentError>(PendingRequest { id: ScreenId::random(), request, view })
    });
    let pending = pending.await?;
    // What cannot be answered at all is said here and not at the question.
    open.read().wallet.consider(open.ledger(), &pending.request, &pending.view, now)?;
    *lock(&open.request) = Some(pending);
    Ok(())
}

fn refused(app: &App, open: &OpenWallet, preferences: Preferences, error: PageError) -> Response {
    again(&PresentPage { page: Page::open(app, open, preferences, "present"), error: Some(error) })
}

async fn consent(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let waiting = lock(&open.request).clone();
    match waiting {
        Some(pending) => consent_page(&app, &open, preferences, &pending, None),
        None => see("/present"),
    }
}

/// The screen of a request; `error` is why an earlier decision was not taken.
fn consent_page(
    app: &App,
    open: &OpenWallet,
    preferences: Preferences,
    pending: &PendingRequest,
    error: Option<PageError>,
) -> Response {
    let page = Page::open(app, open, preferences, "present");
    let contents = open.read();
    let taken = error.is_none();
    let shown = considered(pending, app.now(), || {
        let considered =
            contents.wallet.consider(open.ledger(), &pending.request, &pending.view, app.now())?;
        Ok(ConsentPage::new(&considered.screen(), &pending.id, page, error))
    });
    match shown {
        Ok(consent) if taken => render(&consent),
        Ok(consent) => again(&consent),
        Err(error) => refused(app, open, preferences, error),
    }
}

/// A request may be answered for a few minutes only.
fn considered<T>(
    pending: &PendingRequest,
    now: u64,
    consider: impl FnOnce() -> Result<T, PresentError>,
) -> Result<T, PageError> {
    pending.request.check_expiry(now)?;
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
    let taken = lock(&open.request).take_if(|pending| pending.id.is(id));
    let Some(pending) = taken else {
        return changed(app, open, preferences, id);
    };
    match resolve(open, &pending, decision, app.now()) {
        Ok(resolved) => {
            let outcome = format!("/present/outcome?of={}", pending.id.as_str());
            begin(app, open, pending, resolved);
            see(&outcome)
        }
        Err(error) => refused(app, open, preferences, error),
    }
}

/// The request in the form is not the one that waits: it was decided before, or another window has fetched another.
fn changed(app: &App, open: &OpenWallet, preferences: Preferences, id: &str) -> Response {
    if open.presenting.knows(id) {
        return see(&format!("/present/outcome?of={id}"));
    }
    let error = PageError::from(FormError::Changed);
    let waiting = lock(&open.request).clone();
    match waiting {
        Some(other) => consent_page(app, open, preferences, &other, Some(error)),
        None => refused(app, open, preferences, error),
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
        wallet.consider(open.ledger(), &pending.request, &pending.view, now)?.resolve(
            decision,
            wallet.secrets(),
            &mut OsRng,
        )
    })
}

/// Proves and sends beside the page; the wallet is free meanwhile. What is about to be sent is in the history on the
/// disk before it is.
fn begin(app: &App, open: &Arc<OpenWallet>, pending: PendingRequest, resolved: Resolved) {
    let working = open.presenting.begin(&pending.id);
    let clock = app.clone();
    let open = Arc::clone(open);
    app.tasks().begin(move || {
        let PendingRequest { request, view, .. } = &pending;
        let about = request.policy().checked.policy().title.clone();
        let reserved = open.reserve(|wallet| wallet.reserve(request, view, &resolved, clock.now()));
        let reserved = match reserved {
            Ok(reserved) => reserved,
            Err(error) => return working.end(TaskOutcome::not_sent(about, error.into())),
        };
        let executed = resolved.execute(open.preparations(), &mut OsRng);
        let remembered = open.change(|contents| {
            contents.wallet.remember(reserved.as_ref(), request, view, executed.as_ref(), clock.now());
        });
        let unwritten = remembered.err().map(|error| PageError::unwritten(&error));
        working.end(TaskOutcome { unwritten, ..told(about, executed) });
    });
}

/// What is told of an end; the proofs are forgotten.
fn told(about: Localized, executed: Result<Executed, PresentError>) -> TaskOutcome {
    let Executed { ended, continue_at, receipt } = match executed {
        Ok(executed) => executed,
        Err(error @ PresentError::Answer(_)) => return TaskOutcome::failed(about, error.into()),
        Err(error) => return TaskOutcome::not_sent(about, error.into()),
    };
    let outcome = match ended {
        Ended::Accepted(_) => TaskOutcome::new("presented", about),
        Ended::Refused { reason, .. } => {
            TaskOutcome { reason: Some(reason), ..TaskOutcome::new("refused", about) }
        }
        Ended::Kept(_) => TaskOutcome::new("kept", about),
        Ended::Declined => TaskOutcome::new("declined", about),
        Ended::NotSatisfiable(_) => TaskOutcome::new("not_satisfiable", about),
    };
    TaskOutcome { continue_at, receipt, ..outcome }
}

async fn outcome(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Query(of): Query<Of>,
) -> Response {
    let page = Page::open(&app, &open, preferences, "present");
    let step = open.presenting.step(&of);
    let of = of.of;
    match step {
        Step::Nothing => see("/present"),
        Step::Working => render(&OutcomePage { page, of, outcome: None }),
        Step::Ended(outcome) => render(&OutcomePage { page, of, outcome: Some(*outcome) }),
    }
}

async fn state(State(app): State<App>, Query(of): Query<Of>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.presenting.state(&of))
}

/// Which server a link leads to.
#[derive(Template)]
#[template(path = "follow.html")]
struct LinkPage {
    page: Page,
    id: String,
    server: String,
    error: Option<PageError>,
}

impl LinkPage {
    fn new(pending: &PendingLink, page: Page, error: Option<PageError>) -> Self {
        Self { page, id: pending.id.as_str().to_owned(), server: pending.link.server(), error }
    }
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
    /// Which work this is.
    of: String,
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
