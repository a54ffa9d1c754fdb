//! Records: what a department says. Entries: a record, signed, as the log keeps it.

mod approval;
mod disclosure;
mod entry;
mod kind;
mod recovery;
mod terms;
mod verifier;
mod withdraw;
mod word;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::field::Element;
use circuits::model::Model;
use circuits::policy::Policy;
use circuits::schema::{Localized, Schema, SchemaId};
use circuits::tree::Position;
use groth16::{ProofError, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

pub use self::approval::Approval;
pub use self::entry::{Entry, EntryError, MAX_ENTRY, RecordSigningError, Signer, encode_batch, parse_batch};
pub use self::kind::{ApprovalRule, Part, RecordKind};
pub use self::recovery::{BundleId, HpkePublicKey, MAX_REQUEST_AGE_S, RecoveryRequest, TrusteePublish};
pub use self::terms::{ApprovalTerms, Nonce};
pub(crate) use self::verifier::WEB_ADDRESS;
pub use self::verifier::{ClientId, VerifierRegister, WebAddress, is_web_address};
pub use self::withdraw::{BadRanges, CredentialWithdraw, MAX_RANGES, MAX_WITHDRAWN, Range, Ranges};
pub use self::word::{CircuitName, Inner, KeyUse, NotAWord, ReasonCode, RecordId, VerifiedSecrets};
use crate::canonical;
use crate::digest::Digest;
use crate::genesis::Department;
use crate::key::PublicKey;

/// A record. Its JSON has `kind`, `id` and the fields of the kind; unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Record {
    /// A department joins; by n-of-m.
    #[serde(rename = "department.admit")]
    Admit(DepartmentAdmit),
    /// A department's key is replaced; by n-of-m.
    #[serde(rename = "department.rotate")]
    Rotate(DepartmentRotate),
    /// A department may say nothing more; by n-of-m.
    #[serde(rename = "department.suspend")]
    Suspend(DepartmentSuspend),
    /// A suspended department may speak again; by n-of-m.
    #[serde(rename = "department.reinstate")]
    Reinstate(DepartmentReinstate),
    /// A schema.
    #[serde(rename = "schema.publish")]
    Schema(SchemaPublish),
    /// A policy.
    #[serde(rename = "policy.publish")]
    Policy(PolicyPublish),
    /// A scoring model.
    #[serde(rename = "model.publish")]
    Model(ModelPublish),
    /// A circuit's verifying key; by n-of-m.
    #[serde(rename = "key.publish")]
    Key(KeyPublish),
    /// The day after which a circuit's key is used no more; by n-of-m.
    #[serde(rename = "key.retire")]
    Retire(KeyRetire),
    /// New credentials.
    #[serde(rename = "credential.commit")]
    Commit(CredentialCommit),
    /// Credentials revoked, suspended, restored.
    #[serde(rename = "credential.status")]
    Status(CredentialStatus),
    /// Credentials of one department revoked by the others; by n-of-m.
    #[serde(rename = "credential.withdraw")]
    Withdraw(CredentialWithdraw),
    /// A verifier's name, for which a department vouches.
    #[serde(rename = "verifier.register")]
    Verifier(VerifierRegister),
    /// A department keeps shares of person secrets.
    #[serde(rename = "trustee.publish")]
    Trustee(TrusteePublish),
    /// Trustees give the shares of one person's secret to one new wallet; with a second department.
    #[serde(rename = "recovery.request")]
    Recovery(RecoveryRequest),
    /// A public document.
    #[serde(rename = "disclosure.publish")]
    Disclosure(DisclosurePublish),
    /// The credential root, by the log itself.
    #[serde(rename = "state.root")]
    Root(StateRoot),
}

/// `department.admit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentAdmit {
    /// Idempotency key.
    pub id: RecordId,
    /// Who joins.
    pub department: Department,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

/// `department.rotate`. What the old key signed before stands; it signs nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentRotate {
    /// Idempotency key.
    pub id: RecordId,
    /// Whose key.
    pub department: DepartmentId,
    /// The new one.
    pub key: PublicKey,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

/// `department.suspend`. What the department published and committed before stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentSuspend {
    /// Idempotency key.
    pub id: RecordId,
    /// Who.
    pub department: DepartmentId,
    /// Why.
    pub reason: ReasonCode,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

/// `department.reinstate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentReinstate {
    /// Idempotency key.
    pub id: RecordId,
    /// Who.
    pub department: DepartmentId,
    /// Why.
    pub reason: ReasonCode,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

/// `schema.publish`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaPublish {
    /// Idempotency key.
    pub id: RecordId,
    /// The schema.
    pub schema: Schema,
}

/// `policy.publish`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyPublish {
    /// Idempotency key.
    pub id: RecordId,
    /// The policy.
    pub policy: Policy,
}

