//! Formulas in words, for consent screens and public pages.

use jiff::civil::Date;

use super::vocabulary::{OneCredential, Vocabulary};
use super::{
    CheckedQuery, Condition, Conditions, Formula, Literal, Offset, ScoreCondition, Subject, Test, Unit,
};
use crate::model::AdditiveModel;
use crate::schema::{AttributeType, Schema};
use crate::typed;

/// One sentence per condition that must hold; alternatives share one. `today` is `None` for readers on any day.
pub(super) fn sentences(checked: &CheckedQuery, today: Option<Date>, language: &str) -> Vec<String> {
    let Conditions { own, since } = &checked.conditions;
    let own = own.iter().flat_map(|formula| formula_sentences(formula, &checked.names, today, language));
    let since = since.iter().filter_map(|formula| secret_since(formula, &checked.names, language));
    let sentences: Vec<_> = own.chain(since).collect();
    if sentences.is_empty() { vec![possession(&checked.names, language)] } else { sentences }
}

/// [`sentences`] of a formula whose names are of one credential or of several.
pub(super) fn formula_sentences(
    formula: &Formula,
    names: &dyn Vocabulary,
    today: Option<Date>,
    language: &str,
) -> Vec<String> {
    Speaker { names, today, language }.sentences(formula, Sense::Plain)
}

/// A condition on the score of a credential of `schema`.
pub(super) fn score(
    condition: &ScoreCondition,
    model: &AdditiveModel,
    schema: &Schema,
    language: &str,
) -> String {
    let names = OneCredential { schema: schema.clone(), models: [].into() };
    let speaker = Speaker { names: &names, today: None, language };
    let parts = [schema.title.text(language), model.title.text(language)];
    let what = speaker.format("“{}”按“{}”计算的得分", "Score of “{}” under “{}”", &parts);
    speaker.compared(&Measured { title: what, unit: None }, &condition.test, Kind::Number)
}

fn possession(names: &OneCredential, language: &str) -> String {
    let title = names.schema.title.text(language);
    Speaker { names, today: None, language }.format("持有有效的“{}”", "A valid “{}” is held", &[title])
}

/// What the first day of a scope asks for, which nobody reads as a date of an attribute.
fn secret_since(formula: &Formula, names: &OneCredential, language: &str) -> Option<String> {
    let Formula::Condition(Condition { test: Test::Less(limit), .. }) = formula else { return None };
    let speaker = Speaker { names, today: None, language };
    let chinese = "本人秘密在 {} 之前就已启用，此后没有重置";
    let english = "Person secret has been in use since before {}, without a reset";
    Some(speaker.format(chinese, english, &[&speaker.literal(limit)]))
}

/// What decides how a comparison is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Date,
    /// Always there, so that not one value is the other.
    Bool,
    OptionalBool,
}

/// Whether a formula is meant as it stands or negated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Plain,
    Negated,
}

/// What a comparison is about.
struct Measured {
    title: String,
    unit: Option<String>,
}

#[derive(Clone, Copy)]
enum Tongue {
    Chinese,
    English,
}

struct Speaker<'a> {
    names: &'a dyn Vocabulary,
    today: Option<Date>,
    language: &'a str,
}

