//! What `shell.html` needs of every page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::web::{Language, Preferences, Translator, Words};

/// The frame of a page: how it looks, what it says around its content.
///
/// A template holds one as `page` and extends `shell.html`.
pub struct Layout {
    /// Language and size.
    pub look: Preferences,
    /// Whether development keys are in use: the page wears a red stripe then.
    pub development: bool,
    words: &'static Words,
}

impl Layout {
    /// A frame with the room's words.
    pub fn new(look: Preferences, words: &'static Words) -> Self {
        Self { look, development: false, words }
    }
    /// The same with the stripe of development keys, if there is reason.
    #[must_use]
    pub fn development(self, development: bool) -> Self {
        Self { development, ..self }
    }
    /// The words in the reader's language.
    pub fn t(&self) -> Translator<'_> {
        self.words.spoken(self.look.language)
    }
    /// The words for `key`.
    pub fn say(&self, key: &str) -> String {
        self.t().say(key)
    }
    /// What stands before every path of the service: `{{ page.base() }}/lists`.
    pub fn base(&self) -> &'static str {
        self.look.base.as_str()
    }
    /// BCP 47 tag of the page.
    pub fn tag(&self) -> &'static str {
        self.look.language.tag()
    }
    /// Whether no speaker has reviewed the words yet.
    pub fn unreviewed(&self) -> bool {
        self.look.language == Language::Zhuang
    }
    /// The languages that the foot offers.
    pub fn languages(&self) -> [Language; 3] {
        Language::ALL
    }
}

/// A template as an answer. A template that fails is a defect: logged, and the reader sees a plain 500.
pub fn render(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
