//! A credential in the wallet.

use circuits::credential::{Credential, DepartmentId, Validity};
use circuits::field::Element;
use circuits::schema::{Schema, SchemaId};
use circuits::tree::Position;
use serde::{Deserialize, Serialize};

/// A credential whose leaf was seen in the tree, with what is needed to find and to read it again without asking
/// anybody. Personal data: no `Debug`.
#[derive(Clone)]
pub struct Held {
    /// What the department committed to.
    pub credential: Credential,
    /// How to read its values.
    pub schema: Schema,
    /// Where its leaf is.
    pub position: Position,
    /// The log entry that committed it.
    pub entry: u64,
    /// When it came in, unix seconds.
    pub received: u64,
}

/// Where a credential stands with its department.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// Its leaf is in the tree.
    Active,
    /// Its leaf was taken out: suspended, revoked or replaced.
    Withdrawn,
    /// The wallet has not yet looked.
    NotSynced,
}

/// Where a moment is in a credential's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// Before it.
    NotYet,
    /// In it.
    Valid,
    /// After it.
    Expired,
}

impl Timeliness {
    /// At `now` (unix seconds).
    pub fn new(validity: Validity, now: u64) -> Self {
        if now < validity.from {
            Self::NotYet
        } else if now > validity.until {
            Self::Expired
        } else {
            Self::Valid
        }
    }

    /// Its word in JSON and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Valid => "valid",
            Self::Expired => "expired",
        }
    }
}

/// A held credential as it is written under the seal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredCredential {
    issuer: DepartmentId,
    schema: SchemaId,
    holder: Element,
    validity: Validity,
    salt: Element,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    attributes: serde_json::Map<String, serde_json::Value>,
    position: Position,
    entry: u64,
    received: u64,
}

impl From<&Held> for StoredCredential {
    fn from(held: &Held) -> Self {
        let c = &held.credential;
        Self {
            issuer: c.issuer.clone(),
            schema: c.schema.clone(),
            holder: c.holder.into(),
            validity: c.validity,
            salt: c.salt.into(),
            document: c.document.map(hex::encode),
            attributes: c.values.to_json(),
            position: held.position,
            entry: held.entry,
            received: held.received,
        }
    }
}

impl StoredCredential {
    /// Reads it back by its schema; `None` if the two do not fit.
    pub(crate) fn into_held(self, schemas: &[Schema]) -> Option<Held> {
        let schema = schemas.iter().find(|s| s.schema == self.schema)?.clone();
        let values = schema.values(&self.attributes).ok()?;
        let document = match self.document {
            None => None,
            Some(digits) => Some(hex::decode(digits).ok()?.try_into().ok()?),
        };
        let credential = Credential {
            issuer: self.issuer,
            schema: self.schema,
            holder: self.holder.0,
            validity: self.validity,
            salt: self.salt.0,
            document,
            values,
        };
        Some(Held { credential, schema, position: self.position, entry: self.entry, received: self.received })
    }
}
