//! Checkpoints: what the log has signed, and who cosigned the newest one.

use askama::Template;
use axum::response::Response;
use ledger::checkpoint::verify_cosignature;
use ledger::merkle;
use ledger::note::{Note, NoteKey};
use service::civil_time::minute;
use service::web::{Layout, render};

use super::super::page::PageRequest;
use super::super::render::View;
use super::super::render::grouped;
use crate::tiles::Stored;

#[derive(Template)]
#[template(path = "public/checkpoints.html")]
struct Checkpoints {
    page: Layout,
    signed: String,
    origin: String,
    log_key: String,
    genesis: String,
    witnesses: Vec<WitnessRow>,
    /// What is said about witnesses.
    quorum: String,
    history: Vec<Past>,
    /// The size to go on from.
    earlier: Option<u64>,
}

/// A witness and when it cosigned the newest checkpoint, if it did.
struct WitnessRow {
    name: String,
    when: Option<String>,
}

/// The log at the end of a batch.
struct Past {
    size: String,
    index: u64,
    when: String,
    root: String,
    credential_root: String,
}

pub(super) fn list(view: &View<'_>, request: &PageRequest) -> Response {
    let genesis = view.node.genesis();
    let before = request.value("before").and_then(PageRequest::number).unwrap_or(u64::MAX);
    let roots: Vec<_> = view.snapshot.index.roots.iter().rev().filter(|root| **root < before).collect();
    let (shown, rest) = roots.split_at(roots.len().min(PAGE));
    render(&Checkpoints {
        page: view.frame(),
        signed: String::from_utf8_lossy(&view.snapshot.shown.whole).into_owned(),
        origin: genesis.origin().to_string(),
        log_key: genesis.log_key().to_string(),
        genesis: genesis.digest().to_string(),
        witnesses: witnesses(view),
        quorum: view.witnesses(),
        history: shown.iter().filter_map(|root| past(view, **root)).collect(),
        earlier: rest.first().and(shown.last()).map(|root| **root),
    })
}

fn witnesses(view: &View<'_>) -> Vec<WitnessRow> {
    let Some(quorum) = view.node.genesis().witnesses() else { return Vec::new() };
    let Ok(note) = Note::parse(&view.snapshot.shown.whole) else { return Vec::new() };
    quorum.witnesses().iter().map(|key| witness(&note, key)).collect()
}

fn witness(note: &Note, key: &NoteKey) -> WitnessRow {
    let when = verify_cosignature(note, &key.name, &key.key).ok().map(minute);
    WitnessRow { name: key.name.to_string(), when }
}

/// The log's root is computed from the tiles, as anybody can.
fn past(view: &View<'_>, index: u64) -> Option<Past> {
    let entry = view.entry(index)?;
    let state = entry.record().state_root()?;
    let size = index + 1;
    let tiles = Stored(view.node.storage(), view.snapshot.status.size);
    let root =
        merkle::root(size, &tiles).inspect_err(|error| tracing::warn!(%error, "a root of the past")).ok();
    Some(Past {
        size: grouped(size),
        index,
        when: minute(state.time),
        root: root.map_or_else(|| "—".to_owned(), |root| root.to_string()),
        credential_root: serde_json::to_value(state.root).ok()?.as_str()?.to_owned(),
    })
}

/// Checkpoints of one page.
const PAGE: usize = 25;
