//! Issuer and authorization server metadata (OpenID4VCI 1.0 §12, RFC 8414).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{BINDING_METHOD, CredentialIssuer, Format, PRE_AUTHORIZED_CODE_GRANT, PROOF_SYSTEM};
use circuits::credential::DepartmentId;
use circuits::schema::{Localized, SchemaId};

/// `/.well-known/openid-credential-issuer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerMetadata {
    /// The desk.
    pub credential_issuer: CredentialIssuer,
    /// POST a [`super::CredentialRequest`].
    pub credential_endpoint: Url,
    /// POST an empty body for a [`super::NonceResponse`].
    pub nonce_endpoint: Url,
    /// POST a [`super::Notification`].
    pub notification_endpoint: Url,
    /// POST which bundle has the shares of a wallet's person secret; at the person authority's desk alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_endpoint: Option<Url>,
    /// POST a [`crate::renewal::RenewalRequest`] for what a credential is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_endpoint: Option<Url>,
    /// The department's name by language.
    #[serde(default)]
    pub display: Vec<Display>,
    /// What can be asked for, by schema.
    pub credential_configurations_supported: BTreeMap<SchemaId, CredentialConfiguration>,
}

/// A name in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// What people read.
    pub name: String,
    /// BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

impl Display {
    /// One entry per language.
    pub fn list(title: &Localized) -> Vec<Self> {
        let one =
            |(locale, name): (&str, &str)| Self { name: name.to_owned(), locale: Some(locale.to_owned()) };
        title.texts().map(one).collect()
    }
}

/// One credential that the desk issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialConfiguration {
    /// Always ours: wallets skip what they do not know.
    pub format: Format,
    /// The schema, as on the ledger.
    pub schema: SchemaId,
    /// `["yong_holder"]`, see [`BINDING_METHOD`]; the standard wants it wherever `proof_types_supported` is (§12.2.4).
    #[serde(default)]
    pub cryptographic_binding_methods_supported: Vec<String>,
    /// What an access token for it is good for: the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How the wallet shows who it is.
    pub proof_types_supported: ProofTypes,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_metadata: Option<CredentialMetadata>,
}

impl CredentialConfiguration {
    /// What a desk says of a schema that it grants.
    pub fn new(schema: SchemaId, proof_types: ProofTypes, metadata: Option<CredentialMetadata>) -> Self {
        Self {
            format: Format::YongZkpJson,
            cryptographic_binding_methods_supported: vec![BINDING_METHOD.to_owned()],
            scope: Some(schema.as_str().to_owned()),
            schema,
            proof_types_supported: proof_types,
            credential_metadata: metadata,
        }
    }
}

/// Names of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialMetadata {
    /// By language.
    pub display: Vec<Display>,
}

/// `proof_types_supported`: one proof type with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProofTypes {
    /// `enroll` version 1: for the credential a wallet starts with.
    #[serde(rename = "yong_enroll")]
    Enroll {
        /// `["groth16-bn254-v2"]`; the standard wants the member.
        proof_signing_alg_values_supported: Vec<String>,
    },
    /// `show` version 1 of an identity credential, see [`super::identity_policy`].
    #[serde(rename = "yong_identity")]
    Identity {
        /// Which credential is shown.
        schema: SchemaId,
        /// One to four departments whose identity credential is accepted.
        issuers: Vec<DepartmentId>,
        /// `["groth16-bn254-v2"]`; the standard wants the member.
        proof_signing_alg_values_supported: Vec<String>,
    },
}

impl ProofTypes {
    /// The `enroll` proof.
    pub fn enroll() -> Self {
        Self::Enroll { proof_signing_alg_values_supported: vec![PROOF_SYSTEM.to_owned()] }
    }
    /// A shown identity credential of `schema` from one of `issuers`.
    pub fn identity(schema: SchemaId, issuers: Vec<DepartmentId>) -> Self {
        Self::Identity { schema, issuers, proof_signing_alg_values_supported: vec![PROOF_SYSTEM.to_owned()] }
    }
}

/// `/.well-known/oauth-authorization-server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// The desk.
    pub issuer: CredentialIssuer,
    /// POST a [`super::TokenRequest`] as a form.
    pub token_endpoint: Url,
    /// The pre-authorized code grant only.
    pub grant_types_supported: Vec<String>,
    /// None: there is no authorization endpoint.
    pub response_types_supported: Vec<String>,
    /// `["none"]`: wallets are no registered clients. Left out it would mean `client_secret_basic` (RFC 8414 §2).
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Wallets need not identify themselves.
    #[serde(rename = "pre-authorized_grant_anonymous_access_supported", default)]
    pub anonymous_access: bool,
}

impl AuthorizationServerMetadata {
    /// The metadata of a desk.
    pub fn new(issuer: &CredentialIssuer) -> Self {
        Self {
            token_endpoint: issuer.endpoint("token"),
            issuer: issuer.clone(),
            grant_types_supported: vec![PRE_AUTHORIZED_CODE_GRANT.to_owned()],
            response_types_supported: Vec::new(),
            token_endpoint_auth_methods_supported: vec!["none".to_owned()],
            anonymous_access: true,
        }
    }
}
