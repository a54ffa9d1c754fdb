//! The number of a receipt, as people read it out over a telephone and type it again.

use std::fmt;
use std::str::FromStr;

use circuits::typed;
use rand::{CryptoRng, Rng, RngCore};
use serde::{Deserialize, Serialize};

/// The number of a receipt: sixteen digits, of which the last one checks the others (ISO/IEC 7064, MOD 11,10: finds every
/// wrong digit and nearly all that changed places). Written in groups of four; kept without spaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReceiptNumber(String);

/// What somebody looks for: a number of today, or one that an earlier version gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptName {
    /// Sixteen digits that fit together.
    Number(ReceiptNumber),
    /// Sixteen letters and signs of base64url, which have no check.
    Earlier(String),
}

/// Why a text is no number of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptNumberError {
    /// Too few or too many digits.
    #[error("a receipt number has {LENGTH} digits, this one has {0}: compare it with the receipt")]
    Length(usize),
    /// A digit is wrong, or two changed places.
    #[error("the receipt number has a wrong digit: compare it with the receipt, group by group")]
    CheckDigit,
    /// There is something else than digits.
    #[error("a receipt number consists of {LENGTH} digits")]
    NotDigits,
}

impl ReceiptNumber {
    /// A new one at random. Of ten million receipts, two have one number once in twenty times; a counter refuses the second.
    pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut digits: String = (1..LENGTH).map(|_| char::from(b'0' + rng.gen_range(0..10_u8))).collect();
        digits.push(char::from(b'0' + check_digit(digits.bytes())));
        Self(digits)
    }

    /// The digits without spaces: as it is kept and exchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups of four, as people read it.
    pub fn grouped(&self) -> String {
        let spaced = self.0.char_indices().flat_map(|(at, digit)| {
            let space = (at > 0 && at % GROUP == 0).then_some(' ');
            space.into_iter().chain([digit])
        });
        spaced.collect()
    }
}

impl ReceiptName {
    /// Under what it is kept.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::Earlier(name) => name,
        }
    }

    /// What is kept under a name, as people read it; what is none stays as it is.
    pub fn in_groups(kept: &str) -> String {
        kept.parse().map_or_else(|_| kept.to_owned(), |name: Self| name.grouped())
    }

    /// As people read it.
    pub fn grouped(&self) -> String {
        match self {
            Self::Number(number) => number.grouped(),
            Self::Earlier(name) => name.clone(),
        }
    }
}

/// As it was typed: in any width, with or without spaces and hyphens.
impl FromStr for ReceiptNumber {
    type Err = ReceiptNumberError;

    fn from_str(text: &str) -> Result<Self, ReceiptNumberError> {
        let digits = folded(text).filter(|c| *c != '-').take(LONGEST).collect::<String>();
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(ReceiptNumberError::NotDigits);
        }
        if digits.len() != LENGTH {
            return Err(ReceiptNumberError::Length(digits.len()));
        }
        let (head, last) = digits.split_at(LENGTH - 1);
        if last.bytes().next() != Some(b'0' + check_digit(head.bytes())) {
            return Err(ReceiptNumberError::CheckDigit);
        }
        Ok(Self(digits))
    }
}

/// The error is that of a number of today: nobody types an earlier one by heart.
impl FromStr for ReceiptName {
    type Err = ReceiptNumberError;

    fn from_str(text: &str) -> Result<Self, ReceiptNumberError> {
        let error = match ReceiptNumber::from_str(text) {
            Ok(number) => return Ok(Self::Number(number)),
            Err(error) => error,
        };
        let name = folded(text).take(LONGEST).collect::<String>();
        let earlier = name.len() == LENGTH
            && name.bytes().any(|c| c.is_ascii_alphabetic())
            && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        if earlier { Ok(Self::Earlier(name)) } else { Err(error) }
    }
}

impl TryFrom<String> for ReceiptNumber {
    type Error = ReceiptNumberError;

    fn try_from(text: String) -> Result<Self, ReceiptNumberError> {
        text.parse()
    }
}

impl From<ReceiptNumber> for String {
    fn from(number: ReceiptNumber) -> Self {
        number.0
    }
}

/// In groups.
impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.grouped())
    }
}

/// One width, no spaces; upper and lower case stay two, as an earlier number tells them apart.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    typed::folded(text).filter(|c| !c.is_whitespace())
}

/// ISO/IEC 7064, MOD 11,10.
fn check_digit(digits: impl Iterator<Item = u8>) -> u8 {
    let last = digits.fold(10, |product: u8, digit| {
        let sum = (product + (digit - b'0')) % 10;
        let sum = if sum == 0 { 10 } else { sum };
        (sum * 2) % 11
    });
    (11 - last) % 10
}

const LENGTH: usize = 16;
const GROUP: usize = 4;
/// Characters that are looked at of what was typed.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_standard() {
        // The example of ISO/IEC 7064 for MOD 11,10.
        assert_eq!(check_digit("0794".bytes()), 5);
    }

    #[test]
    fn what_is_read_out_is_typed_again_in_any_way() {
        let number = ReceiptNumber::random(&mut StdRng::seed_from_u64(1));
        let grouped = number.grouped();
        assert_eq!((grouped.len(), grouped.matches(' ').count()), (19, 3));
        let wide: String = grouped
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c != ' ').unwrap_or(c))
            .collect();
        for typed in
            [number.as_str(), &grouped, &wide, &grouped.replace(' ', "-"), &format!("  {grouped}\u{3000}")]
        {
            assert_eq!(typed.parse(), Ok(number.clone()), "{typed}");
            assert_eq!(typed.parse(), Ok(ReceiptName::Number(number.clone())), "{typed}");
        }
        let json = serde_json::to_string(&number).unwrap();
        assert_eq!(json, format!("\"{}\"", number.as_str()));
        assert_eq!(serde_json::from_str::<ReceiptNumber>(&json).unwrap(), number);
    }

    #[test]
    fn every_wrong_digit_is_found() {
        let number = ReceiptNumber::random(&mut StdRng::seed_from_u64(2));
        for at in 0..LENGTH {
            for digit in '0'..='9' {
                let mut other: Vec<char> = number.as_str().chars().collect();
                if other[at] == digit {
                    continue;
                }
                other[at] = digit;
                let other: String = other.into_iter().collect();
                assert_eq!(other.parse::<ReceiptNumber>(), Err(ReceiptNumberError::CheckDigit), "{other}");
                assert_eq!(other.parse::<ReceiptName>(), Err(ReceiptNumberError::CheckDigit), "{other}");
            }
        }
    }

    #[test]
    fn earlier_numbers_are_still_looked_for() {
        let earlier = |name: &str| Ok(ReceiptName::Earlier(name.to_owned()));
        assert_eq!(" OB_Si9LLYNv6JQgV ".parse(), earlier("OB_Si9LLYNv6JQgV"));
        assert_eq!("abcd-fgh_jklmnop".parse(), earlier("abcd-fgh_jklmnop"));
        let refused = |text: &str| text.parse::<ReceiptName>().unwrap_err();
        assert_eq!(refused("12345"), ReceiptNumberError::Length(5));
        for text in ["", " ", "adult/1", "回执", &"x".repeat(1 << 20)] {
            assert_eq!(refused(text), ReceiptNumberError::NotDigits);
        }
    }
}
