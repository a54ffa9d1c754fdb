//! The registry: departments, schemas, policies, models, keys, verifiers, trustees and disclosures, with the rules for
//! changing them.

mod agreement;
mod error;
mod governance;
mod keys;
mod moment;
mod names;
mod publication;
mod rehearsal;
mod scopes;
mod texts;
mod trustees;
mod verifiers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use circuits::credential::DepartmentId;
use circuits::model::Model;
use circuits::policy::{Catalogue, CheckedPolicy};
use circuits::schema::{Schema, SchemaId};
use groth16::VerifyingKey;

use self::agreement::Acts;
pub use self::error::RegistryError;
pub use self::keys::{Development, KeyPeriod, KeyStatus, KeyUseError, PublishedKey, Retirement};
pub use self::moment::Moment;
use self::names::Names;
pub use self::publication::root_age;
pub use self::scopes::ScopeTerm;
pub use self::verifiers::{NotTheRegister, Registration};
use crate::digest::Digest;
use crate::genesis::{Department, Genesis};
use crate::key::PublicKey;
use crate::record::{
    BundleId, ClientId, DisclosurePublish, Entry, KeyPublish, Part, RecoveryRequest, Signer, StateRoot,
    TrusteePublish, VerifierRegister,
};

/// Something published, with who published it and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published<T> {
    /// What.
    pub item: T,
    /// By whom.
    pub publisher: DepartmentId,
    /// Index of the entry.
    pub index: u64,
}

/// A policy that compiles, as published.
#[derive(Clone)]
pub struct PublishedPolicy {
    /// The policy, compiled.
    pub checked: CheckedPolicy,
    /// By whom; a named scope is this department's.
    pub publisher: DepartmentId,
    /// Index of the entry.
    pub index: u64,
    /// [`circuits::policy::Policy::digest`].
    pub digest: Digest,
}

/// Whether a department may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepartmentStatus {
    /// It may publish, commit and approve.
    Active,
    /// Its new records and approvals are refused; its old ones stand.
    Suspended,
}

/// Everything published so far. Copies share what they hold.
#[derive(Clone)]
pub struct Registry {
    genesis: Arc<Genesis>,
    chain: Digest,
    departments: BTreeMap<DepartmentId, Arc<Department>>,
    suspended: BTreeSet<DepartmentId>,
    /// Keys that rotation replaced: they never sign again, for anybody.
    retired: Vec<PublicKey>,
    schemas: BTreeMap<SchemaId, Arc<Published<Schema>>>,
    policies: BTreeMap<SchemaId, Arc<PublishedPolicy>>,
    models: BTreeMap<SchemaId, Arc<Published<Model>>>,
    /// In the order of their entries.
    keys: Vec<Arc<PublishedKey>>,
    disclosures: Vec<Arc<Published<DisclosurePublish>>>,
    verifiers: BTreeMap<ClientId, Arc<Registration>>,
    /// In the order of their entries; old ones too.
    trustees: Vec<Arc<Published<TrusteePublish>>>,
    /// Shared as a whole, since there can be many: most batches have none.
    recoveries: Arc<BTreeMap<BundleId, Arc<Published<RecoveryRequest>>>>,
    names: Names,
    acts: Acts,
}

