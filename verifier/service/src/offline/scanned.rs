//! What the clerk is shown.

use std::collections::BTreeMap;

use circuits::schema::{Localized, SchemaId};
use ledger::record::KeyUse;
use openid4vc::vp::{Reason, Receipt, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::store::{Kept, Use};
use crate::wire_schema;
use utoipa::ToSchema;
use verifier::{VerifiedOffline, VerifyError};

/// The verdict on a text that was scanned. Holds revealed values: no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scanned {
    /// Passed or refused.
    #[schema(value_type = wire_schema::Status)]
    pub verdict: Status,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire_schema::Reason>, nullable = false)]
    pub reason: Option<Reason>,
    /// More about that, for the clerk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// What was shown; absent where the text was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire_schema::SchemaId>, nullable = false)]
    pub policy: Option<SchemaId>,
    /// The matter (事项).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire_schema::Localized>, nullable = false)]
    pub matter: Option<Localized>,
    /// By credential, what the citizen handed over; only where passed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<wire_schema::Revealed>, nullable = false)]
    pub revealed: BTreeMap<String, Map<String, Value>>,
    /// Where it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire_schema::Receipt>, nullable = false)]
    pub receipt: Option<Receipt>,
    /// The uses known before, where none is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<Use>,
    /// Whether it rests on development keys.
    pub development: bool,
}

/// What a service makes of an answer that an offline counter accepted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reconciled {
    /// The receipt's identifier, as the offline counter gave it.
    pub id: String,
    /// Passed or refused.
    #[schema(value_type = wire_schema::Status)]
    pub verdict: Status,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire_schema::Reason>, nullable = false)]
    pub reason: Option<Reason>,
    /// What was written; absent where the answer does not prove anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire_schema::Receipt>, nullable = false)]
    pub receipt: Option<Receipt>,
    /// Where its pseudonym has no uses left: the accepted uses before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<Use>,
}

/// The verdict on a text that does not prove anything here and now.
pub fn refused(refusal: &VerifyError, key_use: KeyUse) -> Scanned {
    Scanned {
        verdict: Status::Refused,
        reason: Some(refusal.reason()),
        detail: Some(refusal.to_string()),
        policy: None,
        matter: None,
        revealed: BTreeMap::new(),
        receipt: None,
        used: Vec::new(),
        development: key_use == KeyUse::Development,
    }
}

/// The verdict on an answer that was believed.
pub fn accepted(verified: &VerifiedOffline<'_>, kept: Kept) -> Scanned {
    let policy = verified.policy.checked.policy();
    let answer = verified.answer.get();
    let scanned = Scanned {
        verdict: Status::Passed,
        reason: None,
        detail: None,
        policy: Some(policy.policy.clone()),
        matter: Some(policy.title.clone()),
        revealed: BTreeMap::new(),
        receipt: None,
        used: Vec::new(),
        development: answer.key_use == KeyUse::Development,
    };
    match kept {
        Kept::Accepted(receipt) => {
            Scanned { revealed: answer.revealed.clone(), receipt: Some(receipt), ..scanned }
        }
        Kept::UsedBefore(receipt, used) => {
            Scanned { verdict: Status::Refused, reason: receipt.reason, used, ..scanned }
        }
    }
}

impl Reconciled {
    /// Nothing that the service believes.
    pub(crate) fn refused(id: String, refusal: &VerifyError) -> Self {
        let reason = Some(refusal.reason());
        Self { id, verdict: Status::Refused, reason, receipt: None, used: Vec::new() }
    }
    /// Believed and written down.
    pub(crate) fn kept(id: String, kept: Kept) -> Self {
        let (receipt, used) = match kept {
            Kept::Accepted(receipt) => (receipt, Vec::new()),
            Kept::UsedBefore(receipt, used) => (receipt, used),
        };
        Self { id, verdict: receipt.verdict, reason: receipt.reason, receipt: Some(receipt), used }
    }
}
