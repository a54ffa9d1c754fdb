//! Digests that travel: of a policy, of a verifying key. 64 lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Text that is not 64 lower-case hexadecimal digits was given as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hexadecimal digits")]
pub struct DigestError;

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = DigestError;
            fn from_str(s: &str) -> Result<Self, DigestError> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(s, &mut bytes).map_err(|_| DigestError)?;
                if hex::encode(bytes) == s { Ok(Self(bytes)) } else { Err(DigestError) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = DigestError;
            fn try_from(s: String) -> Result<Self, DigestError> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(digest: $name) -> Self {
                digest.to_string()
            }
        }
    };
}

digest! {
    /// SHA-256 of a policy's canonical JSON.
    PolicyDigest
}

digest! {
    /// Names a verifying key, see [`groth16::VerifyingKey::digest`].
    KeyDigest
}

impl KeyDigest {
    /// The first six bytes in groups of two, such as `9f86-d081-884c`: for people to compare, not for programs.
    pub fn short(&self) -> String {
        let [a, b, c, d, e, f, ..] = self.0;
        format!("{a:02x}{b:02x}-{c:02x}{d:02x}-{e:02x}{f:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_one_spelling() {
        assert!("AB".repeat(32).parse::<PolicyDigest>().is_err());
        assert!("ab".repeat(31).parse::<KeyDigest>().is_err());
        let digest: KeyDigest = "ab".repeat(32).parse().unwrap();
        assert_eq!(digest.to_string(), "ab".repeat(32));
        assert_eq!(digest.short(), "abab-abab-abab");
    }
}
