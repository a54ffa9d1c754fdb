//! Holder secret, pseudonym, scope, validity, credential, leaf.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::field;
use crate::poseidon;
use crate::schema::{SchemaId, Values};

/// The holder's secret `sk`, uniform in Fr. No `Debug`, zeroized on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HolderSecret(Fr);

impl HolderSecret {
    /// Reduces 64 uniform bytes (for example from HKDF), read big endian, modulo r: uniform up to 2^-258.
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Self {
        Self(Fr::from_be_bytes_mod_order(bytes))
    }
    /// `H(TAG_PSEUDONYM, sk, a, b)`.
    pub fn pseudonym(&self, scope: &Scope) -> Fr {
        poseidon::hash(&[pseudonym_tag(), self.0, scope.a, scope.b])
    }
    /// The element itself, for the witness only.
    pub fn expose(&self) -> &Fr {
        &self.0
    }
}

/// What a pseudonym is for: a pair of elements. The three kinds can never be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<T = Fr> {
    a: T,
    b: T,
}

impl Scope {
    /// One session: `(text("session"), context)`.
    pub fn session(context: &Fr) -> Self {
        Self { a: field::ascii(SESSION), b: *context }
    }
    /// A named scope of the department that published the policy: `(text("scope/" ‖ name), text(department))`. The
    /// name is brought to NFC.
    pub fn named(name: &str, department: &DepartmentId) -> Self {
        let tagged: String = "scope/".chars().chain(name.nfc()).collect();
        let a = field::text(&tagged).expect("ASCII ending in a starter before NFC text is in NFC");
        Self { a, b: department.element() }
    }
    /// Asking a department for a credential: `(text(department), text(schema))`; its pseudonym is the holder value.
    pub fn enrolment(department: &DepartmentId, schema: &SchemaId) -> Self {
        Self { a: department.element(), b: schema.element() }
    }
}

impl<T> Scope<T> {
    /// A scope of any two elements, as a verifier's rows give it.
    pub(crate) fn from_elements([a, b]: [T; 2]) -> Self {
        Self { a, b }
    }
    /// Both halves.
    pub(crate) fn into_elements(self) -> [T; 2] {
        [self.a, self.b]
    }
    /// First half.
    pub fn a(&self) -> &T {
        &self.a
    }
    /// Second half.
    pub fn b(&self) -> &T {
        &self.b
    }
}

/// `TAG_PSEUDONYM`: keeps pseudonyms apart from the tree's nodes, which are hashes of four elements too.
pub(crate) fn pseudonym_tag() -> Fr {
    field::ascii("yong/pseudonym/v1")
}

/// The first half of a session's scope is this word, so no department can bear it.
const SESSION: &str = "session";

/// A department's identifier: dot-separated lower-case ASCII labels (`[a-z0-9-]+`), 1 to 64 characters, such as
/// `credit.nanning`. `session` is reserved.
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
        field::ascii(&self.0)
    }
}

impl TryFrom<String> for DepartmentId {
    type Error = IdentifierError;
    fn try_from(s: String) -> Result<Self, IdentifierError> {
        let in_bounds = s.len() <= 64 && s != SESSION;
        if in_bounds && s.split('.').all(is_label) {
            return Ok(Self(s));
        }
        // An unbounded text from outside must not travel on in an error.
        let shown = s.chars().take(64).collect();
        Err(IdentifierError(
            shown,
            "a department: dot-separated labels of a-z, 0-9 and -, at most 64 characters",
        ))
    }
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
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

/// Bits of a time in the statement: unix seconds are below 2^40.
pub const TIME_BITS: u32 = 40;

/// From and until, both unix seconds below 2^40, from ≤ until. [`Validity::new`] and `serde` check that; one put together
/// otherwise can be committed, but nothing can be shown with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Bounds")]
pub struct Validity {
    /// First second of validity.
    pub from: u64,
    /// Last second of validity.
    pub until: u64,
}

/// The JSON form of [`Validity`], not yet checked.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    from: u64,
    until: u64,
}

/// Two times are not a validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a validity needs from ≤ until, both unix seconds below 2^40")]
pub struct ValidityError;

impl Validity {
    /// Checks from ≤ until < 2^40.
    pub fn new(from: u64, until: u64) -> Result<Self, ValidityError> {
        if from <= until && until < 1 << TIME_BITS { Ok(Self { from, until }) } else { Err(ValidityError) }
    }
    /// `from + until · 2^40`.
    pub fn element(&self) -> Fr {
        Fr::from(u128::from(self.from) + (u128::from(self.until) << TIME_BITS))
    }
    /// Whether `now` lies in it; the last second counts.
    pub fn contains(&self, now: u64) -> bool {
        Self::new(self.from, self.until).is_ok() && (self.from..=self.until).contains(&now)
    }
}

impl TryFrom<Bounds> for Validity {
    type Error = ValidityError;
    fn try_from(b: Bounds) -> Result<Self, ValidityError> {
        Self::new(b.from, b.until)
    }
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
        self.inner_for(&self.holder)
    }
    /// [`Self::inner`] with another holder.
    pub(crate) fn inner_for(&self, holder: &Fr) -> Fr {
        let mut inputs = [Fr::default(); 16];
        let (head, attributes) = inputs.split_at_mut(4);
        head.copy_from_slice(&[*holder, self.validity.element(), self.salt, self.document_element()]);
        attributes.copy_from_slice(&self.values.elements());
        poseidon::hash(&inputs)
    }
    /// The element of the document, or [`field::absent`].
    pub fn document_element(&self) -> Fr {
        self.document.as_ref().map_or_else(field::absent, field::document)
    }
    /// [`leaf`] of this credential.
    pub fn leaf(&self) -> Fr {
        leaf(&self.issuer, &self.schema, &self.inner())
    }
}

/// `H(issuer, schema, inner)`, computed by the ledger.
pub fn leaf(issuer: &DepartmentId, schema: &SchemaId, inner: &Fr) -> Fr {
    poseidon::hash(&[issuer.element(), schema.element(), *inner])
}

/// [`leaf`] of each of many commitments, and quicker.
pub fn leaves(issuer: &DepartmentId, schema: &SchemaId, inner: &[Fr]) -> Vec<Fr> {
    let (issuer, schema) = (issuer.element(), schema.element());
    let inputs: Vec<[Fr; 3]> = inner.iter().map(|inner| [issuer, schema, *inner]).collect();
    poseidon::hash_batch(&inputs)
}

#[cfg(test)]
mod tests;
