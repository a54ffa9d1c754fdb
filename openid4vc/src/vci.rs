//! OpenID4VCI 1.0 with the format `yong-zkp+json`: offer, metadata, token, nonce, credential, notification.
//!
//! Unknown members of the standard's objects are ignored, as it demands; unknown members of ours are refused.

mod credential;
mod error;
mod metadata;
mod offer;
mod token;

pub use credential::{
    CredentialRequest, CredentialResponse, CredentialWrapper, EnrollProof, IDENTITY_QUERY, IdentityProof,
    IssuedCredential, IssuedCredentialError, Notification, NotificationEvent, PERSON_ATTRIBUTE,
    PostedRequest, Proofs, identity_policy,
};
pub use error::{ErrorBody, ErrorCode};
pub use metadata::{
    AuthorizationServerMetadata, CredentialConfiguration, CredentialMetadata, Display, IssuerMetadata,
    ProofTypes,
};
pub use offer::{
    CredentialIssuer, CredentialOffer, Grants, LinkError, OfferLink, OtherDevices, PreAuthorizedCode, TxCode,
};
pub use token::{NonceResponse, Secret, TokenRequest, TokenResponse, TokenType};

use serde::{Deserialize, Serialize};

/// The credential format identifier `yong-zkp+json` (media type `application/yong-zkp+json`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// `yong-zkp+json`.
    #[default]
    #[serde(rename = "yong-zkp+json")]
    YongZkpJson,
}

/// Name of the proof system in `proof_signing_alg_values_supported`.
pub const PROOF_SYSTEM: &str = "groth16-bn254-v2";
/// The binding method of our credentials: the leaf commits to `pseudonym(sk, psk, issuer, schema, 0)`, and whoever
/// shows the credential proves that they know `sk` and `psk`.
pub const BINDING_METHOD: &str = "yong_holder";
/// `grant_type` of the pre-authorized code flow.
pub const PRE_AUTHORIZED_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// Path of the issuer metadata under the credential issuer.
pub const METADATA_PATH: &str = ".well-known/openid-credential-issuer";
/// Path of the authorization server metadata under the credential issuer.
pub const AUTHORIZATION_SERVER_PATH: &str = ".well-known/oauth-authorization-server";

#[cfg(test)]
mod tests;
