//! What people read of records. The public page says it of what is on the ledger; the desk's pages and `ledger check` say the
//! same words of a record that is still to be published.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod about;
mod example;
pub mod pasted;
mod refusal;
mod sentence;
pub mod shape;
mod told;

use std::sync::LazyLock;

use circuits::credential::DepartmentId;
use circuits::policy::Catalogue as _;
use circuits::schema::{AttributeType, Localized, SchemaId};
use ledger::registry::Registry;
use service::web::{Language, Translator, Words};

pub use self::example::{example, notes};
pub use self::refusal::{Refusal, has_refusal, refusal};
pub use self::sentence::CredentialTerms;
pub use self::told::{Fact, Told};

/// A registry for readers of one language.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    registry: &'a Registry,
    language: Language,
}

impl<'a> Reader<'a> {
    /// Of what is published in this registry.
    pub fn new(registry: &'a Registry, language: Language) -> Self {
        Self { registry, language }
    }
    /// The words of the language.
    pub fn t(&self) -> Translator<'static> {
        WORDS.spoken(self.language)
    }
    /// The words for a key.
    pub fn say(&self, key: &str) -> String {
        self.t().say(key)
    }
    /// A published text in the reader's language.
    pub fn text(&self, text: &Localized) -> String {
        text.text(self.language.tag()).to_owned()
    }
    /// A department's name, or its identifier if it has none.
    pub fn department(&self, id: &DepartmentId) -> String {
        self.registry.department(id).map_or_else(|| id.to_string(), |found| self.text(&found.title))
    }
    /// A schema's title, or its identifier if it is not published.
    pub fn schema(&self, id: &SchemaId) -> String {
        self.registry.schema(id).map_or_else(|| id.to_string(), |found| self.text(&found.title))
    }
    /// A word that records have, such as a category or a column of a document: in words where there are some.
    pub fn known(&self, of: &str, word: &str) -> String {
        let key = format!("{of}-{word}");
        if WORDS.knows(&key) { self.say(&key) } else { word.to_owned() }
    }
    /// The form of an attribute's values.
    pub fn form(&self, kind: &AttributeType) -> String {
        match kind {
            AttributeType::Uint { max } => self.t().say1("kind-uint", "max", grouped(*max)),
            AttributeType::Decimal { scale, .. } => self.t().say1("kind-decimal", "scale", scale),
            AttributeType::Date => self.say("kind-date"),
            AttributeType::Bool => self.say("kind-bool"),
            AttributeType::Enum { codes } => {
                let mut names: Vec<_> = codes.iter().collect();
                names.sort_by_key(|(_, code)| **code);
                let names: Vec<_> = names.into_iter().map(|(name, _)| name.as_str()).collect();
                self.t().say1("kind-enum", "names", names.join(&self.say("list-comma")))
            }
            AttributeType::Text => self.say("kind-text"),
        }
    }

    /// The language of sentences that only Chinese and English have.
    fn tongue(&self) -> &'static str {
        match self.language {
            Language::English => "en",
            Language::Chinese | Language::Zhuang => "zh-CN",
        }
    }
}

/// `1,234,567`.
pub fn grouped(number: impl Into<i128>) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The words of the public page.
pub static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let chinese = concat!(
        include_str!("../texts/zh-CN.ftl"),
        include_str!("../texts/refusals/zh-CN.ftl"),
        include_str!("../texts/examples/zh-CN.ftl"),
    );
    let english = concat!(
        include_str!("../texts/en.ftl"),
        include_str!("../texts/refusals/en.ftl"),
        include_str!("../texts/examples/en.ftl"),
    );
    Words::new(chinese, english, include_str!("../texts/za.ftl"))
        .expect("the files are compiled in, and a test reads them")
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn no_language_lacks_a_word() {
        assert!(WORDS.missing().is_empty(), "{:?}", WORDS.missing());
    }

    #[test]
    fn every_key_that_is_used_has_words() {
        let mut used = BTreeSet::new();
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            for call in ["say(\"", "say1(\"", "say2(\"", "fact(\"", "say2(\n                    \""] {
                used.extend(
                    text.split(call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
                );
            }
        }
        let unknown: Vec<_> = used.iter().filter(|key| !WORDS.knows(key)).collect();
        assert!(used.len() > 40 && unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(["0", "999", "1,000", "−12,345,678"], [0, 999, 1000, -12_345_678_i64].map(grouped));
    }
}
