//! Who a record is about.

use serde::{Deserialize, Serialize};

/// A person's key in the department's records: the identity number. Personal data: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

/// The text cannot be a person's key. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identity number (1 to 64 letters, digits or hyphens)")]
pub struct PersonIdError;

impl PersonId {
    /// The identity number, for the store and for proofs, never for a log line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonId {
    type Error = PersonIdError;
    fn try_from(text: String) -> Result<Self, PersonIdError> {
        let fits = (1..=64).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits && plain { Ok(Self(text)) } else { Err(PersonIdError) }
    }
}

impl std::str::FromStr for PersonId {
    type Err = PersonIdError;
    fn from_str(text: &str) -> Result<Self, PersonIdError> {
        text.trim().to_owned().try_into()
    }
}

impl From<PersonId> for String {
    fn from(person: PersonId) -> Self {
        person.0
    }
}

impl std::fmt::Debug for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonId(…)")
    }
}
