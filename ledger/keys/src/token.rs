//! A key in a PKCS#11 device.
//!
//! | what happens | what is done |
//! |---|---|
//! | the token was removed, reset, or has ended the session | the session is opened anew, once for each signature; if that fails, the library is begun anew too |
//! | what comes back has another public key under that name | nothing is signed |
//! | the token refuses the PIN | the same PIN is never shown to it again, as tokens lock themselves after a few wrong ones |
//! | the device gives something that is no signature | it is thrown away: every signature is verified first |

mod library;
mod login;
mod session;

use std::sync::{Mutex, PoisonError};

use ledger::key::{PublicKey, Signature};
use ledger::signer::{DepartmentSigner, SigningError};

use self::session::Opened;
use crate::error::KeyError;
use crate::uri::KeyUri;

/// An Ed25519 key in a device, by `CKM_EDDSA` (PKCS#11 3.0). Signatures are made one after the other.
pub struct TokenKey {
    uri: KeyUri,
    public: PublicKey,
    session: Mutex<Option<Opened>>,
}

impl TokenKey {
    /// Finds the key in the device, and asks for its public half.
    pub fn open(uri: KeyUri) -> Result<Self, KeyError> {
        let (opened, public) = session::open(&library::enter(), &uri)?;
        Ok(Self { uri, public, session: Mutex::new(Some(opened)) })
    }

    fn sign_now(&self, session: &mut Option<Opened>, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        if let Some(signature) = self.sign_in_session(session, message) {
            return Ok(signature);
        }
        let reopened = match self.reopen(session, message) {
            Err(error) if error.may_pass() => {
                library::restart(self.uri.module())?;
                self.reopen(session, message)
            }
            reopened => reopened,
        };
        if reopened.is_ok() {
            tracing::info!(uri = %self.uri, "the token's session was opened anew");
        }
        reopened
    }

    /// Signs in the session that there is, if there is one; one that does not sign is given up.
    fn sign_in_session(&self, session: &mut Option<Opened>, message: &[u8]) -> Option<Vec<u8>> {
        let inside = library::enter();
        let opened = session.take()?.if_current(&inside)?;
        match opened.sign(&inside, message) {
            Ok(signature) => {
                *session = Some(opened);
                Some(signature)
            }
            Err(error) => {
                tracing::warn!(uri = %self.uri, %error, "the token does not sign");
                None
            }
        }
    }

    /// Opens the session anew and signs in it; the token must have the same key as before.
    fn reopen(&self, session: &mut Option<Opened>, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let inside = library::enter();
        let (opened, found) = session::open(&inside, &self.uri)?;
        if found != self.public {
            let (before, found) = (Box::new(self.public), Box::new(found));
            return Err(KeyError::OtherKey { before, found });
        }
        let signature = opened.sign(&inside, message)?;
        *session = Some(opened);
        Ok(signature)
    }
}

impl DepartmentSigner for TokenKey {
    fn public(&self) -> PublicKey {
        self.public
    }
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let made = self.sign_now(&mut session, message);
        let made = made.map_err(|error| SigningError::Unavailable(error.to_string()))?;
        let signature = made.as_slice().try_into().map(Signature::from_bytes);
        let signature = signature.map_err(|_| SigningError::BadSignature)?;
        self.public.verify(message, &signature).map_err(|_| SigningError::BadSignature)?;
        Ok(signature)
    }
}
