//! What things are called, for people: as it was written down when it happened, else as the ledger has it now, and only
//! where neither says anything by its identifier.

use circuits::credential::DepartmentId;
use circuits::schema::{Localized, Schema, SchemaId};
use ledger::registry::Registry;
use serde_json::Value;

use crate::history::{RequestRecord, RequestedCredential};
use crate::present::{plain, printable};

/// A value as people say it: yes and no, and the letters that identity credentials have for a person's sex (GB/T 2261.1 has
/// digits for it). Other codes stay as they are: a schema has no words for them.
pub(crate) fn value(attribute: &str, value: &Value, language: &str) -> String {
    let pick = |chinese: &str, english: &str| if language == "en" { english } else { chinese }.to_owned();
    match (attribute, value) {
        (_, Value::Bool(true)) => pick("是", "yes"),
        (_, Value::Bool(false)) => pick("否", "no"),
        ("sex", Value::String(sex)) if sex == "M" => pick("男", "male"),
        ("sex", Value::String(sex)) if sex == "F" => pick("女", "female"),
        (_, other) => printable(&plain(other)),
    }
}

/// Names in one language.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    registry: &'a Registry,
    language: &'a str,
}

impl<'a> Names<'a> {
    /// `language` is a tag of a [`Localized`].
    pub(crate) fn new(registry: &'a Registry, language: &'a str) -> Self {
        Self { registry, language }
    }

    pub(crate) fn department(&self, id: &DepartmentId, kept: Option<&Localized>) -> String {
        let known = self.registry.department(id).map(|department| &department.title);
        self.say(kept, known, id.as_str())
    }

    /// Departments in a row.
    pub(crate) fn departments(&self, ids: &[DepartmentId]) -> String {
        let comma = if self.language == "en" { ", " } else { "、" };
        ids.iter().map(|id| self.department(id, None)).collect::<Vec<_>>().join(comma)
    }

    /// What a verifier asked about.
    pub(crate) fn matter(&self, request: &RequestRecord) -> String {
        let known = self.registry.policy(&request.policy).map(|policy| &policy.checked.policy().title);
        self.say(request.title.as_ref(), known, request.policy.as_str())
    }

    /// A kind of credential.
    pub(crate) fn credential(&self, id: &SchemaId, kept: Option<&Localized>) -> String {
        self.say(kept, self.schema(id).map(|schema| &schema.title), id.as_str())
    }

    /// Attributes of what was asked about, in a row.
    pub(crate) fn attributes(&self, of: &RequestedCredential, attributes: &[String]) -> String {
        let schema = self.schema(&of.schema);
        let name = |attribute: &String| {
            let known = schema.and_then(|schema| schema.attribute(attribute));
            self.say(of.titles.get(attribute), known.map(|(_, known)| &known.title), attribute)
        };
        let comma = if self.language == "en" { ", " } else { "、" };
        attributes.iter().map(name).collect::<Vec<_>>().join(comma)
    }

    fn schema(&self, id: &SchemaId) -> Option<&'a Schema> {
        self.registry.published_schema(id).map(|published| &published.item)
    }

    fn say(&self, kept: Option<&Localized>, known: Option<&Localized>, id: &str) -> String {
        printable(kept.or(known).map_or(id, |name| name.text(self.language)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn values_are_said_in_words() {
        let table = [
            ("sex", json!("M"), "男", "male"),
            ("sex", json!("F"), "女", "female"),
            ("bad_records", json!(false), "否", "no"),
            ("bad_records", json!(true), "是", "yes"),
            ("level", json!("M"), "M", "M"),
            ("score", json!(700), "700", "700"),
        ];
        for (attribute, value, chinese, english) in table {
            assert_eq!(super::value(attribute, &value, "zh-CN"), chinese);
            assert_eq!(super::value(attribute, &value, "za"), chinese);
            assert_eq!(super::value(attribute, &value, "en"), english);
        }
    }
}
