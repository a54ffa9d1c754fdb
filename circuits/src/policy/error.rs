//! Where a policy is wrong, and how.

use super::scores::SCORES;
use crate::credential::DepartmentId;
use crate::join::{CLAUSES as JOIN_CLAUSES, LINKS, SLOTS as JOIN_SLOTS};
use crate::model::{ModelError, WeightError};
use crate::schema::{LocalizedError, SchemaId, ValueErrorKind};
use crate::show::{CLAUSES, MEMBERS, SLOTS};

/// Where a policy is wrong, as a JSON path, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct PolicyError {
    /// For example `$.credentials[0].require.all[1].value`.
    pub path: String,
    /// What is wrong there and what to do.
    pub kind: PolicyErrorKind,
}

impl PolicyError {
    pub(super) fn new(path: impl Into<String>, kind: PolicyErrorKind) -> Self {
        Self { path: path.into(), kind }
    }
}

/// What is wrong in a policy: first in its form, then in its envelope, in its conditions, in its size, and last in what is
/// asked of it. None of them quotes a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyErrorKind {
    /// Something else than an object stands where a formula should.
    #[error("is not an object with `all`, `any`, `not`, `attr`, `sum` or `model`")]
    NotFormula,
    /// `all` or `any` has no array.
    #[error("is not an array of formulas")]
    NotFormulas,
    /// `all` or `any` has an empty array.
    #[error("is empty; it needs at least one formula")]
    NoFormulas,
    /// `all`, `any` or `not` has company.
    #[error("has other fields beside it")]
    FieldsBeside,
    /// Deeper than sixteen.
    #[error("is nested more than 16 deep")]
    TooDeep,
    /// More than 64.
    #[error("is the 65th condition; a formula has at most 64")]
    TooManyConditions,
    /// Not exactly one of `attr`, `sum` and `model`.
    #[error("needs one of `attr` (a name), `sum` (names and weights) and `model` (a `name/version`)")]
    Subject,
    /// Unknown fields in a condition.
    #[error("has fields other than one of `attr`, `sum` and `model`, and `op` and `value`")]
    ConditionFields,
    /// `model` is no identifier.
    #[error("is not a `name/version`")]
    ModelName,
    /// `op` is missing or not a string.
    #[error("has no `op`, which is the name of an operator")]
    NoOperator,
    /// `op` names none.
    #[error(
        "follows an unknown operator; use eq, ne, lt, le, gt, ge, between, not_between, in, not_in, present or absent"
    )]
    UnknownOperator,
    /// The operator needs a value.
    #[error("is missing")]
    NoValue,
    /// The operator takes no value.
    #[error("is given, but `present` and `absent` take none")]
    ValueGiven,
    /// `in` or `not_in` without an array.
    #[error("is not an array of values")]
    NotValues,
    /// `between` or `not_between` without two values.
    #[error("is not `[low, high]`")]
    NotPair,
    /// `null`, or an array within an array.
    #[error("is not a value")]
    NotLiteral,
    /// An object that is no relative date.
    #[error("is not a value; a relative date is written {{\"today\": \"-18y\"}}")]
    NotToday,
    /// `today` is no distance.
    #[error("is not like -18y, +6m or -30d (at most 200 years)")]
    NotOffset,
    /// A JSON number that not every JSON library keeps.
    #[error("is not a whole number within ±(2^53 − 1); write larger ones and decimals as strings")]
    NotExact,
    /// A number of a sum, or compared with one.
    #[error("is not a whole number of 64 bits")]
    NotWhole,

    /// The legal basis cannot be shown.
    #[error(transparent)]
    LegalBasis(LocalizedError),
    /// `retention_days`.
    #[error("is more than 3,650 days")]
    Retention,
    /// `max_root_age_s`.
    #[error("is not between 1 second and 31 days")]
    RootAge,
    /// The name of a pseudonym's scope.
    #[error("is not `[A-Za-z0-9._-]` of 1 to 64 characters")]
    ScopeName,
    /// A pseudonym's uses.
    #[error("is not between 1 and 65,535")]
    Uses,
    /// A scope's first day.
    #[error("is not a day of the calendar written YYYY-MM-DD")]
    StartDay,
    /// A scope's first day where nobody is relied on for person secrets.
    #[error(
        "is given, but this ledger's genesis names no person authority, so nobody's credential says since when a person \
         has their secret; leave it out"
    )]
    NoPersonAuthority,
    /// A policy with a first day asks for no identity credential, or for two.
    #[error(
        "has {0} credentials of a schema with `person_since`; a policy with `start` asks for exactly one"
    )]
    PersonCredential(usize),
    /// The identity credential of a policy with a first day may be another department's.
    #[error("is not the person authority alone, `{0}`, which a policy with `start` needs here")]
    PersonIssuer(DepartmentId),
    /// The store that counts a scope's uses.
    #[error("is not a register: dot-separated labels of a-z, 0-9 and -, at most 64 characters")]
    RegisterName,
    /// `credentials`.
    #[error("has not 1 to 4 credentials")]
    CredentialCount,
    /// A credential query's id.
    #[error("is not `[A-Za-z0-9_-]` of 1 to 64 characters")]
    CredentialId,
    /// Two credential queries share an id.
    #[error("is the id of an earlier credential")]
    RepeatedCredentialId,
    /// The catalogue has no such schema.
    #[error("is not a published schema")]
    UnknownSchema,
    /// `issuers`.
    #[error("is not a list of 1 to 4 different departments")]
    Issuers,
    /// `reveal` names an attribute twice.
    #[error("is revealed twice")]
    RevealedTwice,

    /// No attribute of the schema has this name.
    #[error("is not an attribute of {0}")]
    UnknownAttribute(SchemaId),
    /// The catalogue has no such model.
    #[error("is not a published scoring model")]
    UnknownModel,
    /// The model is for something else than the credential.
    #[error("does not fit the credential: {0}")]
    ModelDoesNotFit(ModelError),
    /// The weights of a sum.
    #[error(transparent)]
    Weight(WeightError),
    /// An order test of a text.
    #[error("compares by order, and a text has none; use eq, ne, in, not_in, present or absent")]
    TextHasNoOrder,
    /// `present` or `absent` of a sum.
    #[error("asks whether a sum is there; ask each attribute")]
    PresenceOfSum,
    /// An operator that scores do not have.
    #[error("does not fit a score; use ge, gt, le, lt or between")]
    OperatorOfScore,
    /// A value that is none of the attribute's type.
    #[error(transparent)]
    Value(ValueErrorKind),
    /// A relative date for an attribute of this other type.
    #[error("is a relative date, but the attribute is a {0}")]
    RelativeDate(&'static str),
    /// No values of the attributes sum up to this number.
    #[error("is outside what can be reached with the bounds of the attributes")]
    OutOfReach,
    /// A set without members.
    #[error("is empty; a set has at least one member")]
    EmptySet,
    /// A set with so many members.
    #[error("has {0} members; a set has at most {MEMBERS}, use two conditions")]
    SetTooLarge(usize),
    /// The lower end of a range is above the upper one.
    #[error("has its ends the wrong way round; write [low, high]")]
    ReversedRange,

    /// A name without a credential's id.
    #[error("has a name without a point; across credentials a name is like `credential.attribute`")]
    AcrossName,
    /// A name or a score of a credential that is not in the policy.
    #[error("names a credential that the policy does not ask for; use an id of `credentials`")]
    NotAsked,
    /// A model in a formula across credentials.
    #[error("is a model, which is of one credential; put it into `require` or `models`")]
    ModelAcross,
    /// So many credentials.
    #[error("names {0} credentials; a condition is across at most {LINKS}")]
    TooManyLinked(usize),
    /// One credential could stand for two.
    #[error(
        "is accepted for the same kind of credential elsewhere in `across`, so that one credential would count \
         twice; name different departments or schemas"
    )]
    AcrossOverlap,
    /// A text among numbers.
    #[error("is a text; a sum has texts only as one pair with the weights 1 and −1")]
    TextInSum,
    /// A pair of texts of which one may be absent.
    #[error(
        "is compared with another text, and one of them is optional; only texts that are always there are compared"
    )]
    OptionalText,
    /// An operator that pairs of texts do not have.
    #[error("does not fit a pair of texts; use eq or ne")]
    OperatorOfTexts,
    /// Something else than zero.
    #[error("is not 0, which is the difference of equal texts")]
    ValueOfTexts,
    /// More conditions than `join` has slots.
    #[error("is where the atoms run out: {0} are needed, {JOIN_SLOTS} are possible across credentials")]
    TooManyAtomsAcross(usize),
    /// More clauses than `join` has.
    #[error(
        "needs {0} clauses in conjunctive normal form, {JOIN_CLAUSES} are possible across credentials; move `any` \
         inwards or split the policy"
    )]
    TooManyClausesAcross(usize),

    /// `models` in another form.
    #[error("is not an array of 1 to {SCORES} conditions on scores")]
    NotScores,
    /// Other fields in a condition on a score.
    #[error("is not an object with `model` and `credential` (texts), `op` and `value`, and nothing else")]
    ScoreFields,
    /// A linear model under `models`.
    #[error("is a linear scorecard; make it a condition of the credential's `require`")]
    ModelIsLinear,
    /// An additive model in `require`.
    #[error("is an additive model; put it under `models`")]
    ModelIsAdditive,

    /// More conditions and revealed attributes than the statement has slots.
    #[error(
        "is where the credential's atoms run out: {} are needed ({conditions} conditions and {revealed} revealed \
         attributes), {SLOTS} are possible",
        conditions + revealed
    )]
    TooManyAtoms {
        /// Different conditions.
        conditions: usize,
        /// Revealed attributes.
        revealed: usize,
    },
    /// More clauses than the statement has.
    #[error(
        "needs {} clauses in conjunctive normal form ({formula} of the formula and {revealed} of revealed attributes), \
         {CLAUSES} are possible; move `any` inwards or split the policy",
        formula + revealed
    )]
    TooManyClauses {
        /// Of the formula.
        formula: usize,
        /// Of revealed attributes.
        revealed: usize,
    },

    /// The policy does not ask for such a credential.
    #[error("has no credential of this id; use an id of the policy")]
    UnknownCredential,
    /// There are no values for a credential of `across`.
    #[error("needs the values of `{0}` too")]
    NoValues(String),
    /// The policy has no such condition on a score.
    #[error("has no condition of this number")]
    UnknownScore,
    /// The time has no date.
    #[error("is beyond the year 9999; give unix seconds")]
    BeyondCalendar,
    /// A relative date does not exist at this time.
    #[error("has a date outside the years 1 to 9999")]
    DateOutOfRange,
    /// Values of another schema.
    #[error("is {expected}, but the values are of {given}")]
    OtherSchema {
        /// The policy's.
        expected: SchemaId,
        /// The values'.
        given: SchemaId,
    },
    /// Revealed values for fewer or more attributes.
    #[error("needs a value for each of its attributes and no other")]
    RevealedCount,
    /// An attribute is revealed without a value.
    #[error("`{0}` has no value; give one, or null if it is absent")]
    RevealedNothing(String),
    /// A required attribute is revealed as absent.
    #[error("`{0}` is null, but it is not optional")]
    RevealedNull(String),
    /// A revealed value is none of the attribute's type.
    #[error("`{attribute}` {kind}")]
    RevealedValue {
        /// Which attribute.
        attribute: String,
        /// What is wrong with its value.
        kind: ValueErrorKind,
    },
}

