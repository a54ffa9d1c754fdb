//! What a line of a list, or a form, says: its cells under the names of a schema, in the one form of each value.

use circuits::schema::{AttributeType, Schema, Values};
use circuits::typed;
use openid4vc::vci::PERSON_ATTRIBUTE;

use super::IssuerError;
use super::import::Row;
use crate::person::{IdNumbers, PersonId};
use crate::rows;

/// A row under the names of a schema, whose columns may have its titles in any language instead.
pub(super) fn named(schema: &Schema, row: &Row) -> Result<Row, IssuerError> {
    let mut named = Row::new();
    for (title, cell) in row {
        let name = rows::attribute(schema, title);
        if named.insert(name.clone(), cell.clone()).is_some() {
            return Err(bad(&name, "is given twice"));
        }
    }
    Ok(named)
}

/// Whom a row is about.
pub(super) fn person_of(row: &Row, numbers: IdNumbers) -> Result<PersonId, IssuerError> {
    let cell = row.get(PERSON_ATTRIBUTE).or_else(|| {
        row.iter().find(|(title, _)| rows::column(title) == PERSON_ATTRIBUTE).map(|(_, cell)| cell)
    });
    Ok(PersonId::from_list(cell.ok_or(IssuerError::BadPerson)?, numbers)?)
}

/// The values of cells that people wrote. A text that has a character which cannot be seen is refused, because nobody who
/// looks at it knows what it says; everything else is brought to its one form.
pub(super) fn values<'a>(
    schema: &Schema,
    cells: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Values, IssuerError> {
    let cleaned = |(name, cell)| Ok::<_, IssuerError>((name, clean(schema, name, cell)?));
    let cells = cells.into_iter().map(cleaned).collect::<Result<Vec<_>, _>>()?;
    Ok(schema.values_from_text(cells.iter().map(|(name, cell)| (*name, cell.as_str())))?)
}

/// One cell, as [`values`] takes it.
pub(super) fn clean(schema: &Schema, name: &str, cell: &str) -> Result<String, IssuerError> {
    match schema.attribute(name).map(|(_, a)| &a.kind) {
        Some(AttributeType::Text) | None => match typed::first_hidden(cell.trim()) {
            Some(hidden) => {
                Err(IssuerError::BadCharacter { attribute: name.to_owned(), character: hidden.to_string() })
            }
            None => Ok(typed::name(cell)),
        },
        Some(AttributeType::Date) => Ok(date(&typed::line(cell))),
        Some(AttributeType::Bool) => Ok(meant(typed::line(cell), |_| true)),
        Some(AttributeType::Enum { codes }) => Ok(meant(typed::line(cell), |name| codes.contains_key(name))),
        Some(AttributeType::Uint { .. } | AttributeType::Decimal { .. }) => Ok(typed::line(cell)),
    }
}

/// A date as people write it, with the year first: `1983年5月19日`, `1983/5/19`, `1983.5.19`, `19830519`. What is none stays
/// as it is, so that the schema says what is wrong with it.
fn date(text: &str) -> String {
    let unspaced: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let parts: Vec<&str> = match unspaced.len() {
        8 if is_digits(&unspaced) => {
            [0..4, 4..6, 6..8].into_iter().filter_map(|at| unspaced.get(at)).collect()
        }
        _ => unspaced.trim_end_matches(['日', '号']).split(['年', '月', '/', '.', '-']).collect(),
    };
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && [year, month, day].iter().all(|part| is_digits(part)) => {
            format!("{year}-{month:0>2}-{day:0>2}")
        }
        _ => text.to_owned(),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The name that a schema has for what people write, where it has that name.
fn meant(text: String, known: impl Fn(&str) -> bool) -> String {
    let written = WRITTEN.iter().find(|(written, name)| *written == text && known(name));
    written.map_or(text, |(_, name)| (*name).to_owned())
}

/// What people write in lists, and the names of schemas (GB/T 2261.1 for sexes).
const WRITTEN: [(&str, &str); 10] = [
    ("男", "M"),
    ("男性", "M"),
    ("女", "F"),
    ("女性", "F"),
    ("是", "yes"),
    ("有", "yes"),
    ("否", "no"),
    ("无", "no"),
    ("没有", "no"),
    ("不是", "no"),
];

fn bad(attribute: &str, detail: &str) -> IssuerError {
    IssuerError::BadValue { attribute: attribute.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_people_write_it() {
        for written in [
            "1983年5月19日",
            "1983/5/19",
            "1983.5.19",
            "1983-5-19",
            "１９８３年５月１９日",
            "1983年05月19号",
            "19830519",
            " 1983 年 5 月 19 日 ",
            "１９８３／５／１９",
            "1983。5。19",
        ] {
            assert_eq!(date(&typed::line(written)), "1983-05-19", "{written}");
        }
        for other in
            ["5/19/1983", "83年5月19日", "1983", "1983年5月", "1983-05-19T00:00", "明天", "", "1983//19"]
        {
            assert_eq!(date(other), other);
        }
    }

    #[test]
    fn words_of_lists_are_the_names_of_the_schema_that_has_them() {
        let sexes = |name: &str| ["M", "F"].contains(&name);
        assert_eq!(meant("男".to_owned(), sexes), "M");
        assert_eq!(meant("是".to_owned(), |_| true), "yes");
        assert_eq!(meant("男".to_owned(), |name| name == "男"), "男");
        assert_eq!(meant("是".to_owned(), sexes), "是");
    }
}
