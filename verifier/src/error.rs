//! Reasons against an answer: detailed for the log, a word for the wallet.

use circuits::policy::{NotStarted, PolicyError};
use circuits::schema::SchemaId;
use ledger::digest::Digest;
use ledger::registry::{KeyUseError, NotTheRegister};
use openid4vc::json::JsonError;
use openid4vc::offline::OfflineError;
use openid4vc::vp::Reason;

use crate::Circuit;
use crate::links::LinkError;

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
    /// A presentation has no link, though the policy speaks of its credential in `across` or `models`.
    #[error("the presentation of `{credential}` has no link, and another proof must speak of it")]
    MissingLink {
        /// The policy's name for the credential.
        credential: String,
    },
    /// A presentation has a link, though the policy speaks of its credential nowhere else.
    #[error("the presentation of `{credential}` has a link, and no other proof may speak of it")]
    ExtraLink {
        /// The policy's name for the credential.
        credential: String,
    },
    /// The policy has a condition across credentials, and the answer no proof of it.
    #[error("the proof of the condition across credentials is missing")]
    MissingAcross,
    /// The answer has a proof across credentials, and the policy no such condition.
    #[error("a condition across credentials is proved that the policy does not have")]
    ExtraAcross,
    /// There are fewer proofs of scores than the policy has conditions on scores.
    #[error("the answer proves {given} scores; the policy asks for {asked}")]
    MissingScore {
        /// By the policy.
        asked: usize,
        /// By the answer.
        given: usize,
    },
    /// There are more proofs of scores than the policy has conditions on scores.
    #[error("the answer proves {given} scores; the policy asks for no more than {asked}")]
    ExtraScore {
        /// By the policy.
        asked: usize,
        /// By the answer.
        given: usize,
    },
    /// Such a policy is answered with a network only: its further proofs do not fit a QR code.
    #[error(
        "a policy with conditions across credentials or on scores cannot be answered without a network: ask for it with a \
         request"
    )]
    NotOffline,
    /// The request, or the minute of an answer without one, is of before the first day of the policy's scope.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
    /// The uses of the policy's scope are counted by another store.
    #[error(transparent)]
    OtherRegister(#[from] NotTheRegister),
    /// The proofs name different keys.
    #[error("the proofs name several keys")]
    SeveralKeys,
    /// The key that a proof names is not used at this time, or not here, for its statement.
    #[error("verifying key {} of `{}`: {why}", key.short(), circuit.name())]
    Key {
        /// What the proof is of.
        circuit: Circuit,
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
    /// The proof across credentials does not prove its statement about these credentials in this session.
    #[error("the condition across credentials is not proved")]
    AcrossNotProved,
    /// A proof of a score does not prove its statement about this credential in this session.
    #[error("the score of `{credential}` under `{model}` is not proved")]
    ScoreNotProved {
        /// The policy's name for the credential.
        credential: String,
        /// The published model.
        model: SchemaId,
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
            | Self::MissingLink { .. }
            | Self::ExtraLink { .. }
            | Self::MissingAcross
            | Self::ExtraAcross
            | Self::MissingScore { .. }
            | Self::ExtraScore { .. }
            | Self::SeveralKeys
            | Self::SeveralRoots
            | Self::NoRows { .. } => Reason::Malformed,
            Self::NotOffline => Reason::NotOffline,
            Self::NotStarted(_) => Reason::NotStarted,
            Self::OtherRegister(_) => Reason::OtherRegister,
            Self::UnknownRoot => Reason::UnknownRoot,
            Self::NotFollowing | Self::OldStatement { .. } | Self::Clocks { .. } | Self::StaleRoot { .. } => {
                Reason::StaleRoot
            }
            Self::NotProved { .. }
            | Self::AcrossNotProved
            | Self::ScoreNotProved { .. }
            | Self::SeveralHolders => Reason::NotProved,
        }
    }
}

impl From<LinkError> for VerifyError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Missing { credential } => Self::MissingLink { credential },
            LinkError::Extra { credential } => Self::ExtraLink { credential },
        }
    }
}

/// Only the path is kept: the compiler's sentence could name a value.
impl From<PolicyError> for VerifyError {
    fn from(error: PolicyError) -> Self {
        Self::NoRows { path: error.path }
    }
}
