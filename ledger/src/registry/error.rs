//! Why the registry refuses an entry.

use circuits::credential::DepartmentId;
use circuits::model::ModelError;
use circuits::policy::PolicyError;
use circuits::schema::{Disguise, SchemaId};
use groth16::ProofError;

use super::scopes::ScopeTerm;
use crate::digest::Digest;
use crate::record::{BundleId, ClientId, VerifiedSecrets};

/// Why the registry refuses an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Not a department of this ledger, now.
    #[error("`{0}` is not an admitted department of this ledger")]
    UnknownSigner(String),
    /// A state root signed in another name than the log's.
    #[error("a state root is signed by the log, not by `{0}`")]
    NotTheLog(String),
    /// The signer is suspended.
    #[error("`{0}` is suspended")]
    SuspendedSigner(DepartmentId),
    /// The signature is not of the signer's key in the registry.
    #[error("the signature is not made with the registered key of `{0}`")]
    BadSignature(String),
    /// An approval is by no admitted department.
    #[error("the approval by `{0}` is not of an admitted department")]
    UnknownApprover(DepartmentId),
    /// An approval does not verify.
    #[error("the approval by `{0}` does not verify")]
    BadApproval(DepartmentId),
    /// An approval is by a suspended department.
    #[error("the approval by `{0}` is of a suspended department")]
    SuspendedApprover(DepartmentId),
    /// A department approves what another one must look at.
    #[error("`{0}` signs the record; the approval must be another department's")]
    OwnApproval(DepartmentId),
    /// A department approves the withdrawal of its own credentials.
    #[error(
        "the credentials are those of `{0}`; other departments must approve, and it may revoke them itself"
    )]
    OwnWithdrawal(DepartmentId),
    /// Approvals that could be used at any time and again.
    #[error(
        "the approvals are bound to no state of the log and to no end; have the record proposed and approved anew"
    )]
    UnboundApproval,
    /// The same act was approved and done before.
    #[error(
        "these approvals were used before, and each act needs its own; have the record proposed and approved anew"
    )]
    ApprovalsUsed,
    /// Too late.
    #[error("the approvals ended at {expires} (unix seconds); have the record proposed and approved anew")]
    ApprovalsExpired {
        /// By the record, unix seconds.
        expires: u64,
    },
    /// What the act is about changed since it was proposed.
    #[error(
        "what the record is about has changed since it was proposed at {entries} entries; have it proposed and approved anew"
    )]
    OtherState {
        /// Of the log when it was proposed.
        entries: u64,
    },
    /// Proposed at a state that the log has not reached.
    #[error(
        "the record was proposed at {entries} entries, and the log has {size}; have it proposed for this log"
    )]
    StateAhead {
        /// By the record.
        entries: u64,
        /// Of the log.
        size: u64,
    },
    /// An approver was suspended, reinstated or given another key since the act was proposed.
    #[error(
        "`{0}` was suspended, reinstated or given another key since the record was proposed; have it proposed anew"
    )]
    ApproverChanged(DepartmentId),
    /// A department takes away more credentials than it may alone.
    #[error(
        "{taken} credentials would be revoked or suspended within a day; above {limit} another department must approve"
    )]
    Bulk {
        /// By the record and those before it.
        taken: usize,
        /// By the genesis.
        limit: usize,
    },
    /// No such department was admitted.
    #[error("`{0}` is not an admitted department")]
    UnknownDepartment(DepartmentId),
    /// Suspended before.
    #[error("`{0}` is suspended already")]
    AlreadySuspended(DepartmentId),
    /// Nothing to lift.
    #[error("`{0}` is not suspended")]
    NotSuspended(DepartmentId),
    /// Governance would become impossible.
    #[error("{left} active departments would be left; {needed} must approve acts of governance")]
    TooFewLeft {
        /// By the genesis.
        needed: usize,
        /// After the suspension.
        left: usize,
    },
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
    /// The key belongs, or belonged, to a signer or a witness.
    #[error("the key of `{0}` is or was in use")]
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
    /// A new scope has no first day, though there is a person authority.
    #[error(
        "the scope `{0}` has no first day, so that whoever is reset could answer once more; give `start`, as this ledger has \
         a person authority"
    )]
    ScopeWithoutStart(String),
    /// A later policy of a scope says something else than the first.
    #[error(
        "`{term}` is not what `{first}` says, the first policy of the scope `{scope}`; give the same, or name another scope"
    )]
    OtherScopeTerm {
        /// Which.
        scope: String,
        /// In what they differ.
        term: ScopeTerm,
        /// Of the department.
        first: SchemaId,
    },
    /// The policy accepts a root for less time than a healthy ledger needs to state the next one.
    #[error(
        "the policy's `max_root_age_s` is {asked_s}; this ledger takes {least_s} at least, because roots are minutes apart \
         and clocks differ. Give a longer time"
    )]
    RootAge {
        /// By the policy.
        asked_s: u64,
        /// By the ledger.
        least_s: u64,
    },
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
    /// The same key was published before.
    #[error("the key {} is published already", .0.short())]
    KeyPublished(Digest),
    /// The key would never be valid.
    #[error("the key would be retired at {retire_at}, before it is valid at {valid_from}")]
    KeyPeriod {
        /// By the record.
        valid_from: u64,
        /// By the record.
        retire_at: u64,
    },
    /// One party alone made one of the key's phases, and it is published as no development key.
    #[error(
        "the key has secrets of {} parties in phase 1 and of {} in phase 2: with fewer than two in each it is a \
         development key", .0.phase1, .0.phase2
    )]
    KeyOfOneParty(VerifiedSecrets),
    /// There is no key of this digest.
    #[error("no key {} is published", .0.short())]
    UnknownKey(Digest),
    /// A retirement is not put off.
    #[error("the key is retired at {announced} already; a retirement only comes nearer")]
    LaterRetirement {
        /// Before.
        announced: u64,
    },
    /// The key is of a version of its statement that is not proved any more.
    #[error(
        "version {version} of that statement is not proved any more: publish a key of the newest version"
    )]
    EarlierStatement {
        /// Of the key.
        version: u32,
    },
    /// The verifying key is for another number of public inputs than the circuit has.
    #[error("the circuit has {expected} public inputs, the key {given}")]
    PublicInputs {
        /// Of the circuit.
        expected: usize,
        /// Of the key.
        given: usize,
    },
    /// Another department vouches for the verifier.
    #[error("`{owner}` has registered the verifier {client_id}; it must end that first")]
    VerifierTaken {
        /// Which.
        client_id: ClientId,
        /// Who registered it.
        owner: DepartmentId,
    },
    /// A store is given to a verifier by somebody else than the department whose it is.
    #[error("the register `{0}` is given by the department of that name alone")]
    ForeignRegister(DepartmentId),
    /// A register has one verifier.
    #[error(
        "the register `{register}` is that of {holder} until that registration ends: two could not see each other's uses"
    )]
    RegisterTaken {
        /// Which.
        register: DepartmentId,
        /// Who has it.
        holder: ClientId,
    },
    /// The person authority would keep shares of what it compares.
    #[error(
        "`{0}` is the person authority, which compares what is recovered; other departments are trustees"
    )]
    AuthorityAsTrustee(DepartmentId),
    /// One key of two departments would be one trustee with two shares.
    #[error("the key is or was one of the trustee `{0}`; make a new one")]
    TrusteeKeyTaken(DepartmentId),
    /// A key that was replaced does not come back.
    #[error("the department replaced this key by a newer one; make a new one")]
    EarlierTrusteeKey,
    /// A request for a desk of another department.
    #[error("a request for the desk of `{0}` is signed by that department alone")]
    ForeignDesk(DepartmentId),
    /// A bundle is asked for once.
    #[error(
        "the shares of {bundle} were asked for in entry {index}, and trustees answer one key alone; where that wallet is lost \
         too, the person authority resets the person"
    )]
    RecoveryRequested {
        /// Which.
        bundle: BundleId,
        /// Of the first request.
        index: u64,
    },
    /// The person did not stand at the desk lately.
    #[error(
        "the request is of {time} (unix seconds), which is to come or more than a week ago; look at the person again"
    )]
    RequestTime {
        /// By the record, unix seconds.
        time: u64,
    },
    /// Counters are no longer registered by disclosures.
    #[error("a verifier is registered by `verifier.register`, not by a disclosure of the category `counter`")]
    ReplacedCategory,
    /// An address that no page may link.
    #[error("{what} must be {needed}")]
    Address {
        /// Which.
        what: &'static str,
        /// In words.
        needed: &'static str,
    },
    /// A text that does not look like what it is.
    #[error("the text at {path} cannot be published: {why}")]
    Disguised {
        /// Where in the record.
        path: String,
        /// What is wrong.
        why: Disguise,
    },
    /// The inline document is too large.
    #[error("a document of {0} bytes; larger ones than 32,768 are published by URL and digest")]
    DocumentTooLarge(usize),
}
