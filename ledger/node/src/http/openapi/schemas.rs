//! The JSON forms of what a node answers and takes, for its description. `serde` reads and writes other types, in the ledger's
//! library; a test compares what it writes with these.
#![expect(dead_code, reason = "only their shape is read, never a value")]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A text by BCP 47 tag; at least `zh-CN` and `en`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"zh-CN": "信用办", "en": "Credit office"}))]
pub(in crate::http) struct Localized(BTreeMap<String, String>);

/// An error (RFC 9457), with `error` and `message` for this system's programs and pages.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Problem {
    /// `urn:yong:problem:<error>`.
    #[serde(rename = "type")]
    kind: String,
    /// One sentence in English about this kind of error.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The word for programs.
    error: String,
    message: Localized,
    /// What this occurrence adds, for programmers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// Which entry of the submission it was, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    entry: Option<u64>,
    /// Of a mirror: the ledger that takes entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    ledger: Option<String>,
}

/// How the node is.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Status {
    /// The log's name.
    origin: String,
    /// SHA-256 of the genesis file.
    genesis: Digest,
    /// Entries of the newest checkpoint.
    size: u64,
    /// Its root.
    root: Digest,
    /// Leaves of the credential tree, removed ones included.
    leaves: u64,
    /// Root of the credential tree.
    credential_root: Element,
    /// Time of the newest state root, unix seconds; 0 before the first.
    time: u64,
}

/// Which entries are of the registry, and which are state roots. Indices, ascending.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Index {
    /// Entries that it is about.
    size: u64,
    registry: Vec<u64>,
    /// The newest ones.
    roots: Vec<u64>,
}

/// What everybody has to trust.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Genesis {
    /// The log's name.
    origin: String,
    /// Signs checkpoints and state roots.
    log_key: PublicKey,
    /// The first departments.
    departments: Vec<Department>,
    /// Distinct departments that must approve an act of governance.
    threshold: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    witnesses: Option<Quorum>,
    /// Credentials that one department may revoke or suspend within a day; 1000 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bulk_limit: Option<u64>,
    /// Seconds that a policy must at least accept a root for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    min_root_age_s: Option<u64>,
    /// The department whose credentials say since when a person has their secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    person_authority: Option<String>,
    /// A second key of the log, whose signature is under its checkpoints too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sm2: Option<SecondKey>,
}

/// A second key of a log: SM2 with SM3.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SecondKey {
    /// The public key in base64: `04`, x and y.
    key: String,
    /// Whether a checkpoint without its signature is believed by nobody.
    required: bool,
}

/// The witnesses of a ledger, and how many of them must have cosigned a checkpoint.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Quorum {
    quorum: u64,
    /// Verifier keys of kind `cosignature/v1`.
    keys: Vec<String>,
}

/// A department.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Department {
    id: String,
    title: Localized,
    key: PublicKey,
    /// Address of its desk (OpenID4VCI credential issuer), if it issues.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    desk: Option<String>,
}

/// Where an accepted entry is.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Accepted {
    /// Index in the log.
    index: u64,
    /// For a commitment, the position of its first leaf; the others follow.
    #[schema(required = true)]
    first_position: Option<u64>,
}

/// A record, signed. Canonical JSON (RFC 8785), at most 65,535 bytes.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Entry {
    record: Record,
    sig: Signature,
    /// The department, or the log's name for a `state.root`.
    signer: String,
}

