//! Where a schema is wrong, and why values do not fit one.

use super::{ATTRIBUTES, ENUM_NAMES, SchemaId};

/// Where a schema is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct SchemaError {
    /// JSON path, such as `$.attributes[2].max`.
    pub path: String,
    /// What is wrong there.
    pub kind: SchemaErrorKind,
}

/// What is wrong in a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaErrorKind {
    /// None, or too many.
    #[error("has {0} attributes; 1 to {ATTRIBUTES} are possible")]
    AttributeCount(usize),
    /// Two attributes share a name.
    #[error("is the name of an earlier attribute")]
    RepeatedName,
    /// The name of an attribute.
    #[error("is not `[a-z][a-z0-9_]*` of at most 63 bytes")]
    AttributeName,
    /// `person_since` of another type, or optional.
    #[error(
        "is a reserved name: the day since which the holder's secret is the person's, a date that is not optional"
    )]
    PersonSince,
    /// `disputed_since` of another type, or not optional.
    #[error("is a reserved name: the day since which the credential is disputed, a date that is optional")]
    DisputedSince,
    /// Parameters of a `uint`.
    #[error("needs `max`, and neither `scale` nor `codes`, because it is a uint")]
    UintParameters,
    /// Parameters of a `decimal`.
    #[error("needs `max` and a `scale` of at most 18, and no `codes`, because it is a decimal")]
    DecimalParameters,
    /// Parameters of an `enum`.
    #[error("needs `codes`, and neither `max` nor `scale`, because it is an enum")]
    EnumParameters,
    /// Parameters of a type that has none.
    #[error("has parameters, but only uint, decimal and enum take some")]
    NoParameters,
    /// `max`.
    #[error("is not a whole number below 2^62")]
    Max,
    /// No names, or too many.
    #[error("has {0} names; 1 to {ENUM_NAMES} are possible")]
    NameCount(usize),
    /// A name of an `enum`.
    #[error("has a name that is empty, longer than 63 bytes, or has control characters")]
    EnumName,
    /// A code of an `enum`.
    #[error("has a code that is used twice or not below 2^62")]
    EnumCode,
    /// Issuers of the identity credential that is shown.
    #[error("must name one to four departments, each once")]
    IdentityIssuers,
}

impl SchemaErrorKind {
    /// A stable code for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::AttributeCount(_) => "bad_attribute_count",
            Self::RepeatedName => "repeated_name",
            Self::AttributeName => "bad_attribute_name",
            Self::UintParameters | Self::DecimalParameters | Self::EnumParameters | Self::NoParameters => {
                "bad_parameters"
            }
            Self::Max => "bad_max",
            Self::NameCount(_) => "bad_name_count",
            Self::EnumName => "bad_enum_name",
            Self::EnumCode => "bad_enum_code",
            Self::PersonSince => "bad_person_since",
            Self::DisputedSince => "bad_disputed_since",
            Self::IdentityIssuers => "bad_identity_issuers",
        }
    }
}

/// Why values do not fit a schema. Names the attribute and never the value, which is personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attribute `{attribute}`: {kind}")]
pub struct ValueError {
    /// Which attribute.
    pub attribute: String,
    /// What is wrong with its value.
    pub kind: ValueErrorKind,
}

impl ValueError {
    pub(super) fn new(attribute: &str, kind: ValueErrorKind) -> Self {
        Self { attribute: attribute.to_owned(), kind }
    }
}

/// What is wrong with a value, without the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueErrorKind {
    /// Not in plain digits.
    #[error("is not a whole number")]
    NotWhole,
    /// Beyond the schema's bound.
    #[error("is above the schema's `max`")]
    AboveMax,
    /// Not in digits with at most one point.
    #[error("is not a decimal number such as 12.50")]
    NotDecimal,
    /// More digits after the point than the schema has.
    #[error("is finer than the schema's `scale`")]
    TooFine,
    /// Not in the form of a date.
    #[error("is not a date of the form YYYY-MM-DD")]
    NotDate,
    /// The year 0.
    #[error("is before 0001-01-01")]
    TooEarly,
    /// Such as 30 February.
    #[error("is not a day of the calendar")]
    NotDay,
    /// In JSON.
    #[error("is not `true` or `false`")]
    NotBool,
    /// In a cell.
    #[error("is none of true, false, 1, 0, yes, no")]
    NotBoolText,
    /// In JSON.
    #[error("is not a string")]
    NotString,
    /// Not a name of the `enum`.
    #[error("is not one of the schema's names")]
    NotName,
    /// A text.
    #[error("is longer than 1,024 bytes")]
    TooLong,
    /// A text in another normal form.
    #[error("is not in Unicode NFC")]
    NotNfc,
    /// Two cells for one attribute.
    #[error("is given twice")]
    GivenTwice,
    /// A required attribute.
    #[error("is missing and not optional")]
    Missing,
    /// The schema has no such attribute.
    #[error("is not in schema {0}")]
    NotInSchema(SchemaId),
}

impl ValueErrorKind {
    /// Those that say the same of every schema.
    const PLAIN: [Self; 15] = [
        Self::NotWhole,
        Self::AboveMax,
        Self::NotDecimal,
        Self::TooFine,
        Self::NotDate,
        Self::TooEarly,
        Self::NotDay,
        Self::NotBool,
        Self::NotBoolText,
        Self::NotString,
        Self::NotName,
        Self::TooLong,
        Self::NotNfc,
        Self::GivenTwice,
        Self::Missing,
    ];

    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWhole => "not_whole",
            Self::AboveMax => "above_max",
            Self::NotDecimal => "not_decimal",
            Self::TooFine => "too_fine",
            Self::NotDate => "not_a_date",
            Self::TooEarly => "too_early",
            Self::NotDay => "not_a_day",
            Self::NotBool | Self::NotBoolText => "not_bool",
            Self::NotString => "not_a_string",
            Self::NotName => "not_a_name",
            Self::TooLong => "too_long",
            Self::NotNfc => "not_nfc",
            Self::GivenTwice => "given_twice",
            Self::Missing => "missing",
            Self::NotInSchema(_) => "not_in_schema",
        }
    }

    /// Inverse of `to_string`, for records that keep the words; `None` for words of no version.
    pub fn from_words(words: &str) -> Option<Self> {
        if let Some(schema) = words.strip_prefix("is not in schema ") {
            return schema.parse().ok().map(Self::NotInSchema);
        }
        Self::PLAIN.into_iter().find(|kind| kind.to_string() == words)
    }
}

#[cfg(test)]
mod tests {
    use super::ValueErrorKind;

    #[test]
    fn words_lead_back_to_their_kind() {
        let other = ValueErrorKind::NotInSchema("credit-report/1".parse().unwrap());
        for kind in ValueErrorKind::PLAIN.into_iter().chain([other]) {
            assert_eq!(ValueErrorKind::from_words(&kind.to_string()), Some(kind));
        }
        assert_eq!(ValueErrorKind::from_words("is not in schema "), None);
        assert_eq!(ValueErrorKind::from_words("is odd"), None);
    }
}
