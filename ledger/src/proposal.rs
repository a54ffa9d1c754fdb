//! Proposals: a record on its way through the departments, as a file or a text that is passed around until enough of
//! them have approved it.
//!
//! A proposal is not trusted: whoever approves reads what the record does, in words made from the record itself, and
//! the approval is for exactly that record on exactly that ledger, as it was when it was proposed, and for some days.
//! The names beside the keys only help an approver who has no network to find the own department; a wrong name makes an
//! approval that does not verify.

use std::collections::BTreeMap;

use circuits::credential::DepartmentId;
use serde::{Deserialize, Serialize};

use crate::key::PublicKey;
use crate::note::KeyName;
use crate::record::{Approval, Record, RecordSigningError};
use crate::registry::{DepartmentStatus, Registry};
use crate::signer::DepartmentSigner;

/// A record with the approvals that were collected so far. JSON form: `yong/proposal/v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    #[serde(rename = "proposal")]
    version: Version,
    /// The ledger that it is for.
    origin: KeyName,
    /// Departments and their keys when it was proposed.
    departments: BTreeMap<DepartmentId, PublicKey>,
    /// With the approvals collected so far.
    record: Record,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "yong/proposal/v1")]
    One,
}

/// Why a proposal is not read, not approved, or not submitted.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// It has more bytes than any proposal.
    #[error("a proposal has at most {MAX_PROPOSAL} bytes")]
    TooLarge,
    /// It is not JSON of a proposal.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
    /// Nobody would know whose approval it is.
    #[error("the key is of no department in the proposal")]
    UnknownKey,
    /// One approval of a department is as good as two.
    #[error("`{0}` has approved this already")]
    ApprovedAlready(DepartmentId),
    /// Its approvals would be good for ever.
    #[error("the proposal has no end and is for no state of the log")]
    Unbound,
    /// Its approvals are good no more.
    #[error("the proposal ended at {expires} (unix seconds)")]
    Ended {
        /// Unix seconds.
        expires: u64,
    },
    /// Its approvals would be good for longer than anybody remembers them.
    #[error("the proposal ends at {expires} (unix seconds), after more than {MOST_DAYS} days")]
    TooLong {
        /// Unix seconds.
        expires: u64,
    },
    /// It is for another ledger.
    #[error("the proposal is for {proposed}, the node is {here}")]
    OtherLedger {
        /// The ledger that it is for.
        proposed: KeyName,
        /// The ledger at hand.
        here: KeyName,
    },
    /// The record cannot be signed, or there is no signature.
    #[error(transparent)]
    Unsigned(#[from] RecordSigningError),
}

impl Proposal {
    /// Proposes a record to the departments of a ledger. Approvals are for what the record is bound to, see
    /// [`Record::bind`].
    pub fn new(registry: &Registry, record: Record) -> Self {
        let departments = registry.departments().map(|known| (known.id.clone(), known.key)).collect();
        Self { version: Version::One, origin: registry.genesis().origin().clone(), departments, record }
    }
    /// Reads at most [`MAX_PROPOSAL`] bytes; a byte order mark before them is passed over.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProposalError> {
        if bytes.len() > MAX_PROPOSAL {
            return Err(ProposalError::TooLarge);
        }
        Ok(serde_json::from_slice(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes))?)
    }
    /// Its JSON, indented for people, with a line end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a proposal is maps with text keys");
        bytes.push(b'\n');
        bytes
    }
    /// The ledger that it is for.
    pub fn origin(&self) -> &KeyName {
        &self.origin
    }
    /// Departments and their keys when it was proposed. Nobody has checked them.
    pub fn departments(&self) -> &BTreeMap<DepartmentId, PublicKey> {
        &self.departments
    }
    /// With the approvals collected so far.
    pub fn record(&self) -> &Record {
        &self.record
    }
    /// With the approvals collected so far.
    pub fn into_record(self) -> Record {
        self.record
    }
    /// Who has approved, as the proposal says it; see [`Self::good_approvals`].
    pub fn approvers(&self) -> impl Iterator<Item = &DepartmentId> {
        self.record.approvals().iter().map(|approval| &approval.signer)
    }
    /// The approvals that are of active departments of a ledger, and verify.
    pub fn good_approvals(&self, registry: &Registry) -> impl Iterator<Item = &Approval> {
        let origin = registry.genesis().origin();
        self.record.approvals().iter().filter(move |approval| {
            let active = registry.status(&approval.signer) == Some(DepartmentStatus::Active);
            let signer = registry.department(&approval.signer).filter(|_| active);
            signer.is_some_and(|signer| approval.verify(origin, &self.record, &signer.key).is_ok())
        })
    }
    /// Whose key it is, among the departments of the proposal.
    pub fn owner(&self, key: &dyn DepartmentSigner) -> Result<DepartmentId, ProposalError> {
        let public = key.public();
        let owner = self.departments.iter().find(|(_, known)| **known == public);
        owner.map(|(id, _)| id.clone()).ok_or(ProposalError::UnknownKey)
    }
    /// Refuses a proposal whose approvals would be good for ever, or are good no more at `now` (unix seconds).
    pub fn check_end(&self, now: u64) -> Result<(), ProposalError> {
        let expires = self.record.terms().ok_or(ProposalError::Unbound)?.expires;
        if expires <= now {
            return Err(ProposalError::Ended { expires });
        }
        if expires - now > MOST_DAYS * DAY_S {
            return Err(ProposalError::TooLong { expires });
        }
        Ok(())
    }
    /// Refuses a proposal for another ledger.
    pub fn check_ledger(&self, registry: &Registry) -> Result<(), ProposalError> {
        let here = registry.genesis().origin();
        if *here == self.origin {
            return Ok(());
        }
        Err(ProposalError::OtherLedger { proposed: self.origin.clone(), here: here.clone() })
    }
    /// Refuses a department that has approved already.
    pub fn check_approver(&self, signer: &DepartmentId) -> Result<(), ProposalError> {
        if self.approvers().any(|approver| approver == signer) {
            Err(ProposalError::ApprovedAlready(signer.clone()))
        } else {
            Ok(())
        }
    }
    /// Adds the approval of a department.
    pub fn sign(&mut self, signer: DepartmentId, key: &dyn DepartmentSigner) -> Result<(), ProposalError> {
        self.check_approver(&signer)?;
        let approval = Approval::sign(&self.origin, &self.record, signer, key)?;
        self.record.approve(approval);
        Ok(())
    }
    /// Adds an approval that came with another copy of the proposal.
    pub fn approve(&mut self, approval: Approval) {
        self.record.approve(approval);
    }
    /// Whether another proposal is for the very same record on the same ledger, whoever has approved either.
    pub fn proposes_the_same_as(&self, other: &Self) -> bool {
        self.origin == other.origin && self.record.without_approvals() == other.record.without_approvals()
    }
}

