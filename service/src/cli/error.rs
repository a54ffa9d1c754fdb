//! Errors for people and programs: what happened, and what to do.

use std::borrow::Cow;
use std::fmt::Display;

use super::language::Language;
use super::shell::Verdict;

/// Why a command ends with exit code 2, or with 1 where whoever was asked said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(Box<Parts>);

/// In a box, because every result of a command has room for them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    code: Cow<'static, str>,
    english: Sentences,
    chinese: Option<Sentences>,
    exit_code: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sentences {
    message: String,
    remedy: String,
}

impl CommandError {
    /// A word for programs, what happened, and what to do. An error's text becomes a sentence: see
    /// [`Self::message`].
    pub fn new(code: impl Into<Cow<'static, str>>, what: impl Display, remedy: impl Display) -> Self {
        let english = Sentences::new(what, remedy, Language::English);
        Self(Box::new(Parts { code: code.into(), english, chinese: None, exit_code: 2 }))
    }

    /// Whoever was asked said no: exit code 1.
    pub fn refused(code: impl Into<Cow<'static, str>>, what: impl Display, remedy: impl Display) -> Self {
        let mut refused = Self::new(code, what, remedy);
        refused.0.exit_code = Verdict::No.exit_code();
        refused
    }

    /// The same two sentences in Chinese. Without them everybody reads English.
    #[must_use]
    pub fn in_chinese(mut self, what: impl Display, remedy: impl Display) -> Self {
        self.0.chinese = Some(Sentences::new(what, remedy, Language::Chinese));
        self
    }

    /// The word for programs.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What happened, as a sentence: it ends with a full stop, one, and begins with a capital letter unless
    /// it begins with the name of a file, an address or a piece of code.
    pub fn message(&self, language: Language) -> &str {
        &self.sentences(language).message
    }

    /// What to do, as a sentence.
    pub fn remedy(&self, language: Language) -> &str {
        &self.sentences(language).remedy
    }

    /// 1 or 2.
    pub fn exit_code(&self) -> u8 {
        self.0.exit_code
    }

    /// For programs: `error`, `message`, `remedy`.
    pub fn to_json(&self, language: Language) -> serde_json::Value {
        let Sentences { message, remedy } = self.sentences(language);
        serde_json::json!({ "error": self.0.code, "message": message, "remedy": remedy })
    }

    /// For people: two lines.
    pub fn to_text(&self, language: Language) -> String {
        let Sentences { message, remedy } = self.sentences(language);
        format!("{}{message}\n{remedy}", language.pick("错误：", "Error: "))
    }

    fn sentences(&self, language: Language) -> &Sentences {
        match (language, &self.0.chinese) {
            (Language::Chinese, Some(chinese)) => chinese,
            _ => &self.0.english,
        }
    }
}

/// An error enum of a command: its [`Display`] says what happened.
pub trait Explain: Display {
    /// The word for programs.
    fn code(&self) -> Cow<'static, str>;

    /// What to do.
    fn remedy(&self) -> Cow<'static, str>;

    /// What happened and what to do, in Chinese.
    fn in_chinese(&self) -> Option<(String, String)> {
        None
    }

    /// Whether this is a no of whoever was asked, and no error.
    fn is_refusal(&self) -> bool {
        false
    }
}

impl<E: Explain> From<E> for CommandError {
    fn from(error: E) -> Self {
        let make = if error.is_refusal() { Self::refused } else { Self::new };
        let made = make(error.code(), error.to_string(), error.remedy());
        match error.in_chinese() {
            Some((what, remedy)) => made.in_chinese(what, remedy),
            None => made,
        }
    }
}

