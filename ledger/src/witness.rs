//! Witnesses: who cosigns checkpoints, how many must, and what log and witness say to each other (C2SP `tlog-witness`).
//!
//! A witness signs "this is the largest tree I have seen of this log, and it extends those before". A reader who asks for
//! a quorum of which any two share a witness can be shown a second history only if that witness breaks its word.
//!
//! A witness that replays signs more: every entry up to there keeps the ledger's rules, and every `state.root` is what the
//! entries before it derive. The log sends it the entries before it asks, because a checkpoint is shown to others only once
//! it is cosigned.

mod judge;
mod quorum;
mod replay;
mod request;

pub use self::judge::{CosignRefusal, KnownLog, Seen, judge};
pub use self::quorum::{Lacking, MAX_PUBLISHED, Quorum, QuorumError, WitnessKind};
pub use self::replay::{BadReplayEntries, MAX_REPLAY_BODY, ReplayEntries, ReplayRefusal};
pub use self::request::{AddCheckpoint, BadRequest, MAX_PROOF};
use crate::digest::Digest;
use crate::note::KeyName;

/// Where a witness shows the newest checkpoint of a log that it cosigned, with a slash before it.
pub fn newest_path(origin: &KeyName) -> String {
    format!("/{}/checkpoint", Digest::of(origin.as_str().as_bytes()))
}

/// Where a replaying witness shows what it refused to cosign, with a slash before it.
pub fn refused_path(origin: &KeyName) -> String {
    format!("/{}/refused", Digest::of(origin.as_str().as_bytes()))
}

/// Where a witness takes checkpoints.
pub const ADD_CHECKPOINT: &str = "/add-checkpoint";
/// Where a replaying witness takes entries.
pub const REPLAY_ENTRIES: &str = "/replay-entries";
/// The media type of the size that a witness answers with 409.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

#[cfg(test)]
mod tests;
