//! At a counter without a network: its printed code, the matter, the consent screen, the code to be shown.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
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
use crate::app::error::FormError;
use crate::app::page::{Page, again, see};
use crate::app::progress::{self, ShownCode, Step, TaskOutcome, bare};
use crate::app::session::{OfflineSession, OpenWallet, PendingPolicy, ScreenId, lock};
use crate::app::state::{App, Unlocked};
use crate::present::{Decision, PresentError, Screen, ShownOffline};

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
    Ok(OfflineSession { counter, pending: None })
}

async fn matters(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    if lock(&open.offline).is_none() {
        return see("/present");
    }
    render(&MattersPage::new(&app, &open, preferences))
}

#[derive(Deserialize)]
struct PolicyForm {
    policy: SchemaId,
}

async fn choose(Unlocked(open): Unlocked, form: Form<PolicyForm>) -> Response {
    let Form(PolicyForm { policy }) = form;
    match &mut *lock(&open.offline) {
        None => return see("/present"),
        Some(session) => session.pending = Some(PendingPolicy { id: ScreenId::random(), policy }),
    }
    see("/offline/consent")
}

async fn consent(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "present");
    let Some((counter, pending)) = pending(&open) else { return see("/offline") };
    let contents = open.read();
    let screen = |screen: &Screen<'_>| ConsentPage::new(screen, &pending.id, page);
    match contents.wallet.consider_offline(open.ledger(), &pending.policy, &counter, app.now(), screen) {
        Ok(consent) => render(&consent),
        Err(error) => {
            let page = Page::open(&app, &open, preferences, "present");
            again(&OutcomePage { page, shown: Some(told(bare(""), Err(error), app.now())), picture: None })
        }
    }
}

fn pending(open: &OpenWallet) -> Option<(VerifierId, PendingPolicy)> {
    let session = lock(&open.offline).clone()?;
    Some((session.counter, session.pending?))
}

async fn agree(State(app): State<App>, Unlocked(open): Unlocked, form: Form<Decided>) -> Response {
    decide(&app, &open, &form.request, Decision::Agree)
}

async fn refuse(State(app): State<App>, Unlocked(open): Unlocked, form: Form<Decided>) -> Response {
    decide(&app, &open, &form.request, Decision::Refuse)
}

/// A decision about something else than what was shown decides nothing.
fn decide(app: &App, open: &Arc<OpenWallet>, id: &str, decision: Decision) -> Response {
    let taken = {
        let mut session = lock(&open.offline);
        let taken = session.as_mut().and_then(|s| s.pending.take_if(|pending| pending.id.as_str() == id));
        taken.zip(session.as_ref().map(|session| session.counter.clone()))
    };
    let Some((PendingPolicy { policy, .. }, counter)) = taken else { return see("/offline/consent") };
    begin(app, open, policy, counter, decision);
    see("/offline/outcome")
}

/// Proves beside the page. The code is not seen before the history has it.
fn begin(app: &App, open: &Arc<OpenWallet>, policy: SchemaId, counter: VerifierId, decision: Decision) {
    let working = open.showing.begin();
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

async fn outcome(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "present");
    match open.showing.step() {
        Step::Nothing => see("/offline"),
        Step::Working => render(&OutcomePage { page, shown: None, picture: None }),
        Step::Ended(outcome) => {
            let picture = outcome.code.as_ref().and_then(|code| Picture::new(code, app.now()));
            render(&OutcomePage { page, shown: Some(outcome), picture })
        }
    }
}

async fn state(State(app): State<App>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.showing.state())
}

#[derive(Template)]
#[template(path = "matters.html")]
struct MattersPage {
    page: Page,
    /// Identifier, title and purpose.
    matters: Vec<(SchemaId, String, String)>,
}

impl MattersPage {
    fn new(app: &App, open: &OpenWallet, preferences: Preferences) -> Self {
        let page = Page::open(app, open, preferences, "present");
        let view = open.ledger().view();
        let policies = view.registry().policies().map(|published| published.checked.policy());
        let matters =
            policies.map(|p| (p.policy.clone(), page.text(&p.title), page.text(&p.purpose))).collect();
        Self { page, matters }
    }
}

#[derive(Template)]
#[template(path = "shown.html")]
struct OutcomePage {
    page: Page,
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
