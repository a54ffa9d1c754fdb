//! Entries with what proves that they are in the log: to be kept, and checked years later without any service.

use serde::{Deserialize, Serialize};

use super::log::Log;
use super::{FollowError, Follower};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::digest::Digest;
use crate::genesis::Genesis;
use crate::merkle::verify_inclusion;
use crate::note::Note;
use crate::record::Entry;
use crate::source::Source;

/// An entry with the proof that a log has it. Nothing of it is trusted before [`Included::check`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Included {
    /// Index in the log.
    pub index: u64,
    /// The entry's canonical JSON.
    pub entry: String,
    /// RFC 6962 inclusion proof.
    pub proof: Vec<Digest>,
}

/// The entry is not one, or not at this place of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry is not at this place of the log")]
pub struct NotThere;

impl Included {
    /// The entry, if the log has it at this place.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<Entry, NotThere> {
        let entry = Entry::parse(self.entry.as_bytes()).map_err(|_| NotThere)?;
        let Checkpoint { size, root, .. } = checkpoint;
        verify_inclusion(&entry.leaf_hash(), self.index, *size, &self.proof, root).map_err(|_| NotThere)?;
        Ok(entry)
    }
}

/// A log at its newest checkpoint, which continues what a follower has seen.
pub struct Archive<'s, S: ?Sized>(Log<'s, S>);

impl<'s, S: Source + ?Sized> Archive<'s, S> {
    /// Fetches the newest checkpoint and checks it as the follower would.
    pub fn open(source: &'s S, follower: &Follower) -> Result<Self, FollowError> {
        let log = Log::open(source, follower.registry())?;
        if let Some(seen) = follower.checkpoint() {
            log.extends(seen)?;
        }
        Ok(Self(log))
    }
    /// The checkpoint with its signatures.
    pub fn note(&self) -> String {
        String::from_utf8_lossy(&self.0.note).into_owned()
    }
    /// An entry with its proof.
    pub fn entry(&self, index: u64) -> Result<Included, FollowError> {
        let (entry, proof) = self.0.proved(index)?;
        let entry = String::from_utf8_lossy(entry.bytes()).into_owned();
        Ok(Included { index, entry, proof })
    }
}

/// Reads a checkpoint that was kept, as strictly as a follower: signed by the log, and cosigned by a quorum where the
/// genesis names witnesses.
pub fn open_checkpoint(note: &[u8], genesis: &Genesis) -> Result<Checkpoint, CheckpointError> {
    open_dated(note, genesis).map(|(checkpoint, _)| checkpoint)
}

/// The same with the time (unix seconds) at which a quorum says that it was the newest, where the genesis names witnesses.
pub(super) fn open_dated(
    note: &[u8],
    genesis: &Genesis,
) -> Result<(Checkpoint, Option<u64>), CheckpointError> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::of_log(&note, genesis)?;
    let Some(quorum) = genesis.witnesses() else { return Ok((checkpoint, None)) };
    let times = quorum.check(&note)?;
    Ok((checkpoint, quorum.time(&times)))
}
