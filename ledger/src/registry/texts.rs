//! What people read and follow in records: texts that look like what they are, and addresses that a page may link.

use circuits::schema::{Direction, Disguise, check_plain};
use serde_json::Value;

use super::RegistryError;
use crate::record::{Disclosed, DisclosurePublish, Record, WEB_ADDRESS, is_web_address};

/// Checks all texts and addresses of a record.
pub(super) fn check(record: &Record) -> Result<(), RegistryError> {
    match record {
        Record::Admit(r) => check_address("the address of the desk", r.department.desk.as_ref())?,
        Record::Disclosure(r) => check_disclosure(r)?,
        // Places, digests and codes, which have alphabets of their own; a withdrawal and a status can be large.
        Record::Commit(_)
        | Record::Status(_)
        | Record::Withdraw(_)
        | Record::Recovery(_)
        | Record::Root(_) => return Ok(()),
        Record::Rotate(_)
        | Record::Suspend(_)
        | Record::Reinstate(_)
        | Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Key(_)
        | Record::Retire(_)
        | Record::Verifier(_)
        | Record::Trustee(_) => {}
    }
    let mut json = serde_json::to_value(record).unwrap_or_default();
    if let Some(members) = json.as_object_mut() {
        // It is shown as the text of a page and never as a name.
        members.remove(DOCUMENT);
    }
    check_value(&json, "$", Direction::LeftToRight)
}

fn check_disclosure(disclosure: &DisclosurePublish) -> Result<(), RegistryError> {
    if disclosure.category.as_str() == REPLACED {
        return Err(RegistryError::ReplacedCategory);
    }
    match &disclosure.content {
        Disclosed::Linked { url, .. } => check_address("`url`", Some(url)),
        Disclosed::Inline(_) => Ok(()),
    }
}

fn check_address(what: &'static str, url: Option<&url::Url>) -> Result<(), RegistryError> {
    match url {
        Some(url) if !is_web_address(url) => Err(RegistryError::Address { what, needed: WEB_ADDRESS }),
        _ => Ok(()),
    }
}

/// Goes through all texts.
fn check_value(value: &Value, path: &str, direction: Direction) -> Result<(), RegistryError> {
    let check_text = |text: &str, path: &str, direction| {
        let named = |why: Disguise| RegistryError::Disguised { path: path.to_owned(), why };
        check_plain(text, direction).map_err(named)
    };
    match value {
        Value::String(text) => check_text(text, path, direction),
        Value::Array(values) => (0..)
            .zip(values)
            .try_for_each(|(i, value): (usize, _)| check_value(value, &format!("{path}[{i}]"), direction)),
        Value::Object(members) => members.iter().try_for_each(|(key, value)| {
            check_text(key, path, direction)?;
            let localized = members.contains_key("zh-CN") && members.contains_key("en");
            let foreign = localized && key != "zh-CN" && key != "en";
            let direction = if foreign { Direction::Any } else { direction };
            check_value(value, &format!("{path}.{key}"), direction)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// The member of a disclosure that holds its document.
const DOCUMENT: &str = "document";
/// The category of disclosures in which counters were registered.
const REPLACED: &str = "counter";