/// Days for which approvals may be good at most.
pub const MOST_DAYS: u64 = 90;
/// Bytes of a proposal at most: an entry, indented, and the list of departments.
pub const MAX_PROPOSAL: usize = 1 << 20;
const DAY_S: u64 = 86_400;
/// What editors of some systems begin a file with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{genesis, insecure_key, recovery, terms};

    const NOW: u64 = 3_999_000_000;

    fn registry() -> Registry {
        Registry::new(genesis(&["a.city", "b.city"], 2))
    }

    fn id(department: &str) -> DepartmentId {
        department.parse().unwrap()
    }

    fn proposal() -> Proposal {
        let mut record = recovery("r", "bundle", "a.city");
        record.bind(terms(0));
        Proposal::new(&registry(), record)
    }

    #[test]
    fn a_proposal_reads_back() {
        let proposal = proposal();
        let bytes = proposal.to_bytes();
        assert_eq!(Proposal::parse(&bytes).unwrap(), proposal);
        assert_eq!(Proposal::parse(&[BYTE_ORDER_MARK, &bytes].concat()).unwrap(), proposal);
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["proposal"], "yong/proposal/v1");
    }

    #[test]
    fn what_is_no_proposal_or_too_large_is_refused() {
        for bad in ["", "{}", "[]", r#"{"proposal": "yong/proposal/v2"}"#] {
            assert!(matches!(Proposal::parse(bad.as_bytes()), Err(ProposalError::Malformed(_))), "{bad}");
        }
        let large = vec![b' '; MAX_PROPOSAL + 1];
        assert!(matches!(Proposal::parse(&large), Err(ProposalError::TooLarge)));
    }

    #[test]
    fn only_approvals_that_verify_are_good() {
        let mut proposal = proposal();
        let b = insecure_key("b.city");
        assert_eq!(proposal.owner(&b).unwrap(), id("b.city"));
        assert!(matches!(proposal.owner(&insecure_key("c.city")), Err(ProposalError::UnknownKey)));
        proposal.sign(id("a.city"), &b).unwrap();
        proposal.sign(id("c.city"), &insecure_key("c.city")).unwrap();
        assert_eq!(proposal.good_approvals(&registry()).count(), 0, "a foreign key, and nobody's");
        proposal.sign(id("b.city"), &b).unwrap();
        let good: Vec<_> = proposal.good_approvals(&registry()).map(|good| good.signer.clone()).collect();
        assert_eq!(good, [id("b.city")]);
        let again = proposal.sign(id("b.city"), &b);
        assert!(matches!(again, Err(ProposalError::ApprovedAlready(signer)) if signer == id("b.city")));
    }

    #[test]
    fn approvals_do_not_make_another_proposal_and_anything_else_does() {
        let one = proposal();
        let mut approved = one.clone();
        approved.sign(id("b.city"), &insecure_key("b.city")).unwrap();
        assert!(one.proposes_the_same_as(&approved) && one != approved);
        let mut other = one.clone();
        other.record.bind(terms(1));
        assert!(!one.proposes_the_same_as(&other));
        let elsewhere = Proposal { origin: "other.city/1".parse().unwrap(), ..one.clone() };
        assert!(!one.proposes_the_same_as(&elsewhere));
        assert!(matches!(elsewhere.check_ledger(&registry()), Err(ProposalError::OtherLedger { .. })));
        assert!(one.check_ledger(&registry()).is_ok());
    }

    #[test]
    fn a_proposal_has_an_end_that_is_near() {
        let mut proposal = proposal();
        assert!(proposal.check_end(NOW).is_ok());
        assert!(matches!(proposal.check_end(4_000_000_000), Err(ProposalError::Ended { .. })));
        assert!(matches!(proposal.check_end(0), Err(ProposalError::TooLong { .. })));
        proposal.record = recovery("r", "bundle", "a.city");
        assert!(matches!(proposal.check_end(NOW), Err(ProposalError::Unbound)));
    }
}
