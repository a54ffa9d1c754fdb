//! What travels between wallets, trustees and the person authority's desk, as JSON.

use circuits::schema::SchemaId;
use ledger::record::{BundleId, HpkePublicKey};
use openid4vc::vci::EnrollProof;
use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::seal::SealedShare;

/// Posted to a trustee's `/shares`: a share that a wallet dealt to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// Of which dealing.
    pub bundle: Bundle,
    /// Sealed to the trustee.
    pub share: SealedShare,
}

/// What a trustee says when it keeps a share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deposited {
    /// Whose share it keeps.
    pub bundle: BundleId,
}

/// Posted to a trustee's `/answers` by a new wallet, which has found its request on the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Which the request names.
    pub bundle: BundleId,
    /// Whose digest the request names.
    pub key: HpkePublicKey,
}

/// What a trustee answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// All of it: a new wallet has nothing but the identifier.
    pub bundle: Bundle,
    /// The share, sealed to the new wallet.
    pub answer: SealedShare,
}

/// Posted to the desk of the person authority: which bundle has the shares of the person secret that a record is kept with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleNotice {
    /// The newest dealing.
    pub bundle: BundleId,
    /// The identity credential that the wallet holds.
    pub credential_configuration_id: SchemaId,
    /// That it holds it; its context is [`openid4vc::handover::bundle_notice`].
    pub proof: EnrollProof,
}
