//! Why an entry is refused, for programs and for status codes.

use crate::canonical::CanonicalError;
use crate::credentials::CredentialError;
use crate::record::EntryError;
use crate::registry::RegistryError;

/// Why an entry is refused before it is ordered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Not an entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Against the registry's rules.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Against the credential tree's rules.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A department may not state roots.
    #[error("only the log itself appends `state.root`")]
    RootSubmitted,
}

/// What kind of refusal it is, for status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes are not an entry (400).
    Malformed,
    /// The signer or an approver is not who it says (403).
    Forbidden,
    /// Somebody or something was there first (409).
    Conflict,
    /// A rule about the content (422).
    Rule,
    /// Too large (413).
    TooLarge,
}

impl StateError {
    /// The word under `error` in a node's answer.
    pub fn code(&self) -> &'static str {
        self.classify().0
    }
    /// The kind of refusal.
    pub fn fault(&self) -> Fault {
        self.classify().1
    }
    fn classify(&self) -> (&'static str, Fault) {
        match self {
            Self::Entry(e) => entry(e),
            Self::Registry(e) => registry(e),
            Self::Credential(e) => credential(e),
            Self::RootSubmitted => ("root_submitted", Fault::Forbidden),
        }
    }
}

fn entry(e: &EntryError) -> (&'static str, Fault) {
    match e {
        EntryError::TooLarge(_) => ("entry_too_large", Fault::TooLarge),
        EntryError::Encoding(CanonicalError::NotCanonical) => ("not_canonical", Fault::Malformed),
        EntryError::Encoding(_) => ("malformed", Fault::Malformed),
        EntryError::Signer => ("malformed_signer", Fault::Malformed),
    }
}

fn registry(e: &RegistryError) -> (&'static str, Fault) {
    match e {
        RegistryError::UnknownSigner(_) => ("unknown_signer", Fault::Forbidden),
        RegistryError::NotTheLog(_) => ("not_the_log", Fault::Forbidden),
        RegistryError::SuspendedSigner(_) => ("suspended", Fault::Forbidden),
        RegistryError::SuspendedApprover(_) => ("suspended_approver", Fault::Forbidden),
        RegistryError::OwnApproval(_) => ("own_approval", Fault::Rule),
        RegistryError::Bulk { .. } => ("bulk", Fault::Rule),
        RegistryError::UnknownDepartment(_) => ("unknown_department", Fault::Rule),
        RegistryError::AlreadySuspended(_) => ("already_suspended", Fault::Conflict),
        RegistryError::NotSuspended(_) => ("not_suspended", Fault::Conflict),
        RegistryError::TooFewLeft { .. } => ("too_few_left", Fault::Rule),
        RegistryError::BadSignature(_) => ("bad_signature", Fault::Forbidden),
        RegistryError::UnknownApprover(_) => ("unknown_approver", Fault::Forbidden),
        RegistryError::BadApproval(_) => ("bad_approval", Fault::Forbidden),
        RegistryError::DuplicateApproval(_) => ("duplicate_approval", Fault::Rule),
        RegistryError::TooFewApprovals { .. } => ("too_few_approvals", Fault::Rule),
        RegistryError::AlreadyAdmitted(_) => ("already_admitted", Fault::Conflict),
        RegistryError::ReservedName(_) => ("reserved_name", Fault::Conflict),
        RegistryError::KeyInUse(_) => ("key_in_use", Fault::Conflict),
        RegistryError::ForeignName { .. } => ("foreign_name", Fault::Conflict),
        RegistryError::OldVersion { .. } => ("old_version", Fault::Conflict),
        RegistryError::Policy(_) => ("policy_does_not_compile", Fault::Rule),
        RegistryError::UnknownIssuer(_) => ("unknown_issuer", Fault::Rule),
        RegistryError::Model(_) => ("model_does_not_fit", Fault::Rule),
        RegistryError::UnknownSchema(_) => ("unknown_schema", Fault::Rule),
        RegistryError::VerifyingKey(_) => ("bad_verifying_key", Fault::Rule),
        RegistryError::KeyDigest => ("key_digest_mismatch", Fault::Rule),
        RegistryError::KeyPublished(_) => ("key_published", Fault::Conflict),
        RegistryError::KeyPeriod { .. } => ("key_period", Fault::Rule),
        RegistryError::UnknownKey(_) => ("unknown_key", Fault::Rule),
        RegistryError::LaterRetirement { .. } => ("later_retirement", Fault::Conflict),
        RegistryError::PublicInputs { .. } => ("wrong_public_inputs", Fault::Rule),
        RegistryError::DocumentTooLarge(_) => ("document_too_large", Fault::TooLarge),
    }
}

fn credential(e: &CredentialError) -> (&'static str, Fault) {
    match e {
        CredentialError::Count(_) => ("count", Fault::Rule),
        CredentialError::Duplicate(_) => ("duplicate_leaf", Fault::Conflict),
        CredentialError::Full => ("tree_full", Fault::Rule),
        CredentialError::NoSuchLeaf(_) => ("no_such_leaf", Fault::Rule),
        CredentialError::ForeignLeaf(_) => ("foreign_leaf", Fault::Forbidden),
        CredentialError::Revoked(_) => ("revoked", Fault::Conflict),
        CredentialError::AlreadySuspended(_) => ("already_suspended", Fault::Conflict),
        CredentialError::NotSuspended(_) => ("not_suspended", Fault::Conflict),
    }
}
