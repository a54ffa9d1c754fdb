//! Follows the ledger in the background and shows what is known of it.
//!
//! The state file can be deleted: following then begins again at the genesis. Whoever can change it can make this
//! verifier accept roots that are not in the log, until the next checkpoint does not fit and following fails closed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use circuits::Fr;
use ledger::follow::{FollowError, Follower, Freshness, RootAge};
use ledger::genesis::Genesis;
use ledger::record::StateRoot;
use ledger::registry::Registry;
use ledger::source::Source;
use serde::{Deserialize, Serialize};
use service::durable::{self, Readers, WriteError};
use verifier::{Development, Keys, LedgerView};

/// Where the ledger is fetched from: a node or a mirror.
pub type LedgerSource = Arc<dyn Source + Send + Sync>;

/// The follower as a service left it in its state file; `None` if there is no file.
pub fn stored_follower(file: &Path) -> Result<Option<Follower>, FileError> {
    Ok(read_state(file)?.map(|kept| kept.follower))
}

/// What is known of the ledger at one moment.
#[derive(Clone)]
pub struct Snapshot {
    follower: Follower,
    /// When the node, or whatever is on the way to it, last answered; says nothing of how old the answer was.
    answered_at: Option<u64>,
    error: Option<FollowError>,
    keys: Keys,
}

/// Follows one ledger.
pub struct Following {
    source: LedgerSource,
    file: PathBuf,
    newest: RwLock<Arc<Snapshot>>,
    /// Held while catching up, so that two callers do not fetch the same; holds when the file was last written.
    catching_up: Mutex<u64>,
}

impl Following {
    /// Takes up following where the state file left it, or at the genesis.
    pub fn resume(
        source: LedgerSource,
        genesis: &Genesis,
        file: PathBuf,
        development: Development,
    ) -> Result<Self, FileError> {
        let (follower, answered_at) = match read_state(&file)? {
            Some(kept) if kept.follower.genesis() == genesis => (kept.follower, Some(kept.followed_at)),
            Some(_) => return Err(FileError::OtherLedger(file)),
            None => (Follower::new(genesis.clone()), None),
        };
        let first = Snapshot::new(follower, answered_at, development);
        Ok(Self {
            source,
            file,
            newest: RwLock::new(Arc::new(first)),
            catching_up: Mutex::new(answered_at.unwrap_or(0)),
        })
    }

    /// What is known now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Catches up with the log at `now` (unix seconds). Blocks on the network. On an error what was known stays, with the
    /// error noted.
    pub fn catch_up(&self, now: u64) -> Result<(), CatchUpError> {
        let mut written_at = self.catching_up.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.snapshot();
        let mut follower = before.follower.clone();
        if let Err(error) = follower.sync(&self.source, now) {
            self.show(Snapshot { error: Some(error.clone()), ..(*before).clone() });
            return Err(error.into());
        }
        let grown = follower.checkpoint() != before.follower.checkpoint();
        let due = grown || now.saturating_sub(*written_at) >= WRITE_EVERY_S;
        if due {
            write_state(&self.file, &follower, now)?;
            *written_at = now;
        }
        self.show(if grown { before.grown(follower, now) } else { before.again(follower, now) });
        Ok(())
    }

    fn show(&self, snapshot: Snapshot) {
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }
}

/// Why catching up failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatchUpError {
    /// The ledger could not be followed.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The state could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Snapshot {
    fn new(follower: Follower, answered_at: Option<u64>, development: Development) -> Self {
        let keys = Keys::from_registry(follower.registry(), development);
        Self { follower, answered_at, error: None, keys }
    }
    /// The log grew; keys that were known stay as they are.
    fn grown(&self, follower: Follower, now: u64) -> Self {
        let keys = self.keys.renewed(follower.registry());
        Self { follower, answered_at: Some(now), error: None, keys }
    }
    /// The log is as long as before; witnesses may have looked again.
    fn again(&self, follower: Follower, now: u64) -> Self {
        Self { follower, answered_at: Some(now), error: None, keys: self.keys.clone() }
    }
    /// All that is known.
    pub(crate) fn follower(&self) -> &Follower {
        &self.follower
    }
    /// The registry.
    pub fn registry(&self) -> &Registry {
        self.follower.registry()
    }
    /// The keys that proofs are checked with.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
    /// Index of the newest state root that states a credential root, as far as is known.
    pub fn root_entry(&self, root: &Fr) -> Option<u64> {
        self.follower.root_entry(root)
    }
    /// When the newest statement of the ledger was made, unix seconds; `None` before the first. Reading it again does not
    /// change it.
    pub fn stated_at(&self) -> Option<u64> {
        self.follower.stated_at()
    }
    /// When the ledger, or whatever is on the way to it, last answered, unix seconds. No answer is fresh for that.
    pub fn answered_at(&self) -> Option<u64> {
        self.answered_at
    }
    /// What went wrong the last time; `None` if nothing did.
    pub fn error(&self) -> Option<&FollowError> {
        self.error.as_ref()
    }
    /// The newest state root; `None` before the first.
    pub fn newest(&self) -> Option<&StateRoot> {
        self.follower.newest()
    }
    /// Entries of the newest checkpoint.
    pub fn size(&self) -> u64 {
        self.follower.checkpoint().map_or(0, |checkpoint| checkpoint.size)
    }
}

impl LedgerView for Snapshot {
    fn root_age(&self, root: &Fr, now: u64) -> RootAge {
        self.follower.root_age(root, now)
    }
    /// A ledger that misbehaves is not followed: nothing is accepted until it behaves again. Nor is anything fresh while it is
    /// known that this clock or the ledger's is wrong.
    fn freshness(&self, now: u64) -> Freshness {
        match self.error {
            Some(FollowError::Misbehaviour(_)) => Freshness::Never,
            Some(FollowError::Clocks { stated_at, now }) => {
                Freshness::Ahead { seconds: stated_at.saturating_sub(now) }
            }
            _ => self.follower.freshness(now),
        }
    }
}

/// Why the state of following could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The file is not a follower's state.
    #[error("{0} is not the state of a ledger that was followed")]
    Malformed(PathBuf),
    /// The file is about another ledger than the one that is trusted here.
    #[error("{0} is about another ledger")]
    OtherLedger(PathBuf),
}

/// What the state file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    /// When the node last answered.
    followed_at: u64,
    follower: Follower,
}

#[derive(Serialize)]
struct NewStateFile<'a> {
    followed_at: u64,
    follower: &'a Follower,
}

fn read_state(path: &Path) -> Result<Option<StateFile>, FileError> {
    match fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|_| FileError::Malformed(path.to_owned()))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Io { path: path.to_owned(), source }),
    }
}

fn write_state(path: &Path, follower: &Follower, followed_at: u64) -> Result<(), FileError> {
    let bytes = serde_json::to_vec(&NewStateFile { followed_at, follower })
        .map_err(|_| FileError::Malformed(path.to_owned()))?;
    Ok(durable::replace(path, &bytes, Readers::Everybody)?)
}

/// Seconds after which the time of the last success is written down even if the log did not grow.
const WRITE_EVERY_S: u64 = 60;

#[cfg(test)]
mod tests;
