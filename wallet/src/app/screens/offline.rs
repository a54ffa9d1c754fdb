//! At a counter without a network: its printed code, the matter, the consent screen, the code to be shown.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::schema::{Localized, SchemaId};
use openid4vc::offline::{COUNTER_PREFIX, VerifierId};
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, qr_svg, render};

use super::consent::Consent;
use super::present::{Decided, random};
use super::progress::{self, Code, Outcome, Progress, Step, bare};
use super::{Sheet, again, see};
use crate::app::form::Trouble;
use crate::app::open::{Open, lock};
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

/// Where the owner stands, and what they look at there.
#[derive(Clone)]
pub(in crate::app) struct AtCounter {
    counter: VerifierId,
    asking: Option<Asking>,
}

/// A matter that the owner looks at.
#[derive(Clone)]
struct Asking {
    /// Ties the decision to what was shown.
    id: String,
    policy: SchemaId,
}

impl AtCounter {
    /// Whether a text is what hangs at a counter.
    pub(super) fn is_named_by(text: &str) -> bool {
        text.starts_with(COUNTER_PREFIX)
    }

    pub(super) fn named_by(text: &str) -> Result<Self, Trouble> {
        let counter = text.parse().map_err(|_| Trouble::new("counter_code"))?;
        Ok(Self { counter, asking: None })
    }
}

async fn matters(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    if lock(&open.at_counter).is_none() {
        return see("/present");
    }
    render(&Matters::of(&app, &open, look))
}

#[derive(Deserialize)]
struct Chosen {
    policy: SchemaId,
}

async fn choose(Unlocked(open): Unlocked, form: Form<Chosen>) -> Response {
    let Form(Chosen { policy }) = form;
    match &mut *lock(&open.at_counter) {
        None => return see("/present"),
        Some(at) => at.asking = Some(Asking { id: random(), policy }),
    }
    see("/offline/consent")
}

async fn consent(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    let page = Sheet::open(&app, &open, look, "present");
    let Some((counter, asking)) = asked(&open) else { return see("/offline") };
    let contents = open.read();
    let screen = |screen: &Screen<'_>| Consent::of(screen, asking.id, page);
    match contents.wallet.consider_offline(open.ledger(), &asking.policy, &counter, app.now(), screen) {
        Ok(consent) => render(&consent),
        Err(error) => {
            let page = Sheet::open(&app, &open, look, "present");
            again(&Outcomes { page, shown: Some(told(bare(""), Err(error), app.now())), picture: None })
        }
    }
}

fn asked(open: &Open) -> Option<(VerifierId, Asking)> {
    let at = lock(&open.at_counter).clone()?;
    Some((at.counter, at.asking?))
}

async fn agree(State(app): State<App>, Unlocked(open): Unlocked, form: Form<Decided>) -> Response {
    decide(&app, &open, &form.request, Decision::Agree)
}

async fn refuse(State(app): State<App>, Unlocked(open): Unlocked, form: Form<Decided>) -> Response {
    decide(&app, &open, &form.request, Decision::Refuse)
}

/// A decision about something else than what was shown decides nothing.
fn decide(app: &App, open: &Arc<Open>, id: &str, decision: Decision) -> Response {
    let asking = {
        let mut at = lock(&open.at_counter);
        let taken = at.as_mut().and_then(|at| at.asking.take_if(|asking| asking.id == id));
        taken.zip(at.as_ref().map(|at| at.counter.clone()))
    };
    let Some((Asking { policy, .. }, counter)) = asking else { return see("/offline/consent") };
    begin(app, open, policy, counter, decision);
    see("/offline/outcome")
}

/// Proves beside the page. The code is not seen before the history has it.
fn begin(app: &App, open: &Arc<Open>, policy: SchemaId, counter: VerifierId, decision: Decision) {
    let working = Progress::begin(open, |open| &open.showing);
    let (app_too, open) = (app.clone(), Arc::clone(open));
    app.tasks().begin(move || {
        let now = || app_too.now();
        let published = open.ledger().view().registry().policy(&policy).cloned();
        let about = published.map_or_else(|| bare(policy.as_str()), |p| p.checked.policy().title.clone());
        let shown = open.change(|contents| {
            let mut consent = |_: &Screen<'_>| decision;
            contents.wallet.show_offline(open.ledger(), &policy, &counter, &mut consent, &now, &mut OsRng)
        });
        working.end(match shown {
            Ok(shown) => told(about, shown, now()),
            Err(failure) => Outcome::failed(about, failure.into()),
        });
    });
}

fn told(about: Localized, shown: Result<ShownOffline, PresentError>, now: u64) -> Outcome {
    match shown {
        Ok(ShownOffline::Code(text)) => {
            let code = Some(Code { text, until: now.saturating_add(SHOWN_FOR_S) });
            Outcome { code, ..Outcome::new("shown", about) }
        }
        Ok(ShownOffline::Declined) => Outcome::new("declined", about),
        Ok(ShownOffline::NotSatisfiable(_)) => Outcome::new("not_satisfiable", about),
        Err(error) => Outcome::failed(about, error.into()),
    }
}

async fn outcome(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    let page = Sheet::open(&app, &open, look, "present");
    match open.showing.step() {
        Step::Nothing => see("/offline"),
        Step::Working => render(&Outcomes { page, shown: None, picture: None }),
        Step::Ended(outcome) => {
            let picture = outcome.code.as_ref().and_then(|code| Picture::of(code, app.now()));
            render(&Outcomes { page, shown: Some(outcome), picture })
        }
    }
}

async fn state(State(app): State<App>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.showing.state())
}

#[derive(Template)]
#[template(path = "matters.html")]
struct Matters {
    page: Sheet,
    /// Identifier, title and purpose.
    matters: Vec<(SchemaId, String, String)>,
}

impl Matters {
    fn of(app: &App, open: &Open, look: Preferences) -> Self {
        let page = Sheet::open(app, open, look, "present");
        let view = open.ledger().view();
        let policies = view.registry().policies().map(|published| published.checked.policy());
        let matters =
            policies.map(|p| (p.policy.clone(), page.text(&p.title), page.text(&p.purpose))).collect();
        Self { page, matters }
    }
}

#[derive(Template)]
#[template(path = "shown.html")]
struct Outcomes {
    page: Sheet,
    /// `None` while it works.
    shown: Option<Outcome>,
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
    fn of(code: &Code, now: u64) -> Option<Self> {
        let seconds = code.until.checked_sub(now).filter(|seconds| *seconds > 0)?;
        Some(Self { qr: qr_svg(&code.text).ok()?, text: code.text.clone(), seconds })
    }
}
