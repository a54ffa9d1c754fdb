//! The registry: departments, schemas, policies, models, keys and disclosures, with the rules for changing them.

use circuits::credential::DepartmentId;
use circuits::model::{ModelError, ScoringModel};
use circuits::policy::{Catalogue, CheckedPolicy, PolicyError};
use circuits::schema::{Schema, SchemaId};
use circuits::wire::proof::{ProofError, VerifyingKey};

use crate::digest::Digest;
use crate::genesis::{Department, Genesis};
use crate::record::{DisclosurePublish, Entry, KeyPublish, Signer, StateRoot};

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

/// A circuit's verifying key, decoded and compared with its digest.
#[derive(Clone)]
pub struct PublishedKey {
    /// The record; its `vk` is what `verifying_key` was decoded from.
    pub record: KeyPublish,
    /// The key.
    pub verifying_key: VerifyingKey,
    /// By whom it was submitted.
    pub publisher: DepartmentId,
    /// Index of the entry.
    pub index: u64,
}

/// Why the registry refuses an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Not a department of this ledger, now.
    #[error("`{0}` is not an admitted department of this ledger")]
    UnknownSigner(String),
    /// A log's record signed in another log's name.
    #[error("a state root is signed by the log, not by `{0}`")]
    NotTheLog(String),
    /// The signature is not of the signer's key in the registry.
    #[error("the signature is not made with the registered key of `{0}`")]
    BadSignature(String),
    /// An approval is by no admitted department.
    #[error("the approval by `{0}` is not of an admitted department")]
    UnknownApprover(DepartmentId),
    /// An approval does not verify.
    #[error("the approval by `{0}` does not verify")]
    BadApproval(DepartmentId),
    /// One department approved twice.
    #[error("`{0}` approved twice")]
    DuplicateApproval(DepartmentId),
    /// Too few departments agree.
    #[error("{given} departments approved; {needed} must")]
    TooFewApprovals {
        /// By the genesis.
        needed: usize,
        /// In the record.
        given: usize,
    },
    /// The department is admitted already; its key changes by rotation, never by admission.
    #[error("`{0}` is admitted already")]
    AlreadyAdmitted(DepartmentId),
    /// The name is the log's own.
    #[error("`{0}` is the name of the log")]
    ReservedName(DepartmentId),
    /// The key belongs to another signer.
    #[error("the key of `{0}` belongs to another signer")]
    KeyInUse(DepartmentId),
    /// Another department owns the name.
    #[error("the name `{name}` belongs to `{owner}`")]
    ForeignName {
        /// Which.
        name: String,
        /// Whose.
        owner: DepartmentId,
    },
    /// The version is not above the newest one.
    #[error("`{id}` is not above the newest version, {newest}")]
    OldVersion {
        /// Which.
        id: String,
        /// Newest published.
        newest: u32,
    },
    /// The policy does not compile.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// A policy accepts a department that is not admitted.
    #[error("the policy accepts `{0}`, which is not an admitted department")]
    UnknownIssuer(DepartmentId),
    /// The model does not fit its schema.
    #[error("model: {0}")]
    Model(#[from] ModelError),
    /// No such schema is published.
    #[error("schema `{0}` is not published")]
    UnknownSchema(SchemaId),
    /// The verifying key does not decode.
    #[error("verifying key: {0}")]
    VerifyingKey(#[from] ProofError),
    /// The verifying key is not the one that the digest names.
    #[error("the verifying key is not the one of `vk_digest`")]
    KeyDigest,
    /// The verifying key is for another number of public inputs than the circuit has.
    #[error("the circuit has {expected} public inputs, the key {given}")]
    PublicInputs {
        /// Of the circuit.
        expected: usize,
        /// Of the key.
        given: usize,
    },
    /// The inline document is too large.
    #[error("a document of {0} bytes; larger ones than 32,768 are published by URL and digest")]
    DocumentTooLarge(usize),
}

/// Everything published so far. Copies share what they hold.
#[derive(Clone)]
pub struct Registry {
    chain: Digest,
}

impl Registry {
    /// The registry of a ledger without entries.
    pub fn new(_genesis: &Genesis) -> Self {
        todo!()
    }
    /// Checks an entry of any kind as far as the registry can: signer, signature, approvals, names, versions, content.
    pub fn check(&self, _entry: &Entry) -> Result<(), RegistryError> {
        todo!()
    }
    /// Checks an entry and, if it is of the registry's part, takes it in as entry `index` and extends the chain.
    /// On an error nothing has changed.
    pub fn apply(&mut self, _index: u64, _entry: &Entry) -> Result<(), RegistryError> {
        todo!()
    }
    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        todo!()
    }
    /// h' = SHA-256(h ‖ index, 8 bytes big endian ‖ leaf hash) over the registry's entries, from 32 zero bytes.
    pub fn chain(&self) -> &Digest {
        &self.chain
    }
    /// An admitted department.
    pub fn department(&self, _id: &DepartmentId) -> Option<&Department> {
        todo!()
    }
    /// All admitted departments by identifier.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        std::iter::empty()
    }
    /// A schema with its publisher.
    pub fn published_schema(&self, _id: &SchemaId) -> Option<&Published<Schema>> {
        todo!()
    }
    /// All schemas by identifier.
    pub fn schemas(&self) -> impl Iterator<Item = &Published<Schema>> {
        std::iter::empty()
    }
    /// A policy.
    pub fn policy(&self, _id: &SchemaId) -> Option<&PublishedPolicy> {
        todo!()
    }
    /// All policies by identifier.
    pub fn policies(&self) -> impl Iterator<Item = &PublishedPolicy> {
        std::iter::empty()
    }
    /// All scoring models by identifier.
    pub fn models(&self) -> impl Iterator<Item = &Published<ScoringModel>> {
        std::iter::empty()
    }
    /// A circuit's key.
    pub fn key(&self, _circuit: &str, _version: u32) -> Option<&PublishedKey> {
        todo!()
    }
    /// All keys by circuit and version.
    pub fn keys(&self) -> impl Iterator<Item = &PublishedKey> {
        std::iter::empty()
    }
    /// All disclosures in order.
    pub fn disclosures(&self) -> impl Iterator<Item = &Published<DisclosurePublish>> {
        std::iter::empty()
    }
    /// The state root that an entry holds, if the log signed it.
    pub fn state_root<'a>(&self, _entry: &'a Entry) -> Result<&'a StateRoot, RegistryError> {
        todo!()
    }
    /// The department that an entry names, if it is admitted and signed.
    pub fn author(&self, _entry: &Entry) -> Result<&Department, RegistryError> {
        let _ = Signer::Department;
        todo!()
    }
}

impl Catalogue for Registry {
    fn schema(&self, _id: &SchemaId) -> Option<&Schema> {
        todo!()
    }
    fn model(&self, _id: &SchemaId) -> Option<&ScoringModel> {
        todo!()
    }
}
