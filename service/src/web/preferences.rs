//! How a reader wants pages: language and size, from the address, a cookie or the browser's settings.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::http::{Base, Exposure};

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Chinese, simplified.
    #[default]
    Chinese,
    /// English.
    English,
    /// Zhuang; its words were not reviewed by a speaker yet, and every page in it says so.
    Zhuang,
}

impl Language {
    /// All of them, in the order of the page's foot.
    pub const ALL: [Self; 3] = [Self::Chinese, Self::English, Self::Zhuang];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
            Self::Zhuang => "za",
        }
    }
    /// What speakers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chinese => "中文",
            Self::English => "English",
            Self::Zhuang => "Vahcuengh",
        }
    }
    /// From a tag, by its first part.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().split('-').next()? {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            "za" => Some(Self::Zhuang),
            _ => None,
        }
    }
}

/// Language and size of a page, and where it is read. Extracted from any request; it never fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The language.
    pub language: Language,
    /// Large print (长辈版).
    pub large: bool,
    /// What stands before the service's paths where the page is read.
    pub base: Base,
}

/// The cookie and query key of the language.
pub(crate) const LANGUAGE: &str = "lang";
/// The cookie and query key of the size: `large` or `normal`.
pub(crate) const SIZE: &str = "size";

impl Preferences {
    fn of(parts: &Parts) -> Self {
        let asked = |key| query(parts, key).or_else(|| cookie(&parts.headers, key));
        let language = asked(LANGUAGE).and_then(Language::from_tag).or_else(|| accepted(&parts.headers));
        let base = Exposure::of(&parts.extensions).map(Exposure::base).unwrap_or_default();
        Self { language: language.unwrap_or_default(), large: asked(SIZE) == Some("large"), base }
    }
}

impl<S: Sync> FromRequestParts<S> for Preferences {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// A value of the query whose spelling needs no decoding.
pub(crate) fn query<'a>(parts: &'a Parts, key: &str) -> Option<&'a str> {
    pair(parts.uri.query()?.split('&'), key)
}

fn cookie<'a>(headers: &'a HeaderMap, key: &str) -> Option<&'a str> {
    pair(headers.get(header::COOKIE)?.to_str().ok()?.split(';'), key)
}

fn pair<'a>(mut pairs: impl Iterator<Item = &'a str>, key: &str) -> Option<&'a str> {
    pairs.find_map(|pair| pair.trim().split_once('=').filter(|(k, _)| *k == key)).map(|(_, value)| value)
}

/// The first language of the browser that the pages have.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let listed = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    listed.split(',').find_map(|entry| Language::from_tag(entry.split(';').next()?))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn the_address_goes_before_the_cookie_and_the_cookie_before_the_browser() {
        let of = |uri: &str, cookie: &str| Preferences::of(&parts(uri, cookie, "en-GB,zh;q=0.5"));
        assert_eq!(of("/?lang=za", "lang=zh-CN").language, Language::Zhuang);
        assert_eq!(
            of("/", "a=b; lang=zh-CN; size=large"),
            Preferences { language: Language::Chinese, large: true, base: Base::default() }
        );
        assert_eq!(of("/", "lang=xx").language, Language::English);
    }

    #[test]
    fn who_asks_for_nothing_gets_chinese() {
        assert_eq!(Preferences::of(&parts("/", "", "fr")), Preferences::default());
    }

    fn parts(uri: &str, cookie: &str, accept: &str) -> Parts {
        let request = Request::get(uri).header("cookie", cookie).header("accept-language", accept);
        request.body(()).expect("a request").into_parts().0
    }
}
