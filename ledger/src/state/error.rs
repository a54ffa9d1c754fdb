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
pub enum ErrorClass {
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
    pub fn class(&self) -> ErrorClass {
        self.classify().1
    }
    fn classify(&self) -> (&'static str, ErrorClass) {
        match self {
            Self::Entry(e) => entry(e),
            Self::Registry(e) => registry(e),
            Self::Credential(e) => credential(e),
            Self::RootSubmitted => ("root_submitted", ErrorClass::Forbidden),
        }
    }
}

fn entry(e: &EntryError) -> (&'static str, ErrorClass) {
    match e {
        EntryError::TooLarge(_) => ("entry_too_large", ErrorClass::TooLarge),
        EntryError::Encoding(CanonicalError::NotCanonical) => ("not_canonical", ErrorClass::Malformed),
        EntryError::Encoding(_) => ("malformed", ErrorClass::Malformed),
        EntryError::Signer => ("malformed_signer", ErrorClass::Malformed),
    }
}

fn registry(e: &RegistryError) -> (&'static str, ErrorClass) {
    match e {
        RegistryError::UnknownSigner(_) => ("unknown_signer", ErrorClass::Forbidden),
        RegistryError::NotTheLog(_) => ("not_the_log", ErrorClass::Forbidden),
        RegistryError::SuspendedSigner(_) => ("suspended", ErrorClass::Forbidden),
        RegistryError::SuspendedApprover(_) => ("suspended_approver", ErrorClass::Forbidden),
        RegistryError::OwnApproval(_) => ("own_approval", ErrorClass::Rule),
        RegistryError::OwnWithdrawal(_) => ("own_withdrawal", ErrorClass::Rule),
        RegistryError::UnboundApproval => ("unbound_approval", ErrorClass::Rule),
        RegistryError::ApprovalsUsed => ("approvals_used", ErrorClass::Conflict),
        RegistryError::ApprovalsExpired { .. } => ("approvals_expired", ErrorClass::Rule),
        RegistryError::OtherState { .. } => ("other_state", ErrorClass::Conflict),
        RegistryError::StateAhead { .. } => ("state_ahead", ErrorClass::Rule),
        RegistryError::ApproverChanged(_) => ("approver_changed", ErrorClass::Conflict),
        RegistryError::Bulk { .. } => ("bulk", ErrorClass::Rule),
        RegistryError::UnknownDepartment(_) => ("unknown_department", ErrorClass::Rule),
        RegistryError::AlreadySuspended(_) => ("already_suspended", ErrorClass::Conflict),
        RegistryError::NotSuspended(_) => ("not_suspended", ErrorClass::Conflict),
        RegistryError::TooFewLeft { .. } => ("too_few_left", ErrorClass::Rule),
        RegistryError::BadSignature(_) => ("bad_signature", ErrorClass::Forbidden),
        RegistryError::UnknownApprover(_) => ("unknown_approver", ErrorClass::Forbidden),
        RegistryError::BadApproval(_) => ("bad_approval", ErrorClass::Forbidden),
        RegistryError::DuplicateApproval(_) => ("duplicate_approval", ErrorClass::Rule),
        RegistryError::TooFewApprovals { .. } => ("too_few_approvals", ErrorClass::Rule),
        RegistryError::AlreadyAdmitted(_) => ("already_admitted", ErrorClass::Conflict),
        RegistryError::ReservedName(_) => ("reserved_name", ErrorClass::Conflict),
        RegistryError::KeyInUse(_) => ("key_in_use", ErrorClass::Conflict),
        RegistryError::ForeignName { .. } => ("foreign_name", ErrorClass::Conflict),
        RegistryError::OldVersion { .. } => ("old_version", ErrorClass::Conflict),
        RegistryError::Policy(_) => ("policy_does_not_compile", ErrorClass::Rule),
        RegistryError::RootAge { .. } => ("root_age", ErrorClass::Rule),
        RegistryError::UnknownIssuer(_) => ("unknown_issuer", ErrorClass::Rule),
        RegistryError::Model(_) => ("model_does_not_fit", ErrorClass::Rule),
        RegistryError::UnknownSchema(_) => ("unknown_schema", ErrorClass::Rule),
        RegistryError::VerifyingKey(_) => ("bad_verifying_key", ErrorClass::Rule),
        RegistryError::KeyDigest => ("key_digest_mismatch", ErrorClass::Rule),
        RegistryError::KeyPublished(_) => ("key_published", ErrorClass::Conflict),
        RegistryError::KeyPeriod { .. } => ("key_period", ErrorClass::Rule),
        RegistryError::KeyOfOneParty(_) => ("key_of_one_party", ErrorClass::Rule),
        RegistryError::UnknownKey(_) => ("unknown_key", ErrorClass::Rule),
        RegistryError::LaterRetirement { .. } => ("later_retirement", ErrorClass::Conflict),
        RegistryError::ScopeWithoutStart(_) => ("scope_without_start", ErrorClass::Rule),
        RegistryError::OtherScopeTerm { .. } => ("other_scope_term", ErrorClass::Conflict),
        RegistryError::EarlierStatement { .. } => ("earlier_statement", ErrorClass::Rule),
        RegistryError::PublicInputs { .. } => ("wrong_public_inputs", ErrorClass::Rule),
        RegistryError::VerifierTaken { .. } => ("verifier_taken", ErrorClass::Conflict),
        RegistryError::ForeignRegister(_) => ("foreign_register", ErrorClass::Forbidden),
        RegistryError::RegisterTaken { .. } => ("register_taken", ErrorClass::Conflict),
        RegistryError::AuthorityAsTrustee(_) => ("authority_as_trustee", ErrorClass::Rule),
        RegistryError::TrusteeKeyTaken(_) => ("trustee_key_taken", ErrorClass::Conflict),
        RegistryError::EarlierTrusteeKey => ("earlier_trustee_key", ErrorClass::Conflict),
        RegistryError::ForeignDesk(_) => ("foreign_desk", ErrorClass::Forbidden),
        RegistryError::RecoveryRequested { .. } => ("recovery_requested", ErrorClass::Conflict),
        RegistryError::RequestTime { .. } => ("request_time", ErrorClass::Rule),
        RegistryError::ReplacedCategory => ("replaced_category", ErrorClass::Rule),
        RegistryError::Address { .. } => ("bad_address", ErrorClass::Rule),
        RegistryError::Disguised { .. } => ("disguised_text", ErrorClass::Rule),
        RegistryError::DocumentTooLarge(_) => ("document_too_large", ErrorClass::TooLarge),
    }
}

fn credential(e: &CredentialError) -> (&'static str, ErrorClass) {
    match e {
        CredentialError::Count(_) => ("count", ErrorClass::Rule),
        CredentialError::Duplicate(_) => ("duplicate_leaf", ErrorClass::Conflict),
        CredentialError::Full => ("tree_full", ErrorClass::Rule),
        CredentialError::NoSuchLeaf(_) => ("no_such_leaf", ErrorClass::Rule),
        CredentialError::ForeignLeaf(_) => ("foreign_leaf", ErrorClass::Forbidden),
        CredentialError::Revoked(_) => ("revoked", ErrorClass::Conflict),
        CredentialError::AlreadySuspended(_) => ("already_suspended", ErrorClass::Conflict),
        CredentialError::NothingToWithdraw => ("nothing_to_withdraw", ErrorClass::Conflict),
        CredentialError::TooManyWithdrawn(_) => ("too_many_withdrawn", ErrorClass::Rule),
        CredentialError::NotSuspended(_) => ("not_suspended", ErrorClass::Conflict),
    }
}
