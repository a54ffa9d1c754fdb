//! The genesis file: what everybody who follows a ledger starts from and must get from a source they trust.

use circuits::credential::DepartmentId;
use circuits::schema::Localized;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::canonical;
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::note::KeyName;

/// A department as admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Its identifier.
    pub id: DepartmentId,
    /// What people read.
    pub title: Localized,
    /// Signs its records and approvals.
    pub key: PublicKey,
    /// Address of its desk (OpenID4VCI credential issuer), if it issues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<Url>,
}

/// The first departments, the log's name and key, and how many departments must approve acts of governance.
///
/// Made only by [`Genesis::new`] or `serde`, which check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Genesis {
    origin: KeyName,
    log_key: PublicKey,
    departments: Vec<Department>,
    threshold: usize,
}

/// Why a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// Nobody could publish anything.
    #[error("a ledger needs at least one department")]
    NoDepartment,
    /// The threshold is zero, or more than there are departments.
    #[error("the threshold must be between 1 and the number of departments ({0})")]
    Threshold(usize),
    /// Two departments have one identifier.
    #[error("department `{0}` is there twice")]
    DuplicateDepartment(DepartmentId),
    /// A department has the name of the log.
    #[error("`{0}` is the name of the log")]
    ReservedName(DepartmentId),
    /// Two departments, or a department and the log, have one key.
    #[error("department `{0}` has the key of another signer")]
    SharedKey(DepartmentId),
}

impl Genesis {
    /// Checks a genesis.
    pub fn new(
        origin: KeyName,
        log_key: PublicKey,
        departments: Vec<Department>,
        threshold: usize,
    ) -> Result<Self, GenesisError> {
        if departments.is_empty() {
            return Err(GenesisError::NoDepartment);
        }
        if !(1..=departments.len()).contains(&threshold) {
            return Err(GenesisError::Threshold(departments.len()));
        }
        if let Some(d) = departments.iter().find(|d| d.id.as_str() == origin.as_str()) {
            return Err(GenesisError::ReservedName(d.id.clone()));
        }
        distinct(&departments, &log_key)?;
        Ok(Self { origin, log_key, departments, threshold })
    }
    /// The log's name.
    pub fn origin(&self) -> &KeyName {
        &self.origin
    }
    /// Signs checkpoints and state roots.
    pub fn log_key(&self) -> &PublicKey {
        &self.log_key
    }
    /// The first departments.
    pub fn departments(&self) -> &[Department] {
        &self.departments
    }
    /// Distinct departments that must approve an act of governance.
    pub fn threshold(&self) -> usize {
        self.threshold
    }
    /// Canonical JSON: the file's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self).expect("a genesis holds text and one small number")
    }
    /// SHA-256 of [`Self::to_bytes`]: what people compare.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }
}

fn distinct(departments: &[Department], log_key: &PublicKey) -> Result<(), GenesisError> {
    for (i, department) in departments.iter().enumerate() {
        let before = departments.get(..i).expect("i is an index of departments");
        if before.iter().any(|d| d.id == department.id) {
            return Err(GenesisError::DuplicateDepartment(department.id.clone()));
        }
        if department.key == *log_key || before.iter().any(|d| d.key == department.key) {
            return Err(GenesisError::SharedKey(department.id.clone()));
        }
    }
    Ok(())
}

/// The JSON form, before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    origin: KeyName,
    log_key: PublicKey,
    departments: Vec<Department>,
    threshold: usize,
}

impl TryFrom<Unchecked> for Genesis {
    type Error = GenesisError;
    fn try_from(u: Unchecked) -> Result<Self, GenesisError> {
        Self::new(u.origin, u.log_key, u.departments, u.threshold)
    }
}

impl From<Genesis> for Unchecked {
    fn from(g: Genesis) -> Self {
        Self { origin: g.origin, log_key: g.log_key, departments: g.departments, threshold: g.threshold }
    }
}

#[cfg(test)]
mod tests;