/// A record. `docs/records.md` describes each kind.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind")]
pub(in crate::http) enum Record {
    #[serde(rename = "department.admit")]
    Admit(DepartmentAdmit),
    #[serde(rename = "department.rotate")]
    Rotate(DepartmentRotate),
    #[serde(rename = "department.suspend")]
    Suspend(DepartmentChange),
    #[serde(rename = "department.reinstate")]
    Reinstate(DepartmentChange),
    #[serde(rename = "schema.publish")]
    Schema(SchemaPublish),
    #[serde(rename = "policy.publish")]
    Policy(PolicyPublish),
    #[serde(rename = "model.publish")]
    Model(ModelPublish),
    #[serde(rename = "key.publish")]
    Key(KeyPublish),
    #[serde(rename = "key.retire")]
    Retire(KeyRetire),
    #[serde(rename = "credential.commit")]
    Commit(CredentialCommit),
    #[serde(rename = "credential.status")]
    Status(CredentialStatus),
    #[serde(rename = "credential.withdraw")]
    Withdraw(CredentialWithdraw),
    #[serde(rename = "verifier.register")]
    Verifier(VerifierRegister),
    #[serde(rename = "trustee.publish")]
    Trustee(TrusteePublish),
    #[serde(rename = "recovery.request")]
    Recovery(RecoveryRequest),
    #[serde(rename = "disclosure.publish")]
    Disclosure(DisclosurePublish),
    #[serde(rename = "state.root")]
    Root(StateRoot),
}

/// One department's agreement to a record.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Approval {
    signer: String,
    sig: Signature,
}

/// What approvals are bound to. Every approval that is submitted must be bound.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ApprovalTerms {
    /// 16 random bytes in lower-case hex.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    nonce: String,
    /// Entries of the log when the act was proposed.
    entries: u64,
    /// Unix seconds.
    expires: u64,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DepartmentAdmit {
    id: RecordId,
    department: Department,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DepartmentRotate {
    id: RecordId,
    department: String,
    key: PublicKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

/// A suspension, or its end.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DepartmentChange {
    id: RecordId,
    department: String,
    reason: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SchemaPublish {
    id: RecordId,
    schema: CredentialSchema,
}

/// What a credential says.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CredentialSchema {
    schema: Versioned,
    title: Localized,
    #[schema(max_items = 12)]
    attributes: Vec<Attribute>,
    /// What a desk may ask to be shown before it gives one; nothing if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    identity: Option<IdentityBinding>,
}

/// That a credential is given to whoever shows an identity credential.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct IdentityBinding {
    schema: Versioned,
    #[schema(min_items = 1, max_items = 4)]
    issuers: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Attribute {
    name: String,
    title: Localized,
    #[serde(rename = "type")]
    kind: AttributeType,
    /// Of `uint` and `decimal`: the largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Number>,
    /// Of `decimal`: digits after the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scale: Option<u32>,
    /// Of `enum`: names and their codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    codes: Option<BTreeMap<String, Number>>,
    /// Whether it may be absent; false if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    optional: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum AttributeType {
    Uint,
    Decimal,
    Date,
    Bool,
    Enum,
    Text,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PolicyPublish {
    id: RecordId,
    policy: Policy,
}

/// What a counter may ask.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the JSON")]
pub(in crate::http) struct Policy {
    policy: Versioned,
    title: Localized,
    purpose: Localized,
    legal_basis: LegalBasis,
    /// How long the receipt is kept.
    #[schema(maximum = 3650)]
    retention_days: u32,
    pseudonym: Pseudonym,
    /// How long a superseded root is still accepted, seconds.
    #[schema(minimum = 1)]
    max_root_age_s: u64,
    #[schema(min_items = 1, max_items = 4)]
    credentials: Vec<CredentialQuery>,
    /// What must hold of up to three credentials together; attributes are named `credential.attribute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    across: Option<Formula>,
    /// Conditions on scores under additive models.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 4)]
    models: Option<Vec<ScoreCondition>>,
}

/// The score of one credential, in points.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ScoreCondition {
    model: Versioned,
    /// The id of a credential of the policy.
    credential: String,
    op: ScoreOperator,
    /// One whole number; two of them for `between`.
    value: Operands,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum ScoreOperator {
    Ge,
    Gt,
    Le,
    Lt,
    Between,
}

/// One citation for every language, or a text in each.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum LegalBasis {
    Citation(String),
    Localized(Localized),
}

/// `"session"`, which links nothing, or a scope with a number of uses.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum Pseudonym {
    Session(SessionWord),
    Named(NamedPseudonym),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum SessionWord {
    Session,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct NamedPseudonym {
    scope: String,
    #[schema(minimum = 1, maximum = 65535)]
    uses: u32,
    /// Whether the uses of one person can be told to be of one person; `false` if it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    linkable: Option<bool>,
    /// The first day on which the scope may be asked for, in UTC+8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", nullable = false)]
    start: Option<String>,
    /// The department whose register alone counts the uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    register: Option<String>,
}

/// What one credential must satisfy.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CredentialQuery {
    id: String,
    schema: Versioned,
    #[schema(min_items = 1, max_items = 4)]
    issuers: Vec<String>,
    /// Absent: possession alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    require: Option<Formula>,
    /// Attributes whose value the citizen hands over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reveal: Option<Vec<String>>,
}

/// A formula; it nests at most 16 deep and has at most 64 conditions.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(no_recursion)]
pub(in crate::http) enum Formula {
    All(AllOf),
    Any(AnyOf),
    Not(NotOf),
    Condition(Condition),
}

#[derive(Serialize, ToSchema)]
#[schema(no_recursion)]
pub(in crate::http) struct AllOf {
    all: Vec<Formula>,
}

#[derive(Serialize, ToSchema)]
#[schema(no_recursion)]
pub(in crate::http) struct AnyOf {
    any: Vec<Formula>,
}

#[derive(Serialize, ToSchema)]
#[schema(no_recursion)]
pub(in crate::http) struct NotOf {
    not: Box<Formula>,
}

/// Exactly one of `attr`, `sum` and `model`, an operator, and its operands.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Condition {
    /// An attribute by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attr: Option<String>,
    /// Weights by attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sum: Option<BTreeMap<String, Number>>,
    /// A published scoring model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Versioned>,
    op: Operator,
    /// One operand; a list for `between`, `not_between`, `in`, `not_in`; absent for `present` and `absent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Operands>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum Operator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Between,
    NotBetween,
    In,
    NotIn,
    Present,
    Absent,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum Operands {
    One(Literal),
    List(Vec<Literal>),
}

/// A value as a policy writes it; the attribute's type says how to read it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum Literal {
    Bool(bool),
    Integer(i64),
    Text(String),
    Today(Today),
}

