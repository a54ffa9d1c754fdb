//! PKCS#11 URIs (RFC 7512), as far as they name one signing key.
//!
//! Read strictly: an attribute that is not known here, or stands twice, is refused rather than passed over, because a key
//! that is found without it may be another one. A PIN never stands in a URI, which other users of the machine see.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// Names a key in a device.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyUri {
    /// As it was written.
    text: String,
    /// The device's library.
    module: PathBuf,
    token: TokenName,
    object: ObjectName,
    pin: PinSource,
}

/// Which token: everything that is given must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenName {
    /// Its label (`token`).
    pub label: Option<String>,
    /// Its serial number (`serial`).
    pub serial: Option<String>,
    /// Its manufacturer (`manufacturer`).
    pub manufacturer: Option<String>,
    /// Its model (`model`).
    pub model: Option<String>,
}

/// Which key of the token: everything that is given must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectName {
    /// Its label (`object`).
    pub label: Option<String>,
    /// Its identifier (`id`).
    pub id: Option<Vec<u8>>,
}

/// Where the PIN is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinSource {
    /// In a file (`pin-source=file:/…`) that only its owner may read.
    File(PathBuf),
    /// In the environment, under [`crate::PIN_VARIABLE`].
    Environment,
}

/// Why a text is not the URI of a signing key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadUri {
    /// It does not begin with `pkcs11:`, or is longer than any such URI.
    #[error(
        "not a PKCS#11 URI of at most {MAX_URI} bytes, such as `pkcs11:token=tax;object=department?module-path=/usr/lib/softhsm/libsofthsm2.so`"
    )]
    NotAUri,
    /// A part is not `name=value`, has a character that must be written as `%` and two digits, or such digits that are wrong.
    #[error("`{0}` is not `name=value` with `%` and two hexadecimal digits for every special character")]
    Malformed(String),
    /// An attribute that says nothing here.
    #[error(
        "the attribute `{0}` is not known here; name the key by `token`, `serial`, `manufacturer`, `model`, `object`, `id` and `type=private`, then `?module-path=` and `&pin-source=`"
    )]
    Unknown(String),
    /// An attribute stands twice.
    #[error("the attribute `{0}` stands twice")]
    Twice(String),
    /// The value of an attribute is not what it must be.
    #[error("`{name}` must be {needed}")]
    Value {
        /// Which.
        name: &'static str,
        /// In words.
        needed: &'static str,
    },
    /// A PIN for everybody to see.
    #[error(
        "a PIN does not belong into a URI, which others can read; write it into a file and give `pin-source=file:/…`"
    )]
    PinInUri,
}

impl KeyUri {
    /// The device's library, an absolute path.
    pub fn module(&self) -> &Path {
        &self.module
    }
    /// Which token.
    pub fn token(&self) -> &TokenName {
        &self.token
    }
    /// Which key of it.
    pub fn object(&self) -> &ObjectName {
        &self.object
    }
    /// Where the PIN is.
    pub fn pin(&self) -> &PinSource {
        &self.pin
    }
}

