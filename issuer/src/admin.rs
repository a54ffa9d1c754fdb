//! The words of the staff interface: bodies of `/admin/…`, shared by the issuer and its client.

use std::collections::BTreeMap;

use circuits::schema::SchemaId;
use ledger::digest::Digest;
use serde::{Deserialize, Serialize};

pub use crate::issuer::{Act, IssuerError, Offered, Row, RowOutcome};
use crate::person::PersonId;
pub use crate::store::people::Enrolment;

/// `POST /admin/offers`; answered by [`Offered`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// Which credential.
    pub schema: SchemaId,
    /// For whom.
    pub person: PersonId,
    /// What becomes of the person's other devices; left out, they end.
    #[serde(default = "replace_all")]
    pub enrolment: Enrolment,
}

/// `POST /admin/issue`, `/admin/records`, `/admin/enrolments`; answered by [`Rows`]. Holds personal data: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowList {
    /// Which schema; may be left out at an issuer that grants one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaId>,
    /// At most [`MAX_ROWS`] lines.
    pub rows: Vec<Row>,
}

/// What each line came to, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// One per line.
    pub rows: Vec<RowOutcome>,
}

/// `POST /admin/status`; answered by [`Done`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRequest {
    /// Which credential.
    pub schema: SchemaId,
    /// Whose.
    pub person: PersonId,
    /// What is done.
    pub act: Act,
    /// Why: a code, public on the ledger.
    pub reason: String,
}

/// `POST /admin/resets`; answered by [`Done`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// Which credential: one that the desk issues on enrolment.
    pub schema: SchemaId,
    /// Whose person ends.
    pub person: PersonId,
    /// Why: a code, public on the ledger.
    pub reason: String,
}

/// `POST /admin/corrections`; answered by [`Done`]. Holds personal data: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// Which credential.
    pub schema: SchemaId,
    /// Whose.
    pub person: PersonId,
    /// Attribute to new value as text; an empty text makes it absent.
    pub set: BTreeMap<String, String>,
    /// Why: a code, public on the ledger.
    pub reason: String,
}

/// `POST /admin/recoveries`; answered by [`RecoveryProposed`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoverRequest {
    /// Which credential: one that the desk issues on enrolment.
    pub schema: SchemaId,
    /// Who stands at the desk.
    pub person: PersonId,
    /// The key that the new wallet shows, as it was scanned or typed.
    pub key: String,
}

/// A request for the shares of a person's secret, which a second department has to approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryProposed {
    /// Of the new wallet's key, which shows the same.
    pub key_digest: Digest,
    /// The text for the second department.
    pub proposal: String,
}

/// `POST /admin/recoveries/complete`, answered by [`Done`]; and `POST /admin/recovery-approvals`, answered by the same
/// with this department's approval in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposalText {
    /// As a desk or `ledger propose` writes it.
    pub proposal: String,
}

/// What an act came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Whether the ledger was changed.
    pub outcome: Change,
    /// Position of the credential concerned (after a correction, of the new one); left out where nothing was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

/// What an act came to that a second clerk has to approve first; answered 202.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    /// Always `proposed`.
    pub outcome: Waiting,
    /// Number of the proposal, at the desk's page.
    pub proposal: i64,
}

/// That something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// Nothing is on the ledger yet.
    Proposed,
}

/// Whether an act changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is on the ledger now.
    Changed,
    /// It was so already.
    Unchanged,
}

/// Whoever does not say otherwise means one device.
const fn replace_all() -> Enrolment {
    Enrolment::ReplaceAll
}

/// Lines of one [`RowList`] at most.
pub const MAX_ROWS: usize = 500;
