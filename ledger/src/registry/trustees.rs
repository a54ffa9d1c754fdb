//! Trustees: which departments keep shares of person secrets, under which keys; and which bundles they were asked for.
//!
//! A bundle is asked for once, for one key. Two requests would let some trustees answer one wallet and some the other, and
//! neither would get as many shares as it needs.

use std::sync::Arc;

use circuits::credential::DepartmentId;

use super::agreement::Subject;
use super::moment::{Judged, Moment};
use super::{Addition, DepartmentStatus, Published, Registry, RegistryError};
use crate::digest::Digest;
use crate::genesis::Department;
use crate::record::{BundleId, Record, RecoveryRequest, TrusteePublish};

impl Registry {
    /// What a department keeps new shares under: its newest key. `None` if it keeps none, or is suspended.
    pub fn trustee(&self, department: &DepartmentId) -> Option<&Published<TrusteePublish>> {
        let active = self.status(department) == Some(DepartmentStatus::Active);
        self.trustee_keys(department).last().filter(|_| active)
    }
    /// The keys that a department ever kept shares under, in the order of their entries.
    pub fn trustee_keys(
        &self,
        department: &DepartmentId,
    ) -> impl Iterator<Item = &Published<TrusteePublish>> {
        self.trustees.iter().map(Arc::as_ref).filter(move |trustee| trustee.publisher == *department)
    }
    /// The departments that keep new shares, by identifier.
    pub fn trustees(&self) -> impl Iterator<Item = &Published<TrusteePublish>> {
        self.departments.keys().filter_map(move |department| self.trustee(department))
    }
    /// The one request for the shares of a bundle, if there was one.
    pub fn recovery(&self, bundle: &BundleId) -> Option<&Published<RecoveryRequest>> {
        self.recoveries.get(bundle).map(Arc::as_ref)
    }
    /// The newest request for the new wallet whose key has this digest ([`crate::record::HpkePublicKey::digest`]), if there
    /// is one. A desk that asked for the wrong bundle asks again, for the right one.
    ///
    /// Looks at every request once and keeps none of them.
    pub fn recovery_for(&self, key: &Digest) -> Option<&Published<RecoveryRequest>> {
        let named = self.recoveries.values().filter(|request| request.item.key_digest == *key);
        named.max_by_key(|request| request.index).map(Arc::as_ref)
    }

    /// The person authority compares what was recovered with what it keeps, so it must not keep shares of it. One key of
    /// two departments would be one trustee with two shares.
    pub(super) fn publish_trustee(
        &self,
        author: &Department,
        record: &TrusteePublish,
    ) -> Result<Addition, RegistryError> {
        if self.genesis.person_authority() == Some(&author.id) {
            return Err(RegistryError::AuthorityAsTrustee(author.id.clone()));
        }
        let of_others = |known: &&Arc<Published<TrusteePublish>>| {
            known.item.key == record.key && known.publisher != author.id
        };
        if let Some(known) = self.trustees.iter().find(of_others) {
            return Err(RegistryError::TrusteeKeyTaken(known.publisher.clone()));
        }
        let own: Vec<_> = self.trustee_keys(&author.id).map(|known| known.item.key).collect();
        if own.contains(&record.key) && own.last() != Some(&record.key) {
            return Err(RegistryError::EarlierTrusteeKey);
        }
        Ok(Addition::Trustee(record.clone()))
    }
    /// Whoever the desk's department says stood there was looked at by a second department too.
    pub(super) fn request_recovery(
        &self,
        at: Moment,
        author: &Department,
        record: &Record,
        request: &RecoveryRequest,
    ) -> Result<Addition, RegistryError> {
        if request.desk != author.id {
            return Err(RegistryError::ForeignDesk(request.desk.clone()));
        }
        if let Some(earlier) = self.recovery(&request.bundle) {
            return Err(RegistryError::RecoveryRequested { bundle: request.bundle, index: earlier.index });
        }
        check_time(at, request)?;
        if request.approvals.iter().any(|approval| approval.signer == author.id) {
            return Err(RegistryError::OwnApproval(author.id.clone()));
        }
        if at.judged == Judged::Rehearsed {
            return Ok(Addition::Recovery(Box::new(request.clone())));
        }
        if request.terms.is_none() {
            return Err(RegistryError::UnboundApproval);
        }
        match self.check_approvals(at, record, Some(Subject::Department(author.id.clone())))? {
            0 => Err(RegistryError::TooFewApprovals { needed: 1, given: 0 }),
            _ => Ok(Addition::Recovery(Box::new(request.clone()))),
        }
    }
    /// Takes in what [`Self::publish_trustee`] allowed.
    pub(super) fn insert_trustee(&mut self, published: Published<TrusteePublish>) {
        self.trustees.push(Arc::new(published));
    }
    /// Takes in what [`Self::request_recovery`] allowed.
    pub(super) fn insert_recovery(&mut self, published: Published<RecoveryRequest>) {
        let bundle = published.item.bundle;
        Arc::make_mut(&mut self.recoveries).insert(bundle, Arc::new(published));
    }
}

/// The owner of a secret who did not ask for it reads the time, so it must be about right. That it is not to come, only
/// whoever takes the record can say: a reader of the log knows the time before an entry, not the time at it.
fn check_time(at: Moment, request: &RecoveryRequest) -> Result<(), RegistryError> {
    let to_come = at.judged != Judged::InLog && request.is_to_come_at(at.past);
    let is_wrong = to_come || request.is_old_at(at.past);
    if is_wrong { Err(RegistryError::RequestTime { time: request.time }) } else { Ok(()) }
}
