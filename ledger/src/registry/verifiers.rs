//! Verifiers: which department vouches for which, and until when.
//!
//! A verifier has one registration. Only the department that made it changes or ends it; another one may register the
//! verifier when it has ended: by its time, or because its department was suspended.

use std::sync::Arc;

use circuits::credential::DepartmentId;

use super::moment::Moment;
use super::{Addition, Published, Registry, RegistryError};
use crate::genesis::Department;
use crate::record::VerifierRegister;

/// A registration as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// What was registered, by whom and where.
    pub published: Published<VerifierRegister>,
    /// Whether its department was suspended since. Nothing brings it back: the department registers anew.
    pub(super) standing: Standing,
}

/// Whether a registration's department was suspended after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Held,
    Ended,
}

impl Registration {
    /// Whether the department vouches for the verifier at `now` (unix seconds).
    pub fn holds_at(&self, now: u64) -> bool {
        self.standing == Standing::Held && self.published.item.until > now
    }
}

impl Registry {
    /// The registrations that there are or were, one for each verifier, by its identifier.
    pub fn verifiers(&self) -> impl Iterator<Item = &Registration> {
        self.verifiers.values().map(Arc::as_ref)
    }
    /// The registration of the verifier with this identifier (`x509_hash:…`), if a department vouches for it at `now` (unix
    /// seconds).
    pub fn verifier(&self, client_id: &str, now: u64) -> Option<&Registration> {
        let client_id = client_id.parse().ok()?;
        self.verifiers.get(&client_id).map(Arc::as_ref).filter(|registration| registration.holds_at(now))
    }

    pub(super) fn register_verifier(
        &self,
        at: Moment,
        author: &Department,
        record: &VerifierRegister,
    ) -> Result<Addition, RegistryError> {
        let held = self.verifiers.get(&record.client_id).filter(|held| held.holds_at(at.future));
        match held.map(|held| &held.published.publisher) {
            Some(owner) if *owner != author.id => Err(RegistryError::VerifierTaken {
                client_id: record.client_id.clone(),
                owner: owner.clone(),
            }),
            _ => Ok(Addition::Verifier(Box::new(record.clone()))),
        }
    }
    /// Takes in what [`Self::register_verifier`] allowed.
    pub(super) fn insert_verifier(&mut self, published: Published<VerifierRegister>) {
        let client_id = published.item.client_id.clone();
        self.verifiers.insert(client_id, Arc::new(Registration { published, standing: Standing::Held }));
    }
    /// Ends what a department registered.
    pub(super) fn end_verifiers_of(&mut self, department: &DepartmentId) {
        for registration in self.verifiers.values_mut() {
            if registration.published.publisher == *department {
                Arc::make_mut(registration).standing = Standing::Ended;
            }
        }
    }
}
