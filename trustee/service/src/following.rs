//! Follows the ledger, to know who was asked for.
//!
//! The state file can be deleted: following then begins again at the genesis.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ledger::follow::{FollowError, Follower, Freshness};
use ledger::genesis::Genesis;
use ledger::registry::Registry;
use ledger::source::Source;
use service::durable::{self, Readers, WriteError};

/// Where the ledger is fetched from: a node or a mirror.
pub type LedgerSource = Arc<dyn Source + Send + Sync>;

/// Follows one ledger.
pub struct Following {
    source: LedgerSource,
    file: PathBuf,
    newest: RwLock<Arc<Followed>>,
    /// Held while catching up, so that two callers do not fetch the same.
    catching_up: Mutex<()>,
}

/// What is known of the ledger at one moment.
#[derive(Clone)]
pub struct Followed {
    follower: Follower,
    conduct: Conduct,
}

/// Whether the ledger can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conduct {
    Honest,
    /// It showed something that no honest ledger shows: nothing is answered on its word until it behaves again.
    Misbehaving,
}

/// Why the state of following could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowedError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
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
    #[error("{} is not the state of a ledger that was followed; delete it to begin again", .0.display())]
    Malformed(PathBuf),
    /// The file is about another ledger than the one that is trusted here.
    #[error("{} is about another ledger", .0.display())]
    OtherLedger(PathBuf),
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
    File(#[from] FollowedError),
}

impl Following {
    /// Takes up following where the state file left it, or at the genesis.
    pub fn resume(source: LedgerSource, genesis: &Genesis, file: PathBuf) -> Result<Self, FollowedError> {
        let follower = match read(&file)? {
            Some(follower) if follower.genesis() == genesis => follower,
            Some(_) => return Err(FollowedError::OtherLedger(file)),
            None => Follower::light(genesis.clone()),
        };
        let newest = RwLock::new(Arc::new(Followed { follower, conduct: Conduct::Honest }));
        Ok(Self { source, file, newest, catching_up: Mutex::new(()) })
    }
    /// What is known now.
    pub fn newest(&self) -> Arc<Followed> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }
    /// Catches up with the log at `now` (unix seconds). Blocks on the network. On an error what was known stays.
    pub fn catch_up(&self, now: u64) -> Result<(), CatchUpError> {
        let _catching_up = self.catching_up.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.newest();
        let mut follower = before.follower.clone();
        if let Err(error) = follower.sync(&self.source, now) {
            let misbehaves = matches!(error, FollowError::Misbehaviour(_));
            let conduct = if misbehaves { Conduct::Misbehaving } else { before.conduct };
            self.show(Followed { conduct, ..(*before).clone() });
            return Err(error.into());
        }
        if follower.checkpoint() != before.follower.checkpoint() {
            write(&self.file, &follower)?;
        }
        self.show(Followed { follower, conduct: Conduct::Honest });
        Ok(())
    }

    fn show(&self, followed: Followed) {
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(followed);
    }
}

impl Followed {
    /// The registry, if the ledger can be believed.
    pub fn registry(&self) -> Option<&Registry> {
        (self.conduct == Conduct::Honest).then(|| self.follower.registry())
    }
    /// Entries of the log that are known.
    pub(crate) fn entries(&self) -> u64 {
        self.follower.checkpoint().map_or(0, |checkpoint| checkpoint.size)
    }
    /// How old what is known is at `now` (unix seconds).
    pub fn freshness(&self, now: u64) -> Freshness {
        self.follower.freshness(now)
    }
}

fn read(path: &Path) -> Result<Option<Follower>, FollowedError> {
    match fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|_| FollowedError::Malformed(path.to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FollowedError::Io { path: path.to_owned(), source }),
    }
}

fn write(path: &Path, follower: &Follower) -> Result<(), FollowedError> {
    let bytes = serde_json::to_vec(follower).map_err(|_| FollowedError::Malformed(path.to_owned()))?;
    Ok(durable::replace(path, &bytes, Readers::Everybody)?)
}

#[cfg(test)]
mod tests {
    use ledger::samples::{MemoryLog, bundle_id, genesis};

    use super::*;
    use crate::samples::{city, request, wallet_key};

    fn log() -> MemoryLog {
        let mut log = MemoryLog::new(city());
        let entry = request(bundle_id("b"), &wallet_key(21).public(), "police", "archive", 0);
        log.submit(&[entry], 100).unwrap();
        log
    }

    #[test]
    fn what_the_ledger_has_is_known_after_catching_up_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("followed.json");
        let source: LedgerSource = Arc::new(log());
        let following = Following::resume(source.clone(), &city(), file.clone()).unwrap();
        let has = |followed: &Followed| followed.registry().unwrap().recovery(&bundle_id("b")).is_some();
        assert!(!has(&following.newest()));
        following.catch_up(100).unwrap();
        assert!(has(&following.newest()));
        let again = Following::resume(source, &city(), file).unwrap();
        assert!(has(&again.newest()), "before it fetched anything");
    }

    #[test]
    fn the_state_of_another_ledger_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("followed.json");
        let source: LedgerSource = Arc::new(log());
        Following::resume(source.clone(), &city(), file.clone()).unwrap().catch_up(100).unwrap();
        let other = genesis(&["tax", "court"], 1);
        let resumed = Following::resume(source.clone(), &other, file.clone());
        assert!(matches!(resumed.err(), Some(FollowedError::OtherLedger(_))));
        fs::write(&file, "{}").unwrap();
        let resumed = Following::resume(source, &city(), file);
        assert!(matches!(resumed.err(), Some(FollowedError::Malformed(_))));
    }
}
