//! Receiving: the desk's link, who offers what and is shown what for it, the number from the clerk, the credential.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Multipart, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::schema::Localized;
use openid4vc::vci::{OtherDevices, Secret, TxCode};
use rand::rngs::OsRng;
use serde::Deserialize;
use service::web::{Preferences, render};

use crate::app::background::run_blocking;
use crate::app::error::{FormError, PageError};
use crate::app::form::{self, Typed};
use crate::app::page::{Page, again, see};
use crate::app::progress::{self, Of, SharesAfter, Step, TaskOutcome, bare};
use crate::app::session::{OpenWallet, PendingOffer, ScreenId, lock};
use crate::app::state::{App, Unlocked};
use crate::present::{plain, printable};
use crate::receive::{Offer, ReceiveError, ShownIdentity};
use crate::trustees::AfterReceiving;

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
    *lock(&open.offer) = Some(PendingOffer { id: ScreenId::random(), offer });
    Ok(())
}

async fn offer(State(app): State<App>, Unlocked(open): Unlocked, preferences: Preferences) -> Response {
    let page = Page::open(&app, &open, preferences, "receive");
    let shown = lock(&open.offer).as_ref().map(|pending| OfferPage::new(pending, &open, page, None));
    shown.map_or_else(|| see("/receive"), |page| render(&page))
}

#[derive(Deserialize)]
struct Dismiss {
    /// The offer that was shown.
    #[serde(default)]
    offer: String,
}

async fn dismiss(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Form(form): Form<Dismiss>,
) -> Response {
    let taken = lock(&open.offer).take_if(|pending| pending.id.is(&form.offer));
    match taken {
        Some(_) => see("/"),
        None => changed(&app, &open, preferences),
    }
}

#[derive(Deserialize)]
struct Accept {
    /// The offer that was shown.
    #[serde(default)]
    offer: String,
    #[serde(default)]
    tx_code: Typed,
}

async fn accept(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Form(form): Form<Accept>,
) -> Response {
    let outcome = format!("/receive/outcome?of={}", form.offer);
    let taken = lock(&open.offer).take_if(|pending| pending.id.is(&form.offer));
    match taken {
        Some(pending) => begin(&app, open, pending, form.tx_code),
        // Its form was sent twice.
        None if open.receiving.knows(&form.offer) => {}
        None => return changed(&app, &open, preferences),
    }
    see(&outcome)
}

/// The offer in the form is not the one that waits: another window has opened another, which it does not act on.
fn changed(app: &App, open: &OpenWallet, preferences: Preferences) -> Response {
    let page = || Page::open(app, open, preferences, "receive");
    let error = PageError::from(FormError::Changed);
    match lock(&open.offer).as_ref() {
        Some(other) => again(&OfferPage::new(other, open, page(), Some(error))),
        None => again(&ReceivePage { page: page(), error: Some(error) }),
    }
}

fn begin(app: &App, open: Arc<OpenWallet>, pending: PendingOffer, tx_code: Typed) {
    let working = open.receiving.begin(&pending.id);
    let now = app.now();
    app.tasks().begin(move || {
        let outcome = collect(&open, pending, &tx_code, now);
        working.end(outcome);
        // What is there now is quick at the next counter.
        open.prepare(now).ok();
    });
}

fn collect(open: &OpenWallet, mut pending: PendingOffer, tx_code: &Typed, now: u64) -> TaskOutcome {
    let view = open.ledger().view();
    let schema = pending.offer.schema();
    let known = view.registry().published_schema(schema);
    let about = known.map_or_else(|| bare(schema.as_str()), |known| known.item.title.clone());
    match try_collect(open, &mut pending.offer, tx_code, now) {
        Ok((title, after)) => {
            TaskOutcome { shares: shares(open, after, now), ..TaskOutcome::new("received", title) }
        }
        Err((error, after)) => {
            if after == After::TryAgain {
                // Another one that the owner looks at by now stays.
                lock(&open.offer).get_or_insert(pending);
            }
            TaskOutcome::failed(about, error)
        }
    }
}

/// The credential is here, whatever becomes of the shares.
fn shares(open: &OpenWallet, after: AfterReceiving, now: u64) -> Option<SharesAfter> {
    match after {
        AfterReceiving::Nothing => None,
        AfterReceiving::FirstDevice => Some(SharesAfter::FirstDevice),
        AfterReceiving::Deal => Some(match open.deal(now) {
            Ok(kept) => SharesAfter::Dealt { departments: kept.keepers.len(), needed: kept.needed },
            Err(error) => SharesAfter::Failed(error.into()),
        }),
    }
}

/// Whether an offer is of use after an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    TryAgain,
    Nothing,
}

/// What the desk is about to be shown is in the history on the disk before it is.
fn try_collect(
    open: &OpenWallet,
    offer: &mut Offer,
    typed: &Typed,
    now: u64,
) -> Result<(Localized, AfterReceiving), (PageError, After)> {
    let reserved = open.reserve(|wallet| Ok(wallet.reserve_showing(offer, now)));
    let reserved = reserved.map_err(|error| (PageError::from(error), After::TryAgain))?;
    let tx_code = Some(Secret::from(typed.text().to_owned()));
    let wallet = open.read().wallet.without_history();
    let held = wallet.collect(open.ledger(), offer, tx_code, now, &mut OsRng);
    let kept = open.change(|contents| {
        contents.wallet.remember_showing(reserved.as_ref(), offer, &held);
        let held = held.and_then(|held| contents.wallet.own(held));
        held.map(|held| {
            let title = contents.wallet.keep_received(held.clone(), now).schema.title.clone();
            (title, contents.wallet.after_receiving(&held, &open.ledger().view()))
        })
    });
    match kept {
        Ok(Ok(received)) => {
            open.save_ledger().map_err(|error| (PageError::from(error), After::Nothing))?;
            Ok(received)
        }
        Ok(Err(error)) => {
            let after = after(&error);
            Err((PageError::from(error), after))
        }
        Err(error) => Err((PageError::unwritten(&error), After::Nothing)),
    }
}

