//! Where a signing key is: one setting for files and devices.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ledger::key::DepartmentKey;
use ledger::signer::DepartmentSigner;
use serde::{Deserialize, Serialize};

use crate::error::KeyError;
use crate::token::TokenKey;
use crate::uri::{BadUri, KeyUri, SCHEME};

/// Where a signing key is. In configurations and on command lines a text: what begins with `pkcs11:` is a URI, all else
/// the path of a key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeySource {
    /// A file that `ledger keygen` wrote.
    File(PathBuf),
    /// A key in a device.
    Token(Box<KeyUri>),
}

impl KeySource {
    /// Opens the key: reads the file, or finds the key in the device and asks it for the public half.
    pub fn open(&self) -> Result<Box<dyn DepartmentSigner>, KeyError> {
        Ok(match self {
            Self::File(path) => Box::new(DepartmentKey::load(path)?),
            Self::Token(uri) => Box::new(TokenKey::open((**uri).clone())?),
        })
    }
    /// The same with the path of a file taken as relative to `folder`. A URI has no relative paths.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            Self::Token(uri) => Self::Token(uri),
        }
    }
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Token(_) => None,
        }
    }
}

impl From<PathBuf> for KeySource {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl FromStr for KeySource {
    type Err = BadUri;
    fn from_str(text: &str) -> Result<Self, BadUri> {
        if text.starts_with(SCHEME) {
            return Ok(Self::Token(Box::new(text.parse()?)));
        }
        Ok(Self::File(PathBuf::from(text)))
    }
}

impl TryFrom<String> for KeySource {
    type Error = BadUri;
    fn try_from(text: String) -> Result<Self, BadUri> {
        text.parse()
    }
}

impl From<KeySource> for String {
    fn from(source: KeySource) -> String {
        source.to_string()
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Token(uri) => uri.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_uri_is_a_file() {
        for text in ["keys/tax.key", "/srv/tax.key", "pkcs11", "PKCS11:token=x"] {
            let source: KeySource = text.parse().unwrap();
            assert_eq!(source.file(), Some(Path::new(text)), "{text}");
            assert_eq!(source.to_string(), text);
        }
        assert_eq!(
            "a.key".parse::<KeySource>().unwrap().in_folder(Path::new("/srv")).to_string(),
            "/srv/a.key"
        );
    }

    #[test]
    fn a_uri_that_is_wrong_is_not_taken_for_a_file() {
        assert!("pkcs11:".parse::<KeySource>().is_err());
        let good = "pkcs11:token=tax;object=k?module-path=/lib/p11.so";
        let source: KeySource = good.parse().unwrap();
        assert_eq!(
            (source.file(), source.clone().in_folder(Path::new("/x")).to_string()),
            (None, good.to_owned())
        );
    }
}
