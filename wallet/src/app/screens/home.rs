//! The credentials, locking, and catching up.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use circuits::credential::Validity;
use service::web::{Preferences, render};

use super::{Sheet, first, not_found, see};
use crate::app::background;
use crate::app::form::Trouble;
use crate::app::open::Open;
use crate::app::state::{App, Unlocked};
use crate::app::tasks::apart;
use crate::cli::tell::civil;
use crate::followed::View;
use crate::held::{CredentialStatus, Held};
use crate::present::printable;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/lock", post(lock))
        .route("/sync", post(sync))
        .route("/cards/{position}", get(card))
}

async fn home(State(app): State<App>, look: Preferences) -> Response {
    let Some(open) = app.used() else { return first::front(&app, look, None) };
    let page = Sheet::open(&app, &open, look, "home");
    let (view, now) = (open.ledger().view(), app.now());
    let cards = {
        let contents = open.read();
        let newest_first = contents.wallet.credentials().iter().rev();
        newest_first.map(|held| Card::of(held, &view, now, &page)).collect()
    };
    render(&Home { cards, synced: Synced::of(&open), page })
}

async fn lock(State(app): State<App>) -> Response {
    app.lock();
    see("/")
}

async fn sync(State(app): State<App>, Unlocked(open): Unlocked) -> Response {
    let now = app.now();
    // Whether it worked stands on the page that follows.
    let _ = apart(move || background::catch_up(&open, now)).await;
    see("/")
}

/// One credential with its values: only on this page, and only when asked for.
async fn card(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    Path(position): Path<String>,
) -> Response {
    let page = Sheet::open(&app, &open, look, "home");
    let shown = {
        let contents = open.read();
        let held = contents.wallet.credentials().iter().find(|held| place(held) == position);
        held.map(|held| render(&One::of(held, &open.ledger().view(), app.now(), page)))
    };
    match shown {
        Some(shown) => shown,
        None => not_found(look).await,
    }
}

fn place(held: &Held) -> String {
    held.position.get().to_string()
}

/// When the wallet last caught up, and whether the last attempt failed.
pub(super) struct Synced {
    /// A civil time; `None` before the first time.
    pub(super) at: Option<String>,
    pub(super) trouble: Option<Trouble>,
}

impl Synced {
    pub(super) fn of(open: &Arc<Open>) -> Self {
        let at = open.ledger().view().synced_at().map(civil);
        Self { at, trouble: open.sync_failure().map(Trouble::from) }
    }
}

/// A credential without its values.
struct Card {
    position: String,
    title: String,
    department: String,
    schema: String,
    from: String,
    until: String,
    /// `in_tree`, `withdrawn` or `not_synced`.
    standing: &'static str,
    /// `valid`, `expired` or `not_yet`.
    timely: &'static str,
}

impl Card {
    fn of(held: &Held, view: &View, now: u64, page: &Sheet) -> Self {
        let credential = &held.credential;
        let department = view.registry().department(&credential.issuer);
        let department = department
            .map_or_else(|| credential.issuer.to_string(), |department| page.text(&department.title));
        let Validity { from, until } = credential.validity;
        Self {
            position: place(held),
            title: page.text(&held.schema.title),
            department,
            schema: credential.schema.to_string(),
            from: day(from),
            until: day(until),
            standing: standing(view.standing(held)),
            timely: timely(credential.validity, now),
        }
    }

    fn validity(&self, page: &Sheet) -> String {
        page.t().say2("card-valid", ("from", &self.from), ("until", &self.until))
    }

    /// Whether it can be used now.
    fn is_good(&self) -> bool {
        self.standing == "in_tree" && self.timely == "valid"
    }
}

fn standing(standing: CredentialStatus) -> &'static str {
    match standing {
        CredentialStatus::Active => "in_tree",
        CredentialStatus::Withdrawn => "withdrawn",
        CredentialStatus::NotSynced => "not_synced",
    }
}

fn timely(validity: Validity, now: u64) -> &'static str {
    if now < validity.from {
        "not_yet"
    } else if now > validity.until {
        "expired"
    } else {
        "valid"
    }
}

/// A civil date as on an identity card: validity is in days for people, and dots do not break across lines.
fn day(unix: u64) -> String {
    civil(unix).split(' ').next().unwrap_or_default().replace('-', ".")
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Sheet,
    cards: Vec<Card>,
    synced: Synced,
}

#[derive(Template)]
#[template(path = "card.html")]
struct One {
    page: Sheet,
    card: Card,
    /// Title and value.
    values: Vec<(String, String)>,
    entry: u64,
    received: String,
}

impl One {
    fn of(held: &Held, view: &View, now: u64, page: Sheet) -> Self {
        let card = Card::of(held, view, now, &page);
        let attributes = held.schema.attributes.iter().zip(held.credential.values.iter());
        let values = attributes.map(|(attribute, (_, value))| {
            let value = value.map_or_else(|| "—".to_owned(), |value| printable(&plain(&value.to_json())));
            (page.text(&attribute.title), value)
        });
        let values = values.collect();
        Self { card, values, entry: held.entry, received: civil(held.received), page }
    }
}

/// A value as people write it.
pub(super) fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
