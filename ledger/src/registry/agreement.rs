//! Approvals: each of one department, for one act, good for the log as it was when the act was proposed, and for a time.

use std::collections::{BTreeMap, BTreeSet};

use circuits::credential::DepartmentId;

use super::moment::{Edition, Judged, Moment};
use super::{Registry, RegistryError};
use crate::digest::Digest;
use crate::record::{Approval, ApprovalTerms, Record};

/// Acts that were approved and done, and when what they are about changed last.
#[derive(Clone, Default)]
pub(super) struct Acts {
    edition: Edition,
    /// See [`Record::act_digest`].
    done: BTreeSet<Digest>,
    /// Index of the newest entry about it.
    changed: BTreeMap<Subject, u64>,
}

/// What an act of governance is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Department(DepartmentId),
    Key(Digest),
}

impl Registry {
    /// Whether the second edition of the rules holds for an entry, see [`super::moment`].
    pub(super) fn is_strict(&self, at: Moment, record: &Record) -> bool {
        at.judged != Judged::InLog || self.acts.edition == Edition::Second || begins_second_edition(record)
    }
    /// Checks that enough distinct active departments approved a record, that every approval in it is good, and that the act
    /// was not done before, whoever signed it then.
    pub(super) fn check_governance(&self, at: Moment, record: &Record) -> Result<(), RegistryError> {
        if at.judged == Judged::Rehearsed {
            return Ok(());
        }
        let needed = self.genesis.threshold();
        let given = self.check_approvals(at, record, subject(record))?;
        if given < needed {
            return Err(RegistryError::TooFewApprovals { needed, given });
        }
        let done = record.act_digest().is_ok_and(|act| self.acts.done.contains(&act));
        if done && self.is_strict(at, record) { Err(RegistryError::ApprovalsUsed) } else { Ok(()) }
    }
    /// How many departments approved, all of them rightly and still.
    pub(super) fn check_approvals(
        &self,
        at: Moment,
        record: &Record,
        about: Option<Subject>,
    ) -> Result<usize, RegistryError> {
        if at.judged == Judged::Rehearsed {
            return Ok(0);
        }
        let mut approvers = BTreeSet::new();
        for approval in record.approvals() {
            self.check_approval(record, approval)?;
            if !approvers.insert(&approval.signer) {
                return Err(RegistryError::DuplicateApproval(approval.signer.clone()));
            }
        }
        let given = approvers.len();
        if self.is_strict(at, record) && given > 0 {
            let terms = record.terms().ok_or(RegistryError::UnboundApproval)?;
            self.check_terms(at, terms, about)?;
            let moved = |by: &DepartmentId| self.has_changed(&Subject::Department(by.clone()), terms);
            if let Some(by) = approvers.into_iter().find(|by| moved(by)) {
                return Err(RegistryError::ApproverChanged(by.clone()));
            }
        }
        Ok(given)
    }
    /// Remembers an act of the registry's part that was accepted as entry `index`.
    pub(super) fn remember(&mut self, index: u64, record: &Record) {
        if begins_second_edition(record) {
            self.acts.edition = Edition::Second;
        }
        if record.is_governance() {
            self.acts.done.extend(record.act_digest());
            self.acts.changed.extend(subject(record).map(|subject| (subject, index)));
        }
    }

    fn check_approval(&self, record: &Record, approval: &Approval) -> Result<(), RegistryError> {
        let by = &approval.signer;
        let approver = self.department(by).ok_or_else(|| RegistryError::UnknownApprover(by.clone()))?;
        let verified = approval.verify(self.genesis.origin(), record, &approver.key);
        verified.map_err(|_| RegistryError::BadApproval(by.clone()))?;
        if self.suspended.contains(by) { Err(RegistryError::SuspendedApprover(by.clone())) } else { Ok(()) }
    }
    fn check_terms(
        &self,
        at: Moment,
        terms: &ApprovalTerms,
        about: Option<Subject>,
    ) -> Result<(), RegistryError> {
        let ApprovalTerms { entries, expires, .. } = *terms;
        if expires <= at.past {
            return Err(RegistryError::ApprovalsExpired { expires });
        }
        if entries > at.index {
            return Err(RegistryError::StateAhead { entries, size: at.index });
        }
        if about.is_some_and(|about| self.has_changed(&about, terms)) {
            return Err(RegistryError::OtherState { entries });
        }
        Ok(())
    }
    /// Whether an entry after the proposal was about this.
    fn has_changed(&self, subject: &Subject, terms: &ApprovalTerms) -> bool {
        self.acts.changed.get(subject).is_some_and(|index| *index >= terms.entries)
    }
}

/// Whether a log is read by the second edition of the rules from this record on, which is the first that they judge.
fn begins_second_edition(record: &Record) -> bool {
    record.terms().is_some() || matches!(record, Record::Verifier(_))
}

/// What must be as it was when the act was proposed. What a withdrawal takes away is named by place and taken for ever, so
/// nothing that happens meanwhile gives it another meaning.
fn subject(record: &Record) -> Option<Subject> {
    match record {
        Record::Admit(r) => Some(Subject::Department(r.department.id.clone())),
        Record::Rotate(r) => Some(Subject::Department(r.department.clone())),
        Record::Suspend(r) => Some(Subject::Department(r.department.clone())),
        Record::Reinstate(r) => Some(Subject::Department(r.department.clone())),
        Record::Key(r) => Some(Subject::Key(r.vk_digest)),
        Record::Retire(r) => Some(Subject::Key(r.vk_digest)),
        Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Commit(_)
        | Record::Status(_)
        | Record::Withdraw(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Recovery(_)
        | Record::Disclosure(_)
        | Record::Root(_) => None,
    }
}
