//! The DCQL query: which credentials, under which policy, with which attributes revealed.

use serde::{Deserialize, Serialize};

use super::digest::PolicyDigest;
use super::token::Format;
use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;

/// `dcql_query`: one entry for each credential of the policy, all required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DcqlQuery {
    /// In the order of the policy.
    pub credentials: Vec<CredentialQuery>,
}

/// One credential of the query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialQuery {
    /// The policy's name for it; the key in the `vp_token`.
    pub id: String,
    /// Always [`super::FORMAT`].
    pub format: Format,
    /// Schema and proof system.
    pub meta: Meta,
    /// What is revealed; empty where only the predicate is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimQuery>,
}

/// `meta` of our format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Accepted schemas; our verifier names one.
    pub vct_values: Vec<SchemaId>,
    /// Accepted proof systems; our verifier names one.
    pub zk_system_type: Vec<ZkSystem>,
}

/// An accepted proof system with its parameters. Written with `params` nested; read nested or flat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AnyForm")]
pub struct ZkSystem {
    /// The verifier's name for this offer, echoed in the presentation.
    #[serde(rename = "zkSystemId")]
    pub id: String,
    /// Always [`super::SYSTEM`].
    pub system: System,
    /// What the rows are built from.
    pub params: Params,
}

/// The proof system's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum System {
    /// Groth16 over BN254 with the statement `show`, version 1.
    #[serde(rename = "groth16-bn254-v1")]
    Groth16Bn254V1,
}

/// What both sides build the public inputs from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// The policy on the ledger.
    pub policy: SchemaId,
    /// SHA-256 of its canonical JSON.
    pub policy_digest: PolicyDigest,
    /// The verifier's time when the request was made, unix seconds; the `now` row.
    pub now: u64,
    /// What the pseudonym is for.
    pub scope: ScopeClaim,
}

/// The scope as the request states it; the wallet derives the scope itself from the policy and its publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeClaim {
    /// `"session"`: nothing is linked.
    Session,
    /// `{"named": {…}}`: the same citizen is recognised within the scope.
    Named {
        /// Scope name.
        scope: String,
        /// Whose scope: the department that published the policy.
        department: DepartmentId,
    },
}

/// One revealed attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimQuery {
    /// One element: the attribute's name.
    pub path: Vec<String>,
}

impl ClaimQuery {
    /// The claim for one attribute.
    pub fn attribute(name: &str) -> Self {
        Self { path: vec![name.to_owned()] }
    }
}

/// The two forms in use: ISO 18013-5 nests the parameters, Longfellow lays them flat and says `id`.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyForm {
    Nested {
        #[serde(rename = "zkSystemId", alias = "id")]
        id: String,
        system: System,
        params: Params,
    },
    Flat {
        #[serde(rename = "zkSystemId", alias = "id")]
        id: String,
        system: System,
        #[serde(flatten)]
        params: Params,
    },
}

impl From<AnyForm> for ZkSystem {
    fn from(form: AnyForm) -> Self {
        match form {
            AnyForm::Nested { id, system, params } | AnyForm::Flat { id, system, params } => {
                Self { id, system, params }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> serde_json::Value {
        serde_json::json!({ "policy": "adult/1", "policy_digest": "00".repeat(32), "now": 1_760_000_000,
            "scope": { "named": { "scope": "survey-2026", "department": "credit.nanning" } } })
    }

    #[test]
    fn nested_and_flat_parameters_mean_the_same() {
        let nested =
            serde_json::json!({ "zkSystemId": "show-1", "system": "groth16-bn254-v1", "params": params() });
        let mut flat = params();
        flat["id"] = "show-1".into();
        flat["system"] = "groth16-bn254-v1".into();
        let read = |json: &serde_json::Value| serde_json::from_value::<ZkSystem>(json.clone()).unwrap();
        assert_eq!(read(&nested), read(&flat));
        assert_eq!(serde_json::to_value(read(&flat)).unwrap(), nested);
    }

    #[test]
    fn another_proof_system_is_refused() {
        let other =
            serde_json::json!({ "zkSystemId": "x", "system": "longfellow-libzk-v1", "params": params() });
        assert!(serde_json::from_value::<ZkSystem>(other).is_err());
    }
}
