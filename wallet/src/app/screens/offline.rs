//! At a counter without a network: its printed code, the matter, the consent screen, the code to be shown.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::schema::{Localized, SchemaId};
use circuits::typed;
use openid4vc::offline::{COUNTER_PREFIX, VerifierId};
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, qr_svg, render};

use super::consent::ConsentPage;
use super::present::Decided;
use crate::app::error::{FormError, PageError};
use crate::app::page::{Page, again, see};
use crate::app::progress::{self, Of, ShownCode, Step, TaskOutcome, bare};
use crate::app::session::{OfflineSession, OpenWallet, PendingPolicy, ScreenId, lock};
use crate::app::state::{App, Unlocked};
use crate::present::{Decision, PresentError, Screen, ShownOffline, fits_code, is_for};

/// Seconds that a counter takes a code for, at least.
const SHOWN_FOR_S: u64 = 120;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/offline", get(matters).post(choose))
        .route("/offline/consent", get(consent))
        .route("/offline/agree", post(agree))
        .route("/offline/refuse", post(refuse))
        .route("/offline/outcome", get(outcome))
        .route("/offline/state", get(state))
}

/// Whether a text is what hangs at a counter.
pub(super) fn names_a_counter(text: &str) -> bool {
    typed::compact(text).to_ascii_lowercase().starts_with(COUNTER_PREFIX)
}

/// The owner stands at the counter that a text names.
pub(super) fn begin_at_counter(text: &str) -> Result<OfflineSession, FormError> {
    let counter = text.parse().map_err(|_| FormError::CounterCode)?;
    Ok(OfflineSession { id: ScreenId::random(), counter, pending: None })
}

async fn matters(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let session = lock(&open.offline).clone();
    match session {
        None => see("/present"),
        Some(session) => render(&MattersPage::new(&app, &open, preferences, &session, None)),
    }
}

#[derive(Deserialize)]
struct PolicyForm {
    policy: SchemaId,
    /// The counter that the matters were shown for.
    #[serde(default)]
    counter: String,
}

async fn choose(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Form<PolicyForm>,
) -> Response {
    let Form(PolicyForm { policy, counter }) = form;
    let other = match &mut *lock(&open.offline) {
        None => return see("/present"),
        Some(session) if session.id.is(&counter) => {
            session.pending = Some(PendingPolicy { id: ScreenId::random(), policy });
            return see("/offline/consent");
        }
        Some(other) => other.clone(),
    };
    let error = Some(FormError::Changed.into());
    again(&MattersPage::new(&app, &open, preferences, &other, error))
}

async fn consent(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    consent_page(&app, &open, preferences, None)
}

/// The screen of what was chosen; `error` is why an earlier decision was not taken.
fn consent_page(
    app: &App,
    open: &OpenWallet,
    preferences: Preferences,
    error: Option<PageError>,
) -> Response {
    let page = Page::open(app, open, preferences, "present");
    let Some((counter, pending)) = pending(open) else { return see("/offline") };
    let contents = open.read();
    let taken = error.is_none();
    let screen = |screen: &Screen<'_>| ConsentPage::new(screen, &pending.id, page, error);
    match contents.wallet.consider_offline(open.ledger(), &pending.policy, &counter, app.now(), screen) {
        Ok(consent) if taken => render(&consent),
        Ok(consent) => again(&consent),
        Err(error) => {
            let page = Page::open(app, open, preferences, "present");
            let shown = Some(told(bare(""), Err(error), app.now()));
            again(&OutcomePage { page, of: String::new(), shown, picture: None })
        }
    }
}

