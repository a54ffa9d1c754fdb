//! Schemas and typed attribute values.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use serde::{Deserialize, Serialize};

use crate::credential::IdentifierError;

/// Attributes of a credential; unused ones are absent.
pub const ATTRIBUTES: usize = 12;

/// A text in several languages by BCP 47 tag; `zh-CN` and `en` are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localized(pub BTreeMap<String, String>);

impl Localized {
    /// The text in `language`, else in `zh-CN`.
    pub fn text(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("zh-CN")).map_or("", String::as_str)
    }
}

/// `name/version` of a schema; also used for policies and models.
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
        todo!()
    }
    /// The part before the slash.
    pub fn name(&self) -> &str {
        todo!()
    }
    /// The part after the slash, 1 or more.
    pub fn version(&self) -> u32 {
        todo!()
    }
}

impl TryFrom<String> for SchemaId {
    type Error = IdentifierError;
    fn try_from(_s: String) -> Result<Self, IdentifierError> {
        todo!()
    }
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

/// The type of an attribute, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttributeType {
    /// A whole number up to `max` < 2^62.
    Uint {
        /// Largest value.
        max: u64,
    },
    /// v·10^scale up to `max` (in scaled units) < 2^62.
    Decimal {
        /// Digits after the point.
        scale: u32,
        /// Largest value, in units of 10^-scale.
        max: u64,
    },
    /// A civil date as days since 1970-01-01.
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

/// One attribute of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name in policies.
    pub name: String,
    /// Its type.
    #[serde(flatten)]
    pub kind: AttributeType,
    /// Whether it may be absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// What people read.
    pub title: Localized,
}

/// A schema as published. Made only by `serde`, which checks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// `name/version`.
    pub schema: SchemaId,
    /// What people read.
    pub title: Localized,
    /// At most twelve.
    pub attributes: Vec<Attribute>,
}

/// Why values do not fit a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attribute `{attribute}`: {reason}")]
pub struct ValueError {
    /// Which attribute.
    pub attribute: String,
    /// What is wrong, without the value itself.
    pub reason: String,
}

impl Schema {
    /// Checks JSON values (as `Values::to_json` writes them) against the schema.
    pub fn values(&self, _values: &serde_json::Map<String, serde_json::Value>) -> Result<Values, ValueError> {
        todo!()
    }
    /// Checks values given as text (CSV cells, form fields); an empty cell is absent.
    pub fn values_from_text<'a>(
        &self,
        _cells: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Values, ValueError> {
        todo!()
    }
}

/// One attribute's value.
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
    Date(jiff::civil::Date),
    /// `bool`.
    Bool(bool),
    /// `enum`: name and code.
    Enum(String, u64),
    /// `text`.
    Text(String),
}

impl Value {
    /// Its field element.
    pub fn element(&self) -> Fr {
        todo!()
    }
    /// JSON: numbers for `uint` and `bool`, strings for the rest (dates as `YYYY-MM-DD`, decimals with a point).
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
}

/// Values that were checked against a schema, in its order. Personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Values {
    schema: SchemaId,
    values: Vec<(String, Option<Value>)>,
}

impl Values {
    /// Which schema they were checked against.
    pub fn schema(&self) -> &SchemaId {
        &self.schema
    }
    /// One value by attribute name; `None` if absent or unknown.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_ref())
    }
    /// Names and values in schema order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.values.iter().map(|(n, v)| (n.as_str(), v.as_ref()))
    }
    /// `a_0, …, a_11`.
    pub fn elements(&self) -> [Fr; ATTRIBUTES] {
        todo!()
    }
    /// A JSON object; absent attributes are left out.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        todo!()
    }
}