/// A wrong number, or a network that comes back, is worth another try; anything else is not.
fn after(error: &ReceiveError) -> After {
    match error {
        ReceiveError::Refused { .. }
        | ReceiveError::WrongNumber { .. }
        | ReceiveError::NoTxCode(_)
        | ReceiveError::Http(_)
        | ReceiveError::Key(_)
        | ReceiveError::Follow(_) => After::TryAgain,
        ReceiveError::Link(_)
        | ReceiveError::UnknownIssuer
        | ReceiveError::Suspended(_)
        | ReceiveError::NotBinding(_)
        | ReceiveError::Declined
        | ReceiveError::Malformed(_)
        | ReceiveError::NotOne(_)
        | ReceiveError::UnknownSchema(_)
        | ReceiveError::Identity(_)
        | ReceiveError::Prove(_)
        | ReceiveError::OtherCredential
        | ReceiveError::Credential(_)
        | ReceiveError::UsedUp
        | ReceiveError::NotInTree => After::Nothing,
    }
}

async fn outcome(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Query(of): Query<Of>,
) -> Response {
    let page = Page::open(&app, &open, preferences, "receive");
    let step = open.receiving.step(&of);
    let of = of.of;
    let told = match &step {
        Step::Ended(outcome) => outcome.shares.as_ref().map(|shares| SharesTold::new(shares, &page)),
        Step::Nothing | Step::Working => None,
    };
    let retry = lock(&open.offer).as_ref().is_some_and(|pending| of.is_empty() || pending.id.is(&of));
    match step {
        Step::Nothing => see("/receive"),
        Step::Working => render(&OutcomePage { page, of, outcome: None, shares: told, retry }),
        Step::Ended(outcome) => {
            render(&OutcomePage { page, of, outcome: Some(*outcome), shares: told, retry })
        }
    }
}

async fn state(State(app): State<App>, Query(of): Query<Of>) -> Response {
    app.open().map_or_else(progress::locked, |open| open.receiving.state(&of))
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
    /// Names the offer; part of the forms.
    id: String,
    error: Option<PageError>,
    department: String,
    department_id: String,
    title: String,
    schema: String,
    /// Titles of what the credential will hold.
    attributes: Vec<String>,
    /// `end` or `stay`: what becomes of it on the owner's other devices; empty where the desk knows of none.
    others: &'static str,
    /// What the desk is shown for it.
    shown: Option<ShownToDesk>,
    tx_code: Option<WantedCode>,
}

/// What the desk is shown of the owner, as its page says it. Holds a value: for the owner's eyes only.
struct ShownToDesk {
    attribute: String,
    value: String,
    /// The credential that says so.
    from: String,
}

/// The number that the desk wants to hear.
struct WantedCode {
    description: Option<String>,
    length: u32,
    numeric: bool,
}

impl OfferPage {
    fn new(pending: &PendingOffer, open: &OpenWallet, page: Page, error: Option<PageError>) -> Self {
        let PendingOffer { id, offer } = pending;
        let view = open.ledger().view();
        let schema = offer.schema();
        let known = view.registry().published_schema(schema).map(|published| &published.item);
        let attributes = known.map(|s| s.attributes.iter().map(|a| page.text(&a.title)).collect());
        Self {
            id: id.as_str().to_owned(),
            error,
            department: page.text(offer.department_title()),
            department_id: offer.department().to_string(),
            title: known.map_or_else(|| schema.to_string(), |schema| page.text(&schema.title)),
            schema: schema.to_string(),
            attributes: attributes.unwrap_or_default(),
            others: match offer.other_devices() {
                Some(OtherDevices::End) => "end",
                Some(OtherDevices::Stay) => "stay",
                None => "",
            },
            shown: offer.identity().map(|identity| ShownToDesk::new(identity, &page)),
            tx_code: offer.tx_code().map(WantedCode::new),
            page,
        }
    }
}

impl ShownToDesk {
    fn new(identity: &ShownIdentity, page: &Page) -> Self {
        Self {
            attribute: page.text(identity.attribute()),
            value: printable(&plain(&identity.value().to_json())),
            from: page.text(identity.title()),
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
    /// Which work this is.
    of: String,
    /// `None` while it works.
    outcome: Option<TaskOutcome>,
    /// What is told of the shares of the person secret.
    shares: Option<SharesTold>,
    /// Whether the offer can be tried again.
    retry: bool,
}

/// What became of shares, in the reader's language.
struct SharesTold {
    /// Stands in `data-shares`.
    kind: &'static str,
    text: String,
    error: Option<PageError>,
}

impl SharesTold {
    fn new(shares: &SharesAfter, page: &Page) -> Self {
        match shares {
            SharesAfter::Dealt { departments, needed } => {
                let words = page.t();
                let text = words.say2("received-shared", ("departments", departments), ("needed", needed));
                Self { kind: "dealt", text, error: None }
            }
            SharesAfter::FirstDevice => {
                Self { kind: "first_device", text: page.say("received-first-device"), error: None }
            }
            SharesAfter::Failed(error) => {
                Self { kind: "failed", text: page.say("received-not-shared"), error: Some(error.clone()) }
            }
        }
    }
}
