//! Who a record is about.

use circuits::typed;
use serde::{Deserialize, Serialize};

/// A person's key in the department's records: the identity number in its one spelling, with capital letters and without
/// spaces, whatever width it was typed in. Personal data: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

/// The text cannot be a person's key. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonIdError {
    /// Other characters, or too many.
    #[error("not an identity number (1 to 64 letters, digits or hyphens)")]
    Shape,
    /// `4.50199E+17`, or digits of which a spreadsheet kept fifteen.
    #[error(
        "a spreadsheet changed the identity number: format the column as text and enter the whole number again"
    )]
    Spoilt,
    /// GB 11643: the last character does not fit the seventeen before it.
    #[error("not a resident identity number: its check digit does not fit, so one of its digits is wrong")]
    CheckDigit,
}

/// Which identity numbers a department knows people by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdNumbers {
    /// Any number that a department gives, such as a passport's.
    #[default]
    Any,
    /// Resident identity numbers (GB 11643): eighteen characters, of which the last is a check digit.
    Resident,
}

impl PersonId {
    /// The identity number, for the store and for proofs, never for a log line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as credentials may say it: in its one spelling, or with the small letters that older versions kept as
    /// they were written, which nobody can change in a credential that was committed to.
    pub fn spellings(&self) -> impl Iterator<Item = String> + use<> {
        let small = Some(self.0.to_ascii_lowercase()).filter(|small| *small != self.0);
        std::iter::once(self.0.clone()).chain(small)
    }

    /// Reads a number that somebody wrote into a list. What a spreadsheet has changed is refused, because it would be
    /// somebody else's number, or nobody's.
    pub fn from_list(cell: &str, numbers: IdNumbers) -> Result<Self, PersonIdError> {
        let text = typed::compact(cell).to_ascii_uppercase();
        if is_scientific(&text) || is_rounded(&text) {
            return Err(PersonIdError::Spoilt);
        }
        match numbers {
            IdNumbers::Resident if !is_resident(&text) => Err(PersonIdError::CheckDigit),
            IdNumbers::Resident | IdNumbers::Any => text.try_into(),
        }
    }
}

/// Whether somebody meant a resident's number and mistyped it: eighteen characters with a date of birth, of which the last
/// does not fit the others.
pub(crate) fn is_mistyped_resident(typed: &str) -> bool {
    let text = typed::compact(typed).to_ascii_uppercase();
    let ends = text.ends_with(|c: char| c.is_ascii_digit() || c == 'X');
    let front = text.get(..RESIDENT - 1).is_some_and(|front| front.bytes().all(|b| b.is_ascii_digit()));
    text.len() == RESIDENT && front && ends && has_birth_date(&text) && !is_resident(&text)
}

/// Such as `4.50199E+17`, `4.5E17` or `450199199609118000.00`.
fn is_scientific(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let decimal = |part: &str| {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, "0"));
        digits(whole) && digits(fraction)
    };
    match text.split_once('E') {
        None => text.contains('.') && decimal(text),
        // Letters begin the numbers of passports and permits, so that only an exponent with its sign, or a fraction
        // before it, is one.
        Some((mantissa, exponent)) => {
            let signed = exponent.starts_with(['+', '-']) || mantissa.contains('.');
            signed && decimal(mantissa) && digits(exponent.trim_start_matches(['+', '-']))
        }
    }
}

/// A spreadsheet keeps fifteen digits of a number, so that a resident's number ends in three zeros. One in eleven of those
/// has the right check digit by chance, and it cannot be told from a person's.
fn is_rounded(text: &str) -> bool {
    let digits = text.len() == RESIDENT && text.bytes().all(|b| b.is_ascii_digit());
    digits && text.ends_with("000") && has_birth_date(text) && !is_resident(text)
}

/// Whether characters seven to fourteen are a date, as in a resident's number; other numbers of eighteen digits are a
/// department's own.
fn has_birth_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    part(6..10).is_some_and(|year| (1800..2200).contains(&year))
        && part(10..12).is_some_and(|month| (1..=12).contains(&month))
        && part(12..14).is_some_and(|day| (1..=31).contains(&day))
}

