//! Acts of governance: who may join, and n-of-m approvals.

use std::collections::BTreeSet;

use super::{Registry, RegistryError};
use crate::genesis::Department;
use crate::record::{Approval, Record};

impl Registry {
    /// Checks that enough distinct admitted departments approved a record, and that every approval in it is good.
    pub(super) fn check_approvals(&self, record: &Record) -> Result<(), RegistryError> {
        let mut approvers = BTreeSet::new();
        for approval in record.approvals() {
            self.check_approval(record, approval)?;
            if !approvers.insert(&approval.signer) {
                return Err(RegistryError::DuplicateApproval(approval.signer.clone()));
            }
        }
        let (needed, given) = (self.genesis.threshold(), approvers.len());
        if given < needed { Err(RegistryError::TooFewApprovals { needed, given }) } else { Ok(()) }
    }
    /// Checks that a department is new in name and key. A name that was admitted once is never admitted again.
    pub(super) fn check_admission(&self, joining: &Department) -> Result<(), RegistryError> {
        let id = &joining.id;
        if id.as_str() == self.genesis.origin().as_str() {
            return Err(RegistryError::ReservedName(id.clone()));
        }
        if self.departments.contains_key(id) {
            return Err(RegistryError::AlreadyAdmitted(id.clone()));
        }
        let taken =
            joining.key == *self.genesis.log_key() || self.departments().any(|d| d.key == joining.key);
        if taken { Err(RegistryError::KeyInUse(id.clone())) } else { Ok(()) }
    }
    fn check_approval(&self, record: &Record, approval: &Approval) -> Result<(), RegistryError> {
        let by = &approval.signer;
        let approver = self.department(by).ok_or_else(|| RegistryError::UnknownApprover(by.clone()))?;
        approval.verify(record, &approver.key).map_err(|_| RegistryError::BadApproval(by.clone()))
    }
}
