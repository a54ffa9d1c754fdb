//! A scoring model that readers try: the same whole numbers as in the published computation, here and in the script.

use circuits::model::{Curve, Model};
use circuits::schema::{Attribute, AttributeType, Schema, Value};
use service::web::{Layout, Translator};

use super::chart::{self, Step};
use super::page::PageRequest;

/// A factor with the control that moves it.
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) title: String,
    /// `uint`, `decimal`, `date`, `bool` or `enum`; a `bool` that may be missing is chosen like an `enum`.
    pub(super) kind: &'static str,
    pub(super) counts: Counts,
    /// The largest value, in units of 10^-digits.
    pub(super) max: i64,
    /// Digits after the point.
    pub(super) digits: u32,
    /// What the reader gave, or where the control stands at first.
    pub(super) value: String,
    pub(super) choices: Vec<Choice>,
}

/// What a factor adds to the score.
pub(super) enum Counts {
    /// Of a linear model.
    PerUnit {
        /// Units of 1/scale per unit of the factor.
        weight: i64,
        /// Points per unit, exactly.
        points: String,
    },
    /// Of an additive model.
    Steps {
        /// Edges and units, separated by spaces, for the script; so `absent`.
        edges: String,
        units: String,
        absent: Option<i64>,
        /// The same for readers: a bin or absence, and its points, exactly.
        rows: Vec<(String, String)>,
        /// And drawn.
        chart: Option<String>,
    },
}

/// What a factor is chosen from: a name of an enum, yes or no, or nothing.
pub(super) struct Choice {
    pub(super) name: String,
    /// `None` for an attribute that is absent.
    pub(super) code: Option<u64>,
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
pub(super) fn factors(model: &Model, schema: &Schema, request: &PageRequest, page: &Layout) -> Vec<Factor> {
    let counted = schema.attributes.iter().filter_map(|a| Some((a, counts(model, a, page.t())?)));
    counted.map(|(attribute, counts)| factor(attribute, counts, request, page.tag())).collect()
}

/// The score of what the reader set; an error names the attribute that is missing or out of bounds. A linear model counts no
/// absent attribute; an additive one says what absence counts.
pub(super) fn score(model: &Model, schema: &Schema, factors: &[Factor]) -> Result<Score, String> {
    let counted = |a: &&Attribute| factors.iter().any(|factor| factor.name == a.name);
    let needed = |a: &Attribute| Attribute { optional: a.optional && may_be_absent(model), ..a.clone() };
    let attributes = schema.attributes.iter().filter(counted).map(needed).collect();
    let schema = Schema { attributes, ..schema.clone() };
    let cells = factors.iter().map(|factor| (factor.name.as_str(), factor.value.as_str()));
    let values = schema.values_from_text(cells).map_err(|error| error.attribute)?;
    let units = model.score_units(&values).ok_or_else(|| model.id().as_str().to_owned())?;
    let points = i128::from(units).div_euclid(i128::from(model.scale()));
    let points = i64::try_from(points).expect("a quotient is no larger than its dividend");
    Ok(Score { units, points, exact: exact(units, model.scale()) })
}

fn may_be_absent(model: &Model) -> bool {
    match model {
        Model::Linear(_) => false,
        Model::Additive(_) => true,
    }
}

fn counts(model: &Model, attribute: &Attribute, t: Translator<'_>) -> Option<Counts> {
    match model {
        Model::Linear(linear) => {
            let weight = *linear.weights.get(&attribute.name)?;
            Some(Counts::PerUnit { weight, points: exact(weight, linear.scale) })
        }
        Model::Additive(additive) => {
            Some(steps(additive.curves.get(&attribute.name)?, attribute, additive.scale, t))
        }
    }
}

fn steps(curve: &Curve, attribute: &Attribute, scale: u64, t: Translator<'_>) -> Counts {
    let bins = curve.edges.iter().enumerate().zip(&curve.points);
    let bins = bins.map(|((i, edge), units)| (bin(attribute, *edge, curve.edges.get(i + 1), t), *units));
    let absent = curve.absent.map(|units| (t.say("model-absent"), units));
    let all: Vec<(String, i64)> = bins.chain(absent).collect();
    let step =
        |(label, units): &(String, i64)| Step { label: label.clone(), height: *units as f64 / scale as f64 };
    Counts::Steps {
        edges: spaced(&curve.edges),
        units: spaced(&curve.points),
        absent: curve.absent,
        chart: chart::steps(&all.iter().map(step).collect::<Vec<_>>()),
        rows: all.into_iter().map(|(label, units)| (label, exact(units, scale))).collect(),
    }
}

/// Which values are in a bin from `edge` to below `next`.
fn bin(attribute: &Attribute, edge: i64, next: Option<&i64>, t: Translator<'_>) -> String {
    let kind = &attribute.kind;
    let inside = |number: &i64| *number >= edge && next.is_none_or(|next| number < next);
    let number = |number: i64| Value::from_number(kind, number).map_or(number.to_string(), |v| v.to_string());
    match kind {
        AttributeType::Enum { codes } => {
            let names =
                codes.iter().filter(|(_, code)| i64::try_from(**code).is_ok_and(|code| inside(&code)));
            names.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" · ")
        }
        AttributeType::Bool => {
            let words = [(0, "model-no"), (1, "model-yes")].into_iter().filter(|(n, _)| inside(n));
            words.map(|(_, word)| t.say(word)).collect::<Vec<_>>().join(" · ")
        }
        AttributeType::Uint { .. }
        | AttributeType::Decimal { .. }
        | AttributeType::Date
        | AttributeType::Text => {
            let is_first = kind.range().is_none_or(|range| edge <= *range.start());
            match next {
                Some(next) if is_first => t.say1("model-below", "value", number(*next)),
                Some(next) => t.say2("model-between", ("from", number(edge)), ("below", number(*next))),
                None => t.say1("model-from", "value", number(edge)),
            }
        }
    }
}

