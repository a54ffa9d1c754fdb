//! Witnesses: who cosigns checkpoints, how many must, and what log and witness say to each other (C2SP `tlog-witness`).
//!
//! A witness signs "this is the largest tree I have seen of this log, and it extends those before". A reader who asks for
//! a quorum of which any two share a witness can be shown a second history only if that witness breaks its word.

mod judge;
mod quorum;
mod request;

pub use self::judge::{CosignRefusal, KnownLog, Seen, judge};
pub use self::quorum::{Lacking, MAX_PUBLISHED, Quorum, QuorumError};
pub use self::request::{AddCheckpoint, BadRequest, MAX_PROOF};
use crate::digest::Digest;
use crate::note::KeyName;

/// Where a witness shows the newest checkpoint of a log that it cosigned, with a slash before it.
pub fn newest_path(origin: &KeyName) -> String {
    format!("/{}/checkpoint", Digest::of(origin.as_str().as_bytes()))
}

/// Where a witness takes checkpoints.
pub const ADD_CHECKPOINT: &str = "/add-checkpoint";
/// The media type of the size that a witness answers with 409.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

#[cfg(test)]
mod tests;