fn pending(open: &OpenWallet) -> Option<(VerifierId, PendingPolicy)> {
    let session = lock(&open.offline).clone()?;
    Some((session.counter, session.pending?))
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

/// A decision about something else than what was shown decides nothing.
fn decide(
    app: &App,
    open: &Arc<OpenWallet>,
    preferences: Preferences,
    id: &str,
    decision: Decision,
) -> Response {
    let taken = {
        let mut session = lock(&open.offline);
        let taken = session.as_mut().and_then(|s| s.pending.take_if(|pending| pending.id.is(id)));
        taken.zip(session.as_ref().map(|session| session.counter.clone()))
    };
    let outcome = format!("/offline/outcome?of={id}");
    match taken {
        Some((pending, counter)) => begin(app, open, pending, counter, decision),
        // Its form was sent twice.
        None if open.showing.knows(id) => {}
        None => return consent_page(app, open, preferences, Some(FormError::Changed.into())),
    }
    see(&outcome)
}

/// Proves beside the page. The code is not seen before the history has it.
fn begin(app: &App, open: &Arc<OpenWallet>, pending: PendingPolicy, counter: VerifierId, decision: Decision) {
    let PendingPolicy { id, policy } = pending;
    let working = open.showing.begin(&id);
    let clock = app.clone();
    let open = Arc::clone(open);
    app.tasks().begin(move || {
        let now = || clock.now();
        let published = open.ledger().view().registry().policy(&policy).cloned();
        let about = published.map_or_else(|| bare(policy.as_str()), |p| p.checked.policy().title.clone());
        let shown = open.change(|contents| {
            let mut consent = |_: &Screen<'_>| decision;
            contents.wallet.show_offline(open.ledger(), &policy, &counter, &mut consent, &now, &mut OsRng)
        });
        working.end(match shown {
            Ok(shown) => told(about, shown, now()),
            Err(error) => TaskOutcome::failed(about, error.into()),
        });
    });
}

fn told(about: Localized, shown: Result<ShownOffline, PresentError>, now: u64) -> TaskOutcome {
    match shown {
        Ok(ShownOffline::Code(text)) => {
            let code = Some(ShownCode { text, until: now.saturating_add(SHOWN_FOR_S) });
            TaskOutcome { code, ..TaskOutcome::new("shown", about) }
        }
        Ok(ShownOffline::Declined) => TaskOutcome::new("declined", about),
        Ok(ShownOffline::NotSatisfiable(_)) => TaskOutcome::new("not_satisfiable", about),
        Err(error) => TaskOutcome::failed(about, error.into()),
    }
}

async fn outcome(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Query(of): Query<Of>,
) -> Response {
    let page = Page::open(&app, &open, preferences, "present");
    let step = open.showing.step(&of);
    let of = of.of;
    match step {
        Step::Nothing => see("/offline"),
        Step::Working => render(&OutcomePage { page, of, shown: None, picture: None }),
        Step::Ended(outcome) => {
            let picture = outcome.code.as_ref().and_then(|code| Picture::new(code, app.now()));
            render(&OutcomePage { page, of, shown: Some(*outcome), picture })
        }
    }
}

async fn state(State(app): State<App>, Query(of): Query<Of>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.showing.state(&of))
}

#[derive(Template)]
#[template(path = "matters.html")]
struct MattersPage {
    page: Page,
    /// Names the counter that they are for; part of the form.
    counter: String,
    error: Option<PageError>,
    /// Identifier, title and purpose.
    matters: Vec<(SchemaId, String, String)>,
    /// Whether there are matters whose answer no code holds.
    online_only: bool,
}

impl MattersPage {
    fn new(
        app: &App,
        open: &OpenWallet,
        preferences: Preferences,
        session: &OfflineSession,
        error: Option<PageError>,
    ) -> Self {
        let page = Page::open(app, open, preferences, "present");
        let counter = session.id.as_str().to_owned();
        let view = open.ledger().view();
        let registry = view.registry();
        let now = app.now();
        let policies = registry.policies().filter(|p| is_for(p, &session.counter, registry, now));
        let policies = policies.map(|published| published.checked.policy());
        let matters =
            policies.map(|p| (p.policy.clone(), page.text(&p.title), page.text(&p.purpose))).collect();
        let online_only = registry.policies().any(|published| !fits_code(published));
        Self { page, counter, error, matters, online_only }
    }
}

#[derive(Template)]
#[template(path = "shown.html")]
struct OutcomePage {
    page: Page,
    /// Which work this is.
    of: String,
    /// `None` while it works.
    shown: Option<TaskOutcome>,
    /// The code; `None` where there is none, or none any more.
    picture: Option<Picture>,
}

/// A code while a counter takes it.
struct Picture {
    qr: String,
    text: String,
    seconds: u64,
}

impl Picture {
    fn new(code: &ShownCode, now: u64) -> Option<Self> {
        let seconds = code.until.checked_sub(now).filter(|seconds| *seconds > 0)?;
        Some(Self { qr: qr_svg(&code.text).ok()?, text: code.text.clone(), seconds })
    }
}
