//! One attribute's value: from JSON, from text, to a field element.

use ark_bn254::Fr;
use jiff::Span;
use jiff::civil::Date;
use serde_json::Value as Json;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroize;

use super::{AttributeType, TEXT_BYTES, ValueErrorKind, exact};
use crate::field;

/// One attribute's value. Personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// `uint`.
    Uint(u64),
    /// `decimal(scale)`, in units of 10^-scale.
    Decimal {
        /// The number of units.
        units: u64,
        /// Digits after the point.
        scale: u32,
    },
    /// `date`.
    Date(Date),
    /// `bool`.
    Bool(bool),
    /// `enum`: name and code.
    Enum(String, u64),
    /// `text`.
    Text(String),
}

impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Uint(n) | Self::Decimal { units: n, .. } => n.zeroize(),
            Self::Date(date) => {
                *date = Date::ZERO;
                zeroize::optimization_barrier(date);
            }
            Self::Bool(b) => b.zeroize(),
            Self::Enum(name, code) => {
                name.zeroize();
                code.zeroize();
            }
            Self::Text(text) => text.zeroize(),
        }
    }
}

impl Value {
    /// Its field element. Text is taken in NFC, as every text that was read through a schema already is.
    pub fn element(&self) -> Fr {
        match self {
            Self::Uint(n) | Self::Decimal { units: n, .. } | Self::Enum(_, n) => Fr::from(*n),
            Self::Date(date) => Fr::from(days(*date)),
            Self::Bool(b) => Fr::from(*b),
            Self::Text(text) => {
                field::text(&text.nfc().collect::<String>()).expect("the text was brought to NFC")
            }
        }
    }

    /// JSON: `uint` as a number (from 2^53 on as a decimal string, because JSON numbers are doubles elsewhere), `bool`
    /// as `true` or `false`, the rest as strings (dates as `YYYY-MM-DD`, decimals with all their digits).
    pub fn to_json(&self) -> Json {
        match self {
            Self::Uint(n) => exact_json(*n),
            Self::Bool(b) => Json::Bool(*b),
            other => Json::String(other.to_string()),
        }
    }

    /// The number that order operators compare; `None` for text.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Uint(n) | Self::Decimal { units: n, .. } | Self::Enum(_, n) => i64::try_from(*n).ok(),
            Self::Date(date) => Some(days(*date)),
            Self::Bool(b) => Some(i64::from(*b)),
            Self::Text(_) => None,
        }
    }

    /// The value of a type that [`Self::number`] says this of; `None` where the type has no such value.
    pub fn from_number(kind: &AttributeType, number: i64) -> Option<Self> {
        let number = kind.range()?.contains(&number).then_some(number)?;
        let natural = u64::try_from(number).ok();
        match kind {
            AttributeType::Uint { .. } => natural.map(Self::Uint),
            AttributeType::Decimal { scale, .. } => {
                natural.map(|units| Self::Decimal { units, scale: *scale })
            }
            AttributeType::Date => {
                let days = Span::new().try_days(number).ok()?;
                Date::constant(1970, 1, 1).checked_add(days).ok().map(Self::Date)
            }
            AttributeType::Bool => Some(Self::Bool(number == 1)),
            AttributeType::Enum { codes } => {
                let (name, code) = codes.iter().find(|(_, code)| Some(**code) == natural)?;
                Some(Self::Enum(name.clone(), *code))
            }
            AttributeType::Text => None,
        }
    }

    /// Reads a value of type `kind` from its JSON form; the error says what is wrong without the value.
    pub(crate) fn from_json(kind: &AttributeType, json: &Json) -> Result<Self, ValueErrorKind> {
        match (kind, json) {
            (AttributeType::Uint { max }, _) => {
                let number = exact::Integer::from_json(json).and_then(|n| u64::try_from(n.0).ok());
                uint(number.ok_or(ValueErrorKind::NotWhole)?, *max)
            }
            (AttributeType::Bool, Json::Bool(b)) => Ok(Self::Bool(*b)),
            (AttributeType::Bool, _) => Err(ValueErrorKind::NotBool),
            (_, Json::String(s)) => Self::from_text(kind, s),
            _ => Err(ValueErrorKind::NotString),
        }
    }

    /// Reads a value of type `kind` from text, as in a CSV cell.
    pub(crate) fn from_text(kind: &AttributeType, s: &str) -> Result<Self, ValueErrorKind> {
        match kind {
            AttributeType::Uint { max } => uint(digits(s).ok_or(ValueErrorKind::NotWhole)?, *max),
            AttributeType::Decimal { scale, max } => decimal(s, *scale, *max),
            AttributeType::Date => date(s).map(Self::Date),
            AttributeType::Bool => bool(s),
            AttributeType::Enum { codes } => {
                let code = codes.get(s).ok_or(ValueErrorKind::NotName)?;
                Ok(Self::Enum(s.to_owned(), *code))
            }
            AttributeType::Text => text(s),
        }
    }
}

