//! Verifiers: which department vouches for which, and until when.
//!
//! A verifier has one registration. Only the department that made it changes or ends it; another one may register the
//! verifier when it has ended: by its time, or because its department was suspended.
//!
//! A department may say that a verifier is its *register*: the one store that counts the uses of scopes whose policies name
//! the department so. At any time a register is one verifier, since two could not see each other's uses.

use std::sync::Arc;

use circuits::credential::DepartmentId;
use circuits::policy::CheckedPolicy;

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

/// A verifier asks with a policy whose uses another store counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "uses are counted by the register `{register}` alone, and the ledger does not say that the verifier is it"
)]
pub struct NotTheRegister {
    /// By the policy.
    pub register: DepartmentId,
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
    fn is_register(&self, register: &DepartmentId) -> bool {
        self.published.item.register.as_ref() == Some(register)
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

    /// Whether the verifier with this identifier is the register, at `now` (unix seconds).
    pub fn is_register(&self, client_id: &str, register: &DepartmentId, now: u64) -> bool {
        self.verifier(client_id, now).is_some_and(|registration| registration.is_register(register))
    }

    /// Whether the verifier with this identifier may ask with the policy at `now` (unix seconds): anybody may where it names
    /// no register.
    pub fn may_ask(&self, client_id: &str, policy: &CheckedPolicy, now: u64) -> Result<(), NotTheRegister> {
        match policy.register() {
            Some(register) if !self.is_register(client_id, register, now) => {
                Err(NotTheRegister { register: register.clone() })
            }
            Some(_) | None => Ok(()),
        }
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
            _ => {
                record
                    .register
                    .as_ref()
                    .map_or(Ok(()), |name| self.check_register(at, author, record, name))?;
                Ok(Addition::Verifier(Box::new(record.clone())))
            }
        }
    }
    /// A register has one verifier; the same one may renew its registration.
    fn check_register(
        &self,
        at: Moment,
        author: &Department,
        record: &VerifierRegister,
        register: &DepartmentId,
    ) -> Result<(), RegistryError> {
        if *register != author.id {
            return Err(RegistryError::ForeignRegister(register.clone()));
        }
        let other = |held: &&Registration| {
            held.published.item.client_id != record.client_id
                && held.is_register(register)
                && held.holds_at(at.future)
        };
        match self.verifiers().find(other) {
            Some(held) => {
                let holder = held.published.item.client_id.clone();
                Err(RegistryError::RegisterTaken { register: register.clone(), holder })
            }
            None => Ok(()),
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
