//! Followers as they are saved. Reading checks what can be checked without the ledger.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use circuits::Fr;
use circuits::field::{self, Element};
use serde::{Deserialize, Serialize};

use super::follower::{Follower, History};
use super::roots::Roots;
use super::shard::{Moment, ShardFollower};
use crate::checkpoint::Checkpoint;
use crate::credentials::{SHARD_LEAVES, cap_levels};
use crate::genesis::Genesis;
use crate::record::Entry;
use crate::registry::{self, Registry};

/// The saved state is damaged, or of another version: begin anew from the genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved state of a follower is damaged: {0}")]
pub(super) struct Damaged(&'static str);

/// A [`Follower`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedFollower {
    genesis: Genesis,
    history: History,
    /// The checkpoint's text.
    checkpoint: Option<String>,
    /// The registry's entries, each with its index.
    registry: Vec<(u64, String)>,
    roots: Roots,
    /// Absent in states saved by older versions, and without witnesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cosigned_at: Option<u64>,
}

impl From<Follower> for SavedFollower {
    fn from(f: Follower) -> Self {
        let text =
            |entry: &Entry| String::from_utf8(entry.bytes().to_vec()).expect("canonical JSON is UTF-8");
        Self {
            genesis: f.registry.genesis().clone(),
            history: f.history,
            checkpoint: f.checkpoint.map(|checkpoint| checkpoint.text()),
            registry: f.entries.iter().map(|(index, entry)| (*index, text(entry))).collect(),
            roots: f.roots,
            cosigned_at: f.cosigned_at,
        }
    }
}

impl TryFrom<SavedFollower> for Follower {
    type Error = Damaged;
    fn try_from(saved: SavedFollower) -> Result<Self, Damaged> {
        let mut registry = Registry::new(saved.genesis);
        let mut entries = Vec::new();
        for (index, text) in saved.registry {
            let entry = Entry::parse(text.as_bytes()).map_err(|_| Damaged("an entry"))?;
            registry
                .apply(registry::Moment::in_log(index), &entry)
                .map_err(|_| Damaged("a registry entry"))?;
            entries.push((index, Arc::new(entry)));
        }
        let checkpoint = saved.checkpoint.map(|text| Checkpoint::parse_text(&text)).transpose();
        let checkpoint = checkpoint.map_err(|_| Damaged("the checkpoint"))?;
        if saved.roots.newest().is_some_and(|newest| newest.registry != *registry.chain()) {
            return Err(Damaged("the registry"));
        }
        Ok(Self {
            registry,
            entries,
            history: saved.history,
            checkpoint,
            roots: saved.roots,
            cosigned_at: saved.cosigned_at,
            tiles: Arc::default(),
        })
    }
}

/// A [`ShardFollower`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedShard {
    shard: u32,
    moment: Option<SavedMoment>,
    /// 32 bytes each, in base64.
    leaves: String,
    /// 32 bytes each, in base64.
    cap: String,
}

/// A [`Moment`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedMoment {
    entries: u64,
    root: Element,
}

impl From<ShardFollower> for SavedShard {
    fn from(s: ShardFollower) -> Self {
        let moment = s.moment.map(|m| SavedMoment { entries: m.entries, root: Element(m.root) });
        Self { shard: s.shard, moment, leaves: encode(s.leaves.row(0)), cap: encode(s.cap.row(0)) }
    }
}

impl TryFrom<SavedShard> for ShardFollower {
    type Error = Damaged;
    fn try_from(saved: SavedShard) -> Result<Self, Damaged> {
        let mut follower = Self::new(saved.shard);
        let leaves = decode(&saved.leaves).filter(|leaves| leaves.len() as u64 <= SHARD_LEAVES);
        follower.leaves.update(&leaves.ok_or(Damaged("the leaves"))?, []);
        let cap = decode(&saved.cap).and_then(|cap| cap_levels(&cap));
        follower.cap = cap.ok_or(Damaged("the shard roots"))?;
        follower.moment = saved.moment.map(|m| Moment { entries: m.entries, root: m.root.0 });
        if follower.is_whole() { Ok(follower) } else { Err(Damaged("the shard")) }
    }
}

fn encode(elements: &[Fr]) -> String {
    STANDARD.encode(elements.iter().flat_map(field::to_bytes).collect::<Vec<_>>())
}

fn decode(text: &str) -> Option<Vec<Fr>> {
    elements(&STANDARD.decode(text).ok()?)
}

/// The elements that bytes are, 32 each; `None` if one is not canonical or bytes are left over.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<Fr>> {
    let (chunks, rest) = bytes.as_chunks();
    let elements = chunks.iter().map(|chunk| field::from_bytes(chunk).ok()).collect();
    if rest.is_empty() { elements } else { None }
}
