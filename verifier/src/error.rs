//! Reasons against an answer: detailed for the log, one of six words for the wallet.

use circuits::policy::PolicyError;
use ledger::digest::Digest;
use ledger::registry::KeyUseError;
use openid4vc::json::JsonError;
use openid4vc::offline::OfflineError;
use openid4vc::vp::Reason;

/// Why an answer is not believed. No variant carries a value that the wallet sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request's time is over.
    #[error("the request expired at {expired_at}")]
    Expired {
        /// Unix seconds.
        expired_at: u64,
    },
    /// The answer was made without a network at another time.
    #[error("the answer was made at {made_at}, which is more than two minutes away")]
    OtherMinute {
        /// Unix seconds.
        made_at: u64,
    },
    /// The answer was accepted at a counter of another service.
    #[error("the answer was accepted at a counter of another service")]
    OtherCounter,
    /// The text of the QR code is not an answer.
    #[error(transparent)]
    Unreadable(#[from] OfflineError),
    /// The ledger, as far as it is known here, has no policy with that digest.
    #[error("the policy of the answer is not one that the ledger publishes")]
    UnknownPolicy,
    /// The ledger, as far as it is known here, has no key whose digest begins so.
    #[error("the key of the answer is not one that the ledger publishes")]
    UnknownKey,
    /// The `vp_token` is not strict JSON of the right shape, is too large, or has a proof off the curve.
    #[error("vp_token: {0}")]
    Malformed(#[from] JsonError),
    /// A credential of the policy is missing.
    #[error("a credential of the policy is missing")]
    MissingCredential,
    /// A credential is presented that the policy does not ask for.
    #[error("a credential is presented that the policy does not ask for")]
    ExtraCredential,
    /// Another schema than the one asked for.
    #[error("another schema than the one asked for")]
    OtherSchema,
    /// A proof system that the request does not offer.
    #[error("a proof system that the request does not offer")]
    OtherSystem,
    /// The revealed attributes are not exactly those that the policy reveals.
    #[error("the revealed attributes are not exactly those of the policy")]
    OtherAttributes,
    /// The proofs name different keys.
    #[error("the proofs name several keys")]
    SeveralKeys,
    /// The key that the proofs name is not used at this time, or not here.
    #[error("verifying key {}: {why}", key.short())]
    Key {
        /// As named.
        key: Digest,
        /// Why not.
        why: KeyUseError,
    },
    /// The proofs are about different states of the tree.
    #[error("the proofs are about several roots")]
    SeveralRoots,
    /// The ledger was never followed, or shows what must not be believed.
    #[error("the ledger is not followed here")]
    NotFollowing,
    /// The newest statement of the ledger is older than the policy accepts a root, however lately it was read.
    #[error("the newest statement of the ledger is {seconds} s old; the policy accepts {limit} s")]
    OldStatement {
        /// Since it was made.
        seconds: u64,
        /// What the policy accepts.
        limit: u64,
    },
    /// The newest statement of the ledger is later than this clock by more than clocks may differ.
    #[error(
        "the newest statement of the ledger is {seconds} s ahead of this clock: one of the two clocks is wrong"
    )]
    Clocks {
        /// By so much.
        seconds: u64,
    },
    /// The root was never in the log, as far as it was followed.
    #[error("the root is not in the log")]
    UnknownRoot,
    /// The root was superseded too long ago.
    #[error("the root was superseded {seconds} s ago; the policy accepts {limit} s")]
    StaleRoot {
        /// Since it was superseded.
        seconds: u64,
        /// What the policy accepts.
        limit: u64,
    },
    /// The rows cannot be built: a revealed value does not fit the schema.
    #[error("no rows at {path}")]
    NoRows {
        /// The policy compiler's path.
        path: String,
    },
    /// A proof does not prove the statement.
    #[error("the proof for `{credential}` does not prove the statement")]
    NotProved {
        /// The policy's name for the credential.
        credential: String,
    },
    /// The credentials do not belong to one holder.
    #[error("the credentials have several holders")]
    SeveralHolders,
}

impl VerifyError {
    /// What the wallet is told.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Expired { .. } | Self::OtherMinute { .. } => Reason::Expired,
            Self::Key { .. } | Self::UnknownKey => Reason::KeyNotValid,
            Self::Malformed(_)
            | Self::Unreadable(_)
            | Self::UnknownPolicy
            | Self::OtherCounter
            | Self::MissingCredential
            | Self::ExtraCredential
            | Self::OtherSchema
            | Self::OtherSystem
            | Self::OtherAttributes
            | Self::SeveralKeys
            | Self::SeveralRoots
            | Self::NoRows { .. } => Reason::Malformed,
            Self::UnknownRoot => Reason::UnknownRoot,
            Self::NotFollowing | Self::OldStatement { .. } | Self::Clocks { .. } | Self::StaleRoot { .. } => {
                Reason::StaleRoot
            }
            Self::NotProved { .. } | Self::SeveralHolders => Reason::NotProved,
        }
    }
}

/// Only the path is kept: the compiler's sentence could name a value.
impl From<PolicyError> for VerifyError {
    fn from(error: PolicyError) -> Self {
        Self::NoRows { path: error.path }
    }
}
