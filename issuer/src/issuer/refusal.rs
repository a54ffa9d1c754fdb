//! Why the department does not do what it is asked, in codes and words that name no value.

use circuits::schema::ValueError;
use serde::{Deserialize, Serialize};

use super::{LedgerTrouble, NotGranted};
use crate::store::StoreError;

/// A rule of the desk that is not met. JSON: `{"code": "bad_value", "attribute": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum IssuerError {
    /// The schema is not granted here.
    #[error("this desk does not grant that schema")]
    NotGranted,
    /// The key is not an identity number.
    #[error("not an identity number")]
    BadPerson,
    /// No record of the person.
    #[error("no record of this person for this schema")]
    UnknownPerson,
    /// No holder value of the person.
    #[error("not enrolled")]
    NotEnrolled,
    /// A value does not fit the schema.
    #[error("bad value in attribute {attribute}: {detail}")]
    BadValue {
        /// Which attribute.
        attribute: String,
        /// What is wrong, without the value.
        detail: String,
    },
    /// The same person stands earlier in the same list.
    #[error("duplicate row: the person stands in an earlier row")]
    DuplicateRow,
    /// The holder value is not a field element.
    #[error("the holder value is not a decimal field element")]
    BadHolder,
    /// The holder value speaks for somebody else.
    #[error("the holder value belongs to another person")]
    DoubleHolder,
    /// The person has another holder value, which only the person can replace.
    #[error("enrolled with another holder value; the person replaces it through an offer")]
    EnrolledOtherwise,
    /// The credential is suspended.
    #[error("the credential is suspended; restore or revoke it first")]
    Suspended,
    /// Staff revoked it; only a new offer grants again.
    #[error("the credential was revoked; only a new offer grants it again")]
    Withdrawn,
    /// There is no credential that this could be done to.
    #[error("the person holds no such credential")]
    NotHeld,
    /// It is revoked, which is final.
    #[error("the credential is revoked, which is final")]
    Final,
    /// The reason is not a code, or contains the person's number.
    #[error(
        "the reason is public: use a code of 1 to 64 letters, digits, `.`, `_`, `-`, without personal data"
    )]
    BadReason,
    /// The person's own key cannot be changed.
    #[error("the identity number cannot be corrected; revoke, and issue under the right number")]
    PersonFixed,
    /// It is so already.
    #[error("it is so already")]
    AlreadySo,
    /// Whoever proposes something does not approve it; neither does somebody without a name.
    #[error("another person, signed in under another name, has to approve this")]
    OwnProposal,
    /// The proposal or list was decided on or begun before.
    #[error("it was decided on or begun before")]
    NotOpen,
    /// Sealing a paper takes 128 MiB.
    #[error("there is not enough memory to seal a paper")]
    NoMemory,
    /// The ledger refused the batch.
    #[error("the ledger refused: {reason}")]
    Ledger {
        /// The ledger's code.
        reason: String,
    },
}

impl From<ValueError> for IssuerError {
    fn from(e: ValueError) -> Self {
        Self::BadValue { attribute: e.attribute, detail: e.kind.to_string() }
    }
}

impl From<NotGranted> for IssuerError {
    fn from(_: NotGranted) -> Self {
        Self::NotGranted
    }
}

/// Why something was not done, by whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ActError {
    /// A rule; nothing happened.
    #[error(transparent)]
    Refused(#[from] IssuerError),
    /// The ledger did not answer: what was planned is kept and will be sent again.
    #[error(transparent)]
    Ledger(#[from] LedgerTrouble),
    /// The desk's own database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IssuerError {
    /// The word under `code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotGranted => "not_granted",
            Self::BadPerson => "bad_person",
            Self::UnknownPerson => "unknown_person",
            Self::NotEnrolled => "not_enrolled",
            Self::BadValue { .. } => "bad_value",
            Self::DuplicateRow => "duplicate_row",
            Self::BadHolder => "bad_holder",
            Self::DoubleHolder => "double_holder",
            Self::EnrolledOtherwise => "enrolled_otherwise",
            Self::Suspended => "suspended",
            Self::Withdrawn => "withdrawn",
            Self::NotHeld => "not_held",
            Self::Final => "final",
            Self::BadReason => "bad_reason",
            Self::PersonFixed => "person_fixed",
            Self::AlreadySo => "already_so",
            Self::OwnProposal => "own_proposal",
            Self::NotOpen => "not_open",
            Self::NoMemory => "no_memory",
            Self::Ledger { .. } => "ledger",
        }
    }
}

impl From<NotGranted> for ActError {
    fn from(e: NotGranted) -> Self {
        Self::Refused(e.into())
    }
}