/// GB 11643-1999, which is ISO 7064 MOD 11-2: weights 2^(17-i) mod 11.
fn is_resident(text: &str) -> bool {
    let check = |c: u8| if c == b'X' { Some(10) } else { char::from(c).to_digit(10) };
    let digit = |c: &u8| char::from(*c).to_digit(10);
    let Some((last, front)) = text.as_bytes().split_last() else { return false };
    let Some(digits) = front.iter().map(digit).collect::<Option<Vec<u32>>>() else { return false };
    let sum = digits.iter().fold(0, |sum, digit| (sum + digit) * 2 % 11);
    text.len() == RESIDENT && check(*last).is_some_and(|last| (sum + last) % 11 == 1)
}

/// Characters of a resident identity number.
const RESIDENT: usize = 18;

impl TryFrom<String> for PersonId {
    type Error = PersonIdError;
    fn try_from(text: String) -> Result<Self, PersonIdError> {
        // The length of what it came as is looked at first, so that nothing long is folded.
        if text.len() > LONGEST {
            return Err(PersonIdError::Shape);
        }
        let text = typed::compact(&text).to_ascii_uppercase();
        let fits = (1..=64).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits && plain { Ok(Self(text)) } else { Err(PersonIdError::Shape) }
    }
}

/// Bytes that a number has at most as it was typed: 64 characters of full width, and as many spaces.
const LONGEST: usize = 64 * 6;

impl std::str::FromStr for PersonId {
    type Err = PersonIdError;
    fn from_str(text: &str) -> Result<Self, PersonIdError> {
        text.to_owned().try_into()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_spelling() {
        let one: PersonId = "45019920010203001X".parse().unwrap();
        for other in [
            "45019920010203001x",
            " 450199 20010203 001x ",
            "４５０１９９２００１０２０３００１ｘ",
            "\u{feff}450199\u{200b}20010203001X\r\n",
            "450199\u{3000}20010203001Ｘ",
        ] {
            assert_eq!(other.parse::<PersonId>().unwrap(), one, "{other}");
            assert_eq!(serde_json::from_value::<PersonId>(other.into()).unwrap(), one, "{other}");
            assert_eq!(PersonId::from_list(other, IdNumbers::Any).unwrap(), one, "{other}");
        }
        for none in ["", " ", "4501/99", "身份证", &"1".repeat(65), &"１".repeat(200)] {
            assert_eq!(none.parse::<PersonId>(), Err(PersonIdError::Shape), "{none}");
        }
    }

    #[test]
    fn what_a_spreadsheet_changed_is_refused_as_such() {
        for spoilt in [
            "4.50199E+17",
            "4.5e+17",
            "4.5E17",
            "４．５Ｅ＋１７",
            "4E+17",
            "450199200102031000",
            "450199200102031.0",
        ] {
            assert_eq!(PersonId::from_list(spoilt, IdNumbers::Any), Err(PersonIdError::Spoilt), "{spoilt}");
        }
        for whole in ["E12345678", "12E34567", "H1234567000", "450199199609118925", "450100000000001000"] {
            assert!(PersonId::from_list(whole, IdNumbers::Any).is_ok(), "{whole}");
        }
    }

    #[test]
    fn a_mistyped_number_is_known_from_what_is_none() {
        for wrong in ["450199199609118926", "４５０１９９１９９６０９１１８９２Ｘ", " 450199 19960911 8924 "]
        {
            assert!(is_mistyped_resident(wrong), "{wrong}");
        }
        for other in ["", "侯斌", "45019919960911892", "E12345678", "450100000000001000"] {
            assert!(!is_mistyped_resident(other), "{other}");
        }
    }

    #[test]
    fn each_wrong_digit_of_a_resident_number_is_found() {
        for right in ["450199199609118925", "450199196808080997", "11010519491231002X", "11010519491231002x"]
        {
            assert!(PersonId::from_list(right, IdNumbers::Resident).is_ok(), "{right}");
            assert!(!is_mistyped_resident(right), "{right}");
            for place in 0..17 {
                let mut wrong = right.as_bytes().to_vec();
                wrong[place] = b'0' + (wrong[place] - b'0' + 1) % 10;
                let wrong = String::from_utf8(wrong).unwrap();
                assert!(PersonId::from_list(&wrong, IdNumbers::Resident).is_err(), "{wrong}");
            }
        }
        for no in ["45019919960911892", "E12345678", "45019919960911892Y", "", "X50199199609118925"] {
            assert_eq!(PersonId::from_list(no, IdNumbers::Resident), Err(PersonIdError::CheckDigit), "{no}");
        }
    }
}
