//! Credential request, response and notification (OpenID4VCI 1.0 §8, §11); and the policy under which a wallet shows its
//! identity credential to an issuer.

use ark_bn254::Fr;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{ErrorCode, Format};
use circuits::credential::{Credential, DepartmentId, Validity};
use circuits::field::Element;
use circuits::policy::{CredentialQuery, Policy, Pseudonym, SessionWord};
use circuits::schema::{Localized, Schema, SchemaId, ValueError};
use circuits::tree::Position;

/// Posted to the credential endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialRequest {
    /// Which credential: the schema.
    pub credential_configuration_id: SchemaId,
    /// Exactly one proof.
    pub proofs: Proofs,
}

/// What comes to the credential endpoint, before it is known to be a request that this desk can serve.
///
/// The standard has a code of its own for a configuration, proofs and encryption that are not right, so that these are
/// looked at one by one; a body that is not even this is an [`ErrorCode::InvalidCredentialRequest`].
#[derive(Clone, Debug, Deserialize)]
pub struct PostedRequest {
    credential_configuration_id: String,
    #[serde(default)]
    proofs: serde_json::Value,
    /// Whether the member is there, whatever it says.
    #[serde(default, rename = "credential_response_encryption", deserialize_with = "is_there")]
    wants_encryption: bool,
}

impl PostedRequest {
    /// Which credential is asked for. It is looked at before the proofs, so that a wallet which asks for the wrong one is
    /// not told that its proof is wrong.
    pub fn configuration(&self) -> Result<SchemaId, ErrorCode> {
        self.credential_configuration_id.parse().map_err(|_| ErrorCode::UnknownCredentialConfiguration)
    }
    /// The request, or the standard's code for what is wrong with it (§8.3.1.2). Who asks for an encrypted answer does
    /// not want it in the clear, and no desk encrypts.
    pub fn request(self) -> Result<CredentialRequest, ErrorCode> {
        let credential_configuration_id = self.configuration()?;
        if self.wants_encryption {
            return Err(ErrorCode::InvalidEncryptionParameters);
        }
        Ok(CredentialRequest {
            credential_configuration_id,
            proofs: serde_json::from_value(self.proofs).map_err(|_| ErrorCode::InvalidProof)?,
        })
    }
}

fn is_there<'de, D: Deserializer<'de>>(member: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(member).map(|_| true)
}

/// `proofs`: one proof type with one proof in its array, as the standard has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Proofs {
    /// For a wallet that has nothing to show yet.
    #[serde(rename = "yong_enroll")]
    Enroll([EnrollProof; 1]),
    /// For every other credential.
    #[serde(rename = "yong_identity")]
    Identity([IdentityProof; 1]),
}

impl Proofs {
    /// The `c_nonce` that the proof is bound to.
    pub fn nonce(&self) -> &str {
        match self {
            Self::Enroll([proof]) => &proof.nonce,
            Self::Identity([proof]) => &proof.nonce,
        }
    }
    /// The holder value that the credential is asked for.
    pub fn holder(&self) -> Fr {
        match self {
            Self::Enroll([proof]) => proof.holder.0,
            Self::Identity([proof]) => proof.holder.0,
        }
    }
}

/// An `enroll` proof; its context is [`crate::handover::openid4vci`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrollProof {
    /// The `c_nonce`.
    pub nonce: String,
    /// `pseudonym(sk, psk, issuer, schema, 0)`.
    pub holder: Element,
    /// `H(TAG_PERSON, psk, issuer)`: the person, as this department knows them.
    pub person: Element,
    /// As [`groth16::Proof::from_json`] reads it.
    pub proof: serde_json::Value,
}

/// A shown identity credential, see [`super::identity_policy`]; its nullifier is the new holder value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProof {
    /// The `c_nonce`.
    pub nonce: String,
    /// `pseudonym(sk, psk, issuer, schema, 0)` of the new credential.
    pub holder: Element,
    /// Root of the credential tree that the wallet proved under.
    pub root: Element,
    /// The wallet's time, unix seconds; the desk allows five minutes of difference.
    pub now: u64,
    /// As [`groth16::Proof::from_json`] reads it.
    pub proof: serde_json::Value,
}

/// The answer of the credential endpoint.
#[derive(Clone, Serialize, Deserialize)]
pub struct CredentialResponse {
    /// Exactly one.
    pub credentials: [CredentialWrapper; 1],
    /// To be sent back in a [`Notification`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification_id: Option<String>,
}

/// The standard's wrapper around a credential.
#[derive(Clone, Serialize, Deserialize)]
pub struct CredentialWrapper {
    /// The credential.
    pub credential: IssuedCredential,
}

