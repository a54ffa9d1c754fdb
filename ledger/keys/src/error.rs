//! Why a key cannot be opened.

use std::path::PathBuf;

use ledger::key::{KeyFileError, PublicKey};

use crate::pin::PIN_VARIABLE;

/// Why a key cannot be opened, or is not what was opened before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key file cannot be read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The device's library cannot be loaded.
    #[error(
        "the PKCS#11 library `{path}` cannot be used: {error}; install the device's software, or correct `module-path`"
    )]
    Module {
        /// Where.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// No token has that name.
    #[error(
        "no token that is plugged in has the name that the URI gives; plug it in, or correct `token` or `serial`"
    )]
    NoToken,
    /// Two tokens have it.
    #[error("{0} tokens have the name that the URI gives; add `serial`")]
    ManyTokens(usize),
    /// No key has that name.
    #[error("the token has no Ed25519 private key of that name; correct `object` or `id`, or make the key")]
    NoKey,
    /// Two keys have it.
    #[error("{0} keys of the token have the name that the URI gives; add `id`")]
    ManyKeys(usize),
    /// Nobody could say whose signature it is.
    #[error(
        "the token has no Ed25519 public key beside the private one, under the same name; store it there too"
    )]
    NoPublicKey,
    /// The token that came back is another one.
    #[error(
        "the token now has the public key {found} under that name, and had {before}; plug the right one in, and start anew"
    )]
    OtherKey {
        /// When it was opened first.
        before: PublicKey,
        /// Now.
        found: PublicKey,
    },
    /// There is no PIN.
    #[error("there is no PIN; write it into a file and give `pin-source=file:/…`, or set {PIN_VARIABLE}")]
    NoPin,
    /// The file with the PIN cannot be read.
    #[error("the PIN file `{path}`: {error}")]
    PinFile {
        /// Where.
        path: PathBuf,
        /// Why.
        error: KeyFileError,
    },
    /// The token refuses the PIN.
    #[error("the token refuses the PIN; correct it before the token locks itself")]
    PinRefused,
    /// The token refused this PIN before.
    #[error(
        "the token refused this PIN, and it is not tried again, so that the token does not lock itself; correct it"
    )]
    PinRefusedBefore,
    /// The device failed.
    #[error("the device: {0}")]
    Device(String),
}

impl From<cryptoki::error::Error> for KeyError {
    fn from(error: cryptoki::error::Error) -> Self {
        Self::Device(error.to_string())
    }
}