impl FromStr for KeyUri {
    type Err = BadUri;
    fn from_str(text: &str) -> Result<Self, BadUri> {
        let rest = text.strip_prefix(SCHEME).filter(|_| text.len() <= MAX_URI).ok_or(BadUri::NotAUri)?;
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let (mut token, mut object) = (TokenName::default(), ObjectName::default());
        let mut class = None;
        for part in path.split(';') {
            let (name, value) = attribute(part, PATH_CHARACTERS)?;
            match name {
                "token" => once(&mut token.label, name, words(part, value)?)?,
                "serial" => once(&mut token.serial, name, words(part, value)?)?,
                "manufacturer" => once(&mut token.manufacturer, name, words(part, value)?)?,
                "model" => once(&mut token.model, name, words(part, value)?)?,
                "object" => once(&mut object.label, name, words(part, value)?)?,
                "id" => once(&mut object.id, name, bytes(part, value)?)?,
                "type" => once(&mut class, name, words(part, value)?)?,
                "pin-value" => return Err(BadUri::PinInUri),
                _ => return Err(BadUri::Unknown(name.to_owned())),
            }
        }
        let (mut module, mut pin) = (None, None);
        for part in query.into_iter().flat_map(|query| query.split('&')) {
            let (name, value) = attribute(part, QUERY_CHARACTERS)?;
            match name {
                "module-path" => once(&mut module, name, words(part, value)?)?,
                "pin-source" => once(&mut pin, name, words(part, value)?)?,
                "pin-value" => return Err(BadUri::PinInUri),
                _ => return Err(BadUri::Unknown(name.to_owned())),
            }
        }
        if class.is_some_and(|class| class != "private") {
            return Err(BadUri::Value {
                name: "type",
                needed: "`private`: a department signs with a private key",
            });
        }
        if token == TokenName::default() || object == ObjectName::default() {
            let needed =
                "given: a URI names the token (`token` or `serial`) and the key in it (`object` or `id`)";
            return Err(BadUri::Value { name: "token and object", needed });
        }
        let module = module.map(PathBuf::from).filter(|module| module.is_absolute());
        let needed = "the absolute path of the device's PKCS#11 library";
        let module = module.ok_or(BadUri::Value { name: "module-path", needed })?;
        let pin = pin.map_or(Ok(PinSource::Environment), |pin| pin_file(&pin).map(PinSource::File))?;
        Ok(Self { text: text.to_owned(), module, token, object, pin })
    }
}

impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `file:/path` or `file:///path`, as RFC 8089 writes a local file.
fn pin_file(source: &str) -> Result<PathBuf, BadUri> {
    let path = source.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path));
    let path = path.filter(|path| path.starts_with('/')).map(PathBuf::from);
    path.ok_or(BadUri::Value {
        name: "pin-source",
        needed: "`file:` and the absolute path of a file with the PIN",
    })
}

/// `name=value`, both of characters that may stand there as they are.
fn attribute<'a>(part: &'a str, also: &str) -> Result<(&'a str, &'a str), BadUri> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c) || also.contains(c);
    let whole = part.split_once('=').filter(|(name, value)| !name.is_empty() && value.chars().all(fits));
    whole.ok_or_else(|| BadUri::Malformed(part.to_owned()))
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), BadUri> {
    if place.replace(value).is_some() { Err(BadUri::Twice(name.to_owned())) } else { Ok(()) }
}