fn spaced(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
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

fn factor(attribute: &Attribute, counts: Counts, request: &PageRequest, tag: &str) -> Factor {
    let absent = matches!(counts, Counts::Steps { absent: Some(_), .. });
    let value = value(attribute, request, absent);
    let digits = if let AttributeType::Decimal { scale, .. } = attribute.kind { scale } else { 0 };
    let choices = choices(&attribute.kind, &value, absent);
    Factor {
        name: attribute.name.clone(),
        title: attribute.title.text(tag).to_owned(),
        kind: if choices.is_empty() { attribute.kind.name() } else { "enum" },
        counts,
        max: attribute.kind.range().map_or(0, |range| *range.end()),
        digits,
        choices,
        value,
    }
}

/// What the form sent, or where the control stands at first. A box that is not ticked sends nothing.
fn value(attribute: &Attribute, request: &PageRequest, absent: bool) -> String {
    let sent = request.value(&attribute.name).filter(|value| value.len() <= LONGEST);
    let first = match &attribute.kind {
        _ if absent => "",
        AttributeType::Bool => "false",
        AttributeType::Date => "1990-01-01",
        AttributeType::Enum { codes } => codes.keys().next().map_or("", String::as_str),
        _ => "0",
    };
    let submitted = request.value(SUBMITTED).is_some();
    let is_box = attribute.kind == AttributeType::Bool && !absent;
    let unsent = if submitted && !is_box { "" } else { first };
    sent.unwrap_or(unsent).to_owned()
}

/// What is chosen from; nothing for a control of another kind.
fn choices(kind: &AttributeType, value: &str, absent: bool) -> Vec<Choice> {
    let named: Vec<(String, Option<u64>)> = match kind {
        AttributeType::Enum { codes } => {
            codes.iter().map(|(name, code)| (name.clone(), Some(*code))).collect()
        }
        AttributeType::Bool if absent => vec![("false".to_owned(), Some(0)), ("true".to_owned(), Some(1))],
        _ => return Vec::new(),
    };
    let nothing = absent.then(|| (String::new(), None));
    let all = nothing.into_iter().chain(named);
    all.map(|(name, code)| Choice { chosen: name == value, name, code }).collect()
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
