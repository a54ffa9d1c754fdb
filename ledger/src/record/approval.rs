//! Approvals: how n of m departments agree to an act of governance before it is submitted.

use circuits::credential::DepartmentId;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::canonical::{self, CanonicalError};
use crate::key::{BadSignature, DepartmentKey, PublicKey, Signature};

/// One department's agreement to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who agrees.
    pub signer: DepartmentId,
    /// Over `"yong/approval/v1\n"` and the canonical record without approvals.
    pub sig: Signature,
}

impl Approval {
    /// Agrees to a record, whatever approvals it already has.
    pub fn sign(record: &Record, signer: DepartmentId, key: &DepartmentKey) -> Result<Self, CanonicalError> {
        Ok(Self { signer, sig: key.sign(&message(record)?) })
    }
    /// Checks the agreement of the holder of `key`.
    pub fn verify(&self, record: &Record, key: &PublicKey) -> Result<(), BadSignature> {
        key.verify(&message(record).map_err(|_| BadSignature)?, &self.sig)
    }
}

impl Record {
    /// The approvals that a record carries; empty for records that need none.
    pub fn approvals(&self) -> &[Approval] {
        match self {
            Self::Admit(r) => &r.approvals,
            Self::Key(r) => &r.approvals,
            _ => &[],
        }
    }
    /// Adds an approval; records that need none stay as they are.
    pub fn approve(&mut self, approval: Approval) {
        match self {
            Self::Admit(r) => r.approvals.push(approval),
            Self::Key(r) => r.approvals.push(approval),
            _ => {}
        }
    }
}

fn message(record: &Record) -> Result<Vec<u8>, CanonicalError> {
    let mut bare = record.clone();
    match &mut bare {
        Record::Admit(r) => r.approvals.clear(),
        Record::Key(r) => r.approvals.clear(),
        _ => {}
    }
    Ok([APPROVAL.as_bytes(), &canonical::to_vec(&bare)?].concat())
}

/// Begins every approved message, so that an approval is never a record's signature.
const APPROVAL: &str = "yong/approval/v1\n";
