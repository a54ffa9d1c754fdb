//! The citizen's code: twelve digits in three groups, drawn or chosen. Earlier papers have eight letters and digits.

use std::str::FromStr;

use circuits::typed;
use rand::{CryptoRng, Rng, RngCore};
use zeroize::Zeroizing;

/// Digits of a code.
pub const CODE_DIGITS: usize = 12;

/// A code, as it is typed in. It is told to the citizen and printed nowhere; no `Debug`, zeroized when dropped.
pub struct PaperCode(Zeroizing<String>);

/// The text is no code: it has twelve digits, or on an earlier paper eight letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a code: twelve digits, such as 4071 9385 2264, or of an earlier paper eight letters and digits")]
pub struct NotACode;

/// Why a code that a citizen chose is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeChoiceError {
    /// It has not twelve digits.
    #[error("a chosen code has {CODE_DIGITS} digits")]
    Length,
    /// Few digits, a part that repeats, or digits in order.
    #[error("the code is among the first that a finder tries: it repeats itself or counts up or down")]
    Pattern,
    /// A date is in it, as a birthday is.
    #[error("the code has a date in it, as a birthday is: a finder tries those first")]
    Date,
    /// A part of a number that others know, such as the identity number.
    #[error("the code has a part of the identity number in it")]
    Known,
}

impl PaperCode {
    /// Twelve digits at random, none that a citizen could not choose: 40 bits.
    pub fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        loop {
            let digit = |_| char::from(b'0' + rng.gen_range(0..10_u8));
            let digits = Zeroizing::new((0..CODE_DIGITS).map(digit).collect::<String>());
            if weakness(&digits, "").is_none() {
                return Self(digits);
            }
        }
    }

    /// As a citizen chose it. `known` is a number that others know of the citizen.
    pub fn chosen(text: &str, known: &str) -> Result<Self, CodeChoiceError> {
        let code: Self = text.parse().map_err(|_| CodeChoiceError::Length)?;
        if !is_of_digits(&code.0) {
            return Err(CodeChoiceError::Length);
        }
        weakness(&code.0, known).map_or(Ok(code), Err)
    }

    /// The code in groups of four, to be read out.
    pub fn spoken(&self) -> Zeroizing<String> {
        let space = if is_of_digits(&self.0) { ' ' } else { '-' };
        let mut spoken = Zeroizing::new(String::with_capacity(self.0.len() + 2));
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                spoken.push(space);
            }
            spoken.push(c);
        }
        spoken
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Full-width digits are as good as others; spaces and hyphens of any kind are dropped. On an earlier paper small letters
/// are as good as large ones, and what looks like a digit is read as one.
impl FromStr for PaperCode {
    type Err = NotACode;
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let mut code = Zeroizing::new(String::with_capacity(CODE_DIGITS));
        for c in typed::folded(text).filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '.')) {
            let c = read(c).filter(|_| code.len() < CODE_DIGITS).ok_or(NotACode)?;
            code.push(c);
        }
        if is_of_digits(&code) || code.len() == EARLIER_CHARS { Ok(Self(code)) } else { Err(NotACode) }
    }
}

fn is_of_digits(code: &str) -> bool {
    code.len() == CODE_DIGITS && code.bytes().all(|digit| digit.is_ascii_digit())
}

fn read(c: char) -> Option<char> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    u8::try_from(c).ok().filter(|byte| ALPHABET.contains(byte)).map(char::from)
}

/// What a finder would try first.
fn weakness(digits: &str, known: &str) -> Option<CodeChoiceError> {
    let digits = digits.as_bytes();
    if repeats(digits) || counts(digits) || of_few_digits(digits) {
        return Some(CodeChoiceError::Pattern);
    }
    if digits.windows(DATE).any(is_date) {
        return Some(CodeChoiceError::Date);
    }
    let is_known = |part: &[u8]| known.as_bytes().windows(KNOWN).any(|of| of == part);
    digits.windows(KNOWN).any(is_known).then_some(CodeChoiceError::Known)
}

/// `123412341234`: one part again and again.
fn repeats(digits: &[u8]) -> bool {
    (1..=digits.len() / 2).any(|part| {
        digits.len().is_multiple_of(part)
            && digits.iter().skip(part).zip(digits).all(|(later, earlier)| later == earlier)
    })
}

/// `123456…` and `987654…`, in any half of the code.
fn counts(digits: &[u8]) -> bool {
    let steps = |by: u8| {
        digits.windows(HALF).any(|half| {
            half.iter().skip(1).zip(half).all(|(next, digit)| (digit - b'0' + by) % 10 == next - b'0')
        })
    };
    steps(0) || steps(1) || steps(9)
}

/// `112211221212`.
fn of_few_digits(digits: &[u8]) -> bool {
    (b'0'..=b'9').filter(|digit| digits.contains(digit)).count() < DIFFERENT
}

/// `19480517`: year, month and day of somebody alive, as identity numbers write it.
fn is_date(digits: &[u8]) -> bool {
    let number = |part: &[u8]| part.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    let (year, day) = digits.split_at(4);
    let (month, day) = day.split_at(2);
    (1900..2100).contains(&number(year))
        && (1..=12).contains(&number(month))
        && (1..=31).contains(&number(day))
}

/// Crockford's 32: digits and letters without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code of an earlier paper.
const EARLIER_CHARS: usize = 8;
const GROUP: usize = 4;
const HALF: usize = 6;
/// Digits of a date.
const DATE: usize = 8;
/// So many digits in a row of a known number are too many.
const KNOWN: usize = 6;
/// Different digits at least.
const DIFFERENT: usize = 4;
