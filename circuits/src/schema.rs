//! Schemas: which attributes a credential has, their types and bounds, and what people read.
//!
//! A [`Schema`] or [`Localized`] that `serde` made obeys every rule below, so nothing downstream checks again:
//! one to twelve attributes with unique names, bounds below 2^62, distinct enum codes, texts in `zh-CN` and `en`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::credential::DepartmentId;
use crate::show::ISSUERS;

pub use self::error::{SchemaError, SchemaErrorKind, ValueError, ValueErrorKind};
pub use self::hidden::{
    Direction, Disguise, check_plain, hidden_name, is_private_use, is_variation_selector,
};
pub use self::id::SchemaId;
pub use self::localized::{Localized, LocalizedError};
pub use self::value::Value;
pub use self::values::Values;

mod error;
pub(crate) mod exact;
mod hidden;
mod id;
mod localized;
mod value;
mod values;

/// Attributes of a credential; unused ones are absent.
pub const ATTRIBUTES: usize = 12;

/// Every number is below this, so that sums of a few of them stay inside 64 bits.
pub const NUMBER_LIMIT: u64 = 1 << 62;

/// Longest text value, in bytes of UTF-8.
pub const TEXT_BYTES: usize = 1_024;

/// 0001-01-01 as days since 1970-01-01; earlier days count backwards from it, so people born before 1970 have dates.
pub const FIRST_DAY: i64 = -719_162;

/// 9999-12-31 as days since 1970-01-01: the last day that `YYYY-MM-DD` can write.
pub const LAST_DAY: i64 = 2_932_896;

/// The attribute of an identity credential that says since when its holder has this person's secret.
pub const PERSON_SINCE: &str = "person_since";

/// The attribute that a department adds while the holder disputes the credential.
pub const DISPUTED_SINCE: &str = "disputed_since";

const LARGEST_SCALE: u32 = 18;
const NAME_BYTES: usize = 63;
const ENUM_NAMES: usize = 256;

/// A schema as published. Made only by `serde`, which checks it.
///
/// ```
/// let schema: circuits::schema::Schema = serde_json::from_str(r#"{
///     "schema": "credit-report/1",
///     "title": {"zh-CN": "个人信用报告", "en": "Credit report"},
///     "attributes": [{"name": "score", "type": "uint", "max": 2000, "title": {"zh-CN": "信用分", "en": "Score"}}]
/// }"#)?;
/// assert_eq!(schema.attributes[0].title.text("en"), "Score");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSchema")]
pub struct Schema {
    /// `name/version`.
    pub schema: SchemaId,
    /// What people read.
    pub title: Localized,
    /// At most twelve.
    pub attributes: Vec<Attribute>,
    /// What a desk may ask to be shown before it gives one; without it, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityBinding>,
}

/// That a credential is given to whoever shows an identity credential: whose record it is, is known by that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityBinding {
    /// The kind of identity credential.
    pub schema: SchemaId,
    /// One to four departments, each once, whose identity credential is accepted.
    pub issuers: Vec<DepartmentId>,
}

/// One attribute of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "RawAttribute")]
pub struct Attribute {
    /// Its name in policies: `[a-z][a-z0-9_]*`, at most 63 bytes.
    pub name: String,
    /// Its type.
    pub kind: AttributeType,
    /// Whether it may be absent.
    pub optional: bool,
    /// What people read.
    pub title: Localized,
}

/// The type of an attribute, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// A whole number up to `max` < 2^62.
    Uint {
        /// Largest value.
        max: u64,
    },
    /// v·10^scale up to `max` (in scaled units) < 2^62.
    Decimal {
        /// Digits after the point, at most 18.
        scale: u32,
        /// Largest value, in units of 10^-scale.
        max: u64,
    },
    /// A civil date as days since 1970-01-01, from 0001-01-01 to 9999-12-31.
    Date,
    /// 0 or 1.
    Bool,
    /// One of the names, by its code.
    Enum {
        /// Name to code.
        codes: BTreeMap<String, u64>,
    },
    /// Free text: equality and sets only.
    Text,
}

impl Schema {
    /// The attribute called `name` and its index, which is the index of its weight.
    pub fn attribute(&self, name: &str) -> Option<(usize, &Attribute)> {
        self.attributes.iter().enumerate().find(|(_, a)| a.name == name)
    }
}

impl IdentityBinding {
    fn has_issuers(&self) -> bool {
        let mut seen = BTreeSet::new();
        (1..=ISSUERS).contains(&self.issuers.len()) && self.issuers.iter().all(|id| seen.insert(id))
    }
}

impl AttributeType {
    /// The name of the type in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Uint { .. } => "uint",
            Self::Decimal { .. } => "decimal",
            Self::Date => "date",
            Self::Bool => "bool",
            Self::Enum { .. } => "enum",
            Self::Text => "text",
        }
    }

    /// The numbers that a value of this type can stand for; `None` for text, which has no order.
    pub fn range(&self) -> Option<RangeInclusive<i64>> {
        let up_to = |n: u64| 0..=i64::try_from(n).expect("bounds are below 2^62");
        match self {
            Self::Uint { max } | Self::Decimal { max, .. } => Some(up_to(*max)),
            Self::Date => Some(FIRST_DAY..=LAST_DAY),
            Self::Bool => Some(0..=1),
            Self::Enum { codes } => Some(up_to(codes.values().max().copied().unwrap_or(0))),
            Self::Text => None,
        }
    }
}

/// The JSON of a schema before its rules are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchema {
    schema: SchemaId,
    title: Localized,
    attributes: Vec<RawAttribute>,
    #[serde(default)]
    identity: Option<IdentityBinding>,
}

