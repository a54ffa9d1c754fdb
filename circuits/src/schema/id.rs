//! Identifiers of schemas, policies and models.

use ark_bn254::Fr;
use serde::{Deserialize, Serialize};

use crate::credential::IdentifierError;
use crate::field;

/// `name/version` of a schema; also used for policies and models.
///
/// `[a-z][a-z0-9-]{0,62}/[1-9][0-9]{0,4}`, so it has one spelling and needs no escaping in an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchemaId(String);

impl SchemaId {
    /// `name/version`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its `text` element.
    pub fn element(&self) -> Fr {
        field::text(&self.0).expect("an identifier is ASCII, hence in NFC")
    }

    /// The part before the slash.
    pub fn name(&self) -> &str {
        self.parts().0
    }

    /// The part after the slash, 1 or more.
    pub fn version(&self) -> u32 {
        self.parts().1.parse().expect("a checked version has one to five digits")
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').expect("a checked identifier has a slash")
    }
}

impl TryFrom<String> for SchemaId {
    type Error = IdentifierError;

    fn try_from(s: String) -> Result<Self, IdentifierError> {
        match s.split_once('/') {
            Some((name, version)) if is_name(name) && is_version(version) => Ok(Self(s)),
            _ => Err(IdentifierError(s, "a `name/version` such as `credit-report/1`")),
        }
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_version(version: &str) -> bool {
    (1..=5).contains(&version.len())
        && !version.starts_with('0')
        && version.bytes().all(|b| b.is_ascii_digit())
}

impl std::str::FromStr for SchemaId {
    type Err = IdentifierError;

    fn from_str(s: &str) -> Result<Self, IdentifierError> {
        s.to_owned().try_into()
    }
}

impl From<SchemaId> for String {
    fn from(s: SchemaId) -> String {
        s.0
    }
}

impl std::fmt::Display for SchemaId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaId;

    #[test]
    fn splits_into_name_and_version() {
        let id: SchemaId = "credit-report/12".parse().unwrap();
        assert_eq!((id.name(), id.version()), ("credit-report", 12));
    }

    #[test]
    fn has_one_spelling() {
        let long = format!("{}/1", "a".repeat(64));
        for refused in [
            "", "a", "a/", "/1", "a/0", "a/01", "a/+1", "a/123456", "A/1", "a_b/1", "1a/1", "a/1/1", "ä/1",
            &long,
        ] {
            assert!(refused.parse::<SchemaId>().is_err(), "{refused}");
        }
        assert!(format!("{}/99999", "a".repeat(63)).parse::<SchemaId>().is_ok());
    }
}
