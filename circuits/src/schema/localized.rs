//! Texts that people read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A text in several languages by BCP 47 tag; `zh-CN` and `en` are always there.
///
/// Texts have no control and no bidirectional-override characters: they are shown on consent screens and terminals,
/// where such characters could make a sentence read as another one. A ledger asks more of what is published anew, see
/// [`super::check_plain`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Localized(BTreeMap<String, String>);

/// Why a localized text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocalizedError {
    /// One of the two required languages is not there.
    #[error("a text is needed in `zh-CN` and in `en`")]
    MissingLanguage,
    /// More than 32 languages, or a tag that is not one.
    #[error("more than 32 languages, or a language tag that is not `[A-Za-z0-9-]` of at most 35 bytes")]
    Languages,
    /// A text is longer than 4,096 bytes.
    #[error("the text in `{0}` is longer than 4,096 bytes")]
    TooLong(String),
    /// A text has characters that could disguise it.
    #[error("the text in `{0}` has control or bidirectional-override characters")]
    NotPlain(String),
}

impl Localized {
    /// The two languages that every text has.
    pub fn bilingual(chinese: &str, english: &str) -> Result<Self, LocalizedError> {
        BTreeMap::from([("zh-CN".to_owned(), chinese.to_owned()), ("en".to_owned(), english.to_owned())])
            .try_into()
    }

    /// One text in both languages, such as a name that has no translation.
    pub fn same(text: &str) -> Result<Self, LocalizedError> {
        Self::bilingual(text, text)
    }

    /// Each text with its language.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }

    /// The text in `language`, else in `zh-CN`.
    pub fn text(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("zh-CN")).map_or("", String::as_str)
    }
}

impl TryFrom<BTreeMap<String, String>> for Localized {
    type Error = LocalizedError;

    fn try_from(texts: BTreeMap<String, String>) -> Result<Self, LocalizedError> {
        if !texts.contains_key("zh-CN") || !texts.contains_key("en") {
            return Err(LocalizedError::MissingLanguage);
        }
        if texts.len() > 32 || !texts.keys().all(|tag| is_tag(tag)) {
            return Err(LocalizedError::Languages);
        }
        for (tag, text) in &texts {
            if text.len() > 4_096 {
                return Err(LocalizedError::TooLong(tag.clone()));
            }
            if !is_plain(text) {
                return Err(LocalizedError::NotPlain(tag.clone()));
            }
        }
        Ok(Self(texts))
    }
}

/// Whether the text shows as what it is.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(is_plain_character)
}

/// Whether a character is neither a control nor a bidirectional override.
fn is_plain_character(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= 35 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::Localized;

    fn parse(json: &str) -> Result<Localized, String> {
        serde_json::from_str(json).map_err(|e: serde_json::Error| e.to_string())
    }

    #[test]
    fn falls_back_to_chinese() {
        let title = parse(r#"{"zh-CN": "信用分", "en": "Score"}"#).unwrap();
        assert_eq!((title.text("en"), title.text("fr")), ("Score", "信用分"));
    }

    #[test]
    fn refuses_a_missing_language() {
        assert!(parse(r#"{"zh-CN": "信用分"}"#).unwrap_err().contains("`en`"));
        assert!(parse(r#"{"en": "Score"}"#).unwrap_err().contains("`zh-CN`"));
    }

    #[test]
    fn refuses_texts_that_could_be_disguised() {
        for hidden in ["\\u001b[2J", "\\u202eevil", "a\\nb"] {
            let error = parse(&format!(r#"{{"zh-CN": "信用分", "en": "{hidden}"}}"#)).unwrap_err();
            assert!(error.contains("control"), "{error}");
        }
    }

    #[test]
    fn refuses_long_texts_and_odd_tags() {
        let long = "x".repeat(4_097);
        assert!(parse(&format!(r#"{{"zh-CN": "", "en": "{long}"}}"#)).unwrap_err().contains("longer"));
        assert!(parse(r#"{"zh-CN": "", "en": "", "e n": ""}"#).unwrap_err().contains("tag"));
    }
}