/// The JSON of an attribute; which parameters it must have depends on its type.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttribute {
    name: String,
    #[serde(rename = "type")]
    kind: RawType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<exact::Integer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    codes: Option<BTreeMap<String, exact::Integer>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
    title: Localized,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawType {
    Uint,
    Decimal,
    Date,
    Bool,
    Enum,
    Text,
}

impl TryFrom<RawSchema> for Schema {
    type Error = SchemaError;

    fn try_from(raw: RawSchema) -> Result<Self, SchemaError> {
        let count = raw.attributes.len();
        if count == 0 || count > ATTRIBUTES {
            return Err(refuse("$.attributes", SchemaErrorKind::AttributeCount(count)));
        }
        let attributes = (0..)
            .zip(raw.attributes)
            .map(|(i, attribute): (usize, _)| attribute.check(&format!("$.attributes[{i}]")))
            .collect::<Result<Vec<_>, _>>()?;
        if raw.identity.as_ref().is_some_and(|identity| !identity.has_issuers()) {
            return Err(refuse("$.identity.issuers", SchemaErrorKind::IdentityIssuers));
        }
        let mut names = BTreeSet::new();
        match attributes.iter().position(|a| !names.insert(&a.name)) {
            Some(i) => Err(refuse(&format!("$.attributes[{i}].name"), SchemaErrorKind::RepeatedName)),
            None => Ok(Self { schema: raw.schema, title: raw.title, attributes, identity: raw.identity }),
        }
    }
}

impl RawAttribute {
    fn check(self, path: &str) -> Result<Attribute, SchemaError> {
        if !is_attribute_name(&self.name) {
            return Err(refuse(&format!("{path}.name"), SchemaErrorKind::AttributeName));
        }
        let kind = match (self.kind, self.max, self.scale, self.codes) {
            (RawType::Uint, Some(max), None, None) => AttributeType::Uint { max: bound(path, max)? },
            (RawType::Decimal, Some(max), Some(scale), None) if scale <= LARGEST_SCALE => {
                AttributeType::Decimal { scale, max: bound(path, max)? }
            }
            (RawType::Enum, None, None, Some(codes)) => {
                AttributeType::Enum { codes: check_codes(path, codes)? }
            }
            (RawType::Date, None, None, None) => AttributeType::Date,
            (RawType::Bool, None, None, None) => AttributeType::Bool,
            (RawType::Text, None, None, None) => AttributeType::Text,
            (kind, ..) => return Err(refuse(path, kind.other_parameters())),
        };
        let is_date = kind == AttributeType::Date;
        match self.name.as_str() {
            PERSON_SINCE if !is_date || self.optional => {
                Err(refuse(&format!("{path}.name"), SchemaErrorKind::PersonSince))
            }
            DISPUTED_SINCE if !is_date || !self.optional => {
                Err(refuse(&format!("{path}.name"), SchemaErrorKind::DisputedSince))
            }
            _ => Ok(Attribute { name: self.name, kind, optional: self.optional, title: self.title }),
        }
    }
}

impl RawType {
    /// What is wrong when its parameters are others than it has.
    fn other_parameters(self) -> SchemaErrorKind {
        match self {
            Self::Uint => SchemaErrorKind::UintParameters,
            Self::Decimal => SchemaErrorKind::DecimalParameters,
            Self::Enum => SchemaErrorKind::EnumParameters,
            Self::Date | Self::Bool | Self::Text => SchemaErrorKind::NoParameters,
        }
    }
}

impl From<Attribute> for RawAttribute {
    fn from(a: Attribute) -> Self {
        let (kind, max, scale, codes) = match a.kind {
            AttributeType::Uint { max } => (RawType::Uint, Some(max), None, None),
            AttributeType::Decimal { scale, max } => (RawType::Decimal, Some(max), Some(scale), None),
            AttributeType::Date => (RawType::Date, None, None, None),
            AttributeType::Bool => (RawType::Bool, None, None, None),
            AttributeType::Enum { codes } => (RawType::Enum, None, None, Some(codes)),
            AttributeType::Text => (RawType::Text, None, None, None),
        };
        let codes = codes.map(|all| all.into_iter().map(|(name, code)| (name, code.into())).collect());
        Self {
            name: a.name,
            kind,
            max: max.map(Into::into),
            scale,
            codes,
            optional: a.optional,
            title: a.title,
        }
    }
}

fn bound(path: &str, max: exact::Integer) -> Result<u64, SchemaError> {
    max.below(NUMBER_LIMIT).ok_or_else(|| refuse(&format!("{path}.max"), SchemaErrorKind::Max))
}

fn check_codes(
    path: &str,
    codes: BTreeMap<String, exact::Integer>,
) -> Result<BTreeMap<String, u64>, SchemaError> {
    let path = format!("{path}.codes");
    if codes.is_empty() || codes.len() > ENUM_NAMES {
        return Err(refuse(&path, SchemaErrorKind::NameCount(codes.len())));
    }
    let mut seen = BTreeSet::new();
    let mut checked = BTreeMap::new();
    for (name, code) in codes {
        if !localized::is_plain(&name) || name.is_empty() || name.len() > NAME_BYTES {
            return Err(refuse(&path, SchemaErrorKind::EnumName));
        }
        let code = code.below(NUMBER_LIMIT).filter(|code| seen.insert(*code));
        let code = code.ok_or_else(|| refuse(&path, SchemaErrorKind::EnumCode))?;
        checked.insert(name, code);
    }
    Ok(checked)
}

fn is_attribute_name(name: &str) -> bool {
    name.len() <= NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn refuse(path: &str, kind: SchemaErrorKind) -> SchemaError {
    SchemaError { path: path.to_owned(), kind }
}

#[cfg(test)]
pub(crate) mod tests;
