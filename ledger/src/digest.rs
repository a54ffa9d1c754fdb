//! SHA-256 digests: of tree nodes, files, policies, and of the registry's chain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest. Text and JSON form: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest in lower-case hexadecimal")]
pub struct NotADigest;

impl Digest {
    /// Bytes in a digest.
    pub const LENGTH: usize = 32;

    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts(&[bytes])
    }
    /// The digest of the parts one after the other.
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }
    /// The digest whose bytes these are.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The first six bytes in groups of two, such as `9f86-d081-884c`: for people to compare, not for programs.
    pub fn short(&self) -> String {
        let [a, b, c, d, e, f, ..] = self.0;
        format!("{a:02x}{b:02x}-{c:02x}{d:02x}-{e:02x}{f:02x}")
    }
    /// All of it in groups of two bytes, beginning with [`Self::short`]: for people to compare where somebody might search for
    /// another that begins alike.
    pub fn in_groups(&self) -> String {
        let groups = self.0.chunks(2).map(hex::encode);
        groups.collect::<Vec<_>>().join("-")
    }
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;
    fn from_str(s: &str) -> Result<Self, NotADigest> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(s, &mut bytes).map_err(|_| NotADigest)?;
        let digest = Self(bytes);
        if digest.to_string() == s { Ok(digest) } else { Err(NotADigest) }
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;
    fn try_from(s: String) -> Result<Self, NotADigest> {
        s.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_the_beginning() {
        assert_eq!(Digest::of(b"abc").short(), "ba78-16bf-8f01");
        assert!(Digest::of(b"abc").to_string().starts_with("ba7816bf8f01"));
    }

    #[test]
    fn the_groups_are_the_whole_and_begin_with_the_short_form() {
        let digest = Digest::of(b"abc");
        let groups = digest.in_groups();
        assert!(groups.starts_with(&digest.short()), "{groups}");
        assert_eq!(groups.replace('-', ""), digest.to_string());
        assert_eq!(groups.split('-').map(str::len).collect::<Vec<_>>(), [4; 16]);
    }

    #[test]
    fn only_lower_case_and_full_length() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
        assert!(digest.to_string()[2..].parse::<Digest>().is_err());
    }
}
