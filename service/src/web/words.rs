//! Words of a page, from Fluent files: `zh-CN` and `en` complete, `za` as far as it is.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt::Display;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::web::Language;

/// The words of one room, joined with those that every page has.
pub struct Words {
    chinese: Voice,
    english: Voice,
    zhuang: Voice,
}

/// Why words cannot be used.
#[derive(Debug)]
pub struct WordsError {
    /// The file's language.
    pub language: Language,
    /// What the parser or the bundle says.
    pub detail: String,
}

impl Words {
    /// Reads a room's three files, which are compiled in.
    pub fn new(chinese: &str, english: &str, zhuang: &str) -> Result<Self, WordsError> {
        Ok(Self {
            chinese: Voice::new(Language::Chinese, &[include_str!("../../words/zh-CN.ftl"), chinese])?,
            english: Voice::new(Language::English, &[include_str!("../../words/en.ftl"), english])?,
            zhuang: Voice::new(Language::Zhuang, &[include_str!("../../words/za.ftl"), zhuang])?,
        })
    }

    /// The words in one language.
    pub fn spoken(&self, language: Language) -> Translator<'_> {
        Translator { words: self, language }
    }

    /// Keys that Chinese or English lacks while another language has them; a room's test wants none.
    pub fn missing(&self) -> BTreeSet<(Language, String)> {
        let all: BTreeSet<&String> =
            [&self.chinese, &self.english, &self.zhuang].into_iter().flat_map(|voice| &voice.keys).collect();
        let lacks = |language: Language| {
            let voice = self.voice(language);
            all.iter().filter(|key| !voice.keys.contains(**key)).map(move |key| (language, (*key).clone()))
        };
        lacks(Language::Chinese).chain(lacks(Language::English)).collect()
    }

    /// Whether Chinese has words for `key`.
    pub fn knows(&self, key: &str) -> bool {
        self.chinese.keys.contains(key)
    }

    fn voice(&self, language: Language) -> &Voice {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
            Language::Zhuang => &self.zhuang,
        }
    }
}

/// [`Words`] in one language. What Zhuang lacks is said in Chinese.
#[derive(Clone, Copy)]
pub struct Translator<'a> {
    words: &'a Words,
    language: Language,
}

impl Translator<'_> {
    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }
    /// The words for `key`; the key itself when no file has it (a room's test finds that).
    pub fn say(&self, key: &str) -> String {
        self.say_all(key, &FluentArgs::new())
    }
    /// The words for `key`, with one value in them.
    pub fn say1(&self, key: &str, name: &str, value: impl Display) -> String {
        let mut args = FluentArgs::new();
        args.set(name, argument(&value));
        self.say_all(key, &args)
    }
    /// The words for `key`, with two values in them. Templates hand over references, Rust hands over pairs.
    pub fn say2<'a, A: Display, B: Display>(
        &self,
        key: &str,
        first: impl Borrow<(&'a str, A)>,
        second: impl Borrow<(&'a str, B)>,
    ) -> String {
        let mut args = FluentArgs::new();
        let ((name, value), (other, other_value)) = (first.borrow(), second.borrow());
        args.set(*name, argument(value));
        args.set(*other, argument(other_value));
        self.say_all(key, &args)
    }

    fn say_all(&self, key: &str, args: &FluentArgs<'_>) -> String {
        let voice = self.words.voice(self.language);
        voice.say(key, args).or_else(|| self.words.chinese.say(key, args)).unwrap_or_else(|| key.to_owned())
    }
}

/// A value of a message. A count is a number, so that a message can tell one from many; everything else, and a number that
/// is written in another way, is text and stays as it is.
fn argument(value: &impl Display) -> FluentValue<'static> {
    let text = value.to_string();
    match text.parse::<u32>() {
        Ok(count) if count.to_string() == text => count.into(),
        _ => text.into(),
    }
}

/// One language's bundle.
struct Voice {
    bundle: FluentBundle<FluentResource>,
    keys: BTreeSet<String>,
}

impl Voice {
    fn new(language: Language, files: &[&str]) -> Result<Self, WordsError> {
        let fail = |detail: String| WordsError { language, detail };
        let tag: LanguageIdentifier = language.tag().parse().map_err(|e| fail(format!("{e}")))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // No page here mixes writing directions, and the marks would be copied along with numbers.
        bundle.set_use_isolating(false);
        for file in files {
            let resource =
                FluentResource::try_new((*file).to_owned()).map_err(|(_, e)| fail(format!("{e:?}")))?;
            bundle.add_resource(resource).map_err(|e| fail(format!("{e:?}")))?;
        }
        Ok(Self { bundle, keys: files.iter().flat_map(|file| keys(file)).collect() })
    }

    fn say(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned())
    }
}

/// The message identifiers of a Fluent file: what stands before `=` at a line's beginning.
fn keys(file: &str) -> impl Iterator<Item = String> {
    let begins = |line: &&str| line.starts_with(|c: char| c.is_ascii_alphabetic());
    file.lines().filter(begins).filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_from_many_and_other_texts_stay() {
        const FILE: &str = "days = { $n ->\n    [one] one day\n   *[other] { $n } days\n  }\nsays = { $n }\n";
        let words = Words::new(FILE, FILE, "").expect("one file");
        let english = words.spoken(Language::English);
        for (count, said) in [(0u64, "0 days"), (1, "one day"), (2, "2 days"), (1_000, "1000 days")] {
            assert_eq!(english.say1("days", "n", count), said);
        }
        for text in ["007", "450199199609118925", "1.0", "+1", "", "18446744073709551615", "4294967295"] {
            assert_eq!(english.say1("says", "n", text), text);
        }
    }

    #[test]
    fn a_value_is_said_and_zhuang_falls_back_to_chinese() {
        let words = Words::new("hello = 你好，{ $who }", "hello = Hello, { $who }", "").expect("three files");
        let say = |language| words.spoken(language).say1("hello", "who", "韦");
        assert_eq!(say(Language::English), "Hello, 韦");
        assert_eq!(say(Language::Zhuang), "你好，韦");
        assert!(words.missing().is_empty());
    }

    #[test]
    fn a_key_that_one_language_lacks_is_missing() {
        let words = Words::new("a = 一\nb = 二", "a = one", "c = sam").expect("three files");
        let missing: Vec<_> = words.missing().into_iter().collect();
        let wanted = [(Language::Chinese, "c"), (Language::English, "b"), (Language::English, "c")];
        assert_eq!(missing, wanted.map(|(language, key)| (language, key.to_owned())));
    }

    #[test]
    fn a_key_said_twice_is_refused() {
        assert!(Words::new("a = 一\na = 二", "a = one", "").is_err());
    }
}
