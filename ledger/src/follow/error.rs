//! Why following failed, by whose fault it is.

use crate::checkpoint::CheckpointError;
use crate::merkle::ReadError;
use crate::source::FetchError;

/// Why following failed, by whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// Nothing is known to be wrong: the network, or the node, did not answer. Try again later.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The log moved on while it was read, several times. Try again later.
    #[error("the ledger moved on while it was read; try again")]
    MovedOn,
    /// The newest statement is later than two honest clocks explain. Which of them is wrong is not known here; it is no
    /// evidence against the ledger.
    #[error(
        "the ledger's newest statement was made at {stated_at}, and this machine's clock says {now} (unix seconds): one of \
         the two clocks is wrong. Compare this machine's with a time server; if it is right, tell the ledger's operator"
    )]
    Clocks {
        /// When the statement says that it was made, unix seconds.
        stated_at: u64,
        /// This machine's clock, unix seconds.
        now: u64,
    },
    /// The ledger shows something that an honest ledger cannot show. To be reported loudly, never retried away.
    #[error("the ledger misbehaves: {0}")]
    Misbehaviour(#[from] Misbehaviour),
}

/// What an honest ledger cannot show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// It serves another genesis than the one that is trusted here.
    #[error("another genesis than the trusted one")]
    OtherGenesis,
    /// The checkpoint is malformed, of another log, or not signed by its key.
    #[error("checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// The checkpoint is smaller than one already seen.
    #[error("the log shrank from {seen} entries to {shown}")]
    Shrank {
        /// Seen before.
        seen: u64,
        /// Shown now.
        shown: u64,
    },
    /// The log already seen is not a beginning of the one shown: a second history.
    #[error("the log shows a second history after {seen} entries")]
    SplitView {
        /// Entries seen before.
        seen: u64,
    },
    /// A tile, entry, cap, shard or list has an impossible length or content.
    #[error("{0} is malformed")]
    Malformed(String),
    /// An entry is not the one in the log.
    #[error("entry {0} is not the one that the checkpoint commits to")]
    NotIncluded(u64),
    /// The last entry is not a state root of the log about itself.
    #[error("the state root at entry {index} does not fit: {reason}")]
    BadStateRoot {
        /// Which.
        index: u64,
        /// How.
        reason: &'static str,
    },
    /// A registry entry breaks the registry's rules.
    #[error("entry {index} breaks the rules: {reason}")]
    BadEntry {
        /// Which.
        index: u64,
        /// How.
        reason: String,
    },
    /// Registry entries were left out or added.
    #[error("the registry's entries are not the ones that the state root commits to")]
    RegistryChain,
    /// The shard roots do not fold to the credential root.
    #[error("the shard roots do not lead to the credential root")]
    BadCap,
    /// The leaves do not lead to the shard's root.
    #[error("the leaves of shard {0} do not lead to its root")]
    BadShard(u32),
}

impl FollowError {
    /// What a failed fetch means where the length of an honest body is known: a longer one is no accident.
    pub(super) fn bounded(error: FetchError) -> Self {
        match error {
            FetchError::TooLarge(what) | FetchError::Malformed(what) => Misbehaviour::Malformed(what).into(),
            error => error.into(),
        }
    }
}

impl From<ReadError<FetchError>> for FollowError {
    fn from(error: ReadError<FetchError>) -> Self {
        match error {
            ReadError::Tile { source, .. } => Self::bounded(source),
            ReadError::Length { path, .. } => Misbehaviour::Malformed(path.to_string()).into(),
            ReadError::Beyond(index) => Misbehaviour::Malformed(format!("entry {index}")).into(),
        }
    }
}