impl Speaker<'_> {
    fn sentences(&self, formula: &Formula, sense: Sense) -> Vec<String> {
        match (formula, sense) {
            (Formula::All(parts), Sense::Plain) | (Formula::Any(parts), Sense::Negated) => {
                parts.iter().flat_map(|part| self.sentences(part, sense)).collect()
            }
            (Formula::Not(inner), _) => self.sentences(inner, sense.flipped()),
            _ => vec![self.phrase(formula, sense)],
        }
    }

    fn phrase(&self, formula: &Formula, sense: Sense) -> String {
        match (formula, sense) {
            (Formula::All(parts), Sense::Plain) | (Formula::Any(parts), Sense::Negated) => {
                self.join(parts, sense, self.say("，并且", " and "))
            }
            (Formula::All(parts), Sense::Negated) | (Formula::Any(parts), Sense::Plain) => {
                self.join(parts, sense, self.say("，或者", " or "))
            }
            (Formula::Not(inner), _) => self.phrase(inner, sense.flipped()),
            (Formula::Condition(condition), Sense::Plain) => self.condition(condition),
            (Formula::Condition(Condition { subject, test }), Sense::Negated) => {
                self.condition(&Condition { subject: subject.clone(), test: test.clone().negated() })
            }
        }
    }

    fn join(&self, parts: &[Formula], sense: Sense, word: &str) -> String {
        let phrases = parts.iter().map(|part| match (self.phrase(part, sense), part) {
            (phrase, part) if is_group(part) => self.format("（{}）", "({})", &[&phrase]),
            (phrase, _) => phrase,
        });
        phrases.collect::<Vec<_>>().join(word)
    }

    fn condition(&self, Condition { subject, test }: &Condition) -> String {
        match (self.texts(subject), test) {
            (Some([one, other]), Test::Equal(_)) => {
                self.format("{}与{}相同", "{} is the same as {}", &[&one, &other])
            }
            (Some([one, other]), Test::NotEqual(_)) => {
                self.format("{}与{}不同", "{} is not the same as {}", &[&one, &other])
            }
            _ => {
                let plain = || self.compared(&self.measured(subject), test, self.kind(subject));
                self.aged(subject, test).unwrap_or_else(plain)
            }
        }
    }

    fn compared(&self, what: &Measured, test: &Test, kind: Kind) -> String {
        let value = |literal| self.with_unit(literal, what.unit.as_deref());
        let what = what.title.as_str();
        let is_date = kind == Kind::Date;
        let is_bool = matches!(kind, Kind::Bool | Kind::OptionalBool);
        match test {
            Test::Equal(Literal::Bool(b)) if is_bool => self.truth(what, *b),
            // Of two values, not one is the other; an optional attribute has a third way.
            Test::NotEqual(Literal::Bool(b)) if kind == Kind::Bool => self.truth(what, !b),
            Test::NotEqual(v) if is_bool => self.format("{}不是“{}”", "{} is not “{}”", &[what, &value(v)]),
            Test::Equal(v) => self.format("{}为 {}", "{} is {}", &[what, &value(v)]),
            Test::NotEqual(v) => self.format("{}不是 {}", "{} is not {}", &[what, &value(v)]),
            Test::Less(v) if is_date => self.format("{}早于 {}", "{} is before {}", &[what, &value(v)]),
            Test::AtMost(v) if is_date => {
                self.format("{}不晚于 {}", "{} is on or before {}", &[what, &value(v)])
            }
            Test::Greater(v) if is_date => self.format("{}晚于 {}", "{} is after {}", &[what, &value(v)]),
            Test::AtLeast(v) if is_date => {
                self.format("{}不早于 {}", "{} is on or after {}", &[what, &value(v)])
            }
            Test::Less(v) => self.format("{}低于 {}", "{} is less than {}", &[what, &value(v)]),
            Test::AtMost(v) => self.format("{}至多 {}", "{} is at most {}", &[what, &value(v)]),
            Test::Greater(v) => self.format("{}超过 {}", "{} is more than {}", &[what, &value(v)]),
            Test::AtLeast(v) => self.format("{}至少 {}", "{} is at least {}", &[what, &value(v)]),
            Test::Between(low, high) => {
                let parts = [what, &value(low), &value(high)];
                self.format("{}在 {} 到 {} 之间（含）", "{} is from {} to {}, both included", &parts)
            }
            Test::NotBetween(low, high) => {
                let parts = [what, &value(low), &value(high)];
                self.format("{}低于 {} 或超过 {}", "{} is below {} or above {}", &parts)
            }
            Test::OneOf(set) => self.format("{}是 {} 之一", "{} is one of {}", &[what, &self.list(set)]),
            Test::NoneOf(set) => {
                self.format("{}不是 {} 中的任何一个", "{} is none of {}", &[what, &self.list(set)])
            }
            Test::Present => self.format("{}有记录", "{} is on record", &[what]),
            Test::Absent => self.format("{}没有记录", "{} is not on record", &[what]),
        }
    }

    /// A yes or a no as people say it, where the title is one that can be: "没有不良记录" rather than "有不良记录：否".
    fn truth(&self, title: &str, holds: bool) -> String {
        let said = match self.tongue() {
            Tongue::Chinese => truth_in_chinese(title, holds),
            Tongue::English => truth_in_english(title, holds),
        };
        let answer = self.literal(&Literal::Bool(holds));
        said.unwrap_or_else(|| self.format("{}：{}", "{}: {}", &[title, &answer]))
    }

    /// A date of birth that is compared with a day some years ago is an age.
    fn aged(&self, subject: &Subject, test: &Test) -> Option<String> {
        let Subject::Attribute(name) = subject else { return None };
        let (Test::Less(Literal::Today(offset))
        | Test::AtMost(Literal::Today(offset))
        | Test::Greater(Literal::Today(offset))
        | Test::AtLeast(Literal::Today(offset))) = test
        else {
            return None;
        };
        let is_years = offset.unit() == Unit::Years && offset.amount() < 0;
        if self.kind(subject) != Kind::Date || !BIRTH.contains(&name.as_str()) || !is_years {
            return None;
        }
        let years = offset.amount().unsigned_abs().to_string();
        let (chinese, english) = match test {
            Test::AtMost(_) => ("年满 {} 岁", "the holder is at least {} years old"),
            Test::Less(_) => ("出示当天之前已满 {} 岁", "the holder turned {} before the day of asking"),
            Test::Greater(_) => ("未满 {} 岁", "the holder is under {} years old"),
            _ => (
                "未满 {0} 岁，或出示当天刚满 {0} 岁",
                "the holder is under {0}, or turns {0} on the day of asking",
            ),
        };
        let sentence = self.say(chinese, english).replace("{0}", "{}");
        Some(sentence.replace("{}", &years))
    }

    /// What is compared, and the unit that its title gives in brackets: "工龄（年）".
    fn measured(&self, subject: &Subject) -> Measured {
        let title = self.subject(subject);
        let Subject::Attribute(name) = subject else { return Measured { title, unit: None } };
        let is_number = self.names.attribute(name).is_ok_and(|(_, attribute)| {
            matches!(attribute.kind, AttributeType::Uint { .. } | AttributeType::Decimal { .. })
        });
        match unit_of(&title).filter(|_| is_number) {
            Some((short, unit)) => Measured { unit: Some(unit.to_owned()), title: short.to_owned() },
            None => Measured { title, unit: None },
        }
    }

    fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Attribute(name) => self.title(name),
            Subject::Sum(weights) => sum(weights.iter().map(|(name, weight)| (self.title(name), *weight))),
            Subject::Model(id) => {
                let model = self.names.model(id);
                let title = model.map_or(id.as_str(), |model| model.title.text(self.language));
                self.format("按“{}”计算的得分", "Score under “{}”", &[title])
            }
        }
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Bool(true) => self.say("是", "yes").to_owned(),
            Literal::Bool(false) => self.say("否", "no").to_owned(),
            Literal::Integer(n) => n.to_string(),
            // A policy's text must not be able to rewrite the screen that it is shown on.
            Literal::Text(s) => typed::marked(s).collect(),
            Literal::Today(offset) => {
                let date = self.today.and_then(|today| offset.from(today));
                date.map_or_else(|| self.distance(*offset), |date| date.to_string())
            }
        }
    }

    /// "10 年"; one of an English unit has no plural.
    fn with_unit(&self, literal: &Literal, unit: Option<&str>) -> String {
        let value = self.literal(literal);
        let Some(unit) = unit else { return value };
        let one = value == "1" && matches!(self.tongue(), Tongue::English);
        let unit = if one { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
        [value.as_str(), unit].join(" ")
    }

    /// For a reader on any day, for whom a date that counts from the day of asking has no number.
    fn distance(&self, offset: Offset) -> String {
        let amount = offset.amount();
        let count = amount.unsigned_abs().to_string();
        let (chinese, english) = match (offset.unit(), count == "1") {
            (Unit::Days, one) => ("天", if one { "day" } else { "days" }),
            (Unit::Months, one) => ("个月", if one { "month" } else { "months" }),
            (Unit::Years, one) => ("年", if one { "year" } else { "years" }),
        };
        let unit = self.say(chinese, english);
        match amount {
            0 => self.say("出示当天", "the day of asking").to_owned(),
            ..0 => self.format("出示当天的 {} {}前", "the day {} {} before asking", &[&count, unit]),
            1.. => self.format("出示当天的 {} {}后", "the day {} {} after asking", &[&count, unit]),
        }
    }

    fn list(&self, set: &[Literal]) -> String {
        set.iter().map(|literal| self.literal(literal)).collect::<Vec<_>>().join(self.say("、", ", "))
    }

    fn title(&self, name: &str) -> String {
        self.names.title(name, self.language)
    }

    fn kind(&self, subject: &Subject) -> Kind {
        let Subject::Attribute(name) = subject else { return Kind::Number };
        match self.names.attribute(name) {
            Ok((_, attribute)) if attribute.kind == AttributeType::Date => Kind::Date,
            Ok((_, attribute)) if attribute.kind == AttributeType::Bool && attribute.optional => {
                Kind::OptionalBool
            }
            Ok((_, attribute)) if attribute.kind == AttributeType::Bool => Kind::Bool,
            _ => Kind::Number,
        }
    }

    /// The titles of the two texts whose difference is compared.
    fn texts(&self, subject: &Subject) -> Option<[String; 2]> {
        let Subject::Sum(weights) = subject else { return None };
        let is_text = |name: &String| {
            self.names.attribute(name).is_ok_and(|(_, attribute)| attribute.kind == AttributeType::Text)
        };
        let titles: Vec<String> =
            weights.keys().filter(|name| is_text(name)).map(|name| self.title(name)).collect();
        titles.try_into().ok()
    }

    /// Fills the holes of the sentence in the reader's language. Parts are inserted as they are, never read for holes.
    fn format(&self, chinese: &str, english: &str, parts: &[&str]) -> String {
        let mut parts = parts.iter();
        let mut sentence = String::new();
        for (i, piece) in self.say(chinese, english).split("{}").enumerate() {
            if i > 0 {
                sentence.push_str(parts.next().copied().unwrap_or_default());
            }
            sentence.push_str(piece);
        }
        // A day in words follows Chinese without the space that a number has.
        sentence.replace(" 出示当天", "出示当天")
    }

    fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        match self.tongue() {
            Tongue::Chinese => chinese,
            Tongue::English => english,
        }
    }

    fn tongue(&self) -> Tongue {
        if self.language.starts_with("zh") { Tongue::Chinese } else { Tongue::English }
    }
}

