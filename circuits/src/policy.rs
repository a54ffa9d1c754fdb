//! Policies: JSON, their compiler to rows, and the plain evaluator that defines their meaning.

use serde::{Deserialize, Serialize};

use crate::credential::{DepartmentId, Scope};
use crate::model::ScoringModel;
use crate::schema::{Localized, Schema, SchemaId, Values};
use crate::show::Rows;
use ark_bn254::Fr;

/// A policy as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// `name/version`.
    pub policy: SchemaId,
    /// The matter (事项).
    pub title: Localized,
    /// What the answer is used for.
    pub purpose: Localized,
    /// Which rule allows to ask.
    pub legal_basis: Localized,
    /// How long the receipt is kept.
    pub retention_days: u32,
    /// Unlinkable, or a scope with a number of uses.
    pub pseudonym: Pseudonym,
    /// How long after it was superseded a root is still accepted, seconds.
    pub max_root_age_s: u64,
    /// One proof each, one holder.
    pub credentials: Vec<CredentialQuery>,
}

/// What the nullifier of a policy links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pseudonym {
    /// `"session"`: nothing.
    Session(SessionWord),
    /// `{"scope": …, "uses": …}`: the same citizen within the scope.
    Named {
        /// Scope name.
        scope: String,
        /// How many times one citizen may answer.
        uses: u32,
    },
}

/// The word `"session"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionWord {
    /// `"session"`.
    #[serde(rename = "session")]
    Session,
}

/// What one credential must satisfy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialQuery {
    /// Name within the policy, `[A-Za-z0-9_-]+` (a DCQL id).
    pub id: String,
    /// Which schema.
    pub schema: SchemaId,
    /// One to four accepted departments.
    pub issuers: Vec<DepartmentId>,
    /// The formula; absent means possession alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<serde_json::Value>,
    /// Attributes whose value the citizen hands over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reveal: Vec<String>,
}

/// Where a policy is wrong, as a JSON path, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PolicyError {
    /// For example `$.credentials[0].require.all[1].value`.
    pub path: String,
    /// What is wrong there and what to do.
    pub reason: String,
}

/// Where a policy's schemas and models are looked up (the ledger's registry).
pub trait Catalogue {
    /// A published schema.
    fn schema(&self, id: &SchemaId) -> Option<&Schema>;
    /// A published scoring model.
    fn model(&self, id: &SchemaId) -> Option<&ScoringModel>;
}

/// A policy that compiles: everything it names exists, fits its bounds, and needs at most 6 atoms and 6 clauses per
/// credential. Only [`Policy::check`] makes one.
#[derive(Clone)]
pub struct CheckedPolicy {
    policy: Policy,
}

/// The evaluator's answer for one credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The formula holds and can be proved.
    Holds,
    /// The formula is false.
    Fails,
    /// An order atom names an absent attribute: nothing can be proved.
    Unprovable,
}

impl Policy {
    /// Compiles the policy against its schemas and models.
    pub fn check(&self, _catalogue: &dyn Catalogue) -> Result<CheckedPolicy, PolicyError> {
        todo!()
    }
    /// SHA-256 of the canonical JSON (RFC 8785).
    pub fn digest(&self) -> [u8; 32] {
        todo!()
    }
}

impl CheckedPolicy {
    /// The policy as published.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
    /// The scope of every proof of a session: the policy's named scope under its publisher, or the session's.
    pub fn scope(&self, _publisher: &DepartmentId, _context: &Fr) -> Scope {
        todo!()
    }
    /// The rows of one credential at `now` (unix seconds), with the revealed values (a JSON object with exactly the
    /// attributes of `reveal`; `null` for an absent one) as equality atoms.
    pub fn rows(
        &self,
        _credential: &str,
        _now: u64,
        _revealed: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Rows, PolicyError> {
        todo!()
    }
    /// The plain meaning: does this credential's values satisfy its formula at `now`? (Not: validity, issuer, tree.)
    pub fn evaluate(&self, _credential: &str, _now: u64, _values: &Values) -> Result<Verdict, PolicyError> {
        todo!()
    }
    /// The formula of one credential in words, for consent screens; one sentence per condition.
    pub fn in_words(&self, _credential: &str, _now: u64, _language: &str) -> Vec<String> {
        todo!()
    }
}
