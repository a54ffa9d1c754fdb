//! The policies that the counter can ask, as its page lists them.

use std::collections::BTreeMap;

use circuits::credential::DepartmentId;
use circuits::policy::{CheckedPolicy, CredentialQuery, Pseudonym};
use circuits::schema::{Localized, SchemaId};
use ledger::digest::Digest;
use ledger::registry::PublishedPolicy;
use serde::{Deserialize, Serialize};

use super::RelyingParty;
use crate::wire_schema;
use utoipa::ToSchema;

/// Languages of the conditions.
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// A policy of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Policy)]
pub struct ListedPolicy {
    /// `name/version`.
    #[schema(value_type = wire_schema::SchemaId)]
    pub policy: SchemaId,
    /// The matter (事项).
    #[schema(value_type = wire_schema::Localized)]
    pub title: Localized,
    /// What the answer is used for.
    #[schema(value_type = wire_schema::Localized)]
    pub purpose: Localized,
    /// Which rule allows to ask.
    #[schema(value_type = wire_schema::Localized)]
    pub legal_basis: Localized,
    /// How long the receipt is kept.
    pub retention_days: u32,
    /// What the pseudonym links.
    #[schema(value_type = wire_schema::Pseudonym)]
    pub pseudonym: Pseudonym,
    /// Whose policy it is.
    #[schema(value_type = wire_schema::DepartmentId)]
    pub publisher: DepartmentId,
    /// SHA-256 of its canonical JSON.
    #[schema(value_type = wire_schema::Sha256)]
    pub digest: Digest,
    /// Index of its record in the log.
    pub entry: u64,
    /// What must be shown.
    pub credentials: Vec<ListedCredential>,
    /// The condition across credentials as of now, in words, by language; absent where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, Vec<String>>>, nullable = false)]
    pub across: BTreeMap<String, Vec<String>>,
    /// The conditions on scores under published models, in words, by language; absent where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, Vec<String>>>, nullable = false)]
    pub models: BTreeMap<String, Vec<String>>,
}

/// One credential of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PolicyCredential)]
pub struct ListedCredential {
    /// Name within the policy.
    pub id: String,
    /// Which schema.
    #[schema(value_type = wire_schema::SchemaId)]
    pub schema: SchemaId,
    /// Accepted departments.
    #[schema(value_type = Vec<wire_schema::DepartmentId>)]
    pub issuers: Vec<DepartmentId>,
    /// What is handed over.
    pub reveal: Vec<String>,
    /// The conditions as of now, in words, by language.
    pub conditions: BTreeMap<String, Vec<String>>,
}

impl RelyingParty {
    /// All policies, by identifier.
    pub fn policies(&self) -> Vec<ListedPolicy> {
        let now = self.now();
        self.following.snapshot().registry().policies().map(|published| list(published, now)).collect()
    }
}

fn list(published: &PublishedPolicy, now: u64) -> ListedPolicy {
    let policy = published.checked.policy();
    ListedPolicy {
        policy: policy.policy.clone(),
        title: policy.title.clone(),
        purpose: policy.purpose.clone(),
        legal_basis: published.checked.legal_basis(),
        retention_days: policy.retention_days,
        pseudonym: policy.pseudonym.clone(),
        publisher: published.publisher.clone(),
        digest: published.digest,
        entry: published.index,
        credentials: policy
            .credentials
            .iter()
            .map(|query| credential(query, &published.checked, now))
            .collect(),
        across: by_language(|language| published.checked.across_in_words(now, language)),
        models: by_language(|language| published.checked.scores_in_words(language)),
    }
}

/// Sentences by language; empty where there are none.
fn by_language(say: impl Fn(&str) -> Vec<String>) -> BTreeMap<String, Vec<String>> {
    let said = LANGUAGES.map(|language| (language.to_owned(), say(language)));
    said.into_iter().filter(|(_, sentences)| !sentences.is_empty()).collect()
}

fn credential(query: &CredentialQuery, policy: &CheckedPolicy, now: u64) -> ListedCredential {
    let in_words = |language: &str| (language.to_owned(), policy.in_words(&query.id, now, language));
    ListedCredential {
        id: query.id.clone(),
        schema: query.schema.clone(),
        issuers: query.issuers.clone(),
        reveal: query.reveal.clone(),
        conditions: LANGUAGES.map(in_words).into(),
    }
}
