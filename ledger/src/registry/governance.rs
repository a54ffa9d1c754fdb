//! Acts of governance: n-of-m approvals, who may join, whose key changes, who may act; and the second department that
//! agrees to a bulk revocation.

use std::collections::BTreeSet;

use circuits::credential::DepartmentId;

use super::{Addition, DepartmentStatus, Registry, RegistryError};
use crate::genesis::Department;
use crate::key::PublicKey;
use crate::record::{Approval, CredentialStatus, DepartmentRotate, Record};
use crate::witness::Quorum;

impl Registry {
    pub(super) fn admit(&self, record: &Record, joining: &Department) -> Result<Addition, RegistryError> {
        self.check_admission(joining)?;
        self.check_governance(record)?;
        Ok(Addition::Department(joining.clone()))
    }
    pub(super) fn rotate(
        &self,
        record: &Record,
        rotate: &DepartmentRotate,
    ) -> Result<Addition, RegistryError> {
        let id = &rotate.department;
        self.require_department(id)?;
        self.check_unused(id, &rotate.key)?;
        self.check_governance(record)?;
        Ok(Addition::Rotated(id.clone(), rotate.key))
    }
    /// Governance must remain possible: as many departments as must approve stay active.
    pub(super) fn suspend(&self, record: &Record, id: &DepartmentId) -> Result<Addition, RegistryError> {
        if self.require_department(id)? == DepartmentStatus::Suspended {
            return Err(RegistryError::AlreadySuspended(id.clone()));
        }
        let needed = self.genesis.threshold();
        let left = self.departments.len() - self.suspended.len() - 1;
        if left < needed {
            return Err(RegistryError::TooFewLeft { needed, left });
        }
        self.check_governance(record)?;
        Ok(Addition::Suspended(id.clone()))
    }
    pub(super) fn reinstate(&self, record: &Record, id: &DepartmentId) -> Result<Addition, RegistryError> {
        if self.require_department(id)? == DepartmentStatus::Active {
            return Err(RegistryError::NotSuspended(id.clone()));
        }
        self.check_governance(record)?;
        Ok(Addition::Reinstated(id.clone()))
    }
    /// Checks that enough distinct active departments approved a record, and that every approval in it is good.
    pub(super) fn check_governance(&self, record: &Record) -> Result<(), RegistryError> {
        let needed = self.genesis.threshold();
        let given = self.count_approvals(record)?;
        if given < needed { Err(RegistryError::TooFewApprovals { needed, given }) } else { Ok(()) }
    }
    /// Checks the agreement of other departments to a change of status, if there is any. Whether there must be, the state
    /// knows, which counts.
    pub(super) fn check_second(
        &self,
        author: &Department,
        record: &Record,
        status: &CredentialStatus,
    ) -> Result<(), RegistryError> {
        if status.approvals.iter().any(|approval| approval.signer == author.id) {
            return Err(RegistryError::OwnApproval(author.id.clone()));
        }
        self.count_approvals(record).map(|_| ())
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
    /// How many departments approved, all of them rightly.
    fn count_approvals(&self, record: &Record) -> Result<usize, RegistryError> {
        let mut approvers = BTreeSet::new();
        for approval in record.approvals() {
            self.check_approval(record, approval)?;
            if !approvers.insert(&approval.signer) {
                return Err(RegistryError::DuplicateApproval(approval.signer.clone()));
            }
        }
        Ok(approvers.len())
    }
    fn check_approval(&self, record: &Record, approval: &Approval) -> Result<(), RegistryError> {
        let by = &approval.signer;
        let approver = self.department(by).ok_or_else(|| RegistryError::UnknownApprover(by.clone()))?;
        let verified = approval.verify(self.genesis.origin(), record, &approver.key);
        verified.map_err(|_| RegistryError::BadApproval(by.clone()))?;
        if self.suspended.contains(by) { Err(RegistryError::SuspendedApprover(by.clone())) } else { Ok(()) }
    }
}
