//! Approvals: how n of m departments agree to an act of governance before it is submitted.

use circuits::credential::DepartmentId;
use serde::{Deserialize, Serialize};

use super::{Record, RecordSigningError};
use crate::canonical::{self, CanonicalError};
use crate::key::{BadSignature, PublicKey, Signature};
use crate::note::KeyName;
use crate::signer::DepartmentSigner;

/// One department's agreement to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who agrees.
    pub signer: DepartmentId,
    /// Over `"yong/approval/v1\n"`, the ledger's name, a line end, and the canonical record without approvals.
    pub sig: Signature,
}

impl Approval {
    /// Agrees to a record on the ledger of this name, whatever approvals it already has.
    pub fn sign(
        origin: &KeyName,
        record: &Record,
        signer: DepartmentId,
        key: &dyn DepartmentSigner,
    ) -> Result<Self, RecordSigningError> {
        Ok(Self { signer, sig: key.sign(&message(origin, record)?)? })
    }
    /// Checks the agreement of the holder of `key`.
    pub fn verify(&self, origin: &KeyName, record: &Record, key: &PublicKey) -> Result<(), BadSignature> {
        key.verify(&message(origin, record).map_err(|_| BadSignature)?, &self.sig)
    }
}

fn message(origin: &KeyName, record: &Record) -> Result<Vec<u8>, CanonicalError> {
    let bare = canonical::to_vec(&record.without_approvals())?;
    Ok([APPROVAL, origin.as_str().as_bytes(), b"\n", &bare].concat())
}

/// Begins every approved message, so that an approval is never a record's signature.
const APPROVAL: &[u8] = b"yong/approval/v1\n";
