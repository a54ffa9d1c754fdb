//! The credentials, locking, and catching up.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::credential::Validity;
use service::civil_time::{self, minute};
use service::web::{Preferences, render};

use super::first;
use crate::app::background::{catch_up, run_blocking};
use crate::app::error::PageError;
use crate::app::page::{Page, not_found, see};
use crate::app::session::OpenWallet;
use crate::app::state::{App, Unlocked};
use crate::followed::View;
use crate::held::{CredentialStatus, Held, Timeliness};
use crate::names;
use crate::present::printable;
use crate::renewal::{Asking, Ending};
use crate::trustees::ForeignRequest;
use crate::wallet::Wallet;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/lock", post(lock))
        .route("/sync", post(sync))
        .route("/cards/{position}", get(card))
}

async fn home(State(app): State<App>, preferences: Preferences) -> Response {
    let Some(open) = app.used() else { return first::front(&app, preferences, None) };
    let page = Page::open(&app, &open, preferences, "home");
    let view = open.ledger().view();
    let now = app.now();
    let contents = open.read();
    let newest_first = contents.wallet.credentials().iter().rev();
    let cards = newest_first.map(|held| Card::new(&contents.wallet, held, &view, now, &page)).collect();
    let foreign = contents.wallet.foreign_requests(&view);
    let warnings = foreign.iter().map(|request| Warning::new(request, &page)).collect();
    let due = contents.wallet.needs_dealing(&view).is_some();
    drop(contents);
    render(&Home { cards, warnings, due, synced: Synced::new(&open), page })
}

async fn lock(State(app): State<App>) -> Response {
    app.lock();
    see("/")
}

async fn sync(State(app): State<App>, Unlocked(open): Unlocked) -> Response {
    let now = app.now();
    // Whether it worked stands on the page that follows.
    run_blocking(move || catch_up(&open, Asking::ByOwner, now)).await.ok();
    see("/")
}

/// One credential with its values: only on this page, and only when asked for.
async fn card(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Path(position): Path<String>,
) -> Response {
    let page = Page::open(&app, &open, preferences, "home");
    let shown = {
        let contents = open.read();
        let held = contents.wallet.credentials().iter().find(|held| place(held) == position);
        held.map(|held| {
            render(&CardPage::new(&contents.wallet, held, &open.ledger().view(), app.now(), page))
        })
    };
    match shown {
        Some(shown) => shown,
        None => not_found(preferences).await,
    }
}

fn place(held: &Held) -> String {
    held.position.get().to_string()
}

/// When the wallet last caught up, and whether the last attempt failed.
pub(super) struct Synced {
    /// A civil time; `None` before the first time.
    pub(super) at: Option<String>,
    pub(super) error: Option<PageError>,
}

impl Synced {
    pub(super) fn new(open: &OpenWallet) -> Self {
        let at = open.ledger().view().synced_at().map(minute);
        Self { at, error: open.sync_error() }
    }
}

/// A credential without its values.
struct Card {
    position: String,
    title: String,
    department: String,
    /// Where its desk is on the web.
    desk: Option<String>,
    schema: String,
    from: String,
    until: String,
    /// `in_tree`, `withdrawn` or `not_synced`.
    status: &'static str,
    /// `valid`, `expired` or `not_yet`.
    timely: &'static str,
    /// Why it cannot be used any more, if it has ended.
    ending: Option<Ending>,
}

impl Card {
    fn new(wallet: &Wallet, held: &Held, view: &View, now: u64, page: &Page) -> Self {
        let credential = &held.credential;
        let department = view.registry().department(&credential.issuer);
        let desk = department.and_then(|department| department.desk.as_ref());
        let desk = desk.map(|address| printable(address.as_str()));
        let department = department
            .map_or_else(|| credential.issuer.to_string(), |department| page.text(&department.title));
        let Validity { from, until } = credential.validity;
        Self {
            position: place(held),
            title: page.text(&held.schema.title),
            department,
            desk,
            schema: credential.schema.to_string(),
            from: day(from),
            until: day(until),
            status: status(view.status(held)),
            timely: Timeliness::new(credential.validity, now).as_str(),
            ending: wallet.ending_of(held, view, now),
        }
    }

    fn validity(&self, page: &Page) -> String {
        page.t().say2("card-valid", ("from", &self.from), ("until", &self.until))
    }

    /// Why it ended and where to go; empty of one that has not.
    fn why(&self, page: &Page) -> String {
        let department = &self.department;
        match self.ending {
            None => String::new(),
            Some(Ending::Suspended) => page.t().say1("ended-suspended", "department", department),
            Some(Ending::Revoked) => page.t().say1("ended-revoked", "department", department),
            Some(Ending::Replaced) => page.t().say1("ended-replaced", "department", department),
            Some(Ending::Expired) => page.t().say1("ended-expired", "department", department),
            Some(Ending::Unknown) => page.t().say1("ended-unknown", "department", department),
        }
    }

    /// Whether it can be used now.
    fn is_good(&self) -> bool {
        self.status == "in_tree" && self.timely == "valid"
    }
}

fn status(status: CredentialStatus) -> &'static str {
    match status {
        CredentialStatus::Active => "in_tree",
        CredentialStatus::Withdrawn => "withdrawn",
        CredentialStatus::NotSynced => "not_synced",
    }
}

/// A civil date as on an identity card: validity is in days for people, and dots do not break across lines.
fn day(unix: u64) -> String {
    civil_time::day(unix).replace('-', ".")
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    cards: Vec<Card>,
    warnings: Vec<Warning>,
    /// Whether the person secret should be shared among departments, and is not.
    due: bool,
    synced: Synced,
}

/// Somebody asked for the owner's person secret, and not by this wallet.
struct Warning {
    desk: String,
    title: String,
    day: String,
}

impl Warning {
    fn new(request: &ForeignRequest, page: &Page) -> Self {
        let desk = request.desk.to_string();
        let title = request.title.as_ref().map_or_else(|| desk.clone(), |title| page.text(title));
        Self { desk, title, day: minute(request.time) }
    }

    fn text(&self, page: &Page) -> String {
        page.t().say2("warning-recovery", ("desk", &self.title), ("day", &self.day))
    }
}

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    page: Page,
    card: Card,
    /// Title and value.
    values: Vec<(String, String)>,
    entry: u64,
    received: String,
}

impl CardPage {
    fn new(wallet: &Wallet, held: &Held, view: &View, now: u64, page: Page) -> Self {
        let card = Card::new(wallet, held, view, now, &page);
        let attributes = held.schema.attributes.iter().zip(held.credential.values.iter());
        let values = attributes.map(|(attribute, (_, value))| {
            let value = value.map_or_else(
                || "—".to_owned(),
                |value| names::value(&attribute.name, &value.to_json(), page.tag()),
            );
            (page.text(&attribute.title), value)
        });
        let values = values.collect();
        Self { card, values, entry: held.entry, received: minute(held.received), page }
    }
}
