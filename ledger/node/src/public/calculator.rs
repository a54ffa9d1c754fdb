//! A scoring model that readers try: the same whole numbers as in the published computation, here and in the script.

use circuits::model::ScoringModel;
use circuits::schema::{Attribute, AttributeType, Schema};

use super::page::PageRequest;

/// A factor with the control that moves it.
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) title: String,
    /// `uint`, `decimal`, `date`, `bool` or `enum`.
    pub(super) kind: &'static str,
    /// Units per unit of the factor.
    pub(super) weight: i64,
    /// Points per unit, exactly.
    pub(super) points: String,
    /// The largest value, in units of 10^-digits.
    pub(super) max: i64,
    /// Digits after the point.
    pub(super) digits: u32,
    /// What the reader gave, or where the control stands at first.
    pub(super) value: String,
    pub(super) choices: Vec<Choice>,
}

/// A name of an enum.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) code: u64,
    pub(super) chosen: bool,
}

/// A score, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Score {
    /// In units of 1/scale.
    pub(super) units: i64,
    /// Whole points, rounded down as policies compare them.
    pub(super) points: i64,
    /// With all its digits.
    pub(super) exact: String,
}

/// The factors of a model, as the reader set them.
pub(super) fn factors(
    model: &ScoringModel,
    schema: &Schema,
    request: &PageRequest,
    tag: &str,
) -> Vec<Factor> {
    let weighted = schema.attributes.iter().filter_map(|a| Some((a, *model.weights.get(&a.name)?)));
    weighted.map(|(attribute, weight)| factor(model, attribute, weight, request, tag)).collect()
}

/// The score of what the reader set; an error names the attribute that is missing or out of bounds.
pub(super) fn score(model: &ScoringModel, schema: &Schema, factors: &[Factor]) -> Result<Score, String> {
    let weighted = |a: &&Attribute| model.weights.contains_key(&a.name);
    let required = |a: &Attribute| Attribute { optional: false, ..a.clone() };
    let attributes = schema.attributes.iter().filter(weighted).map(required).collect();
    let schema = Schema { attributes, ..schema.clone() };
    let cells = factors.iter().map(|factor| (factor.name.as_str(), factor.value.as_str()));
    let values = schema.values_from_text(cells).map_err(|error| error.attribute)?;
    let units = model.score_units(&values).ok_or_else(|| model.model.as_str().to_owned())?;
    let points = i128::from(units).div_euclid(i128::from(model.scale));
    let points = i64::try_from(points).expect("a quotient is no larger than its dividend");
    Ok(Score { units, points, exact: exact(units, model.scale) })
}

/// `units / scale` with all its digits, or as a fraction where it has no end.
pub(super) fn exact(units: i64, scale: u64) -> String {
    let digits = scale.to_string();
    if !digits.trim_end_matches('0').eq("1") {
        return format!("{units}/{scale}");
    }
    let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let places = digits.len() - 1;
    let fraction = format!("{:0places$}", units % scale);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() || places == 0 { String::new() } else { format!(".{fraction}") };
    format!("{sign}{}{point}", units / scale)
}

fn factor(
    model: &ScoringModel,
    attribute: &Attribute,
    weight: i64,
    request: &PageRequest,
    tag: &str,
) -> Factor {
    let value = value(attribute, request);
    let digits = if let AttributeType::Decimal { scale, .. } = attribute.kind { scale } else { 0 };
    Factor {
        name: attribute.name.clone(),
        title: attribute.title.text(tag).to_owned(),
        kind: attribute.kind.name(),
        weight,
        points: exact(weight, model.scale),
        max: attribute.kind.range().map_or(0, |range| *range.end()),
        digits,
        choices: choices(&attribute.kind, &value),
        value,
    }
}

/// What the form sent, or where the control stands at first. A box that is not ticked sends nothing.
fn value(attribute: &Attribute, request: &PageRequest) -> String {
    let sent = request.value(&attribute.name).filter(|value| value.len() <= LONGEST);
    let first = match &attribute.kind {
        AttributeType::Bool => "false",
        AttributeType::Date => "1990-01-01",
        AttributeType::Enum { codes } => codes.keys().next().map_or("", String::as_str),
        _ => "0",
    };
    let submitted = request.value(SUBMITTED).is_some();
    let unsent = if submitted && attribute.kind != AttributeType::Bool { "" } else { first };
    sent.unwrap_or(unsent).to_owned()
}

fn choices(kind: &AttributeType, value: &str) -> Vec<Choice> {
    let AttributeType::Enum { codes } = kind else { return Vec::new() };
    let choice =
        |(name, code): (&String, &u64)| Choice { name: name.clone(), code: *code, chosen: name == value };
    codes.iter().map(choice).collect()
}

/// The hidden field of a form that was sent.
const SUBMITTED: &str = "try";
/// Bytes of a value that is looked at.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_has_all_its_digits() {
        let cases = [
            (612_345, 1000, "612.345"),
            (-1, 1000, "-0.001"),
            (600_000, 1000, "600"),
            (7, 1, "7"),
            (7, 3, "7/3"),
        ];
        for (units, scale, wanted) in cases {
            assert_eq!(exact(units, scale), wanted);
        }
        assert_eq!(exact(i64::MIN, 10), "-922337203685477580.8");
    }
}
