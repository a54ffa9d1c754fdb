//! A key in a PKCS#11 device.
//!
//! | what happens | what is done |
//! |---|---|
//! | the token was removed, reset, or has ended the session | the session is opened anew, once for each signature |
//! | what comes back has another public key under that name | nothing is signed |
//! | the token refuses the PIN | the same PIN is never shown to it again, as tokens lock themselves after a few wrong ones |
//! | the device gives something that is no signature | it is thrown away: every signature is verified first |

mod session;

use std::sync::{Mutex, PoisonError};

use ledger::key::{PublicKey, Signature};
use ledger::signer::{DepartmentSigner, SigningError};

use self::session::{Opened, RefusedPin};
use crate::error::KeyError;
use crate::uri::KeyUri;

/// An Ed25519 key in a device, by `CKM_EDDSA` (PKCS#11 3.0). Signatures are made one after the other.
pub struct TokenKey {
    uri: KeyUri,
    public: PublicKey,
    session: Mutex<State>,
}

#[derive(Default)]
struct State {
    opened: Option<Opened>,
    refused: RefusedPin,
}

impl TokenKey {
    /// Finds the key in the device, and asks for its public half.
    pub fn open(uri: KeyUri) -> Result<Self, KeyError> {
        let mut state = State::default();
        let (opened, public) = session::open(&uri, &mut state.refused)?;
        state.opened = Some(opened);
        Ok(Self { uri, public, session: Mutex::new(state) })
    }

    /// Opens the session anew; the token must have the same key as before.
    fn reopen<'a>(&self, state: &'a mut State) -> Result<&'a Opened, KeyError> {
        state.opened = None;
        let (opened, found) = session::open(&self.uri, &mut state.refused)?;
        if found != self.public {
            return Err(KeyError::OtherKey { before: self.public, found });
        }
        tracing::info!(uri = %self.uri, "the token's session was opened anew");
        Ok(state.opened.insert(opened))
    }

    fn sign_once_more(&self, state: &mut State, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        if let Some(opened) = &state.opened {
            match opened.sign(message) {
                Ok(signature) => return Ok(signature),
                Err(error) => tracing::warn!(uri = %self.uri, %error, "the token does not sign"),
            }
        }
        self.reopen(state)?.sign(message)
    }
}

impl DepartmentSigner for TokenKey {
    fn public(&self) -> PublicKey {
        self.public
    }
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        let mut state = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let made = self.sign_once_more(&mut state, message);
        let made = made.map_err(|error| SigningError::Unavailable(error.to_string()))?;
        let signature = made.as_slice().try_into().map(Signature::from_bytes);
        let signature = signature.map_err(|_| SigningError::BadSignature)?;
        self.public.verify(message, &signature).map_err(|_| SigningError::BadSignature)?;
        Ok(signature)
    }
}
