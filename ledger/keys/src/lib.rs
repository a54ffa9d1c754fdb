//! Opens what signs as a department, as a witness or as the log: a key file, or a key in a device that gives no key away
//! (PKCS#11: an HSM, a smart card, `SoftHSM`).
//!
//! | module | is |
//! |---|---|
//! | [`source`] | where a key is, in one setting: the path of a key file, or a PKCS#11 URI |
//! | [`uri`] | PKCS#11 URIs (RFC 7512), as far as they name one Ed25519 key |
//! | [`token`] | a key in a device behind [`ledger::signer::DepartmentSigner`] |
//! | [`watched`] | a key of a service that runs: its device may be taken out, and put back |
//!
//! The crate stands beside `ledger`, so that who only reads and checks a ledger links no library that loads others.
#![forbid(unsafe_code)]

mod error;
mod pin;
pub mod source;
pub mod token;
pub mod uri;
pub mod watched;

pub use self::error::KeyError;
pub use self::pin::PIN_VARIABLE;
pub use self::source::KeySource;
pub use self::token::TokenKey;
pub use self::uri::{BadUri, KeyUri, PinSource};
pub use self::watched::WatchedKey;