/// `model.publish`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPublish {
    /// Idempotency key.
    pub id: RecordId,
    /// The model, linear or additive.
    pub model: Model,
}

/// `key.publish`. Several keys of one circuit and version may be valid at a time; each is named by its `vk_digest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPublish {
    /// Idempotency key.
    pub id: RecordId,
    /// Which circuit.
    pub circuit: CircuitName,
    /// Which version of it.
    pub version: u32,
    /// Unix seconds from which proofs under it are accepted; without it, since it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<u64>,
    /// Unix seconds from which they are accepted no more; without it, until a [`KeyRetire`] says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retire_at: Option<u64>,
    /// What [`key_document`] makes: snarkjs `verification_key.json`, or of a key too large for it a text.
    pub vk: Value,
    /// [`groth16::VerifyingKey::digest`] of `vk`.
    pub vk_digest: Digest,
    /// SHA-256 of the proving key's file, which the node serves as a blob.
    pub proving_key_digest: Digest,
    /// SHA-256 of the ceremony's transcript, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript_digest: Option<Digest>,
    /// Whether one party may know the toxic waste.
    #[serde(rename = "development")]
    pub key_use: KeyUse,
    /// Verified secrets of different parties in that ceremony. Records of logs from before it was counted have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<VerifiedSecrets>,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

impl KeyPublish {
    /// The key that `vk` encodes, every point checked. Whether `vk_digest` is its digest is not looked at.
    pub fn verifying_key(&self) -> Result<VerifyingKey, ProofError> {
        let Value::String(text) = &self.vk else { return VerifyingKey::from_json(&self.vk) };
        let bytes = STANDARD.decode(text).map_err(|_| ProofError::Malformed("a key in base64"))?;
        VerifyingKey::from_compressed(&bytes)
    }
}

/// How a `key.publish` carries a key: snarkjs `verification_key.json`, which other programs read as it is; where that leaves
/// an entry no room, base64 of [`VerifyingKey::to_compressed`].
pub fn key_document(key: &VerifyingKey) -> Value {
    let json = key.to_json();
    match canonical::to_vec(&json) {
        Ok(bytes) if bytes.len() <= MAX_SNARKJS_KEY => json,
        Ok(_) | Err(_) => Value::String(STANDARD.encode(key.to_compressed())),
    }
}

/// The rest of an entry is for what else the record says, its approvals above all.
const MAX_SNARKJS_KEY: usize = MAX_ENTRY / 2;

/// `key.retire`. A retirement only comes nearer: what was announced is never put off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRetire {
    /// Idempotency key.
    pub id: RecordId,
    /// Which key.
    pub vk_digest: Digest,
    /// Unix seconds from which proofs under it are accepted no more; may be past.
    pub retire_at: u64,
    /// Why.
    pub reason: ReasonCode,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Who agrees.
    pub approvals: Vec<Approval>,
}

/// `credential.commit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialCommit {
    /// Idempotency key.
    pub id: RecordId,
    /// Of which schema.
    pub schema: SchemaId,
    /// 1 to [`MAX_COMMITMENTS`] inner commitments; their leaves get consecutive positions.
    pub inner: Vec<Inner>,
}

/// `credential.status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialStatus {
    /// Idempotency key.
    pub id: RecordId,
    /// 1 to [`MAX_COMMITMENTS`] changes, in order.
    pub changes: Vec<StatusChange>,
    /// What the approvals are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<ApprovalTerms>,
    /// Another department's agreement: needed when the department revokes and suspends more credentials within
    /// [`crate::state::BULK_WINDOW_S`] than [`crate::genesis::Genesis::bulk_limit`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
}

/// What happens to one credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// Which leaf.
    pub position: Position,
    /// What is done to it.
    pub status: StatusAct,
    /// Why, as a code of the department's own list.
    pub reason: ReasonCode,
}

/// What is done to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusAct {
    /// For ever.
    Revoke,
    /// Until restored.
    Suspend,
    /// After a suspension.
    Restore,
}

/// `disclosure.publish`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "disclosure::Flat", into = "disclosure::Flat")]
pub struct DisclosurePublish {
    /// Idempotency key.
    pub id: RecordId,
    /// What it is, such as `budget` or `counter-totals`.
    pub category: ReasonCode,
    /// What people read.
    pub title: Localized,
    /// The document, or where it is.
    pub content: Disclosed,
}

/// A public document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disclosed {
    /// JSON of at most 32 KB (canonical form).
    Inline(Value),
    /// A file elsewhere.
    Linked {
        /// Where.
        url: Url,
        /// SHA-256 of the file.
        digest: Digest,
    },
}