impl std::fmt::Display for Value {
    /// The text form, which is also what [`super::Schema::values_from_text`] reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uint(n) | Self::Decimal { units: n, scale: 0 } => write!(f, "{n}"),
            Self::Decimal { units, scale } => {
                let width = *scale as usize + 1;
                let padded = format!("{units:0width$}");
                let (whole, fraction) = padded.split_at(padded.len() - *scale as usize);
                write!(f, "{whole}.{fraction}")
            }
            Self::Date(date) => write!(f, "{date}"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Enum(s, _) | Self::Text(s) => f.write_str(s),
        }
    }
}

/// Days since 1970-01-01, negative before it.
pub(crate) fn days(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

fn exact_json(n: u64) -> Json {
    i64::try_from(n).map_or_else(|_| n.to_string().into(), |n| exact::Integer(n).to_json())
}

fn uint(n: u64, max: u64) -> Result<Value, ValueErrorKind> {
    if n <= max { Ok(Value::Uint(n)) } else { Err(ValueErrorKind::AboveMax) }
}

fn decimal(s: &str, scale: u32, max: u64) -> Result<Value, ValueErrorKind> {
    let (whole, fraction) = s.split_once('.').map_or((s, None), |(whole, fraction)| (whole, Some(fraction)));
    let fraction = match fraction {
        None => "",
        Some(f) if !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()) => f,
        Some(_) => return Err(ValueErrorKind::NotDecimal),
    };
    let missing = (scale as usize).checked_sub(fraction.len()).ok_or(ValueErrorKind::TooFine)?;
    digits(whole).ok_or(ValueErrorKind::NotDecimal)?;
    // The whole part is canonical, so only a leading zero before the point can remain; `parse` is exact or refuses.
    let units = format!("{whole}{fraction}{}", "0".repeat(missing)).parse::<u64>();
    match units {
        Ok(units) if units <= max => Ok(Value::Decimal { units, scale }),
        _ => Err(ValueErrorKind::AboveMax),
    }
}

/// `YYYY-MM-DD` from 0001-01-01 to 9999-12-31.
pub(crate) fn date(s: &str) -> Result<Date, ValueErrorKind> {
    let bytes = s.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if matches!(i, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return Err(ValueErrorKind::NotDate);
    }
    let mut parts = s.split('-').filter_map(|part| part.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(ValueErrorKind::NotDate);
    };
    if year == 0 {
        return Err(ValueErrorKind::TooEarly);
    }
    let two_digits = |n| i8::try_from(n).map_err(|_| ValueErrorKind::NotDate);
    Date::new(year, two_digits(month)?, two_digits(day)?).map_err(|_| ValueErrorKind::NotDay)
}

fn bool(s: &str) -> Result<Value, ValueErrorKind> {
    match s {
        "true" | "1" | "yes" => Ok(Value::Bool(true)),
        "false" | "0" | "no" => Ok(Value::Bool(false)),
        _ => Err(ValueErrorKind::NotBoolText),
    }
}

fn text(s: &str) -> Result<Value, ValueErrorKind> {
    if s.len() > TEXT_BYTES {
        return Err(ValueErrorKind::TooLong);
    }
    if is_nfc(s) { Ok(Value::Text(s.to_owned())) } else { Err(ValueErrorKind::NotNfc) }
}

/// A number in plain digits without leading zeros.
fn digits(s: &str) -> Option<u64> {
    let canonical = s == "0" || !s.starts_with('0');
    if canonical && !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()) { s.parse().ok() } else { None }
}
