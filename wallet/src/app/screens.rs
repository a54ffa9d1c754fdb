//! What the owner sees: one file for each part, and what all of them share.

mod consent;
mod first;
mod history;
mod home;
mod offline;
mod present;
mod progress;
mod receive;
mod settings;

use std::ops::Deref;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use circuits::schema::Localized;
use circuits::show as circuit;
use ledger::record::KeyUse;
use ledger::registry::Development;
use service::web::{Language, Layout, Preferences, render};

use super::form::Trouble;
use super::open::Open;
use super::state::App;
use super::words::WORDS;
use crate::present::printable;

pub(super) use first::Draft;
pub(super) use offline::AtCounter;
pub(super) use present::Asking;
pub(super) use progress::Progress;
pub(super) use receive::Offering;

/// Routes whose forms are short.
pub(super) fn routes() -> Router<App> {
    first::routes()
        .merge(home::routes())
        .merge(receive::routes())
        .merge(present::routes())
        .merge(offline::routes())
        .merge(history::routes())
        .merge(settings::routes())
}

/// Routes that take pictures and sealed copies.
pub(super) fn uploads() -> Router<App> {
    let uploads = first::uploads().merge(receive::uploads()).merge(present::uploads());
    uploads.layer(DefaultBodyLimit::max(MAX_UPLOAD))
}

/// The frame of a page of the wallet: `page` in the templates.
pub(super) struct Sheet {
    frame: Layout,
    /// Seconds until an open wallet locks itself; `None` while it is locked.
    pub(super) idle_s: Option<u64>,
    /// Which entry of the navigation this is.
    pub(super) here: &'static str,
}

impl Sheet {
    /// While the wallet is locked or not made yet.
    pub(super) fn locked(look: Preferences) -> Self {
        Self { frame: Layout::new(look, &WORDS), idle_s: None, here: "" }
    }

    /// While it is open.
    pub(super) fn open(app: &App, open: &Open, look: Preferences, here: &'static str) -> Self {
        let view = open.ledger().view();
        let keys =
            view.registry().usable_keys(circuit::NAME, circuit::VERSION, app.now(), Development::Accepted);
        let newest = keys.ok().and_then(|keys| keys.first().map(|key| key.record.key_use));
        let development = newest == Some(KeyUse::Development);
        let frame = Layout::new(look, &WORDS).development(development);
        Self { frame, idle_s: Some(app.place().idle_s), here }
    }

    /// What is told about a trouble.
    pub(super) fn trouble(&self, trouble: &Trouble) -> String {
        let key = format!("failure-{}", trouble.word);
        self.say(if WORDS.knows(&key) { &key } else { "failure-other" })
    }

    /// The words for one of a family, such as `lack-not_synced`.
    pub(super) fn one_of(&self, family: &str, word: &str) -> String {
        self.say(&format!("{family}-{word}"))
    }

    /// A text from outside in the reader's language.
    pub(super) fn text(&self, text: &Localized) -> String {
        printable(text.text(self.tag()))
    }

    /// The language of sentences that exist in Chinese and English only.
    pub(super) fn content_tag(&self) -> &'static str {
        match self.look.language {
            Language::English => "en",
            Language::Chinese | Language::Zhuang => "zh-CN",
        }
    }
}

impl Deref for Sheet {
    type Target = Layout;
    fn deref(&self) -> &Layout {
        &self.frame
    }
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    page: Sheet,
    id: &'static str,
    title: &'static str,
    text: &'static str,
    /// Whether the browser goes on to `/` by itself.
    onward: bool,
}

/// The printed address was right.
pub(super) fn entered(look: Preferences) -> Response {
    let page = Sheet::locked(look);
    render(&Notice { page, id: "entered", title: "entered-title", text: "entered-text", onward: true })
}

/// Somebody without the cookie.
pub(super) fn stranger(look: Preferences) -> Response {
    let page = Sheet::locked(look);
    let notice =
        Notice { page, id: "stranger", title: "stranger-title", text: "stranger-text", onward: false };
    (StatusCode::FORBIDDEN, render(&notice)).into_response()
}

/// There is no such page.
pub(super) async fn not_found(look: Preferences) -> Response {
    let page = Sheet::locked(look);
    let notice =
        Notice { page, id: "not-found", title: "not-found-title", text: "not-found-text", onward: false };
    (StatusCode::NOT_FOUND, render(&notice)).into_response()
}

/// The page once more, with what was wrong.
fn again(template: &impl Template) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, render(template)).into_response()
}

fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// A photograph of a telephone, or a sealed wallet.
const MAX_UPLOAD: usize = 16 * 1024 * 1024;
