//! Why the verifier could not do what it was asked to; and whether it can work at all.

use std::sync::Arc;

use circuits::policy::NotStarted;
use circuits::schema::SchemaId;
use ledger::registry::{KeyUseError, NotTheRegister};
use openid4vc::vp::Reason;

use super::RelyingParty;
use crate::following::Snapshot;
use crate::store::StoreError;
use ledger::follow::{FollowError, Freshness, STATED_WITHIN_S};
use verifier::{CircuitKey, LedgerView};

/// Why the counter cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The ledger was never followed.
    #[error("the ledger was not reached yet")]
    NeverFollowed,
    /// The ledger has not answered for too long: the node has stopped, or the network has.
    #[error("the ledger last answered {seconds} s ago: its node has stopped, or the network to it has")]
    Behind {
        /// Since it did.
        seconds: u64,
    },
    /// The ledger answers, but what it says is old: somebody on the way repeats old answers, the node states nothing new, or
    /// this clock is fast.
    #[error(
        "the ledger answers, but its newest statement is {seconds} s old: what is on the way to it repeats old answers, it \
         states nothing new, or this machine's clock is fast"
    )]
    OldAnswers {
        /// Since it was made.
        seconds: u64,
    },
    /// The newest statement of the ledger is later than this clock.
    #[error(
        "the newest statement of the ledger is {seconds} s ahead of this machine's clock: this clock is slow, or the \
         ledger's was fast"
    )]
    Clocks {
        /// By so much.
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
            Self::OldAnswers { .. } => "ledger_answers_old",
            Self::Clocks { .. } => "clocks_differ",
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
    /// The first day of the policy's scope has not come.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
    /// Another store counts the uses of the policy's scope.
    #[error(transparent)]
    OtherRegister(#[from] NotTheRegister),
    /// There is nothing of that name.
    #[error("not found")]
    NotFound,
    /// The request object is no longer given out: answered, expired, or fetched too often.
    #[error("the request is over")]
    Gone,
    /// The program's key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// That it passed is told to who comes back with the code alone.
    #[error("the response code is needed")]
    ResponseCodeNeeded,
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
        let ledger = ready(&snapshot, self.now(), self.about.ready_within_s).err();
        let key = usable(&snapshot, self.now()).err();
        ledger.into_iter().chain(key).collect()
    }
}

/// The ledger answered within `answered_within_s`, and states something new every few minutes.
pub(super) fn ready(snapshot: &Snapshot, now: u64, answered_within_s: u64) -> Result<(), NotReady> {
    let stated = followed(snapshot, now, STATED_WITHIN_S);
    if let Err(NotReady::Misbehaviour(_) | NotReady::Clocks { .. }) = stated {
        return stated;
    }
    let seconds = now.saturating_sub(snapshot.answered_at().ok_or(NotReady::NeverFollowed)?);
    if seconds > answered_within_s { Err(NotReady::Behind { seconds }) } else { stated }
}

/// The newest statement of the ledger is at most `limit` seconds old.
pub(super) fn followed(snapshot: &Snapshot, now: u64, limit: u64) -> Result<(), NotReady> {
    if let Some(error @ FollowError::Misbehaviour(_)) = snapshot.error() {
        return Err(NotReady::Misbehaviour(error.to_string()));
    }
    match snapshot.freshness(now) {
        Freshness::Never => Err(NotReady::NeverFollowed),
        Freshness::Ahead { seconds } => Err(NotReady::Clocks { seconds }),
        Freshness::Stated { seconds } if seconds <= limit => Ok(()),
        Freshness::Stated { seconds } => Err(old(snapshot, seconds, now)),
    }
}

/// What is known is old: because nothing answers, or because of what does.
fn old(snapshot: &Snapshot, seconds: u64, now: u64) -> NotReady {
    match (snapshot.error(), snapshot.answered_at()) {
        (Some(_), Some(answered_at)) => NotReady::Behind { seconds: now.saturating_sub(answered_at) },
        (None, _) | (_, None) => NotReady::OldAnswers { seconds },
    }
}

/// There is a key that answers may name at `now`: the newest of them.
pub(super) fn usable(snapshot: &Snapshot, now: u64) -> Result<&CircuitKey, NotReady> {
    Ok(snapshot.keys().show.newest(now)?)
}