/// Turns any error into a [`CommandError`] where it happens.
pub trait OrFail<T> {
    /// With a word for programs, what was attempted, and what to do.
    fn or_fail(self, code: &'static str, what: impl Display, remedy: impl Display)
    -> Result<T, CommandError>;
}

impl<T, E: Display> OrFail<T> for Result<T, E> {
    fn or_fail(
        self,
        code: &'static str,
        what: impl Display,
        remedy: impl Display,
    ) -> Result<T, CommandError> {
        self.map_err(|error| CommandError::new(code, format!("{what}: {error}"), remedy))
    }
}

impl Sentences {
    fn new(what: impl Display, remedy: impl Display, language: Language) -> Self {
        let sentence = |text: &dyn Display| sentence(&text.to_string(), language);
        Self { message: sentence(&what), remedy: sentence(&remedy) }
    }
}

fn sentence(text: &str, language: Language) -> String {
    let text = text.trim();
    let mut made = String::with_capacity(text.len() + 3);
    let rest = if begins_with_a_word(text) {
        let mut characters = text.chars();
        made.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        characters.as_str()
    } else {
        text
    };
    // A cause's full stop followed by the sentence's own would be two.
    let body = rest.trim_end_matches(['.', '。']);
    let end = match rest.get(body.len()..) {
        Some("...") => "...",
        _ if body.ends_with(['!', '?', '…', '！', '？']) => "",
        _ => language.pick("。", "."),
    };
    made + body + end
}

/// Whether the first word is one of the language, and no file, address or piece of code.
fn begins_with_a_word(text: &str) -> bool {
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_end_matches([',', ':', ';', '.', '!', '?', '…']);
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || c == '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(text: &str) -> String {
        sentence(text, Language::English)
    }

    #[test]
    fn only_words_get_a_capital_letter() {
        for (text, wanted) in [
            ("the key is missing", "The key is missing."),
            ("no", "No."),
            ("reading: not there", "Reading: not there."),
            ("show-1.key exists already", "show-1.key exists already."),
            ("genesis.json is not a genesis", "genesis.json is not a genesis."),
            ("/srv/x cannot be read", "/srv/x cannot be read."),
            ("data/x cannot be read", "data/x cannot be read."),
            ("http://127.0.0.1:1/ does not answer", "http://127.0.0.1:1/ does not answer."),
            ("localhost:7003 does not answer", "localhost:7003 does not answer."),
            ("`wei` is nobody", "`wei` is nobody."),
            ("--key needs a file", "--key needs a file."),
            ("max_root_age_s is too long", "max_root_age_s is too long."),
            ("账本没有回答", "账本没有回答."),
        ] {
            assert_eq!(english(text), wanted);
        }
        assert_eq!(sentence("账本没有回答", Language::Chinese), "账本没有回答。");
        assert_eq!(sentence("账本没有回答。", Language::Chinese), "账本没有回答。");
    }

    #[test]
    fn a_sentence_has_one_end() {
        for (text, wanted) in [
            ("It is over.", "It is over."),
            ("It is over..", "It is over."),
            ("Is it over?", "Is it over?"),
            ("wait...", "Wait..."),
            ("and so on…", "And so on…"),
            (" there is room around \n", "There is room around."),
            ("", "."),
        ] {
            assert_eq!(english(text), wanted);
        }
    }

    #[test]
    fn programs_get_three_strings_and_people_two_lines() {
        let error = CommandError::new("no_key", "the key is missing", "Make one.");
        let wanted =
            serde_json::json!({"error": "no_key", "message": "The key is missing.", "remedy": "Make one."});
        assert_eq!(error.to_json(Language::English), wanted);
        assert_eq!(error.to_text(Language::English), "Error: The key is missing.\nMake one.");
        assert_eq!(error.to_text(Language::Chinese), "错误：The key is missing.\nMake one.");
        let error = error.in_chinese("没有密钥", "请先生成。");
        assert_eq!(error.to_text(Language::Chinese), "错误：没有密钥。\n请先生成。");
        assert_eq!(error.to_text(Language::English), "Error: The key is missing.\nMake one.");
    }

    #[test]
    fn an_enum_says_itself_whether_it_is_a_no() {
        struct Refused(&'static str);
        impl Display for Refused {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "the desk refused: {}", self.0)
            }
        }
        impl Explain for Refused {
            fn code(&self) -> Cow<'static, str> {
                self.0.into()
            }
            fn remedy(&self) -> Cow<'static, str> {
                "See the reason above.".into()
            }
            fn is_refusal(&self) -> bool {
                self.0 == "final"
            }
        }
        let error = CommandError::from(Refused("final"));
        assert_eq!((error.code(), error.exit_code()), ("final", 1));
        assert_eq!(CommandError::from(Refused("other")).exit_code(), 2);
    }

    #[test]
    fn a_cause_is_told_with_what_was_attempted() {
        let failed: Result<(), _> = Err("no such file");
        let error = failed.or_fail("cannot_read", "reading the key", "Check the path.").unwrap_err();
        assert_eq!(error.message(Language::English), "Reading the key: no such file.");
    }
}
