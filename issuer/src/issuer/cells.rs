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
        Some(
            AttributeType::Uint { .. }
            | AttributeType::Decimal { .. }
            | AttributeType::Date
            | AttributeType::Bool
            | AttributeType::Enum { .. },
        ) => Ok(typed::line(cell)),
    }
}

fn bad(attribute: &str, detail: &str) -> IssuerError {
    IssuerError::BadValue { attribute: attribute.to_owned(), detail: detail.to_owned() }
}
