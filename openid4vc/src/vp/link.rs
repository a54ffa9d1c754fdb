//! What the QR code at the counter holds: `openid4vp://?client_id=…&request_uri=…`.

use std::fmt;
use std::str::FromStr;

use circuits::typed;
use url::Url;

/// Characters of a link at most; a QR code that a phone reads across a counter holds far fewer.
const MAX_LINK: usize = 2048;

/// Where a wallet finds the request, and who claims to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Must be byte-identical in the request object.
    pub client_id: String,
    /// Where the signed request object is.
    pub request_uri: Url,
    /// How it is fetched.
    pub method: RequestMethod,
}

/// `request_uri_method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestMethod {
    /// `get`, also where the parameter is missing.
    #[default]
    Get,
    /// `post`: the wallet sends a `wallet_nonce`.
    Post,
}

/// Why text is not a link that a wallet may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Longer than 2,048 characters.
    #[error("the link is longer than {MAX_LINK} characters")]
    TooLong,
    /// Not an `openid4vp://` link.
    #[error("not an openid4vp:// link")]
    Scheme,
    /// A parameter is missing.
    #[error("the link has no `{0}`")]
    Missing(&'static str),
    /// A parameter is there twice.
    #[error("the link names `{0}` twice")]
    Repeated(&'static str),
    /// A parameter has a value that is not allowed.
    #[error("the link's `{0}` is not valid")]
    Invalid(&'static str),
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("client_id", &self.client_id);
        query.append_pair("request_uri", self.request_uri.as_str());
        if self.method == RequestMethod::Post {
            query.append_pair("request_uri_method", "post");
        }
        write!(f, "openid4vp://?{}", query.finish())
    }
}

impl FromStr for Link {
    type Err = LinkError;
    fn from_str(s: &str) -> Result<Self, LinkError> {
        if s.len() > MAX_LINK * typed::FULL_WIDTH_BYTES {
            return Err(LinkError::TooLong);
        }
        let url = openid4vp(&typed::cased(s, "openid4vp://?client_id="))?;
        let client_id = one(&url, "client_id")?.ok_or(LinkError::Missing("client_id"))?;
        let request_uri = one(&url, "request_uri")?.ok_or(LinkError::Missing("request_uri"))?;
        if client_id.is_empty() {
            return Err(LinkError::Invalid("client_id"));
        }
        Ok(Self {
            client_id,
            request_uri: web(&request_uri)?,
            method: method(one(&url, "request_uri_method")?.as_deref())?,
        })
    }
}

fn openid4vp(s: &str) -> Result<Url, LinkError> {
    if s.len() > MAX_LINK {
        return Err(LinkError::TooLong);
    }
    Url::parse(s).ok().filter(|u| u.scheme() == "openid4vp").ok_or(LinkError::Scheme)
}

fn web(uri: &str) -> Result<Url, LinkError> {
    let acceptable =
        |u: &Url| matches!(u.scheme(), "https" | "http") && u.has_host() && u.fragment().is_none();
    Url::parse(uri).ok().filter(acceptable).ok_or(LinkError::Invalid("request_uri"))
}

fn method(value: Option<&str>) -> Result<RequestMethod, LinkError> {
    match value {
        None | Some("get") => Ok(RequestMethod::Get),
        Some("post") => Ok(RequestMethod::Post),
        Some(_) => Err(LinkError::Invalid("request_uri_method")),
    }
}

fn one(url: &Url, name: &'static str) -> Result<Option<String>, LinkError> {
    let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(LinkError::Repeated(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            client_id: "x509_hash:AbC-_9".into(),
            request_uri: Url::parse("http://127.0.0.1:7003/request/a-b?c=d&e=f").unwrap(),
            method: RequestMethod::Get,
        }
    }

    #[test]
    fn reads_what_it_writes() {
        for method in [RequestMethod::Get, RequestMethod::Post] {
            let link = Link { method, ..link() };
            assert_eq!(link.to_string().parse(), Ok(link));
        }
    }

    #[test]
    fn reads_what_a_hand_or_a_scanner_types() {
        let text = link().to_string();
        for typed in [
            format!("\u{feff}{text}\r\n"),
            text.replace(':', "：").replace('?', "？").replace('&', "＆").replace('=', "＝"),
            format!("{}\n{}", &text[..40], &text[40..]),
            typed::other_case(&text),
            text.replacen("openid4vp", "OPENID4VP", 1),
        ] {
            assert_eq!(typed.parse(), Ok(link()), "{typed}");
        }
    }

    #[test]
    fn is_written_as_the_wire_page_shows() {
        let text = link().to_string();
        assert!(
            text.starts_with("openid4vp://?client_id=x509_hash%3AAbC-_9&request_uri=http%3A%2F%2F127"),
            "{text}"
        );
    }

    #[test]
    fn refuses_each_defect() {
        let cases = [
            ("https://?client_id=a&request_uri=https%3A%2F%2Fb", LinkError::Scheme),
            ("openid4vp://?request_uri=https%3A%2F%2Fb", LinkError::Missing("client_id")),
            ("openid4vp://?client_id=&request_uri=https%3A%2F%2Fb", LinkError::Invalid("client_id")),
            ("openid4vp://?client_id=a", LinkError::Missing("request_uri")),
            (
                "openid4vp://?client_id=a&client_id=b&request_uri=https%3A%2F%2Fb",
                LinkError::Repeated("client_id"),
            ),
            ("openid4vp://?client_id=a&request_uri=file%3A%2F%2F%2Fb", LinkError::Invalid("request_uri")),
            ("openid4vp://?client_id=a&request_uri=https%3A%2F%2Fb%23c", LinkError::Invalid("request_uri")),
            (
                "openid4vp://?client_id=a&request_uri=https%3A%2F%2Fb&request_uri_method=put",
                LinkError::Invalid("request_uri_method"),
            ),
        ];
        for (text, why) in cases {
            assert_eq!(text.parse::<Link>(), Err(why), "{text}");
        }
        assert_eq!("a".repeat(MAX_LINK + 1).parse::<Link>(), Err(LinkError::TooLong));
    }
}
