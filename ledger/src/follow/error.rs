//! Why following failed, by whose fault it is.
//!
//! Only what the log's key signed can speak against the log. Tiles, lists, shards and everything else that is not signed may
//! be changed by any proxy, disk or network on the way: what does not fit of it is damage, is not believed, and proves
//! nothing.

use crate::checkpoint::CheckpointError;
use crate::merkle::ReadError;
use crate::note::{KeyName, NoteSignatureError};
use crate::source::FetchError;
use crate::witness::Lacking;

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
    /// An older checkpoint than one already seen: a mirror that is behind, a cache, or somebody who holds news back.
    #[error(
        "this copy of the ledger lags: it shows {shown} entries, and {seen} were seen before; ask another copy"
    )]
    Lags {
        /// Entries seen before.
        seen: u64,
        /// Entries shown now.
        shown: u64,
    },
    /// Something else answers at the ledger's address.
    #[error("this is not the ledger: {0}; check the address and the network")]
    NotThisLedger(#[from] NotThisLedger),
    /// What came does not fit what the log's key signed: it was damaged, or changed, on the way.
    #[error("damaged on the way: {0}; try again, or ask another copy of the ledger")]
    Damaged(#[from] DamagedCopy),
    /// The log's key signed the checkpoint, and the witnesses that the genesis asks for have not cosigned it.
    #[error("the checkpoint is not believed: {0}")]
    Unwitnessed(Lacking),
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
    /// The log's key signed what an honest log cannot sign. To be reported loudly, kept, and never retried away.
    #[error("the ledger misbehaves: {0}")]
    Misbehaviour(#[from] Misbehaviour),
}

impl FollowError {
    /// Whether what is shown cannot be the ledger that was followed before, or is an older copy of it.
    pub fn contradicts(&self) -> bool {
        matches!(self, Self::Lags { .. } | Self::NotThisLedger(_) | Self::Misbehaviour(_))
    }
}

/// What answers in the ledger's place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotThisLedger {
    /// Not a ledger at all: the sign-in page of a network, an error page.
    #[error("what answers is no ledger")]
    NoLedger,
    /// A ledger with another genesis than the one that is trusted here.
    #[error("it has another genesis than the trusted one")]
    OtherGenesis,
    /// The checkpoint of another log.
    #[error("its checkpoint is of another log")]
    OtherLog,
    /// The key of this log has not signed the checkpoint.
    #[error("its checkpoint is not signed by the log's key")]
    NotSigned,
    /// The second key of this log has not signed the checkpoint, and its genesis asks for that.
    #[error("its checkpoint is not signed by the log's second key (SM2), which the genesis asks for")]
    NotSignedBySecond,
}

/// What came in another form than it left the log, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DamagedCopy {
    /// A signature in the name of the log or of a witness does not verify.
    #[error("a signature under the checkpoint does not verify")]
    Signature,
    /// A checkpoint, tile, entry, cap, shard or list has an impossible length or content.
    #[error("{0} is malformed")]
    Malformed(String),
    /// The tiles do not lead to the checkpoint's root.
    #[error("the tiles do not lead to the checkpoint's root")]
    Tiles,
    /// An entry is not the one in the log.
    #[error("entry {0} is not the one that the checkpoint commits to")]
    NotIncluded(u64),
    /// The index says of an entry what it is not.
    #[error("the index says of entry {0} what it is not")]
    Index(u64),
    /// The index leaves out entries of the registry, or adds some.
    #[error("the index does not list the registry's entries that the state root commits to")]
    Registry,
    /// The shard roots do not fold to the credential root.
    #[error("the shard roots do not lead to the credential root")]
    Cap,
    /// The leaves do not lead to the shard's root.
    #[error("the leaves of shard {0} do not lead to its root")]
    Shard(u32),
}

/// What an honest log cannot sign. Whoever is shown both signed statements can check it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// The log already seen is not a beginning of the one shown, and its key signed both: a second history.
    #[error("the log shows a second history after {seen} entries")]
    SplitView {
        /// Entries seen before.
        seen: u64,
    },
    /// A checkpoint's last entry is not a state root of the log about itself, or one state root contradicts another.
    #[error("the state root at entry {index} does not fit: {reason}")]
    BadStateRoot {
        /// Which.
        index: u64,
        /// How.
        reason: &'static str,
    },
    /// An entry that the log's key signed a tree over breaks the rules.
    #[error("entry {index} breaks the rules: {reason}")]
    BadEntry {
        /// Which.
        index: u64,
        /// How.
        reason: String,
    },
}

impl FollowError {
    /// What it means that these bytes are not a checkpoint of the log of this name.
    pub fn of_checkpoint(error: CheckpointError, note: &[u8], origin: &KeyName) -> Self {
        match error {
            CheckpointError::Note(_) | CheckpointError::Malformed(_) => {
                let begins = format!("{origin}\n");
                if note.starts_with(begins.as_bytes()) {
                    DamagedCopy::Malformed("the checkpoint".to_owned()).into()
                } else {
                    NotThisLedger::NoLedger.into()
                }
            }
            CheckpointError::OtherLog => NotThisLedger::OtherLog.into(),
            CheckpointError::Refused(NoteSignatureError::NotSigned) => NotThisLedger::NotSigned.into(),
            CheckpointError::Second(NoteSignatureError::NotSigned) => NotThisLedger::NotSignedBySecond.into(),
            CheckpointError::Refused(NoteSignatureError::BadSignature)
            | CheckpointError::Second(NoteSignatureError::BadSignature)
            | CheckpointError::Lacking(Lacking::BadCosignature) => DamagedCopy::Signature.into(),
            CheckpointError::Lacking(lacking @ (Lacking::Cosignatures { .. } | Lacking::Replayed { .. })) => {
                Self::Unwitnessed(lacking)
            }
        }
    }
    /// What a failed fetch means where the length of an honest body is known.
    pub(super) fn bounded(error: FetchError) -> Self {
        match error {
            FetchError::TooLarge(what) | FetchError::Malformed(what) => DamagedCopy::Malformed(what).into(),
            error => error.into(),
        }
    }
}

impl From<ReadError<FetchError>> for FollowError {
    fn from(error: ReadError<FetchError>) -> Self {
        match error {
            ReadError::Tile { source, .. } => Self::bounded(source),
            ReadError::Length { path, .. } => DamagedCopy::Malformed(path.to_string()).into(),
            ReadError::Beyond(index) => DamagedCopy::Malformed(format!("entry {index}")).into(),
        }
    }
}