/// A title without the unit that ends it in brackets, and the unit.
fn unit_of(title: &str) -> Option<(&str, &str)> {
    let (open, close) = if title.ends_with('）') { ('（', '）') } else { ('(', ')') };
    let (short, unit) = title.strip_suffix(close)?.rsplit_once(open)?;
    let (short, unit) = (short.trim_end(), unit.trim());
    let is_unit =
        !unit.is_empty() && unit.chars().count() <= LONGEST_UNIT && unit.chars().all(char::is_alphabetic);
    (is_unit && !short.is_empty()).then_some((short, unit))
}

/// Titles such as "有不良记录", "是本市户籍" and "已还清"; in other words a yes and a no are not made.
fn truth_in_chinese(title: &str, holds: bool) -> Option<String> {
    if COMPOUNDS.iter().any(|word| title.starts_with(word)) {
        return None;
    }
    let (rest, no) = [("有", "没有"), ("是", "不是"), ("已", "尚未")]
        .into_iter()
        .find_map(|(yes, no)| Some((title.strip_prefix(yes).filter(|rest| !rest.is_empty())?, no)))?;
    Some(if holds { title.to_owned() } else { [no, rest].concat() })
}

/// Titles such as "Has bad records" and "Is a resident".
fn truth_in_english(title: &str, holds: bool) -> Option<String> {
    let (verb, rest) = title.split_once(' ')?;
    let (yes, no) = match verb {
        "Has" => ("the holder has ", "the holder does not have "),
        "Is" => ("the holder is ", "the holder is not "),
        "Owns" => ("the holder owns ", "the holder does not own "),
        _ => return None,
    };
    Some([if holds { yes } else { no }, rest].concat())
}

