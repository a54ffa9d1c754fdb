//! What all pages of the wallet share: their frame, what is told when something does not work, short notices.

use std::ops::Deref;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use circuits::schema::Localized;
use circuits::show as circuit;
use ledger::record::KeyUse;
use ledger::registry::Development;
use service::web::{Language, Layout, Preferences, render};

use super::WORDS;
use super::error::PageError;
use super::session::OpenWallet;
use super::state::App;
use crate::present::printable;

/// The frame of a page of the wallet: `page` in the templates.
pub(super) struct Page {
    frame: Layout,
    /// Seconds until an open wallet locks itself; `None` while it is locked.
    pub(super) idle_s: Option<u64>,
    /// Which entry of the navigation this is.
    pub(super) here: &'static str,
}

impl Page {
    /// While the wallet is locked or not made yet.
    pub(super) fn locked(preferences: Preferences) -> Self {
        Self { frame: Layout::new(preferences, &WORDS), idle_s: None, here: "" }
    }

    /// While it is open.
    pub(super) fn open(app: &App, open: &OpenWallet, preferences: Preferences, here: &'static str) -> Self {
        let view = open.ledger().view();
        let keys =
            view.registry().usable_keys(circuit::NAME, circuit::VERSION, app.now(), Development::Accepted);
        let newest = keys.ok().and_then(|keys| keys.first().map(|key| key.record.key_use));
        let development = newest == Some(KeyUse::Development);
        let frame = Layout::new(preferences, &WORDS).development(development);
        Self { frame, idle_s: Some(app.config().idle_s), here }
    }

    /// What is told about an error.
    pub(super) fn explain(&self, error: &PageError) -> String {
        let key = format!("failure-{}", error.code);
        let key = if WORDS.knows(&key) { &key } else { "failure-other" };
        let minutes = error.minutes.unwrap_or_default();
        self.t().say2(key, ("minutes", &minutes), ("tries", &error.tries.unwrap_or_default()))
    }

    /// The words for one of a family, such as `lack-not_synced`.
    pub(super) fn one_of(&self, family: &str, code: &str) -> String {
        self.say(&format!("{family}-{code}"))
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

impl Deref for Page {
    type Target = Layout;
    fn deref(&self) -> &Layout {
        &self.frame
    }
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    page: Page,
    id: &'static str,
    title: &'static str,
    text: &'static str,
    /// Whether the browser goes on to `/` by itself.
    onward: bool,
}

/// The printed address was right.
pub(super) fn entered(preferences: Preferences) -> Response {
    let page = Page::locked(preferences);
    render(&Notice { page, id: "entered", title: "entered-title", text: "entered-text", onward: true })
}

/// Somebody without the cookie.
pub(super) fn unauthenticated(preferences: Preferences) -> Response {
    let page = Page::locked(preferences);
    let notice =
        Notice { page, id: "stranger", title: "stranger-title", text: "stranger-text", onward: false };
    (StatusCode::FORBIDDEN, render(&notice)).into_response()
}

/// There is no such page.
pub(super) async fn not_found(preferences: Preferences) -> Response {
    let page = Page::locked(preferences);
    let notice =
        Notice { page, id: "not-found", title: "not-found-title", text: "not-found-text", onward: false };
    (StatusCode::NOT_FOUND, render(&notice)).into_response()
}

/// The page once more, with what was wrong.
pub(super) fn again(template: &impl Template) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, render(template)).into_response()
}

pub(super) fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}
