//! Whether the counter can work, and why not.

use ledger::registry::KeyUseError;

use super::RelyingParty;
use crate::following::Snapshot;
use verifier::{LedgerView, ShowKey};

/// Why the counter cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unready {
    /// The ledger was never followed.
    #[error("the ledger was not reached yet")]
    NeverFollowed,
    /// The ledger was not followed for too long.
    #[error("the ledger was last followed {seconds} s ago")]
    Behind {
        /// Since it was.
        seconds: u64,
    },
    /// The ledger shows what an honest ledger cannot show.
    #[error("the ledger misbehaves: {0}")]
    Misbehaviour(String),
    /// There is no key to check proofs with.
    #[error(transparent)]
    Key(#[from] KeyUseError),
    /// The ledger no longer shows the policy as it was when the request was made.
    #[error("the policy is not the one that the request was made for")]
    PolicyChanged,
}

impl Unready {
    /// The word in machine output.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NeverFollowed => "ledger_never_followed",
            Self::Behind { .. } => "ledger_behind",
            Self::Misbehaviour(_) => "ledger_misbehaves",
            Self::Key(KeyUseError::NotPublished) => "no_key",
            Self::Key(KeyUseError::Development) => "development_key_refused",
            Self::Key(KeyUseError::NotYet { .. }) => "key_not_yet_valid",
            Self::Key(KeyUseError::Retired { .. }) => "key_retired",
            Self::Key(_) => "bad_key",
            Self::PolicyChanged => "policy_changed",
        }
    }
}

impl RelyingParty {
    /// Everything that keeps the counter from working; empty if nothing does.
    pub fn unready(&self) -> Vec<Unready> {
        let snapshot = self.following.snapshot();
        let ledger = followed(&snapshot, self.now(), self.about.ready_within_s).err();
        let key = usable(&snapshot, self.now()).err();
        ledger.into_iter().chain(key).collect()
    }
}

/// The ledger was followed within `limit` seconds.
pub(super) fn followed(snapshot: &Snapshot, now: u64, limit: u64) -> Result<(), Unready> {
    if let Some(trouble @ ledger::follow::FollowError::Misbehaviour(_)) = snapshot.trouble() {
        return Err(Unready::Misbehaviour(trouble.to_string()));
    }
    let seconds = now.saturating_sub(snapshot.followed_at().ok_or(Unready::NeverFollowed)?);
    if seconds <= limit { Ok(()) } else { Err(Unready::Behind { seconds }) }
}

/// There is a key that answers may name at `now`: the newest of them.
pub(super) fn usable(snapshot: &Snapshot, now: u64) -> Result<&ShowKey, Unready> {
    Ok(snapshot.keys().newest(now)?)
}
