//! The DCQL query: which credentials, under which policy, with which attributes revealed.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

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
    /// Accepted schemas; our verifier names one. Those that cannot be ours are left out when it is read.
    #[serde(deserialize_with = "known_schemas")]
    pub vct_values: Vec<SchemaId>,
    /// Accepted proof systems; our verifier names one. Those that are not known here are left out when it is read.
    #[serde(deserialize_with = "known_systems")]
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
    /// Groth16 over BN254 with the statement `show`, version 2.
    #[serde(rename = "groth16-bn254-v2")]
    Groth16Bn254V2,
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
    /// `{"named": {…}}`: the pseudonyms are those of a person in the scope.
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

/// A list of alternatives is taken for what is known of it; what is known has to be right.
fn known_systems<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ZkSystem>, D::Error> {
    let offered = Vec::<Value>::deserialize(deserializer)?;
    let known = offered.into_iter().filter(|one| System::deserialize(&one["system"]).is_ok());
    known.map(|one| serde_json::from_value(one).map_err(D::Error::custom)).collect()
}

fn known_schemas<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SchemaId>, D::Error> {
    let offered = Vec::<String>::deserialize(deserializer)?;
    Ok(offered.into_iter().filter_map(|one| one.parse().ok()).collect())
}

/// Members of a query that change what is asked, and that the forms of this module do not have (OpenID4VP 1.0 §6). Others
/// that are not known change nothing. Takes `dcql_query` as it was sent.
pub fn unsupported(query: &Value) -> Option<&'static str> {
    if query.get("credential_sets").is_some() {
        return Some("`credential_sets`, alternatives of which this wallet knows none");
    }
    let credentials = query["credentials"].as_array().map(Vec::as_slice).unwrap_or_default();
    credentials.iter().find_map(|credential| {
        let has = |name: &str| credential.get(name).is_some();
        let claims = credential["claims"].as_array().map(Vec::as_slice).unwrap_or_default();
        let several = credential.get("multiple").is_some_and(|multiple| *multiple != Value::Bool(false));
        let valued = claims.iter().any(|claim| claim.get("values").is_some());
        let reasons = [
            (has("trusted_authorities"), "`trusted_authorities`: its policy names the issuers"),
            (several, "`multiple`, more credentials than one"),
            (has("claim_sets"), "`claim_sets`, alternatives of which this wallet knows none"),
            (valued, "`values` of a claim: its policy says what is allowed"),
        ];
        reasons.into_iter().find_map(|(is, why)| is.then_some(why))
    })
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

    fn params() -> Value {
        serde_json::json!({ "policy": "adult/1", "policy_digest": "00".repeat(32), "now": 1_760_000_000,
            "scope": { "named": { "scope": "survey-2026", "department": "credit.nanning" } } })
    }

    #[test]
    fn nested_and_flat_parameters_mean_the_same() {
        let nested =
            serde_json::json!({ "zkSystemId": "show-2", "system": "groth16-bn254-v2", "params": params() });
        let mut flat = params();
        flat["id"] = "show-2".into();
        flat["system"] = "groth16-bn254-v2".into();
        let read = |json: &Value| serde_json::from_value::<ZkSystem>(json.clone()).unwrap();
        assert_eq!(read(&nested), read(&flat));
        assert_eq!(serde_json::to_value(read(&flat)).unwrap(), nested);
    }

    #[test]
    fn of_several_proof_systems_the_known_one_is_taken() {
        let known =
            serde_json::json!({ "zkSystemId": "show-2", "system": "groth16-bn254-v2", "params": params() });
        let other = serde_json::json!({ "zkSystemId": "lf", "system": "longfellow-libzk-v1", "params": {} });
        let bare = serde_json::json!({ "id": "x" });
        let meta = |systems: &[&Value]| {
            let meta = serde_json::json!({ "vct_values": ["identity/1", "urn:eudi:pid:1"], "zk_system_type": systems });
            serde_json::from_value::<Meta>(meta)
        };
        for systems in [vec![&known, &other], vec![&other, &known], vec![&bare, &known, &other]] {
            let read = meta(&systems).unwrap();
            assert_eq!(read.zk_system_type.len(), 1);
            assert_eq!(read.zk_system_type[0].id, "show-2");
            assert_eq!(read.vct_values, ["identity/1".parse::<SchemaId>().unwrap()]);
        }
        assert!(meta(&[&other]).unwrap().zk_system_type.is_empty());
        // What is known has to be right.
        let mut broken = known.clone();
        broken["params"]["now"] = "soon".into();
        assert!(meta(&[&other, &broken]).is_err());
    }

    #[test]
    fn members_that_change_what_is_asked_are_not_passed_over() {
        let query = |credential: Value| serde_json::json!({ "credentials": [credential] });
        for same in [
            serde_json::json!({ "id": "a" }),
            serde_json::json!({ "id": "a", "multiple": false, "x-note": 1, "claims": [{ "id": "n", "path": ["name"] }] }),
        ] {
            assert_eq!(unsupported(&query(same)), None);
        }
        for (changed, named) in [
            (serde_json::json!({ "multiple": true }), "multiple"),
            (serde_json::json!({ "multiple": "false" }), "multiple"),
            (serde_json::json!({ "trusted_authorities": [] }), "trusted_authorities"),
            (serde_json::json!({ "claim_sets": [["n"]] }), "claim_sets"),
            (serde_json::json!({ "claims": [{ "path": ["sex"], "values": ["F"] }] }), "values"),
        ] {
            assert!(unsupported(&query(changed)).is_some_and(|why| why.contains(named)), "{named}");
        }
        let mut sets = query(serde_json::json!({}));
        sets["credential_sets"] = serde_json::json!([{ "options": [["a"]] }]);
        assert!(unsupported(&sets).is_some_and(|why| why.contains("credential_sets")));
    }

    #[test]
    fn another_proof_system_is_refused() {
        let other =
            serde_json::json!({ "zkSystemId": "x", "system": "longfellow-libzk-v1", "params": params() });
        assert!(serde_json::from_value::<ZkSystem>(other).is_err());
    }
}
