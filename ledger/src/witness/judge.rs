//! What a witness cosigns, and what it refuses.

use super::AddCheckpoint;
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::merkle::{empty_root, verify_consistency};
use crate::note::KeyName;

/// A log that a witness knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLog {
    /// Its name.
    pub origin: KeyName,
    /// Its key.
    pub key: PublicKey,
}

/// The newest tree of a log that a witness cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Entries.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Digest,
}

/// Why a witness does not cosign, each with its own status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CosignRefusal {
    /// The note is not a checkpoint, or is smaller than what it says it extends (400).
    #[error("the request is malformed: {0}")]
    Malformed(&'static str),
    /// The log does not sign this (403).
    #[error("the checkpoint is not signed by the log")]
    NotSigned,
    /// The old size is not that of the newest tree seen (409, with the size).
    #[error("the newest tree seen has {0} entries")]
    Behind(u64),
    /// The trees are of two histories (422).
    #[error("the checkpoint does not extend the newest tree seen")]
    Inconsistent,
}

/// Decides about a request for a log that the witness knows, which has cosigned `seen` of it. The newest tree must be
/// durable as the answer says before the answer is given, and nothing may come between.
///
/// A foreign log's checkpoint may have extension lines (C2SP `tlog-checkpoint`): what is cosigned is the whole text, so that
/// they stay under the log's signature and the witness's.
pub fn judge(request: &AddCheckpoint, log: &KnownLog, seen: Option<&Seen>) -> Result<Seen, CosignRefusal> {
    if request.note.verify(&log.origin, &log.key).is_err() {
        return Err(CosignRefusal::NotSigned);
    }
    let shown = Checkpoint::parse_extended(request.note.text());
    let shown = shown.map_err(|_| CosignRefusal::Malformed("not a checkpoint"))?;
    if shown.origin != log.origin {
        return Err(CosignRefusal::Malformed("a checkpoint of another log"));
    }
    if request.old > shown.size {
        return Err(CosignRefusal::Malformed("the old size is beyond the new one"));
    }
    let before = seen.copied().unwrap_or(Seen { size: 0, root: empty_root() });
    if request.old != before.size {
        return Err(CosignRefusal::Behind(before.size));
    }
    if shown.size == 0 && shown.root != empty_root() {
        return Err(CosignRefusal::Inconsistent);
    }
    let grown = verify_consistency(before.size, &before.root, shown.size, &shown.root, &request.proof);
    grown.map(|()| Seen { size: shown.size, root: shown.root }).map_err(|_| CosignRefusal::Inconsistent)
}
