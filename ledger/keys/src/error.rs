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
    #[error("the token has no private key of that name; correct `object` or `id`, or make the key")]
    NoKey,
    /// What has that name is no Ed25519 key.
    #[error(
        "the key of that name is no Ed25519 key; make one (`EC:edwards25519`), or correct `object` or `id`"
    )]
    OtherType,
    /// Two keys have it.
    #[error("{0} keys of the token have the name that the URI gives; add `id`")]
    ManyKeys(usize),
    /// Nobody could say whose signature it is.
    #[error("the token has no public key beside the private one, under the same name; store it there too")]
    NoPublicKey,
    /// The token that came back is another one.
    #[error(
        "the token now has the public key {found} under that name, and had {before}; plug the right one in, and start anew"
    )]
    OtherKey {
        /// When it was opened first.
        before: Box<PublicKey>,
        /// Now.
        found: Box<PublicKey>,
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
    /// The token was shown a wrong PIN before, by this program before it was started again or by another one.
    #[error(
        "the token was shown a wrong PIN since the last right one, so it is not shown another, which might lock it; correct the PIN, and log in once by the device's own program (such as `pkcs11-tool --login`), which lets the token forget the wrong ones"
    )]
    PinTriedElsewhere,
    /// The token takes no PIN any more.
    #[error("the token has locked its PIN; unlock it by the device's own program, as its security officer")]
    PinLocked,
    /// The device failed.
    #[error("the device: {0}")]
    Device(String),
}

impl KeyError {
    /// Whether the device may be well again once its library is begun anew. What somebody must correct is not.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Module { .. } | Self::NoToken | Self::NoKey | Self::NoPublicKey | Self::Device(_) => true,
            Self::File(_)
            | Self::ManyTokens(_)
            | Self::OtherType
            | Self::ManyKeys(_)
            | Self::OtherKey { .. }
            | Self::NoPin
            | Self::PinFile { .. }
            | Self::PinRefused
            | Self::PinRefusedBefore
            | Self::PinTriedElsewhere
            | Self::PinLocked => false,
        }
    }
}

impl From<cryptoki::error::Error> for KeyError {
    fn from(error: cryptoki::error::Error) -> Self {
        Self::Device(error.to_string())
    }
}
