//! What the registry would say of a record before anybody has signed or approved it.

use circuits::credential::DepartmentId;
use circuits::policy::PolicyErrorKind;
use circuits::schema::Localized;

use super::{Addition, Moment, Registry, RegistryError, texts};
use crate::genesis::{Department, Genesis};
use crate::key::DepartmentKey;
use crate::record::{Part, Record};

impl Registry {
    /// Judges a record as if `author` had signed it and enough departments approved it, and takes it in, so that the next
    /// record of the same file is judged after it. On an error nothing has changed.
    ///
    /// What only the credential tree knows (places, leaves, how many were revoked within a day) is not looked at.
    pub fn rehearse(
        &mut self,
        at: Moment,
        author: &DepartmentId,
        record: &Record,
    ) -> Result<(), RegistryError> {
        let unknown = || RegistryError::UnknownSigner(author.to_string());
        if record.part() == Part::Root {
            return Err(RegistryError::NotTheLog(author.to_string()));
        }
        let department = self.department(author).ok_or_else(unknown)?;
        if self.suspended.contains(author) {
            return Err(RegistryError::SuspendedSigner(author.clone()));
        }
        texts::check(record)?;
        if let Some(addition) = self.addition(at, department, record)? {
            self.insert(at.index, author.clone(), addition);
            self.remember(at.index, record);
        }
        Ok(())
    }
    /// A registry of no ledger, for what can be said of records where none is asked.
    pub(crate) fn of_no_ledger() -> Self {
        let id: DepartmentId = "nobody".parse().expect("a department's identifier");
        let origin = "no-ledger".parse().expect("a log's name");
        let title = Localized::same("-").expect("a plain text");
        // Keys that everybody can derive: nothing is signed or verified here.
        let key = |number| DepartmentKey::from_seed(&[number; 32]).public();
        let department = Department { id, title, key: key(1), desk: None };
        let genesis =
            Genesis::new(origin, key(0), vec![department], 1).expect("one department of a key of its own");
        Self::new(genesis)
    }
    /// Judges what a record says by itself and by the records before it, in a registry [`Self::of_no_ledger`], and takes it
    /// in. What rests on what a ledger holds is passed over.
    pub(crate) fn rehearse_alone(&mut self, at: Moment, record: &Record) -> Result<(), RegistryError> {
        let author = self.departments().next().expect("there is one").id.clone();
        match self.rehearse(at, &author, record) {
            Err(error) if error.rests_on_the_ledger() => {}
            judged => return judged,
        }
        // Policies after it can be said in words.
        match record {
            Record::Schema(r) => self.insert(at.index, author, Addition::Schema(r.schema.clone())),
            Record::Model(r) => self.insert(at.index, author, Addition::Model(r.model.clone())),
            Record::Admit(_)
            | Record::Rotate(_)
            | Record::Suspend(_)
            | Record::Reinstate(_)
            | Record::Policy(_)
            | Record::Key(_)
            | Record::Retire(_)
            | Record::Commit(_)
            | Record::Status(_)
            | Record::Withdraw(_)
            | Record::Verifier(_)
            | Record::Trustee(_)
            | Record::Recovery(_)
            | Record::Disclosure(_)
            | Record::Root(_) => {}
        }
        Ok(())
    }
}

impl RegistryError {
    /// Whether another ledger, signer or approver could make it right; else the record itself is wrong.
    fn rests_on_the_ledger(&self) -> bool {
        match self {
            Self::Policy(error) => matches!(
                error.kind,
                PolicyErrorKind::UnknownSchema
                    | PolicyErrorKind::UnknownModel
                    | PolicyErrorKind::NoPersonAuthority
            ),
            Self::UnknownSigner(_)
            | Self::NotTheLog(_)
            | Self::SuspendedSigner(_)
            | Self::BadSignature(_)
            | Self::UnknownApprover(_)
            | Self::BadApproval(_)
            | Self::SuspendedApprover(_)
            | Self::OwnApproval(_)
            | Self::OwnWithdrawal(_)
            | Self::UnboundApproval
            | Self::ApprovalsUsed
            | Self::ApprovalsExpired { .. }
            | Self::OtherState { .. }
            | Self::StateAhead { .. }
            | Self::ApproverChanged(_)
            | Self::Bulk { .. }
            | Self::UnknownDepartment(_)
            | Self::AlreadySuspended(_)
            | Self::NotSuspended(_)
            | Self::TooFewLeft { .. }
            | Self::TooFewApprovals { .. }
            | Self::AlreadyAdmitted(_)
            | Self::ReservedName(_)
            | Self::KeyInUse(_)
            | Self::ForeignName { .. }
            | Self::ScopeWithoutStart(_)
            | Self::RootAge { .. }
            | Self::UnknownIssuer(_)
            | Self::UnknownSchema(_)
            | Self::UnknownKey(_)
            | Self::VerifierTaken { .. }
            | Self::ForeignRegister(_)
            | Self::RegisterTaken { .. }
            | Self::AuthorityAsTrustee(_)
            | Self::TrusteeKeyTaken(_)
            | Self::ForeignDesk(_) => true,
            Self::DuplicateApproval(_)
            | Self::OldVersion { .. }
            | Self::OtherScopeTerm { .. }
            | Self::Model(_)
            | Self::VerifyingKey(_)
            | Self::KeyDigest
            | Self::KeyPublished(_)
            | Self::KeyPeriod { .. }
            | Self::KeyOfOneParty(_)
            | Self::LaterRetirement { .. }
            | Self::EarlierStatement { .. }
            | Self::PublicInputs { .. }
            | Self::EarlierTrusteeKey
            | Self::RecoveryRequested { .. }
            | Self::RequestTime { .. }
            | Self::ReplacedCategory
            | Self::Address { .. }
            | Self::Disguised { .. }
            | Self::DocumentTooLarge(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{genesis, policy, record, recovery, schema};

    const AT: u64 = 1_800_000_000;

    fn rehearsed(registry: &mut Registry, author: &str, record: &Record) -> Result<(), RegistryError> {
        registry.rehearse(Moment::rehearsed(1, AT, AT), &author.parse().unwrap(), record)
    }

    #[test]
    fn a_record_is_judged_without_signature_and_approvals_and_after_those_before_it() {
        let mut registry = Registry::new(genesis(&["a.city", "b.city", "c.city"], 2));
        let policy = policy("p/1", "s/1", "a.city");
        let early = rehearsed(&mut registry, "a.city", &policy);
        assert!(matches!(early, Err(RegistryError::Policy(_))), "{early:?}");
        rehearsed(&mut registry, "a.city", &schema("s/1")).unwrap();
        rehearsed(&mut registry, "a.city", &policy).unwrap();
        let foreign = rehearsed(&mut registry, "b.city", &schema("s/2"));
        assert!(matches!(foreign, Err(RegistryError::ForeignName { .. })), "{foreign:?}");
        let suspend = json!({"kind": "department.suspend", "id": "x", "department": "b.city", "reason": "audit",
            "approvals": []});
        rehearsed(&mut registry, "a.city", &record(suspend.clone())).unwrap();
        let again = rehearsed(&mut registry, "a.city", &record(suspend));
        assert!(matches!(again, Err(RegistryError::AlreadySuspended(_))), "{again:?}");
        let silenced = rehearsed(&mut registry, "b.city", &schema("t/1"));
        assert!(matches!(silenced, Err(RegistryError::SuspendedSigner(_))), "{silenced:?}");
        let old = rehearsed(&mut registry, "a.city", &recovery("r", "bundle", "a.city"));
        assert!(matches!(old, Err(RegistryError::RequestTime { .. })), "{old:?}");
    }
}
