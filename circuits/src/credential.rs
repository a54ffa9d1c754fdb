//! Secrets, pseudonyms, scopes, validity, credential, leaf, link.

use std::num::NonZeroU16;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, PrimeField};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::field;
use crate::poseidon;
use crate::schema::{SchemaId, Values};

/// A device's secret `sk`, uniform in Fr: each wallet has its own. No `Debug`, zeroized on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceSecret(Fr);

/// A person's secret `psk`, uniform in Fr: all wallets of one person have the same. No `Debug`, zeroized on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PersonSecret(Fr);

/// What a wallet proves with. No `Debug`, zeroized on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HolderSecrets {
    /// `sk`.
    pub device: DeviceSecret,
    /// `psk`.
    pub person: PersonSecret,
}

impl DeviceSecret {
    /// Reduces 64 uniform bytes (for example from HKDF), read big endian, modulo r: uniform up to 2^-258.
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Self {
        Self(Fr::from_be_bytes_mod_order(bytes))
    }
    /// The element itself, for the witness only.
    pub fn expose(&self) -> &Fr {
        &self.0
    }
}

impl PersonSecret {
    /// As [`DeviceSecret::from_uniform_bytes`].
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Self {
        Self(Fr::from_be_bytes_mod_order(bytes))
    }
    /// Thirty-two bytes, big endian: what a paired wallet is given and keeps.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(field::to_bytes(&self.0))
    }
    /// Reads [`Self::to_bytes`]; `None` where the number is zero or not below the field's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        field::from_bytes(bytes).ok().and_then(Self::from_element)
    }
    /// The secret that is this element, drawn before and put together again; `None` for zero.
    pub fn from_element(element: Fr) -> Option<Self> {
        (element != Fr::ZERO).then_some(Self(element))
    }
    /// `person = H(TAG_PERSON, psk, issuer)`: what a department keeps of a person. Those of two departments cannot be linked.
    pub fn person(&self, issuer: &DepartmentId) -> Fr {
        poseidon::hash(&[person_tag(), self.0, issuer.element()])
    }
    /// The element itself, for the witness only.
    pub fn expose(&self) -> &Fr {
        &self.0
    }
}

impl HolderSecrets {
    /// `holder = pseudonym(sk, psk, issuer, schema, 0)`: how a department knows the holder of this credential.
    pub fn holder(&self, issuer: &DepartmentId, schema: &SchemaId) -> Fr {
        self.nullifier(&Scope::enrolment(issuer, schema), 0)
    }
    /// `pseudonym(sk · (1 − named), psk, scope_a, scope_b, index)`, where
    /// `pseudonym(x, psk, a, b, i) = H(TAG_PSEUDONYM, x, psk, a, b, i)`. A named one depends on the person alone.
    pub fn nullifier(&self, scope: &Scope, index: u16) -> Fr {
        let device = self.device.0 * (Fr::ONE - scope.named);
        poseidon::hash(&[pseudonym_tag(), device, self.person.0, scope.a, scope.b, Fr::from(index)])
    }
}

/// What a pseudonym is for, as the rows of the statement say it. The kinds can never be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope<T = Fr> {
    /// `scope_a`.
    pub a: T,
    /// `scope_b`.
    pub b: T,
    /// 1 where the pseudonym is the person's, 0 where it is the device's too.
    pub named: T,
    /// How many pseudonyms one person has here: those of the indices below it. 1 to 65,535.
    pub uses: T,
}

impl Scope {
    /// One session: `(text("session"), context)`.
    pub fn session(context: &Fr) -> Self {
        Self { a: field::ascii(SESSION), b: *context, named: Fr::ZERO, uses: Fr::ONE }
    }
    /// A named scope of the department that published the policy: `(text("scope/" ‖ name), text(department))`. The
    /// name is brought to NFC.
    pub fn named(name: &str, department: &DepartmentId, uses: NonZeroU16) -> Self {
        let tagged: String = "scope/".chars().chain(name.nfc()).collect();
        let a = field::text(&tagged).expect("ASCII ending in a starter before NFC text is in NFC");
        Self { a, b: department.element(), named: Fr::ONE, uses: Fr::from(uses.get()) }
    }
    /// Asking a department for a credential: `(text(department), text(schema))`; its pseudonym is the holder value.
    pub fn enrolment(department: &DepartmentId, schema: &SchemaId) -> Self {
        Self { a: department.element(), b: schema.element(), named: Fr::ZERO, uses: Fr::ONE }
    }
}

/// `H(TAG_LINK, inner, blind)`: commits to a credential, so that another proof of the same answer can speak of it.
pub fn link(inner: &Fr, blind: &Fr) -> Fr {
    poseidon::hash(&[link_tag(), *inner, *blind])
}

/// `TAG_PSEUDONYM`.
pub(crate) fn pseudonym_tag() -> Fr {
    field::ascii("yong/pseudonym/v2")
}

/// `TAG_PERSON`.
pub(crate) fn person_tag() -> Fr {
    field::ascii("yong/person/v2")
}

/// `TAG_LINK`.
pub(crate) fn link_tag() -> Fr {
    field::ascii("yong/link/v2")
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
    /// `pseudonym(sk, psk, issuer, schema, 0)`.
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