impl Registry {
    /// The registry of a ledger without entries.
    pub fn new(genesis: Genesis) -> Self {
        let departments = genesis.departments().iter().map(|d| (d.id.clone(), Arc::new(d.clone()))).collect();
        Self {
            genesis: Arc::new(genesis),
            chain: Digest::from_bytes([0; Digest::LENGTH]),
            departments,
            suspended: BTreeSet::new(),
            retired: Vec::new(),
            schemas: BTreeMap::new(),
            policies: BTreeMap::new(),
            models: BTreeMap::new(),
            keys: Vec::new(),
            disclosures: Vec::new(),
            verifiers: BTreeMap::new(),
            trustees: Vec::new(),
            recoveries: Arc::default(),
            names: Names::default(),
            acts: Acts::default(),
        }
    }
    /// Checks an entry of any kind as far as the registry can: signer, signature, approvals, names, versions, content.
    pub fn check(&self, at: Moment, entry: &Entry) -> Result<(), RegistryError> {
        self.decide(at, entry).map(|_| ())
    }
    /// Checks an entry and, if it is of the registry's part, takes it in and extends the chain. On an error nothing has
    /// changed.
    pub fn apply(&mut self, at: Moment, entry: &Entry) -> Result<(), RegistryError> {
        if let Some((publisher, addition)) = self.decide(at, entry)? {
            self.insert(at.index, publisher, addition);
            self.remember(at.index, entry.record());
            self.chain = Self::chained(&self.chain, at.index, entry);
        }
        Ok(())
    }
    /// What [`Self::chain`] is after one more entry, whatever the rules say of it.
    pub(crate) fn chained(chain: &Digest, index: u64, entry: &Entry) -> Digest {
        let leaf = entry.leaf_hash();
        Digest::of_parts(&[&chain.as_bytes()[..], &index.to_be_bytes(), leaf.as_bytes()])
    }
    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    /// h' = SHA-256(h ‖ index, 8 bytes big endian ‖ leaf hash) over the registry's entries, from 32 zero bytes.
    pub fn chain(&self) -> &Digest {
        &self.chain
    }
    /// An admitted department, with its newest key; suspended ones too, for what they published stands.
    pub fn department(&self, id: &DepartmentId) -> Option<&Department> {
        self.departments.get(id).map(Arc::as_ref)
    }
    /// Whether a department may publish, commit and approve now. `None` if it was never admitted.
    pub fn status(&self, id: &DepartmentId) -> Option<DepartmentStatus> {
        self.departments.get(id)?;
        Some(if self.suspended.contains(id) { DepartmentStatus::Suspended } else { DepartmentStatus::Active })
    }
    /// All admitted departments by identifier, suspended ones included.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.values().map(Arc::as_ref)
    }
    /// A schema with its publisher.
    pub fn published_schema(&self, id: &SchemaId) -> Option<&Published<Schema>> {
        self.schemas.get(id).map(Arc::as_ref)
    }
    /// All schemas by identifier.
    pub fn schemas(&self) -> impl Iterator<Item = &Published<Schema>> {
        self.schemas.values().map(Arc::as_ref)
    }
    /// A policy.
    pub fn policy(&self, id: &SchemaId) -> Option<&PublishedPolicy> {
        self.policies.get(id).map(Arc::as_ref)
    }
    /// All policies by identifier.
    pub fn policies(&self) -> impl Iterator<Item = &PublishedPolicy> {
        self.policies.values().map(Arc::as_ref)
    }
    /// All scoring models by identifier.
    pub fn models(&self) -> impl Iterator<Item = &Published<Model>> {
        self.models.values().map(Arc::as_ref)
    }
    /// All disclosures in order.
    pub fn disclosures(&self) -> impl Iterator<Item = &Published<DisclosurePublish>> {
        self.disclosures.iter().map(Arc::as_ref)
    }
    /// The state root that an entry holds, if the log signed it.
    pub fn state_root<'a>(&self, entry: &'a Entry) -> Result<&'a StateRoot, RegistryError> {
        let not_the_log = || RegistryError::NotTheLog(entry.signer().to_string());
        let root = entry.record().state_root().ok_or_else(not_the_log)?;
        match entry.signer() {
            Signer::Log(name) if name == self.genesis.origin() => {
                let bad = |_| RegistryError::BadSignature(name.to_string());
                entry.verify(name, self.genesis.log_key()).map_err(bad)?;
                Ok(root)
            }
            Signer::Log(_) | Signer::Department(_) => Err(not_the_log()),
        }
    }
    /// The department that an entry names, if it is admitted, has signed, and is not suspended.
    pub fn author(&self, entry: &Entry) -> Result<&Department, RegistryError> {
        let unknown = || RegistryError::UnknownSigner(entry.signer().to_string());
        let Signer::Department(id) = entry.signer() else { return Err(unknown()) };
        let author = self.department(id).ok_or_else(unknown)?;
        entry
            .verify(self.genesis.origin(), &author.key)
            .map_err(|_| RegistryError::BadSignature(id.to_string()))?;
        if self.suspended.contains(id) { Err(RegistryError::SuspendedSigner(id.clone())) } else { Ok(author) }
    }

    /// What an entry would add to the registry; `None` if it is not of the registry's part.
    fn decide(&self, at: Moment, entry: &Entry) -> Result<Option<(DepartmentId, Addition)>, RegistryError> {
        if entry.record().part() == Part::Root {
            return self.state_root(entry).map(|_| None);
        }
        let author = self.author(entry)?;
        if self.is_strict(at, entry.record()) {
            texts::check(entry.record())?;
        }
        let addition = self.addition(at, author, entry.record())?;
        Ok(addition.map(|addition| (author.id.clone(), addition)))
    }
    fn insert(&mut self, index: u64, publisher: DepartmentId, addition: Addition) {
        if let Some((kind, id)) = addition.name() {
            self.names.publish(kind, id, &publisher);
        }
        match addition {
            Addition::Department(department) => {
                self.departments.insert(department.id.clone(), Arc::new(department));
            }
            Addition::Rotated(id, key) => {
                if let Some(department) = self.departments.get_mut(&id) {
                    self.retired.push(department.key);
                    *department = Arc::new(Department { key, ..(**department).clone() });
                }
            }
            Addition::Suspended(id) => {
                self.end_verifiers_of(&id);
                self.suspended.insert(id);
            }
            Addition::Reinstated(id) => {
                self.suspended.remove(&id);
            }
            Addition::Schema(item) => {
                self.schemas.insert(item.schema.clone(), Arc::new(Published { item, publisher, index }));
            }
            Addition::Policy(checked, digest) => {
                let (id, checked) = (checked.policy().policy.clone(), *checked);
                self.policies.insert(id, Arc::new(PublishedPolicy { checked, publisher, index, digest }));
            }
            Addition::Model(item) => {
                self.models.insert(item.id().clone(), Arc::new(Published { item, publisher, index }));
            }
            Addition::Key(key) => {
                let (record, verifying_key) = *key;
                let key = PublishedKey { record, verifying_key, publisher, index, retirement: None };
                self.keys.push(Arc::new(key));
            }
            Addition::Retired(digest, at) => self.retire(&digest, Retirement { at, index }),
            Addition::Withdrawn => {}
            Addition::Verifier(item) => self.insert_verifier(Published { item: *item, publisher, index }),
            Addition::Trustee(item) => self.insert_trustee(Published { item, publisher, index }),
            Addition::Recovery(item) => self.insert_recovery(Published { item: *item, publisher, index }),
            Addition::Disclosure(item) => {
                self.disclosures.push(Arc::new(Published { item, publisher, index }));
            }
        }
    }
}