fn bytes(part: &str, value: &str) -> Result<Vec<u8>, BadUri> {
    let whole = |(at, _)| {
        value.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    if value.is_empty() || !value.match_indices('%').all(whole) {
        return Err(BadUri::Malformed(part.to_owned()));
    }
    Ok(percent_decode_str(value).collect())
}

fn words(part: &str, value: &str) -> Result<String, BadUri> {
    String::from_utf8(bytes(part, value)?).map_err(|_| BadUri::Malformed(part.to_owned()))
}

/// Begins every PKCS#11 URI.
pub(crate) const SCHEME: &str = "pkcs11:";
/// Bytes of a URI at most.
const MAX_URI: usize = 4096;
/// What may stand unescaped in a value before the `?`, besides letters, digits and `-._~` (RFC 7512 §2.3).
const PATH_CHARACTERS: &str = ":[]@!$'()*+,=&";
/// The same after the `?`.
const QUERY_CHARACTERS: &str = ":[]@!$'()*+,=/?|";

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether it is the refusal that was to come.
    type Refusal<'a> = &'a dyn Fn(&BadUri) -> bool;

    const GOOD: &str = "pkcs11:token=%E7%A8%8E;object=tax%20key;id=%01%fF;type=private?module-path=/lib/p11.so&pin-source=file:/run/pin";

    #[test]
    fn every_attribute_is_read() {
        let uri: KeyUri = GOOD.parse().unwrap();
        assert_eq!(uri.token().label.as_deref(), Some("税"));
        assert_eq!(uri.object(), &ObjectName { label: Some("tax key".into()), id: Some(vec![1, 255]) });
        assert_eq!(uri.module(), Path::new("/lib/p11.so"));
        assert_eq!(uri.pin(), &PinSource::File("/run/pin".into()));
        assert_eq!((uri.to_string(), format!("{uri:?}")), (GOOD.to_owned(), GOOD.to_owned()));
        let other = "pkcs11:serial=1;model=m;manufacturer=s;id=%00?module-path=/p.so";
        let uri: KeyUri = other.parse().unwrap();
        let token = uri.token();
        let named = [&token.serial, &token.model, &token.manufacturer].map(|name| name.as_deref().unwrap());
        assert_eq!((named, uri.pin()), (["1", "m", "s"], &PinSource::Environment));
        let slashes = GOOD.replace("file:/run", "file:///run").parse::<KeyUri>().unwrap();
        assert_eq!(slashes.pin(), &PinSource::File("/run/pin".into()));
    }

    #[test]
    fn each_wrong_part_is_refused_alone() {
        let value =
            |name| move |error: &BadUri| matches!(error, BadUri::Value { name: found, .. } if *found == name);
        let malformed = |error: &BadUri| matches!(error, BadUri::Malformed(_));
        let unknown = |error: &BadUri| matches!(error, BadUri::Unknown(_));
        let twice = |error: &BadUri| matches!(error, BadUri::Twice(_));
        let pin = |error: &BadUri| matches!(error, BadUri::PinInUri);
        let cases: [(&str, &str, Refusal<'_>); 19] = [
            ("pkcs11:", "pkcs12:", &|error| *error == BadUri::NotAUri),
            ("token=", "token", &malformed),
            ("token=%E7%A8%8E", "token=", &malformed),
            ("tax%20key", "tax key", &malformed),
            ("tax%20key", "tax%2", &malformed),
            ("tax%20key", "tax%zzkey", &malformed),
            ("%E7%A8%8E", "%E7%A8", &malformed),
            ("tax%20key", "tax\u{7a0e}", &malformed),
            (";type=private", ";;type=private", &malformed),
            ("?module-path=/lib/p11.so", "?", &malformed),
            ("type=private", "slot-id=3", &unknown),
            ("?module-path", "?module-name=p11&module-path", &unknown),
            ("type=private", "type=private;id=%01", &twice),
            ("&pin-source", "&module-path=/x&pin-source", &twice),
            ("type=private", "pin-value=1234", &pin),
            ("pin-source=file:/run/pin", "pin-value=1234", &pin),
            ("type=private", "type=public", &value("type")),
            ("module-path=/lib/p11.so", "module-path=p11.so", &value("module-path")),
            ("file:/run/pin", "file:run/pin", &value("pin-source")),
        ];
        for (right, wrong, is_it) in cases {
            assert!(GOOD.contains(right), "{right}");
            let error = GOOD.replacen(right, wrong, 1).parse::<KeyUri>().unwrap_err();
            assert!(is_it(&error), "{wrong}: {error:?}");
        }
        for program in ["|/bin/pin", "/run/pin", "file://host/run/pin"] {
            let error = GOOD.replace("file:/run/pin", program).parse::<KeyUri>().unwrap_err();
            assert!(value("pin-source")(&error), "{program}: {error:?}");
        }
        assert!(value("token and object")(
            &"pkcs11:token=a?module-path=/p.so".parse::<KeyUri>().unwrap_err()
        ));
        assert!(value("token and object")(
            &"pkcs11:object=a?module-path=/p.so".parse::<KeyUri>().unwrap_err()
        ));
        assert!(value("module-path")(&"pkcs11:token=a;object=b".parse::<KeyUri>().unwrap_err()));
        let long = format!("pkcs11:token={}", "a".repeat(MAX_URI));
        assert_eq!(long.parse::<KeyUri>(), Err(BadUri::NotAUri));
    }
}
