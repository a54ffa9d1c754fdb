//! The small words of records, each with its checked constructor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::Fr;
use circuits::field;
use serde::{Deserialize, Serialize};

/// The text is not a word of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct NotAWord(pub &'static str);

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The word as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAWord;
            fn try_from(s: String) -> Result<Self, NotAWord> {
                let allowed = |b: u8| b.is_ascii_alphanumeric() || $allowed.contains(&b);
                let fits = (1..=$max).contains(&s.len()) && s.bytes().all(allowed);
                if fits { Ok(Self(s)) } else { Err(NotAWord($what)) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAWord;
            fn from_str(s: &str) -> Result<Self, NotAWord> {
                s.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word! {
    /// An idempotency key: 1 to 64 of `[A-Za-z0-9._:/-]`, unique per signer.
    RecordId, "a record id (1 to 64 of A-Z a-z 0-9 . _ : / -)", 64, b"._:/-"
}

word! {
    /// A reason or a category: 1 to 64 of `[A-Za-z0-9._-]`.
    ReasonCode, "a code (1 to 64 of A-Z a-z 0-9 . _ -)", 64, b"._-"
}

word! {
    /// A circuit's name: 1 to 32 of `[A-Za-z0-9-]`.
    CircuitName, "a circuit's name (1 to 32 of A-Z a-z 0-9 -)", 32, b"-"
}

/// An inner commitment. JSON form: 32 bytes, big endian, in base64url without padding; below r.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Inner(pub Fr);

impl TryFrom<String> for Inner {
    type Error = NotAWord;
    fn try_from(s: String) -> Result<Self, NotAWord> {
        let bytes = URL_SAFE_NO_PAD.decode(s).map_err(|_| NOT_INNER)?;
        let bytes = bytes.as_slice().try_into().map_err(|_| NOT_INNER)?;
        field::from_bytes(bytes).map(Self).map_err(|_| NOT_INNER)
    }
}

impl From<Inner> for String {
    fn from(inner: Inner) -> String {
        URL_SAFE_NO_PAD.encode(field::to_bytes(&inner.0))
    }
}

/// Whether a key is for development: one party may have made it alone, who could forge proofs. JSON form: `true` or `false`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum KeyUse {
    /// Made without a ceremony, or in one of whose phases one party was alone: to be marked loudly wherever it is used.
    Development,
    /// From a ceremony with a published transcript and several parties in each phase.
    Ceremony,
}

impl From<bool> for KeyUse {
    fn from(development: bool) -> Self {
        if development { Self::Development } else { Self::Ceremony }
    }
}

impl From<KeyUse> for bool {
    fn from(key_use: KeyUse) -> bool {
        key_use == KeyUse::Development
    }
}

/// How many different parties contributed a secret to a key, by phase, as `prover ceremony finish` verified it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedSecrets {
    /// To the powers of τ.
    pub phase1: u32,
    /// To the circuit's key.
    pub phase2: u32,
}

impl VerifiedSecrets {
    /// Whether no phase was in the hands of one party, who could forge: two or more in each.
    pub fn are_shared(self) -> bool {
        self.phase1 >= 2 && self.phase2 >= 2
    }
}

const NOT_INNER: NotAWord = NotAWord("an inner commitment (32 bytes below r in base64url)");