/// A date relative to the day of the answer, such as `-18y`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Today {
    today: String,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ModelPublish {
    id: RecordId,
    model: Model,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum Model {
    Linear(ScoringModel),
    Additive(AdditiveModel),
}

/// A sum of curves over a schema's attributes.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AdditiveModel {
    model: Versioned,
    kind: AdditiveWord,
    schema: Versioned,
    title: Localized,
    meaning: Localized,
    /// Points before any attribute, in units of 1/scale.
    base: Number,
    /// Units in one point.
    scale: Number,
    /// What each attribute counts.
    curves: BTreeMap<String, Curve>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum AdditiveWord {
    Additive,
}

/// What one attribute counts.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Curve {
    /// The least value of each bin, ascending.
    #[schema(min_items = 1, max_items = 16)]
    edges: Vec<Number>,
    /// Units of each bin.
    #[schema(min_items = 1, max_items = 16)]
    points: Vec<Number>,
    /// Units where an optional attribute is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<Number>,
}

/// A weighted sum of a schema's attributes.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ScoringModel {
    model: Versioned,
    schema: Versioned,
    title: Localized,
    meaning: Localized,
    /// Points before any factor, in units of 1/scale.
    base: Number,
    /// Units in one point.
    scale: Number,
    /// Units per unit of each attribute.
    weights: BTreeMap<String, Number>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct KeyPublish {
    id: RecordId,
    circuit: String,
    version: u32,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    valid_from: Option<u64>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retire_at: Option<u64>,
    /// snarkjs `verification_key.json`, or base64 of the key's compressed encoding where that does not fit.
    #[schema(value_type = AnyJson)]
    vk: Value,
    vk_digest: Digest,
    /// SHA-256 of the proving key's file.
    proving_key_digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript_digest: Option<Digest>,
    /// Whether one party may have made it alone, who could forge proofs.
    development: bool,
    /// Verified secrets of different parties.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secrets: Option<VerifiedSecrets>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

/// How many different parties contributed a secret to a key, by phase.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct VerifiedSecrets {
    phase1: u32,
    phase2: u32,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct KeyRetire {
    id: RecordId,
    vk_digest: Digest,
    /// Unix seconds.
    retire_at: u64,
    reason: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CredentialCommit {
    id: RecordId,
    schema: Versioned,
    /// Inner commitments: 32 bytes below r, big endian, base64url without padding.
    #[schema(min_items = 1, max_items = 1024)]
    inner: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CredentialStatus {
    id: RecordId,
    #[schema(min_items = 1, max_items = 1024)]
    changes: Vec<StatusChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    approvals: Option<Vec<Approval>>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StatusChange {
    #[schema(maximum = 4_294_967_295_u64)]
    position: u64,
    status: StatusAct,
    reason: Code,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::http) enum StatusAct {
    Revoke,
    Suspend,
    Restore,
}

/// What a department committed, revoked by the others.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct CredentialWithdraw {
    id: RecordId,
    department: String,
    /// Ascending and apart.
    #[schema(min_items = 1, max_items = 256)]
    ranges: Vec<Range>,
    reason: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

/// Positions from `first` to `last`, both included.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Range {
    #[schema(maximum = 4_294_967_295_u64)]
    first: u64,
    #[schema(maximum = 4_294_967_295_u64)]
    last: u64,
}

/// A verifier's name, for which a department vouches.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct VerifierRegister {
    id: RecordId,
    /// `x509_hash:` and SHA-256 of the certificate in base64url.
    #[schema(pattern = "^x509_hash:[A-Za-z0-9_-]{43}$")]
    client_id: String,
    name: Localized,
    /// Where it is.
    address: Localized,
    /// An https address where people complain.
    complaints: String,
    legal_basis: Localized,
    /// The department that signs, where the verifier is the one store of scopes that name it as their register.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    register: Option<String>,
    /// Unix seconds.
    until: u64,
}

/// Where a department keeps shares of person secrets.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TrusteePublish {
    id: RecordId,
    key: HpkePublicKey,
    /// An https address: the service that takes shares and answers requests.
    url: String,
}

/// Trustees give the shares of one bundle to one key.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct RecoveryRequest {
    id: RecordId,
    bundle: Digest,
    /// SHA-256 of `yong/hpke-key/v1`, a line end, and the new wallet's key.
    key_digest: Digest,
    /// The department at whose desk the person stood, which signs.
    desk: String,
    /// When the person stood there, unix seconds.
    time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    terms: Option<ApprovalTerms>,
    approvals: Vec<Approval>,
}

