//! Showing a token its PIN, never twice a wrong one.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::TokenInfo;
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use crate::error::KeyError;
use crate::pin;
use crate::uri::KeyUri;

/// Logs a session in. Another session of this process may have logged in: that counts for all.
///
/// Tokens lock themselves after a few wrong PINs. So what a token refused is not shown to it again by this process, and a
/// process that finds a token that was shown a wrong one already shows it none: whoever starts it again and again would
/// lock the token.
pub(super) fn log_in(session: &Session, info: &TokenInfo, uri: &KeyUri) -> Result<(), KeyError> {
    let pin = pin::read(uri.pin())?;
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    let here = (uri.module().to_path_buf(), info.serial_number().to_owned());
    if refused.iter().any(|(token, wrong)| *token == here && *wrong == pin) {
        return Err(KeyError::PinRefusedBefore);
    }
    let known_here = refused.iter().any(|(token, _)| *token == here);
    if info.user_pin_locked() {
        return Err(KeyError::PinLocked);
    }
    if info.user_pin_final_try() || (info.user_pin_count_low() && !known_here) {
        return Err(KeyError::PinTriedElsewhere);
    }
    match session.login(UserType::User, Some(&AuthPin::new(pin.as_str().into()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(KeyError::PinLocked),
        Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
            refused.push((here, pin));
            Err(KeyError::PinRefused)
        }
        Err(error) => Err(error.into()),
    }
}

/// A token, by its library and serial number, and a PIN that it refused.
type Refused = ((PathBuf, String), Zeroizing<String>);

/// Few: a token takes no more than a few.
static REFUSED: Mutex<Vec<Refused>> = Mutex::new(Vec::new());