impl Catalogue for Registry {
    fn person_authority(&self) -> Option<&DepartmentId> {
        self.genesis.person_authority()
    }
    fn schema(&self, id: &SchemaId) -> Option<&Schema> {
        self.published_schema(id).map(|published| &published.item)
    }
    fn model(&self, id: &SchemaId) -> Option<&Model> {
        self.models.get(id).map(|published| &published.item)
    }
}

/// What an entry adds, checked.
enum Addition {
    Department(Department),
    Rotated(DepartmentId, PublicKey),
    Suspended(DepartmentId),
    Reinstated(DepartmentId),
    Schema(Schema),
    Policy(Box<CheckedPolicy>, Digest),
    Model(Model),
    Key(Box<(KeyPublish, VerifyingKey)>),
    Retired(Digest, u64),
    /// Credentials, which the tree knows.
    Withdrawn,
    Verifier(Box<VerifierRegister>),
    Trustee(TrusteePublish),
    Recovery(Box<RecoveryRequest>),
    Disclosure(DisclosurePublish),
}

impl Addition {
    /// The owned name that it publishes a version of, if it does.
    fn name(&self) -> Option<(names::NameKind, &SchemaId)> {
        match self {
            Self::Schema(schema) => Some((names::NameKind::Schema, &schema.schema)),
            Self::Policy(checked, _) => Some((names::NameKind::Policy, &checked.policy().policy)),
            Self::Model(model) => Some((names::NameKind::Model, model.id())),
            Self::Department(_)
            | Self::Rotated(..)
            | Self::Suspended(_)
            | Self::Reinstated(_)
            | Self::Key(_)
            | Self::Retired(..)
            | Self::Withdrawn
            | Self::Verifier(_)
            | Self::Trustee(_)
            | Self::Recovery(_)
            | Self::Disclosure(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
