//! Acts of governance: who may join, whose key changes, who may act, whose credentials are withdrawn; and the second
//! department that agrees to a bulk revocation.

use circuits::credential::DepartmentId;

use super::agreement::Subject;
use super::moment::Moment;
use super::{Addition, DepartmentStatus, Registry, RegistryError};
use crate::genesis::Department;
use crate::key::PublicKey;
use crate::record::{CredentialStatus, CredentialWithdraw, DepartmentRotate, Record};
use crate::witness::Quorum;

impl Registry {
    pub(super) fn admit(
        &self,
        at: Moment,
        record: &Record,
        joining: &Department,
    ) -> Result<Addition, RegistryError> {
        self.check_admission(joining)?;
        self.check_governance(at, record)?;
        Ok(Addition::Department(joining.clone()))
    }
    pub(super) fn rotate(
        &self,
        at: Moment,
        record: &Record,
        rotate: &DepartmentRotate,
    ) -> Result<Addition, RegistryError> {
        let id = &rotate.department;
        self.require_department(id)?;
        self.check_unused(id, &rotate.key)?;
        self.check_governance(at, record)?;
        Ok(Addition::Rotated(id.clone(), rotate.key))
    }
    /// Governance must remain possible: as many departments as must approve stay active.
    pub(super) fn suspend(
        &self,
        at: Moment,
        record: &Record,
        id: &DepartmentId,
    ) -> Result<Addition, RegistryError> {
        if self.require_department(id)? == DepartmentStatus::Suspended {
            return Err(RegistryError::AlreadySuspended(id.clone()));
        }
        let needed = self.genesis.threshold();
        let left = self.departments.len() - self.suspended.len() - 1;
        if left < needed {
            return Err(RegistryError::TooFewLeft { needed, left });
        }
        self.check_governance(at, record)?;
        Ok(Addition::Suspended(id.clone()))
    }
    pub(super) fn reinstate(
        &self,
        at: Moment,
        record: &Record,
        id: &DepartmentId,
    ) -> Result<Addition, RegistryError> {
        if self.require_department(id)? == DepartmentStatus::Active {
            return Err(RegistryError::NotSuspended(id.clone()));
        }
        self.check_governance(at, record)?;
        Ok(Addition::Reinstated(id.clone()))
    }
    /// The credentials must be ones that somebody else than their department wants gone, who would have agreed in its place.
    pub(super) fn withdraw(
        &self,
        at: Moment,
        record: &Record,
        withdraw: &CredentialWithdraw,
    ) -> Result<Addition, RegistryError> {
        let id = &withdraw.department;
        self.require_department(id)?;
        if withdraw.approvals.iter().any(|approval| approval.signer == *id) {
            return Err(RegistryError::OwnWithdrawal(id.clone()));
        }
        self.check_governance(at, record)?;
        Ok(Addition::Withdrawn)
    }
    /// Checks the agreement of other departments to a change of status, if there is any. Whether there must be, the state
    /// knows, which counts.
    pub(super) fn check_second(
        &self,
        at: Moment,
        author: &Department,
        record: &Record,
        status: &CredentialStatus,
    ) -> Result<(), RegistryError> {
        if status.approvals.iter().any(|approval| approval.signer == author.id) {
            return Err(RegistryError::OwnApproval(author.id.clone()));
        }
        self.check_approvals(at, record, Some(Subject::Department(author.id.clone()))).map(|_| ())
    }

    /// Checks that a department is new in name and key. A name that was admitted once is never admitted again.
    fn check_admission(&self, joining: &Department) -> Result<(), RegistryError> {
        let id = &joining.id;
        if id.as_str() == self.genesis.origin().as_str() {
            return Err(RegistryError::ReservedName(id.clone()));
        }
        if self.departments.contains_key(id) {
            return Err(RegistryError::AlreadyAdmitted(id.clone()));
        }
        self.check_unused(id, &joining.key)
    }
    /// Checks that nobody has the key, and nobody had it.
    fn check_unused(&self, id: &DepartmentId, key: &PublicKey) -> Result<(), RegistryError> {
        let mut witnesses = self.genesis.witnesses().into_iter().flat_map(Quorum::witnesses);
        let taken = key == self.genesis.log_key()
            || self.departments().any(|department| department.key == *key)
            || self.retired.contains(key)
            || witnesses.any(|witness| witness.key == *key);
        if taken { Err(RegistryError::KeyInUse(id.clone())) } else { Ok(()) }
    }
    fn require_department(&self, id: &DepartmentId) -> Result<DepartmentStatus, RegistryError> {
        self.status(id).ok_or_else(|| RegistryError::UnknownDepartment(id.clone()))
    }
}
