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

use super::progress::{self, Outcome, Progress, Step, bare};
use super::{Sheet, again, see};
use crate::app::form::{self, Trouble, Typed};
use crate::app::open::{Open, lock};
use crate::app::state::{App, Unlocked};
use crate::app::tasks::apart;
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

/// An offer that the owner looks at. No `Debug`.
pub(in crate::app) struct Offering {
    offer: Offer,
}

async fn ask(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    render(&Ask { page: Sheet::open(&app, &open, look, "receive"), trouble: None })
}

async fn look_at(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    form: Multipart,
) -> Response {
    match fetch(&app, &open, form).await {
        Ok(()) => see("/receive/offer"),
        Err(trouble) => {
            again(&Ask { page: Sheet::open(&app, &open, look, "receive"), trouble: Some(trouble) })
        }
    }
}

async fn fetch(app: &App, open: &Arc<Open>, form: Multipart) -> Result<(), Trouble> {
    let link = form::link(form).await?;
    let (now, at, wallet) = (app.now(), Arc::clone(open), open.read().wallet.beside());
    let offer = apart(move || wallet.offer(at.ledger(), &link, now)).await??;
    *lock(&open.offering) = Some(Offering { offer });
    Ok(())
}

async fn offer(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    let page = Sheet::open(&app, &open, look, "receive");
    let shown = lock(&open.offering).as_ref().map(|offering| OfferPage::of(&offering.offer, &open, page));
    shown.map_or_else(|| see("/receive"), |page| render(&page))
}

async fn dismiss(Unlocked(open): Unlocked) -> Response {
    *lock(&open.offering) = None;
    see("/")
}

#[derive(Deserialize)]
struct Accept {
    #[serde(default)]
    tx_code: Typed,
}

async fn accept(State(app): State<App>, Unlocked(open): Unlocked, Form(form): Form<Accept>) -> Response {
    let Some(offering) = lock(&open.offering).take() else { return see("/receive") };
    let working = Progress::begin(&open, |open| &open.receiving);
    let now = app.now();
    app.tasks().begin(move || {
        let outcome = collect(&open, offering, &form.tx_code, now);
        working.end(outcome);
        // What is there now is quick at the next counter.
        let _ = open.prepare(now);
    });
    see("/receive/outcome")
}

fn collect(open: &Open, mut offering: Offering, tx_code: &Typed, now: u64) -> Outcome {
    let about = bare(offering.offer.schema().as_str());
    match try_collect(open, &mut offering.offer, tx_code, now) {
        Ok(title) => Outcome::new("received", title),
        Err((trouble, after)) => {
            if after == After::TryAgain {
                *lock(&open.offering) = Some(offering);
            }
            Outcome::failed(about, trouble)
        }
    }
}

/// Whether an offer is of use after a failure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    TryAgain,
    Nothing,
}

fn try_collect(
    open: &Open,
    offer: &mut Offer,
    typed: &Typed,
    now: u64,
) -> Result<Localized, (Trouble, After)> {
    let given = typed.text().trim();
    let mut tx_code = |_: &TxCode| (!given.is_empty()).then(|| Secret::from(given.to_owned()));
    let wallet = open.read().wallet.beside();
    let held = wallet.collect(open.ledger(), offer, &mut tx_code, now, &mut OsRng);
    let held = held.map_err(|error| {
        let after = after(&error);
        (Trouble::from(error), after)
    })?;
    let kept = open.change(|contents| contents.wallet.take(held, now).schema.title.clone());
    let title = kept.map_err(|failure| (Trouble::from(failure), After::Nothing))?;
    open.save_ledger().map_err(|failure| (Trouble::from(failure), After::Nothing))?;
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
        _ => After::Nothing,
    }
}

async fn outcome(State(app): State<App>, Unlocked(open): Unlocked, look: Preferences) -> Response {
    let page = Sheet::open(&app, &open, look, "receive");
    let retry = lock(&open.offering).is_some();
    match open.receiving.step() {
        Step::Nothing => see("/receive"),
        Step::Working => render(&Outcomes { page, outcome: None, retry }),
        Step::Ended(outcome) => render(&Outcomes { page, outcome: Some(outcome), retry }),
    }
}

async fn state(State(app): State<App>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.receiving.state())
}

#[derive(Template)]
#[template(path = "receive.html")]
struct Ask {
    page: Sheet,
    trouble: Option<Trouble>,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    page: Sheet,
    department: String,
    department_id: String,
    title: String,
    schema: String,
    /// Titles of what the credential will hold.
    attributes: Vec<String>,
    tx_code: Option<Wanted>,
}

/// The number that the desk wants to hear.
struct Wanted {
    description: Option<String>,
    length: u32,
    numeric: bool,
}

impl OfferPage {
    fn of(offer: &Offer, open: &Open, page: Sheet) -> Self {
        let view = open.ledger().view();
        let (department, schema) = (offer.department(), offer.schema());
        let title = view.registry().department(department).map(|known| page.text(&known.title));
        let known = view.registry().published_schema(schema).map(|published| &published.item);
        let attributes = known.map(|s| s.attributes.iter().map(|a| page.text(&a.title)).collect());
        Self {
            department: title.unwrap_or_else(|| department.to_string()),
            department_id: department.to_string(),
            title: known.map_or_else(|| schema.to_string(), |schema| page.text(&schema.title)),
            schema: schema.to_string(),
            attributes: attributes.unwrap_or_default(),
            tx_code: offer.tx_code().map(Wanted::of),
            page,
        }
    }
}

impl Wanted {
    fn of(wanted: &TxCode) -> Self {
        Self {
            description: wanted.description.as_deref().map(printable),
            length: wanted.length,
            numeric: wanted.input_mode == "numeric",
        }
    }
}

#[derive(Template)]
#[template(path = "received.html")]
struct Outcomes {
    page: Sheet,
    /// `None` while it works.
    outcome: Option<Outcome>,
    /// Whether the offer can be tried again.
    retry: bool,
}