/// `state.root`: what the credential tree and the registry are after the entries before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRoot {
    /// Idempotency key: `state.root/<entries>`.
    pub id: RecordId,
    /// Entries before this one; equal to this entry's index.
    pub entries: u64,
    /// Leaves of the credential tree, removed ones included.
    pub leaves: u64,
    /// Root of the credential tree.
    pub root: Element,
    /// [`crate::registry::Registry::chain`].
    pub registry: Digest,
    /// The log's clock, unix seconds; never goes back.
    pub time: u64,
}

impl Record {
    /// The idempotency key.
    pub fn id(&self) -> &RecordId {
        match self {
            Self::Admit(r) => &r.id,
            Self::Rotate(r) => &r.id,
            Self::Suspend(r) => &r.id,
            Self::Reinstate(r) => &r.id,
            Self::Schema(r) => &r.id,
            Self::Policy(r) => &r.id,
            Self::Model(r) => &r.id,
            Self::Key(r) => &r.id,
            Self::Retire(r) => &r.id,
            Self::Commit(r) => &r.id,
            Self::Status(r) => &r.id,
            Self::Withdraw(r) => &r.id,
            Self::Verifier(r) => &r.id,
            Self::Trustee(r) => &r.id,
            Self::Recovery(r) => &r.id,
            Self::Disclosure(r) => &r.id,
            Self::Root(r) => &r.id,
        }
    }
    /// Which kind it is of.
    pub fn record_kind(&self) -> RecordKind {
        match self {
            Self::Admit(_) => RecordKind::Admit,
            Self::Rotate(_) => RecordKind::Rotate,
            Self::Suspend(_) => RecordKind::Suspend,
            Self::Reinstate(_) => RecordKind::Reinstate,
            Self::Schema(_) => RecordKind::Schema,
            Self::Policy(_) => RecordKind::Policy,
            Self::Model(_) => RecordKind::Model,
            Self::Key(_) => RecordKind::Key,
            Self::Retire(_) => RecordKind::Retire,
            Self::Commit(_) => RecordKind::Commit,
            Self::Status(_) => RecordKind::Status,
            Self::Withdraw(_) => RecordKind::Withdraw,
            Self::Verifier(_) => RecordKind::Verifier,
            Self::Trustee(_) => RecordKind::Trustee,
            Self::Recovery(_) => RecordKind::Recovery,
            Self::Disclosure(_) => RecordKind::Disclosure,
            Self::Root(_) => RecordKind::Root,
        }
    }
    /// The text under `kind`.
    pub fn kind(&self) -> &'static str {
        self.record_kind().as_str()
    }
    /// Which part of the state it changes.
    pub fn part(&self) -> Part {
        self.record_kind().part()
    }
    /// Whose approval it needs.
    pub fn approval_rule(&self) -> ApprovalRule {
        self.record_kind().approval_rule()
    }
    /// Whether it is an act of governance, which n of m departments must approve.
    pub fn is_governance(&self) -> bool {
        self.record_kind().is_governance()
    }
    /// How many leaves it adds to the credential tree.
    pub fn commitments(&self) -> usize {
        match self {
            Self::Commit(r) => r.inner.len(),
            Self::Admit(_)
            | Self::Rotate(_)
            | Self::Suspend(_)
            | Self::Reinstate(_)
            | Self::Schema(_)
            | Self::Policy(_)
            | Self::Model(_)
            | Self::Key(_)
            | Self::Retire(_)
            | Self::Status(_)
            | Self::Withdraw(_)
            | Self::Verifier(_)
            | Self::Trustee(_)
            | Self::Recovery(_)
            | Self::Disclosure(_)
            | Self::Root(_) => 0,
        }
    }
    /// What the log states, if it is the log's own record.
    pub fn state_root(&self) -> Option<&StateRoot> {
        match self {
            Self::Root(root) => Some(root),
            Self::Admit(_)
            | Self::Rotate(_)
            | Self::Suspend(_)
            | Self::Reinstate(_)
            | Self::Schema(_)
            | Self::Policy(_)
            | Self::Model(_)
            | Self::Key(_)
            | Self::Retire(_)
            | Self::Commit(_)
            | Self::Status(_)
            | Self::Withdraw(_)
            | Self::Verifier(_)
            | Self::Trustee(_)
            | Self::Recovery(_)
            | Self::Disclosure(_) => None,
        }
    }
}

impl StateRoot {
    /// The credential root as an element.
    pub fn credential_root(&self) -> &Fr {
        &self.root.0
    }
}

/// Commitments in one `credential.commit`, and changes in one `credential.status`, at most.
pub const MAX_COMMITMENTS: usize = 1024;
/// Bytes of an inline document in canonical form, at most.
pub const MAX_DOCUMENT: usize = 32 * 1024;

#[cfg(test)]
mod tests;
