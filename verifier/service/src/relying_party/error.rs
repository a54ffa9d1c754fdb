//! Why the verifier could not do what it was asked to; and whether it can work at all.

use std::sync::Arc;

use circuits::schema::SchemaId;
use ledger::registry::KeyUseError;
use openid4vc::vp::Reason;

use super::RelyingParty;
use crate::following::Snapshot;
use crate::store::StoreError;
use verifier::{LedgerView, ShowKey};

/// Why the counter cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
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

impl NotReady {
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

/// Why the counter could not do what it was asked to, by whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RelyingPartyError {
    /// The ledger has no such policy.
    #[error("the ledger has no policy `{0}`")]
    UnknownPolicy(SchemaId),
    /// There is nothing of that name.
    #[error("not found")]
    NotFound,
    /// The request object is no longer given out: answered, expired, or fetched too often.
    #[error("the request is over")]
    Gone,
    /// The answer breaks a rule.
    #[error("refused: {}", .0.as_str())]
    Refused(Reason),
    /// The counter cannot work now; nothing was spent.
    #[error("not ready: {0}")]
    NotReady(NotReady),
    /// The counter's own fault. Shared by all whose writes failed together.
    #[error("{0}")]
    Store(Arc<StoreError>),
}

impl From<StoreError> for RelyingPartyError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl RelyingParty {
    /// Everything that keeps the counter from working; empty if nothing does.
    pub fn not_ready(&self) -> Vec<NotReady> {
        let snapshot = self.following.snapshot();
        let ledger = followed(&snapshot, self.now(), self.about.ready_within_s).err();
        let key = usable(&snapshot, self.now()).err();
        ledger.into_iter().chain(key).collect()
    }
}

/// The ledger was followed within `limit` seconds.
pub(super) fn followed(snapshot: &Snapshot, now: u64, limit: u64) -> Result<(), NotReady> {
    if let Some(error @ ledger::follow::FollowError::Misbehaviour(_)) = snapshot.error() {
        return Err(NotReady::Misbehaviour(error.to_string()));
    }
    let seconds = now.saturating_sub(snapshot.followed_at().ok_or(NotReady::NeverFollowed)?);
    if seconds <= limit { Ok(()) } else { Err(NotReady::Behind { seconds }) }
}

/// There is a key that answers may name at `now`: the newest of them.
pub(super) fn usable(snapshot: &Snapshot, now: u64) -> Result<&ShowKey, NotReady> {
    Ok(snapshot.keys().newest(now)?)
}
