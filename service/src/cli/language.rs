//! In which language a command talks.

use std::str::FromStr;

/// A language of commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese, simplified.
    Chinese,
    /// English.
    #[default]
    English,
}

/// A tag names neither language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a language is `zh` or `en`")]
pub struct UnknownLanguage;

impl Language {
    /// What the system is set to: `LC_ALL`, else `LC_MESSAGES`, else `LANG`; English where they name
    /// neither language.
    pub fn of_the_system() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The one of two texts that is in this language.
    pub const fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let tag = variables.find_map(|name| variable(name).filter(|value| !value.is_empty()));
        tag.and_then(|tag| tag.parse().ok()).unwrap_or_default()
    }
}

/// From a tag such as `zh`, `zh-CN` or `en_GB.UTF-8`, by its first part.
impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        match tag.split(['-', '_', '.']).next() {
            Some("zh") => Ok(Self::Chinese),
            Some("en") => Ok(Self::English),
            _ => Err(UnknownLanguage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_language_is_the_first_variable_that_is_set() {
        let with = |set: &[(&str, &str)]| {
            Language::from_variables(|name| {
                set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]), Language::English);
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(with(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_CN"), ("LANG", "en_GB")]), Language::Chinese);
        assert_eq!(with(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]), Language::English);
    }

    #[test]
    fn a_tag_is_known_by_its_first_part() {
        assert_eq!("zh-CN".parse(), Ok(Language::Chinese));
        assert_eq!("en".parse(), Ok(Language::English));
        for unknown in ["", "za", "zhuang", "C"] {
            assert_eq!(unknown.parse::<Language>(), Err(UnknownLanguage), "{unknown}");
        }
    }
}
