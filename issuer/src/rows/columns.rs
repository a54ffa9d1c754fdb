//! Which column is which, whatever language its title is in.

use circuits::schema::Schema;
use circuits::typed;
use openid4vc::vci::PERSON_ATTRIBUTE;

/// A column's title as titles are compared: without width, case and spaces. The column that says whom a line is about
/// has its own name under every title that it has in this country's lists.
pub(crate) fn column(title: &str) -> String {
    let plain = plain(title);
    if PERSON.contains(&plain.as_str()) { PERSON_ATTRIBUTE.to_owned() } else { typed::line(title) }
}

/// The attribute of a schema that a column is for, by its name or by its title in any language; the column's own name
/// where the schema has none, or where several attributes have that title.
pub(crate) fn attribute(schema: &Schema, title: &str) -> String {
    let column = column(title);
    let wanted = plain(title);
    if schema.attribute(&column).is_some() || column == PERSON_ATTRIBUTE {
        return column;
    }
    let bears = |a: &&circuits::schema::Attribute| {
        a.name == wanted || a.title.texts().any(|(_, text)| plain(text) == wanted)
    };
    let mut bearers = schema.attributes.iter().filter(bears);
    match (bearers.next(), bearers.next()) {
        (Some(attribute), None) => attribute.name.clone(),
        _ => column,
    }
}

fn plain(title: &str) -> String {
    let kept = typed::compact(title).to_lowercase();
    kept.trim_end_matches(['*', ':']).trim_start_matches('*').to_owned()
}

/// Titles of the identity number, as [`plain`] gives them.
const PERSON: [&str; 14] = [
    PERSON_ATTRIBUTE,
    "idnumber",
    "id_no",
    "identitynumber",
    "公民身份号码",
    "公民身份证号码",
    "居民身份证号码",
    "居民身份证号",
    "身份证号码",
    "身份证号",
    "身份证",
    "身份号码",
    "证件号码",
    "证件号",
];
