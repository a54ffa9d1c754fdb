//! Why a receipt is not believed.

use circuits::policy::{NotStarted, PolicyError};
use circuits::schema::SchemaId;
use ledger::checkpoint::CheckpointError;
use ledger::registry::KeyUseError;

use crate::links::LinkError;

/// A record of the ledger that a bundle holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `policy.publish`.
    Policy,
    /// `schema.publish` or `model.publish`.
    Vocabulary,
    /// `key.publish`.
    Key,
    /// `key.retire`.
    Retirement,
    /// `key.publish` or `key.retire` of a key that `across` or `models` name.
    LinkedKeys,
    /// `state.root`.
    Root,
}

impl Part {
    /// The member of the bundle.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Vocabulary => "vocabulary",
            Self::Key => "key",
            Self::Retirement => "retirement",
            Self::LinkedKeys => "linked_keys",
            Self::Root => "root",
        }
    }
}

/// Why a receipt is not believed: the first thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// `genesis_digest` is not that of `genesis`.
    #[error("the genesis is not the one that its digest names")]
    GenesisDigest,
    /// It is about another ledger than the one that is trusted.
    #[error("the receipt is about another ledger than the genesis given")]
    OtherLedger,
    /// The checkpoint is not the log's, or lacks its witnesses.
    #[error("checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// A record is not in the log.
    #[error("`{}` is not in the log that the checkpoint commits to", .0.as_str())]
    NotInLog(Part),
    /// A record is of another kind, or about something else.
    #[error("`{}` is another record than the receipt needs", .0.as_str())]
    OtherRecord(Part),
    /// The policy is not the one of the receipt.
    #[error("the policy is not the one of the receipt")]
    OtherPolicy,
    /// The key is not the one of the receipt, or not what its digest names.
    #[error("the key is not the one of the receipt")]
    OtherKey,
    /// The proofs are of a version of the statement that is not checked any more.
    #[error(
        "the proofs are of version {version} of the statement, which this program does not check any more"
    )]
    EarlierStatement {
        /// Of the statement.
        version: u32,
    },
    /// The key was not valid when the answer was judged.
    #[error("when the answer was judged: {0}")]
    KeyNotLive(KeyUseError),
    /// The receipt hides that the key is a development key, or says so of one that is none.
    #[error("the receipt is wrong about whether its key is a development key")]
    KeyUse,
    /// The root is not the one of the receipt.
    #[error("the credential root is not the one of the receipt")]
    OtherRoot,
    /// The receipt is not about an answer that passed.
    #[error("the receipt does not say that an answer passed")]
    Verdict,
    /// The answer was judged before it was asked for or after it could be given.
    #[error("the answer was judged outside the time of its request")]
    Time,
    /// The answer was asked for before the first day of the policy's scope.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
    /// The pseudonym of the receipt is not that of the proofs, or is there without a scope.
    #[error("the pseudonym is not the one of the proofs")]
    Nullifier,
    /// The proofs are not exactly those that the policy asks for.
    #[error("the proofs are not those that the policy asks for")]
    Shown,
    /// The policy does not give rows.
    #[error("the policy gives no rows at {path}")]
    NoRows {
        /// The policy compiler's path.
        path: String,
    },
    /// What was revealed is needed to check the proof, and was given neither in the bundle nor beside it.
    #[error("`{id}` revealed attributes, without which its proof cannot be checked")]
    RevealedMissing {
        /// The policy's name for the credential.
        id: String,
    },
    /// The public inputs are not those of policy, session and root.
    #[error("the public inputs of `{id}` are not those of policy, session and root")]
    Inputs {
        /// The policy's name for the credential.
        id: String,
    },
    /// A proof does not prove its statement.
    #[error("the proof of `{id}` does not prove the statement")]
    NotProved {
        /// The policy's name for the credential.
        id: String,
    },
    /// A credential has a link though no other proof may speak of it, or has none though one must.
    #[error("`{id}` has a link that the policy does not need, or lacks one that it needs")]
    Link {
        /// The policy's name for the credential.
        id: String,
    },
    /// The public inputs of the condition across credentials are not those of policy, session and links.
    #[error("the public inputs of `across` are not those of policy, session and links")]
    AcrossInputs,
    /// The condition across credentials is not proved.
    #[error("the proof of the condition across credentials does not prove it")]
    AcrossNotProved,
    /// The public inputs of a score are not those of policy, model, session and link.
    #[error(
        "the public inputs of the score under `{model}` are not those of policy, model, session and link"
    )]
    ScoreInputs {
        /// The published model.
        model: SchemaId,
    },
    /// A score is not proved.
    #[error("the proof of the score under `{model}` does not prove it")]
    ScoreNotProved {
        /// The published model.
        model: SchemaId,
    },
    /// The counter did not sign this.
    #[error("the counter's signature is not under this receipt")]
    Seal,
}

impl ReceiptError {
    /// The word in machine output.
    pub fn code(&self) -> &'static str {
        match self {
            Self::GenesisDigest => "genesis_digest",
            Self::OtherLedger => "other_ledger",
            Self::Checkpoint(_) => "checkpoint",
            Self::NotInLog(_) => "not_in_log",
            Self::OtherRecord(_) => "other_record",
            Self::OtherPolicy => "other_policy",
            Self::OtherKey => "other_key",
            Self::EarlierStatement { .. } => "earlier_statement",
            Self::KeyNotLive(_) => "key_not_valid",
            Self::KeyUse => "key_use",
            Self::OtherRoot => "other_root",
            Self::Verdict => "verdict",
            Self::Time => "time",
            Self::NotStarted(_) => "not_started",
            Self::Nullifier => "nullifier",
            Self::Shown => "shown",
            Self::NoRows { .. } => "no_rows",
            Self::RevealedMissing { .. } => "revealed_missing",
            Self::Inputs { .. } => "inputs",
            Self::NotProved { .. } => "not_proved",
            Self::Link { .. } => "link",
            Self::AcrossInputs => "across_inputs",
            Self::AcrossNotProved => "across_not_proved",
            Self::ScoreInputs { .. } => "score_inputs",
            Self::ScoreNotProved { .. } => "score_not_proved",
            Self::Seal => "seal",
        }
    }
}

impl From<LinkError> for ReceiptError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Missing { credential } | LinkError::Extra { credential } => {
                Self::Link { id: credential }
            }
        }
    }
}

/// Only the path is kept: the compiler's sentence could name a value.
impl From<PolicyError> for ReceiptError {
    fn from(error: PolicyError) -> Self {
        Self::NoRows { path: error.path }
    }
}