/// Names of attributes that are a date of birth.
const BIRTH: [&str; 4] = ["birth_date", "birthdate", "date_of_birth", "born"];
/// Letters of a unit at most.
const LONGEST_UNIT: usize = 6;
/// Words in which the first letter is not the verb that it looks like.
const COMPOUNDS: [&str; 5] = ["有效", "有关", "有限", "有偿", "已知"];

/// For example `2 × Tax − 5 × Court`.
fn sum(terms: impl Iterator<Item = (String, i64)>) -> String {
    let mut sum = String::new();
    for (title, weight) in terms {
        let sign = match (sum.is_empty(), weight < 0) {
            (true, false) => "",
            (true, true) => "−",
            (false, false) => " + ",
            (false, true) => " − ",
        };
        let factor = match weight.unsigned_abs() {
            1 => title,
            n => format!("{n} × {title}"),
        };
        sum.push_str(sign);
        sum.push_str(&factor);
    }
    sum
}

/// Whether a phrase has a word between its parts, so that it needs brackets inside another.
fn is_group(formula: &Formula) -> bool {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => parts.len() > 1 || parts.iter().any(is_group),
        Formula::Not(inner) => is_group(inner),
        Formula::Condition(_) => false,
    }
}

impl Sense {
    fn flipped(self) -> Self {
        match self {
            Self::Plain => Self::Negated,
            Self::Negated => Self::Plain,
        }
    }
}
