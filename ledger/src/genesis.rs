//! The genesis file: what everybody who follows a ledger starts from and must get from a source they trust.

use circuits::credential::DepartmentId;
use circuits::schema::Localized;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::canonical;
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::note::KeyName;
use crate::sm2::Sm2Rule;
use crate::witness::Quorum;

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
#[serde(try_from = "Unchecked")]
pub struct Genesis {
    origin: KeyName,
    log_key: PublicKey,
    departments: Vec<Department>,
    threshold: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    witnesses: Option<Quorum>,
    #[serde(skip_serializing_if = "is_bulk_limit")]
    bulk_limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_root_age_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person_authority: Option<DepartmentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sm2: Option<Sm2Rule>,
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
    /// A witness has the key of the log or of a department; a key that cosigns does nothing else.
    #[error("witness `{0}` has the key of the log or of a department")]
    WitnessKey(KeyName),
    /// No credential could ever be revoked by one department.
    #[error("the bulk limit must be at least 1")]
    BulkLimit,
    /// No root could ever be recent enough, or hardly any policy could be published.
    #[error("the least root age must be between 1 and {MIN_ROOT_AGE_S} seconds")]
    RootAge,
    /// Nobody could ever have an identity credential that is believed.
    #[error("the person authority `{0}` is not one of the departments")]
    PersonAuthority(DepartmentId),
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
        Ok(Self {
            origin,
            log_key,
            departments,
            threshold,
            witnesses: None,
            bulk_limit: BULK_LIMIT,
            min_root_age_s: None,
            person_authority: None,
            sm2: None,
        })
    }
    /// The same with witnesses, a quorum of whom must have cosigned every checkpoint.
    pub fn witnessed(self, quorum: Quorum) -> Result<Self, GenesisError> {
        let taken = |key: &PublicKey| *key == self.log_key || self.departments.iter().any(|d| d.key == *key);
        if let Some(witness) = quorum.witnesses().iter().find(|witness| taken(&witness.key)) {
            return Err(GenesisError::WitnessKey(witness.name.clone()));
        }
        Ok(Self { witnesses: Some(quorum), ..self })
    }
    /// The same with another limit of what one department may take away in one record.
    pub fn limited(self, bulk_limit: usize) -> Result<Self, GenesisError> {
        if bulk_limit == 0 { Err(GenesisError::BulkLimit) } else { Ok(Self { bulk_limit, ..self }) }
    }
    /// The same with the least `max_root_age_s` of a policy, at most [`MIN_ROOT_AGE_S`]. Less than that is for development:
    /// the log states a root every few minutes, and clocks differ.
    pub fn rooted(self, min_root_age_s: u64) -> Result<Self, GenesisError> {
        if (1..=MIN_ROOT_AGE_S).contains(&min_root_age_s) {
            Ok(Self { min_root_age_s: Some(min_root_age_s), ..self })
        } else {
            Err(GenesisError::RootAge)
        }
    }
    /// The same with the one department that keeps a secret for each person, and whose credentials say since when.
    pub fn with_person_authority(self, department: DepartmentId) -> Result<Self, GenesisError> {
        if self.departments.iter().any(|d| d.id == department) {
            Ok(Self { person_authority: Some(department), ..self })
        } else {
            Err(GenesisError::PersonAuthority(department))
        }
    }
    /// The same with a second key of the log, whose signature is under its checkpoints too.
    #[must_use]
    pub fn with_sm2(self, rule: Sm2Rule) -> Self {
        Self { sm2: Some(rule), ..self }
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
    /// Who cosigns checkpoints, and how many must; `None` on a ledger without witnesses.
    pub fn witnesses(&self) -> Option<&Quorum> {
        self.witnesses.as_ref()
    }
    /// Credentials that a department may revoke or suspend within [`crate::state::BULK_WINDOW_S`] without another
    /// department's approval.
    pub fn bulk_limit(&self) -> usize {
        self.bulk_limit
    }
    /// Seconds that a policy must at least accept a root for. `None` of a genesis of before there was such a rule, whose
    /// policies are what they are.
    pub fn min_root_age_s(&self) -> Option<u64> {
        self.min_root_age_s
    }
    /// The one department whose credentials say since when a person has their secret. Without one no scope has a first day,
    /// and a person who was reset may answer once more.
    pub fn person_authority(&self) -> Option<&DepartmentId> {
        self.person_authority.as_ref()
    }
    /// The log's second key, and whether its signature must be under a checkpoint.
    pub fn sm2(&self) -> Option<&Sm2Rule> {
        self.sm2.as_ref()
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    origin: KeyName,
    log_key: PublicKey,
    departments: Vec<Department>,
    threshold: usize,
    witnesses: Option<Quorum>,
    #[serde(default = "bulk_limit")]
    bulk_limit: usize,
    min_root_age_s: Option<u64>,
    person_authority: Option<DepartmentId>,
    sm2: Option<Sm2Rule>,
}

fn bulk_limit() -> usize {
    BULK_LIMIT
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The signature that `serde` asks for.
fn is_bulk_limit(limit: &usize) -> bool {
    *limit == BULK_LIMIT
}

impl TryFrom<Unchecked> for Genesis {
    type Error = GenesisError;
    fn try_from(u: Unchecked) -> Result<Self, GenesisError> {
        let genesis = Self::new(u.origin, u.log_key, u.departments, u.threshold)?.limited(u.bulk_limit)?;
        let genesis = u.witnesses.map_or(Ok(genesis.clone()), |quorum| genesis.witnessed(quorum))?;
        let genesis = u.min_root_age_s.map_or(Ok(genesis.clone()), |least| genesis.rooted(least))?;
        let genesis =
            u.person_authority.map_or(Ok(genesis.clone()), |id| genesis.with_person_authority(id))?;
        Ok(Self { sm2: u.sm2, ..genesis })
    }
}

/// [`Genesis::bulk_limit`] unless the genesis says otherwise.
const BULK_LIMIT: usize = 1000;
/// [`Genesis::min_root_age_s`] of every ledger that is not for development, seconds: a root is stated every five minutes at
/// the latest, a wallet asks every six, two clocks may differ by five, and a few are left for a node that is started anew.
pub const MIN_ROOT_AGE_S: u64 = 1200;

#[cfg(test)]
mod tests;
