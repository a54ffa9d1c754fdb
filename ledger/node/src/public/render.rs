//! What every page is made from: the log at one moment, and the words, numbers and times of the reader's language.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use circuits::credential::DepartmentId;
use circuits::schema::{Localized, SchemaId};
use ledger::record::{Entry, KeyUse};
use ledger::resource::{MAX_ROOTS, Resource};
use ledger_words::Reader;
pub(super) use ledger_words::{WORDS, grouped};
use service::civil_time::minute;
use service::web::{Layout, Preferences, Translator, render};
use url::Url;

use super::counts::ShownCount;
use super::entries::time_after;
use super::log_index::LogIndex;
use crate::http::read::read;
use crate::node::Node;
use crate::snapshot::Snapshot;

/// One moment of the log, for one reader.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) node: &'a Node,
    pub(super) log_index: &'a LogIndex,
    pub(super) snapshot: &'a Snapshot,
    pub(super) preferences: Preferences,
}

/// Where something stands in the log: what a page says about it, and what "check it yourself" checks.
pub(super) struct Seal {
    pub(super) index: u64,
    pub(super) publisher: String,
    pub(super) publisher_id: String,
    pub(super) when: String,
    /// The genesis digest, for comparing.
    pub(super) genesis: String,
    /// What is said about witnesses.
    pub(super) witnesses: String,
}

/// Something listed.
pub(super) struct Item {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) id: String,
    pub(super) note: String,
}

/// An address of a record. Only one that leads to a web page is linked, whatever the log holds.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) linked: bool,
}

impl Shown {
    pub(super) fn new(url: &Url) -> Self {
        Self { text: url.to_string(), linked: matches!(url.scheme(), "http" | "https") }
    }
}

impl View<'_> {
    /// The frame; with the red stripe where a published circuit key is for development.
    pub(super) fn frame(&self) -> Layout {
        let development = |key: &ledger::registry::PublishedKey| key.record.key_use == KeyUse::Development;
        Layout::new(self.preferences, &WORDS).development(self.log_index.registry().keys().any(development))
    }
    pub(super) fn t(&self) -> Translator<'static> {
        WORDS.spoken(self.preferences.language)
    }
    pub(super) fn say(&self, key: &str) -> String {
        self.t().say(key)
    }
    /// Its words about records.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(self.log_index.registry(), self.preferences.language)
    }
    /// A published text in the reader's language.
    pub(super) fn text(&self, text: &Localized) -> String {
        text.text(self.preferences.language.tag()).to_owned()
    }
    /// A department's name, or its identifier if it has none.
    pub(super) fn department(&self, id: &DepartmentId) -> String {
        self.reader().department(id)
    }
    /// A schema's title.
    pub(super) fn schema(&self, id: &SchemaId) -> String {
        self.reader().schema(id)
    }
    /// When an entry was ordered, in words.
    pub(super) fn when(&self, index: u64) -> String {
        self.time(index).map_or_else(|| self.say("when-unknown"), minute)
    }
    /// A number, or that it is small.
    pub(super) fn count(&self, shown: ShownCount) -> String {
        match shown {
            ShownCount::Exactly(count) => grouped(count),
            ShownCount::Few => self.t().say1("few", "n", super::counts::FEW),
        }
    }
    pub(super) fn seal(&self, index: u64, publisher: &str) -> Seal {
        let title = publisher.parse().ok().map(|id| self.department(&id));
        Seal {
            index,
            publisher: title.unwrap_or_else(|| self.say("the-log")),
            publisher_id: publisher.to_owned(),
            when: self.when(index),
            genesis: self.snapshot.status.genesis.to_string(),
            witnesses: self.witnesses(),
        }
    }
    /// An entry of the log as of this moment.
    pub(super) fn entry(&self, index: u64) -> Option<Entry> {
        if index >= self.snapshot.status.size {
            return None;
        }
        let bytes = read(self.node, &Resource::Entry(index));
        let bytes = bytes.inspect_err(|error| tracing::error!(%error, "an entry cannot be read")).ok()??;
        Entry::parse(&bytes).ok()
    }

    /// Who must cosign, in words.
    pub(super) fn witnesses(&self) -> String {
        match self.node.genesis().witnesses() {
            None => self.say("witnesses-none"),
            Some(quorum) => self.t().say2(
                "witnesses-quorum",
                ("needed", &quorum.needed()),
                ("all", &quorum.witnesses().len()),
            ),
        }
    }
    /// The state root at the end of the entry's batch has the time; the node lists the newest of them.
    pub(super) fn time(&self, index: u64) -> Option<u64> {
        if let Some(time) = self.log_index.time(index) {
            return Some(time);
        }
        let roots = &self.snapshot.index.roots;
        let after = roots.partition_point(|root| *root < index);
        if after == 0 && roots.len() == MAX_ROOTS {
            return time_after(self, index);
        }
        let root = self.entry(*roots.get(after)?)?;
        root.record().state_root().map(|root| root.time)
    }
}

/// The page that says that there is no such thing on the ledger.
#[derive(Template)]
#[template(path = "public/missing.html")]
struct Missing {
    page: Layout,
}

pub(super) fn missing(view: &View<'_>) -> Response {
    (StatusCode::NOT_FOUND, render(&Missing { page: view.frame() })).into_response()
}
