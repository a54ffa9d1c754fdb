//! Receiving: the desk's link, who offers what, the number from the clerk, the credential.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::schema::Localized;
use openid4vc::vci::{Secret, TxCode};
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, render};

use crate::app::background::run_blocking;
use crate::app::error::PageError;
use crate::app::form::{self, Typed};
use crate::app::page::{Page, again, see};
use crate::app::progress::{self, Step, TaskOutcome, bare};
use crate::app::session::{OpenWallet, lock};
use crate::app::state::{App, Unlocked};
use crate::present::printable;
use crate::receive::{Offer, ReceiveError};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/receive/offer", get(offer))
        .route("/receive/accept", post(accept))
        .route("/receive/dismiss", post(dismiss))
        .route("/receive/outcome", get(outcome))
        .route("/receive/state", get(state))
}

pub(super) fn uploads() -> Router<App> {
    Router::new().route("/receive", get(ask).post(look_at))
}

async fn ask(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    render(&ReceivePage { page: Page::open(&app, &open, preferences, "receive"), error: None })
}

async fn look_at(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    form: Multipart,
) -> Response {
    match fetch(&app, &open, form).await {
        Ok(()) => see("/receive/offer"),
        Err(error) => {
            again(&ReceivePage { page: Page::open(&app, &open, preferences, "receive"), error: Some(error) })
        }
    }
}

async fn fetch(app: &App, open: &Arc<OpenWallet>, form: Multipart) -> Result<(), PageError> {
    let link = form::link(form).await?;
    let now = app.now();
    let open_too = Arc::clone(open);
    let wallet = open.read().wallet.without_history();
    let offer = run_blocking(move || wallet.offer(open_too.ledger(), &link, now)).await?;
    *lock(&open.offer) = Some(offer);
    Ok(())
}

async fn offer(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "receive");
    let shown = lock(&open.offer).as_ref().map(|offer| OfferPage::new(offer, &open, page));
    shown.map_or_else(|| see("/receive"), |page| render(&page))
}

async fn dismiss(Unlocked(open): Unlocked) -> Response {
    *lock(&open.offer) = None;
    see("/")
}

#[derive(Deserialize)]
struct Accept {
    #[serde(default)]
    tx_code: Typed,
}

async fn accept(State(app): State<App>, Unlocked(open): Unlocked, Form(form): Form<Accept>) -> Response {
    let Some(offer) = lock(&open.offer).take() else { return see("/receive") };
    let working = open.receiving.begin();
    let now = app.now();
    app.tasks().begin(move || {
        let outcome = collect(&open, offer, &form.tx_code, now);
        working.end(outcome);
        // What is there now is quick at the next counter.
        open.prepare(now).ok();
    });
    see("/receive/outcome")
}

fn collect(open: &OpenWallet, mut offer: Offer, tx_code: &Typed, now: u64) -> TaskOutcome {
    let about = bare(offer.schema().as_str());
    match try_collect(open, &mut offer, tx_code, now) {
        Ok(title) => TaskOutcome::new("received", title),
        Err((error, after)) => {
            if after == After::TryAgain {
                *lock(&open.offer) = Some(offer);
            }
            TaskOutcome::failed(about, error)
        }
    }
}

/// Whether an offer is of use after an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    TryAgain,
    Nothing,
}

fn try_collect(
    open: &OpenWallet,
    offer: &mut Offer,
    typed: &Typed,
    now: u64,
) -> Result<Localized, (PageError, After)> {
    let given = typed.text().trim();
    let mut tx_code = |_: &TxCode| (!given.is_empty()).then(|| Secret::from(given.to_owned()));
    let wallet = open.read().wallet.without_history();
    let held = wallet.collect(open.ledger(), offer, &mut tx_code, now, &mut OsRng);
    let held = held.map_err(|error| {
        let after = after(&error);
        (PageError::from(error), after)
    })?;
    let kept = open.change(|contents| contents.wallet.keep_received(held, now).schema.title.clone());
    let title = kept.map_err(|error| (PageError::from(error), After::Nothing))?;
    open.save_ledger().map_err(|error| (PageError::from(error), After::Nothing))?;
    Ok(title)
}

/// A wrong number, or a network that comes back, is worth another try; anything else is not.
fn after(error: &ReceiveError) -> After {
    match error {
        ReceiveError::Refused { .. }
        | ReceiveError::NoTxCode(_)
        | ReceiveError::Http(_)
        | ReceiveError::Key(_)
        | ReceiveError::Follow(_) => After::TryAgain,
        ReceiveError::Link(_)
        | ReceiveError::UnknownIssuer
        | ReceiveError::Malformed(_)
        | ReceiveError::NotOne(_)
        | ReceiveError::UnknownSchema(_)
        | ReceiveError::Identity(_)
        | ReceiveError::Prove(_)
        | ReceiveError::OtherCredential
        | ReceiveError::Credential(_)
        | ReceiveError::NotInTree => After::Nothing,
    }
}

async fn outcome(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "receive");
    let retry = lock(&open.offer).is_some();
    match open.receiving.step() {
        Step::Nothing => see("/receive"),
        Step::Working => render(&OutcomePage { page, outcome: None, retry }),
        Step::Ended(outcome) => render(&OutcomePage { page, outcome: Some(outcome), retry }),
    }
}

async fn state(State(app): State<App>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.receiving.state())
}

#[derive(Template)]
#[template(path = "receive.html")]
struct ReceivePage {
    page: Page,
    error: Option<PageError>,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    page: Page,
    department: String,
    department_id: String,
    title: String,
    schema: String,
    /// Titles of what the credential will hold.
    attributes: Vec<String>,
    tx_code: Option<WantedCode>,
}

/// The number that the desk wants to hear.
struct WantedCode {
    description: Option<String>,
    length: u32,
    numeric: bool,
}

impl OfferPage {
    fn new(offer: &Offer, open: &OpenWallet, page: Page) -> Self {
        let view = open.ledger().view();
        let department = offer.department();
        let schema = offer.schema();
        let title = view.registry().department(department).map(|known| page.text(&known.title));
        let known = view.registry().published_schema(schema).map(|published| &published.item);
        let attributes = known.map(|s| s.attributes.iter().map(|a| page.text(&a.title)).collect());
        Self {
            department: title.unwrap_or_else(|| department.to_string()),
            department_id: department.to_string(),
            title: known.map_or_else(|| schema.to_string(), |schema| page.text(&schema.title)),
            schema: schema.to_string(),
            attributes: attributes.unwrap_or_default(),
            tx_code: offer.tx_code().map(WantedCode::new),
            page,
        }
    }
}

impl WantedCode {
    fn new(wanted: &TxCode) -> Self {
        Self {
            description: wanted.description.as_deref().map(printable),
            length: wanted.length,
            numeric: wanted.input_mode == "numeric",
        }
    }
}

#[derive(Template)]
#[template(path = "received.html")]
struct OutcomePage {
    page: Page,
    /// `None` while it works.
    outcome: Option<TaskOutcome>,
    /// Whether the offer can be tried again.
    retry: bool,
}
