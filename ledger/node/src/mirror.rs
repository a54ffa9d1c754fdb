//! A copy of a ledger that takes only what it can verify: what `ledger mirror` follows and `ledger export` writes.
//!
//! Every checkpoint must be signed by the log and cosigned by the quorum, and continue what is here. Every bundle of entries
//! must hash to its tile, and the tile lead to the checkpoint's root. Then the entries are replayed as a node does at its
//! start: signatures, rules, and each root that they state.

mod documents;
mod export;
mod folder;
mod original;
mod setup;

use std::path::PathBuf;
use std::sync::Arc;

use ledger::genesis::Genesis;
use ledger::source::Source;

pub use self::export::{ExportError, Manifest, export_folder, export_url};
pub(crate) use self::folder::Folder;
pub(crate) use self::original::Original;
pub use self::original::OriginalError;
pub use self::setup::{MirrorConfig, MirrorError};
pub(crate) use self::setup::{begin, prepare};

/// What is copied, and where to.
pub(crate) struct Upstream {
    source: Arc<dyn Source + Send + Sync>,
    /// The data directory, for documents and for evidence.
    data: PathBuf,
}

impl Upstream {
    pub(crate) fn new(source: Arc<dyn Source + Send + Sync>, data: PathBuf) -> Self {
        Self { source, data }
    }
    /// The newest checkpoint that the original shows, which the log must have signed and a quorum cosigned.
    pub(crate) fn newest(&self, genesis: &Genesis) -> Result<Original, OriginalError> {
        Original::open(self.source.clone(), genesis, &self.data)
    }
}

#[cfg(test)]
mod tests;
