//! Holder secret, pseudonym, scope, validity, credential, leaf.

use ark_bn254::Fr;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::schema::{SchemaId, Values};

/// The holder's secret `sk`, uniform in Fr. No `Debug`, zeroized on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HolderSecret(Fr);

impl HolderSecret {
    /// Reduces 64 uniform bytes (for example from HKDF) to a uniform element.
    pub fn from_uniform_bytes(_bytes: &[u8; 64]) -> Self {
        todo!()
    }
    /// `H(TAG_PSEUDONYM, sk, a, b)`.
    pub fn pseudonym(&self, _scope: &Scope) -> Fr {
        todo!()
    }
    /// The element itself, for the witness only.
    pub fn expose(&self) -> &Fr {
        &self.0
    }
}

/// What a pseudonym is for: a pair of elements. The three kinds can never be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    a: Fr,
    b: Fr,
}

impl Scope {
    /// One session: `(text("session"), context)`.
    pub fn session(_context: &Fr) -> Self {
        todo!()
    }
    /// A named scope of the department that published the policy: `(text("scope/" ‖ name), text(department))`.
    pub fn named(_name: &str, _department: &DepartmentId) -> Self {
        todo!()
    }
    /// Asking a department for a credential: `(text(department), text(schema))`; its pseudonym is the holder value.
    pub fn enrolment(_department: &DepartmentId, _schema: &SchemaId) -> Self {
        todo!()
    }
    /// First half.
    pub fn a(&self) -> &Fr {
        &self.a
    }
    /// Second half.
    pub fn b(&self) -> &Fr {
        &self.b
    }
}

/// A department's identifier: dot-separated lower-case ASCII labels, such as `credit.nanning`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DepartmentId(String);

/// Why a string is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not {1}")]
pub struct IdentifierError(pub String, pub &'static str);

impl DepartmentId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Its `text` element.
    pub fn element(&self) -> Fr {
        todo!()
    }
}

impl TryFrom<String> for DepartmentId {
    type Error = IdentifierError;
    fn try_from(_s: String) -> Result<Self, IdentifierError> {
        todo!()
    }
}

impl std::str::FromStr for DepartmentId {
    type Err = IdentifierError;
    fn from_str(s: &str) -> Result<Self, IdentifierError> {
        s.to_owned().try_into()
    }
}

impl From<DepartmentId> for String {
    fn from(d: DepartmentId) -> String {
        d.0
    }
}

impl std::fmt::Display for DepartmentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// From and until, both unix seconds below 2^40, from ≤ until.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// First second of validity.
    pub from: u64,
    /// Last second of validity.
    pub until: u64,
}

/// Everything a department commits to. Holds personal data: no `Debug`.
#[derive(Clone)]
pub struct Credential {
    /// Who issued it.
    pub issuer: DepartmentId,
    /// What it is.
    pub schema: SchemaId,
    /// `pseudonym(sk, issuer, schema)`.
    pub holder: Fr,
    /// When it is valid.
    pub validity: Validity,
    /// Uniform blinding.
    pub salt: Fr,
    /// SHA3-256 of the file that the credential stands for, if any.
    pub document: Option<[u8; 32]>,
    /// The attribute values, in schema order.
    pub values: Values,
}

impl Credential {
    /// `H(holder, validity, salt, document, a_0, …, a_11)`: what the department sends to the ledger.
    pub fn inner(&self) -> Fr {
        todo!()
    }
    /// [`leaf`] of this credential.
    pub fn leaf(&self) -> Fr {
        leaf(&self.issuer, &self.schema, &self.inner())
    }
}

/// `H(issuer, schema, inner)`, computed by the ledger.
pub fn leaf(_issuer: &DepartmentId, _schema: &SchemaId, _inner: &Fr) -> Fr {
    todo!()
}