/// Either `document`, or `url` and `digest`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct DisclosurePublish {
    id: RecordId,
    category: Code,
    title: Localized,
    /// Any JSON of at most 32 KB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AnyJson>)]
    document: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
}

/// What the entries before it derive.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StateRoot {
    id: RecordId,
    /// Entries before this one.
    entries: u64,
    leaves: u64,
    root: Element,
    registry: Digest,
    /// The log's clock, unix seconds.
    time: u64,
}

/// SHA-256 in lower-case hex.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[0-9a-f]{64}$")]
pub(in crate::http) struct Digest(String);

/// A field element: decimal digits, below r.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^(0|[1-9][0-9]*)$")]
pub(in crate::http) struct Element(String);

/// An Ed25519 public key in base64.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{43}=$")]
pub(in crate::http) struct PublicKey(String);

/// An X25519 public key of HPKE in base64.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{43}=$")]
pub(in crate::http) struct HpkePublicKey(String);

/// An Ed25519 signature in base64.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{86}==$")]
pub(in crate::http) struct Signature(String);

/// An idempotency key, unique per signer.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9._:/-]{1,64}$")]
pub(in crate::http) struct RecordId(String);

/// A reason or a category.
#[derive(Serialize, ToSchema)]
#[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
pub(in crate::http) struct Code(String);

/// `name/version`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Versioned(String);

/// A whole number; beyond ±(2^53 − 1) a decimal string.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum Number {
    Integer(i64),
    Decimal(String),
}

/// Any JSON.
pub(in crate::http) struct AnyJson;