/// A credential as issued. Personal data: no `Debug`. The holder value is not sent: the wallet derives it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedCredential {
    /// `yong-zkp+json`.
    pub format: Format,
    /// What it is.
    pub schema: SchemaId,
    /// Who issued it.
    pub issuer: DepartmentId,
    /// As [`circuits::schema::Values::to_json`] writes them.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// The blinding, decimal.
    pub salt: Element,
    /// When it is valid.
    pub validity: Validity,
    /// SHA3-256 of the document it stands for, lower-case hex, or null.
    pub document: Option<String>,
    /// Where its leaf is in the credential tree.
    pub position: Position,
    /// Index of the `credential.commit` entry in the log.
    pub entry: u64,
}

/// Why an issued credential is refused by the wallet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuedCredentialError {
    /// It was made for another schema than the one given.
    #[error("the credential is of another schema")]
    Schema,
    /// Its validity ends before it begins or is out of range.
    #[error("the credential's validity is not a period")]
    Validity,
    /// Its document digest is not 32 bytes of lower-case hex.
    #[error("the credential's document digest is malformed")]
    Document,
    /// A value does not fit the schema.
    #[error(transparent)]
    Value(#[from] ValueError),
}

impl IssuedCredential {
    /// What is handed out for a committed credential.
    pub fn new(credential: &Credential, position: Position, entry: u64) -> Self {
        Self {
            format: Format::YongZkpJson,
            schema: credential.schema.clone(),
            issuer: credential.issuer.clone(),
            attributes: credential.values.to_json(),
            salt: credential.salt.into(),
            validity: credential.validity,
            document: credential.document.map(hex::encode),
            position,
            entry,
        }
    }

    /// The credential of the owner of `holder`, with values checked against the published schema. Whether its leaf is
    /// in the tree is for the caller to check.
    pub fn credential(&self, schema: &Schema, holder: Fr) -> Result<Credential, IssuedCredentialError> {
        if schema.schema != self.schema {
            return Err(IssuedCredentialError::Schema);
        }
        Ok(Credential {
            issuer: self.issuer.clone(),
            schema: self.schema.clone(),
            holder,
            validity: checked_validity(self.validity)?,
            salt: self.salt.0,
            document: self.document.as_deref().map(parse_document).transpose()?,
            values: schema.values(&self.attributes)?,
        })
    }
}

fn checked_validity(validity: Validity) -> Result<Validity, IssuedCredentialError> {
    let is_period = validity.from <= validity.until && validity.until < 1 << 40;
    if is_period { Ok(validity) } else { Err(IssuedCredentialError::Validity) }
}

fn parse_document(text: &str) -> Result<[u8; 32], IssuedCredentialError> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).map_err(|_| IssuedCredentialError::Document)?;
    if hex::encode(digest) == text { Ok(digest) } else { Err(IssuedCredentialError::Document) }
}

/// Posted to the notification endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// From the credential response.
    pub notification_id: String,
    /// What became of the credential.
    pub event: NotificationEvent,
}

/// What the wallet did with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationEvent {
    /// Stored.
    CredentialAccepted,
    /// Could not be stored.
    CredentialFailure,
    /// Declined by the owner.
    CredentialDeleted,
}

/// The attribute that names a person in identity credentials and in departments' records.
pub const PERSON_ATTRIBUTE: &str = "id_number";
/// The only credential query of [`identity_policy`].
pub const IDENTITY_QUERY: &str = "identity";

/// Wallet and desk build the rows of a shown identity from this policy, with `{"id_number": …}` as what is revealed:
/// the wallet takes the number from its credential, the desk from its own records, so nothing is sent.
/// The scope is [`circuits::credential::Scope::enrolment`] of the desk and the schema asked for, not the policy's.
pub fn identity_policy(schema: &SchemaId, issuers: &[DepartmentId]) -> Policy {
    Policy {
        policy: "desk-identity/1".parse().expect("a name and a version"),
        title: localized("办理凭证时核验身份", "Identity shown to receive a credential"),
        purpose: localized("领取凭证", "Receiving a credential"),
        legal_basis: localized("本人申请", "The citizen's own application").into(),
        retention_days: 0,
        pseudonym: Pseudonym::Session(SessionWord::Session),
        max_root_age_s: 86_400,
        credentials: vec![CredentialQuery {
            id: IDENTITY_QUERY.to_owned(),
            schema: schema.clone(),
            issuers: issuers.to_vec(),
            require: None,
            reveal: vec![PERSON_ATTRIBUTE.to_owned()],
        }],
        across: None,
        models: Vec::new(),
    }
}

fn localized(chinese: &str, english: &str) -> Localized {
    Localized::bilingual(chinese, english).expect("the texts above are plain")
}