impl PolicyErrorKind {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFormula => "not_a_formula",
            Self::NotFormulas => "not_formulas",
            Self::NoFormulas => "no_formulas",
            Self::FieldsBeside | Self::ConditionFields => "unknown_field",
            Self::TooDeep => "too_deep",
            Self::TooManyConditions => "too_many_conditions",
            Self::Subject => "bad_subject",
            Self::ModelName => "bad_model_name",
            Self::NoOperator => "no_operator",
            Self::UnknownOperator => "unknown_operator",
            Self::NoValue => "no_value",
            Self::ValueGiven => "value_given",
            Self::NotValues => "not_values",
            Self::NotPair => "not_a_pair",
            Self::NotLiteral | Self::NotToday => "not_a_value",
            Self::NotOffset => "bad_offset",
            Self::NotExact => "not_exact",
            Self::NotWhole => "not_whole",
            Self::LegalBasis(_) => "bad_legal_basis",
            Self::Retention => "bad_retention",
            Self::RootAge => "bad_root_age",
            Self::ScopeName => "bad_scope",
            Self::Uses => "bad_uses",
            Self::StartDay => "bad_start",
            Self::NoPersonAuthority => "no_person_authority",
            Self::PersonCredential(_) => "person_credential",
            Self::PersonIssuer(_) => "person_issuer",
            Self::RegisterName => "bad_register",
            Self::CredentialCount => "bad_credential_count",
            Self::CredentialId => "bad_credential_id",
            Self::RepeatedCredentialId => "repeated_credential_id",
            Self::UnknownSchema => "unknown_schema",
            Self::Issuers => "bad_issuers",
            Self::RevealedTwice => "revealed_twice",
            Self::UnknownAttribute(_) => "unknown_attribute",
            Self::UnknownModel => "unknown_model",
            Self::ModelDoesNotFit(_) => "model_does_not_fit",
            Self::Weight(error) => error.code(),
            Self::TextHasNoOrder => "text_has_no_order",
            Self::PresenceOfSum => "presence_of_sum",
            Self::OperatorOfScore => "operator_of_score",
            Self::Value(kind) | Self::RevealedValue { kind, .. } => kind.code(),
            Self::RelativeDate(_) => "relative_date",
            Self::OutOfReach => "out_of_reach",
            Self::EmptySet => "empty_set",
            Self::SetTooLarge(_) => "set_too_large",
            Self::ReversedRange => "reversed_range",
            Self::AcrossName => "bad_across_name",
            Self::ModelAcross => "model_across",
            Self::TooManyLinked(_) => "too_many_linked",
            Self::AcrossOverlap => "counts_twice",
            Self::TextInSum => "weight_of_text",
            Self::OptionalText => "optional_text",
            Self::OperatorOfTexts => "operator_of_texts",
            Self::ValueOfTexts => "value_of_texts",
            Self::NotScores => "not_scores",
            Self::ScoreFields => "bad_score_fields",
            Self::ModelIsLinear => "model_is_linear",
            Self::ModelIsAdditive => "model_is_additive",
            Self::TooManyAtoms { .. } | Self::TooManyAtomsAcross(_) => "too_many_atoms",
            Self::TooManyClauses { .. } | Self::TooManyClausesAcross(_) => "too_many_clauses",
            Self::UnknownCredential | Self::NotAsked => "unknown_credential",
            Self::NoValues(_) => "no_values",
            Self::UnknownScore => "unknown_score",
            Self::BeyondCalendar => "beyond_calendar",
            Self::DateOutOfRange => "date_out_of_range",
            Self::OtherSchema { .. } => "other_schema",
            Self::RevealedCount => "revealed_count",
            Self::RevealedNothing(_) => "revealed_nothing",
            Self::RevealedNull(_) => "revealed_null",
        }
    }
}
