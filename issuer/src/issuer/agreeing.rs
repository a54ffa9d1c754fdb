//! Approving for another department: its desk asks the trustees for somebody's shares, and a clerk of this one has
//! looked at the person too.
//!
//! Nothing of the text that comes is trusted: which department asks, and for which key, is read from the record itself,
//! and the approval is for exactly that record. This department keeps nothing but a line in its audit list; it does not
//! learn who the person is.

use circuits::credential::DepartmentId;
use ledger::proposal::Proposal;
use ledger::record::RecoveryRequest;
use ledger::registry::{DepartmentStatus, Registry};
use service::civil_time::DAY_S;

use super::recovery::{not_signed, refusal, request_of};
use super::{ActError, Issuer, IssuerError};
use crate::store::audit::{self, AuditEvent};

/// What another department asks, with what it came in.
pub(crate) struct ForeignRecovery {
    proposal: Proposal,
    pub(crate) request: RecoveryRequest,
}

impl Issuer {
    /// Reads what another department asks, if it may still be approved here.
    pub(crate) fn read_foreign_recovery(&self, text: &str) -> Result<ForeignRecovery, ActError> {
        let proposal = Proposal::parse(text.as_bytes()).map_err(|e| refusal(&e))?;
        self.catch_up();
        let registry = self.registry();
        proposal.check_ledger(&registry).map_err(|e| refusal(&e))?;
        let request = request_of(proposal.record())?.clone();
        self.check_foreign(&registry, &request)?;
        proposal.check_end(self.now()).map_err(|e| refusal(&e))?;
        proposal.check_approver(&self.config.department).map_err(|e| refusal(&e))?;
        Ok(ForeignRecovery { proposal, request })
    }

    /// Approves it in the department's name; the answer is the text to give back. A clerk approves so many in a day, so
    /// that a stolen password does not open every bundle.
    pub(crate) fn approve_foreign_recovery(&self, clerk: &str, text: &str) -> Result<String, ActError> {
        let ForeignRecovery { mut proposal, request } = self.read_foreign_recovery(text)?;
        let about = format!("{} {}", request.desk, request.key_digest.short());
        self.recorded(&AuditEvent::new(clerk, AGREE).detail(about), || {
            self.knows_its_limit(clerk)?;
            let own = &self.config.department;
            proposal.sign(own.clone(), &self.signer()).map_err(not_signed)?;
            // A desk whose key was replaced on the ledger would give an approval that nobody takes.
            if !proposal.good_approvals(&self.registry()).any(|approval| approval.signer == *own) {
                return Err(IssuerError::NotApproved.into());
            }
            Ok(String::from_utf8(proposal.to_bytes()).expect("JSON is UTF-8"))
        })
    }

    fn check_foreign(&self, registry: &Registry, request: &RecoveryRequest) -> Result<(), IssuerError> {
        let own = &self.config.department;
        let active =
            |department: &DepartmentId| registry.status(department) == Some(DepartmentStatus::Active);
        if request.desk == *own {
            return Err(IssuerError::OwnRecovery);
        }
        if !active(own) {
            return Err(IssuerError::DepartmentSuspended);
        }
        if !active(&request.desk) {
            return Err(IssuerError::UnknownDesk);
        }
        if registry.recovery(&request.bundle).is_some() {
            return Err(IssuerError::RecoveryRequested);
        }
        let now = self.now();
        let is_about_now = !request.is_old_at(now) && !request.is_to_come_at(now);
        if is_about_now { Ok(()) } else { Err(IssuerError::ProposalEnded) }
    }

    /// The line of what is being done counts too, so that many at once are no way around it.
    fn knows_its_limit(&self, clerk: &str) -> Result<(), ActError> {
        let since = self.now().saturating_sub(DAY_S);
        let given = audit::count_since(self.store().read(), clerk, AGREE, since)?;
        if given > A_DAY { Err(IssuerError::TooManyApprovals.into()) } else { Ok(()) }
    }
}

/// The word in the audit list, by which approvals are counted.
const AGREE: &str = "agree";
/// Approvals for other departments that a clerk gives in 24 hours at most.
pub(crate) const A_DAY: u64 = 20;
