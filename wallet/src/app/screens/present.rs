//! Presenting: the counter's link, the consent screen, the decision, the answer.
//!
//! The steps are the library's: a request is fetched and checked, considered, shown, settled, carried out, remembered.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, render};

use super::consent::Consent;
use super::offline::AtCounter;
use super::progress::{self, Outcome, Progress, Step};
use super::{Sheet, again, see};
use crate::app::form::{self, Trouble};
use crate::app::open::{Open, lock};
use crate::app::state::{App, Unlocked};
use crate::app::tasks::apart;
use crate::cli::failure::Failure;
use crate::followed::View;
use crate::present::{Decision, Ended, PresentError, Request, Settled};

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

/// A checked request that the owner looks at, with the state of the ledger by which it was checked.
#[derive(Clone)]
pub(in crate::app) struct Asking {
    /// Ties the decision to what was shown: another window may have fetched another request meanwhile.
    id: String,
    request: Request,
    view: View,
}

async fn ask(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    render(&Ask { page: Sheet::open(&app, &open, look, "present"), trouble: None })
}

async fn fetch(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    form: Multipart,
) -> Response {
    match fetched(&app, &open, form).await {
        Ok(next) => see(next),
        Err(trouble) => {
            again(&Ask { page: Sheet::open(&app, &open, look, "present"), trouble: Some(trouble) })
        }
    }
}

/// Where to go on: a counter without a network hangs up a code of its own, which says nothing of a matter.
async fn fetched(app: &App, open: &Arc<Open>, form: Multipart) -> Result<&'static str, Trouble> {
    let link = form::link(form).await?;
    if AtCounter::is_named_by(&link) {
        *lock(&open.at_counter) = Some(AtCounter::named_by(&link)?);
        return Ok("/offline");
    }
    let (now, view) = (app.now(), open.ledger().view());
    let asking = apart(move || {
        let request = Request::fetch(&link, view.registry(), now, &mut OsRng).map_err(PresentError::from)?;
        Ok::<_, PresentError>(Asking { id: random(), request, view })
    });
    let asking = asking.await??;
    // What cannot be answered at all is said here and not at the question.
    open.read().wallet.consider(open.ledger(), &asking.request, &asking.view, now)?;
    *lock(&open.asking) = Some(asking);
    Ok("/present/consent")
}

async fn consent(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    let page = Sheet::open(&app, &open, look, "present");
    let Some(asking) = lock(&open.asking).clone() else { return see("/present") };
    let contents = open.read();
    match considered(&asking, app.now(), || {
        let considered = contents.wallet.consider(open.ledger(), &asking.request, &asking.view, app.now())?;
        Ok(Consent::of(&considered.screen(), asking.id.clone(), page))
    }) {
        Ok(consent) => render(&consent),
        Err(trouble) => {
            again(&Ask { page: Sheet::open(&app, &open, look, "present"), trouble: Some(trouble) })
        }
    }
}

/// A request may be answered for a few minutes only.
fn considered<T>(
    asking: &Asking,
    now: u64,
    consider: impl FnOnce() -> Result<T, PresentError>,
) -> Result<T, Trouble> {
    if asking.request.object().exp < now {
        return Err(Trouble::new("expired"));
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
    look: Preferences,
    form: Form<Decided>,
) -> Response {
    decide(&app, &open, look, &form.request, Decision::Agree)
}

async fn refuse(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    form: Form<Decided>,
) -> Response {
    decide(&app, &open, look, &form.request, Decision::Refuse)
}

/// A decision about another request than the one that was shown decides nothing.
fn decide(app: &App, open: &Arc<Open>, look: Preferences, id: &str, decision: Decision) -> Response {
    let Some(asking) = lock(&open.asking).take_if(|asking| asking.id == id) else {
        return see("/present/consent");
    };
    match settle(open, &asking, decision, app.now()) {
        Ok(settled) => {
            begin(app, open, asking, settled);
            see("/present/outcome")
        }
        Err(trouble) => again(&Ask { page: Sheet::open(app, open, look, "present"), trouble: Some(trouble) }),
    }
}

fn settle(open: &Open, asking: &Asking, decision: Decision, now: u64) -> Result<Settled, Trouble> {
    let contents = open.read();
    let wallet = &contents.wallet;
    considered(asking, now, || {
        wallet.consider(open.ledger(), &asking.request, &asking.view, now)?.settle(decision, wallet.secret())
    })
}

/// Proves and sends beside the page; the wallet is free meanwhile.
fn begin(app: &App, open: &Arc<Open>, asking: Asking, settled: Settled) {
    let working = Progress::begin(open, |open| &open.presenting);
    let (app_too, open) = (app.clone(), Arc::clone(open));
    app.tasks().begin(move || {
        let ended = settled.carry_out(open.preparations(), &mut OsRng);
        let remembered = open.change(|contents| {
            contents.wallet.remember(&asking.request, &asking.view, &ended, app_too.now());
        });
        working.end(told(&asking, ended, remembered));
    });
}

/// What is told of an end; the proofs are forgotten.
fn told(asking: &Asking, ended: Result<Ended, PresentError>, remembered: Result<(), Failure>) -> Outcome {
    let about = asking.request.policy().checked.policy().title.clone();
    let mut outcome = match ended {
        Ok(Ended::Accepted(_)) => Outcome::new("presented", about),
        Ok(Ended::Refused { reason, .. }) => {
            Outcome { reason: Some(reason), ..Outcome::new("refused", about) }
        }
        Ok(Ended::Kept(_)) => Outcome::new("kept", about),
        Ok(Ended::Declined) => Outcome::new("declined", about),
        Ok(Ended::NotSatisfiable(_)) => Outcome::new("not_satisfiable", about),
        Err(error) => Outcome::failed(about, error.into()),
    };
    if let Err(failure) = remembered {
        outcome.trouble.get_or_insert(Trouble::from(failure));
    }
    outcome
}

async fn outcome(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    let page = Sheet::open(&app, &open, look, "present");
    match open.presenting.step() {
        Step::Nothing => see("/present"),
        Step::Working => render(&Outcomes { page, outcome: None }),
        Step::Ended(outcome) => render(&Outcomes { page, outcome: Some(outcome) }),
    }
}

async fn state(State(app): State<App>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.presenting.state())
}

pub(super) fn random() -> String {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[derive(Template)]
#[template(path = "present.html")]
struct Ask {
    page: Sheet,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "presented.html")]
struct Outcomes {
    page: Sheet,
    /// `None` while it works.
    outcome: Option<Outcome>,
}

impl Outcomes {
    /// The counter's word in the reader's.
    fn reason(&self, word: &str) -> String {
        let key = format!("reason-{word}");
        if crate::app::words::WORDS.knows(&key) { self.page.say(&key) } else { self.page.say("reason-other") }
    }
}
