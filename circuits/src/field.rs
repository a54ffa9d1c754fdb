//! Elements of `Fr` and their only encodings.

use std::fmt;
use std::str::FromStr;

use ark_bn254::Fr;
use ark_ff::{BigInteger256, PrimeField};
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};
use sha3::{Digest, Sha3_256};
use unicode_normalization::is_nfc;

/// A field element in its JSON form: a decimal string without leading zeros, below r (as snarkjs writes it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element(pub Fr);

/// Why bytes or text are not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The number is r or more, has leading zeros, or is not decimal.
    #[error("not a canonical field element")]
    NotCanonical,
    /// The text is not in Unicode Normalization Form C.
    #[error("text is not in Unicode NFC")]
    NotNfc,
}

/// Big-endian, 32 bytes.
pub fn to_bytes(x: &Fr) -> [u8; 32] {
    let limbs = x.into_bigint().0;
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.rchunks_exact_mut(8).zip(limbs) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

/// Inverse of [`to_bytes`]; refuses values of r or more.
pub fn from_bytes(bytes: &[u8; 32]) -> Result<Fr, FieldError> {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = u64::from_be_bytes(chunk.try_into().expect("a chunk has eight bytes"));
    }
    Fr::from_bigint(BigInteger256::new(limbs)).ok_or(FieldError::NotCanonical)
}

/// The `text` element: first 31 bytes, big endian, of SHA3-256(`"yong/text/v1"` ‖ 0x00 ‖ UTF-8 in NFC).
pub fn text(s: &str) -> Result<Fr, FieldError> {
    if is_nfc(s) { Ok(tagged(s.as_bytes())) } else { Err(FieldError::NotNfc) }
}

/// [`text`] of an identifier: ASCII is always in NFC.
pub(crate) fn ascii(s: &str) -> Fr {
    debug_assert!(s.is_ascii());
    tagged(s.as_bytes())
}

/// The element of a document: like [`text`], over the SHA3-256 digest of the file.
pub fn document(sha3_256_of_file: &[u8; 32]) -> Fr {
    tagged(sha3_256_of_file)
}

/// The constant 2^250 that stands for an attribute that is not there. No `text` element (below 2^248) and no number
/// (below 2^62) is it.
pub fn absent() -> Fr {
    power_of_two(250)
}

/// The number, if it is below 2^64.
pub(crate) fn to_u64(x: &Fr) -> Option<u64> {
    let [low, high @ ..] = x.into_bigint().0;
    (high == [0; 3]).then_some(low)
}

/// 2^`exponent`.
pub(crate) fn power_of_two(exponent: u32) -> Fr {
    let mut x = Fr::from(1u64);
    for _ in 0..exponent {
        x += x;
    }
    x
}

/// The first 31 bytes of a tagged digest: 248 bits are always below r.
fn tagged(bytes: &[u8]) -> Fr {
    let mut hasher = Sha3_256::new();
    hasher.update(b"yong/text/v1\0");
    hasher.update(bytes);
    Fr::from_be_bytes_mod_order(&hasher.finalize()[..31])
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        BigUint::from(self.0.into_bigint()).fmt(f)
    }
}

impl FromStr for Element {
    type Err = FieldError;
    fn from_str(s: &str) -> Result<Self, FieldError> {
        let digits = s.as_bytes();
        let leading_zero = digits.len() > 1 && digits[0] == b'0';
        // r has 77 digits; a longer text is refused before any arithmetic.
        if digits.is_empty() || digits.len() > 77 || leading_zero || !digits.iter().all(u8::is_ascii_digit) {
            return Err(FieldError::NotCanonical);
        }
        let number: BigUint = s.parse().map_err(|_| FieldError::NotCanonical)?;
        let modulus: BigUint = Fr::MODULUS.into();
        if number < modulus { Ok(Self(Fr::from(number))) } else { Err(FieldError::NotCanonical) }
    }
}

impl Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl From<Fr> for Element {
    fn from(x: Fr) -> Self {
        Self(x)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const R: &str = "21888242871839275222246405745257275088548364400416034343698204186575808495617";

    #[test]
    fn canonical_or_refused() {
        for text in ["", "00", "01", "-1", "+1", " 1", "1.0", "0x1", R, &"9".repeat(77), &"1".repeat(400)] {
            assert_eq!(text.parse::<Element>(), Err(FieldError::NotCanonical), "{text}");
        }
        let greatest = "21888242871839275222246405745257275088548364400416034343698204186575808495616";
        assert_eq!(greatest.parse::<Element>().unwrap().0, -Fr::from(1));
        assert_eq!("0".parse::<Element>().unwrap().0, Fr::from(0));
        assert_eq!(Element(Fr::from(0)).to_string(), "0");
    }

    #[test]
    fn bytes_of_r_or_more_are_refused() {
        let mut r = to_bytes(&-Fr::from(1));
        r[31] += 1;
        assert_eq!(from_bytes(&r), Err(FieldError::NotCanonical));
        assert_eq!(from_bytes(&[0xff; 32]), Err(FieldError::NotCanonical));
    }

    #[test]
    fn json_is_a_decimal_string_only() {
        assert_eq!(serde_json::to_string(&Element(Fr::from(7))).unwrap(), "\"7\"");
        assert!(serde_json::from_str::<Element>("7").is_err());
        assert!(serde_json::from_str::<Element>("\"007\"").is_err());
    }

    #[test]
    fn text_must_be_nfc() {
        assert_eq!(text("e\u{301}"), Err(FieldError::NotNfc));
        assert_ne!(text("\u{e9}").unwrap(), text("e").unwrap());
        assert_eq!(text("session").unwrap(), ascii("session"));
    }

    #[test]
    fn text_is_a_tagged_digest() {
        let digest = Sha3_256::digest(b"yong/text/v1\0credit.nanning");
        let mut bytes = [0; 32];
        bytes[1..].copy_from_slice(&digest[..31]);
        assert_eq!(to_bytes(&text("credit.nanning").unwrap()), bytes);
    }

    #[test]
    fn absent_is_two_to_the_250() {
        let two_to_250: BigUint = BigUint::from(1u8) << 250usize;
        assert_eq!(Element(absent()).to_string(), two_to_250.to_string());
    }

    proptest! {
        #[test]
        fn encodings_round_trip(seed: [u8; 64]) {
            let x = Fr::from_be_bytes_mod_order(&seed);
            prop_assert_eq!(from_bytes(&to_bytes(&x)), Ok(x));
            prop_assert_eq!(Element(x).to_string().parse(), Ok(Element(x)));
        }

        #[test]
        fn a_text_is_never_absent(s: String) {
            if let Ok(x) = text(&s) {
                prop_assert!(x < power_of_two(248));
            }
        }
    }
}
