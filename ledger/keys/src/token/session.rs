//! A session with a token, logged in, and the key in it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use ledger::key::PublicKey;
use zeroize::Zeroizing;

use crate::error::KeyError;
use crate::pin;
use crate::uri::{KeyUri, ObjectName, TokenName};

/// A session that may use the private key.
pub(super) struct Opened {
    session: Session,
    private: ObjectHandle,
}

/// The PIN that the token refused last.
pub(super) type RefusedPin = Option<Zeroizing<String>>;

impl Opened {
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
        Ok(self.session.sign(&pure, self.private, message)?)
    }
}

/// Opens a session and finds the key; gives its public half, as the token reports it.
pub(super) fn open(uri: &KeyUri, refused: &mut RefusedPin) -> Result<(Opened, PublicKey), KeyError> {
    let module = module(uri.module())?;
    let slot = slot(&module, uri.token())?;
    let session = module.open_ro_session(slot)?;
    log_in(&session, uri, refused)?;
    let private = one(&session.find_objects(&template(ObjectClass::PRIVATE_KEY, uri.object()))?)?;
    let public = public_key(&session, uri.object())?;
    Ok((Opened { session, private }, public))
}

/// A library is loaded once in a process, and stays; what it was reset to, it is initialised from again.
fn module(path: &Path) -> Result<Pkcs11, KeyError> {
    static LOADED: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let loaded = loaded.get_or_insert_default();
    let unusable = |error: Error| KeyError::Module { path: path.to_path_buf(), error: error.to_string() };
    let module = match loaded.get(path) {
        Some(module) => module.clone(),
        None => Pkcs11::new(path).map_err(unusable)?,
    };
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(unusable(error)),
    }
    loaded.insert(path.to_path_buf(), module.clone());
    Ok(module)
}

fn slot(module: &Pkcs11, name: &TokenName) -> Result<Slot, KeyError> {
    let mut found = Vec::new();
    for slot in module.get_slots_with_token()? {
        // A token that is pulled out in this moment is one that is not there.
        let Ok(info) = module.get_token_info(slot) else { continue };
        let fits = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted == is);
        let named = fits(name.label.as_deref(), info.label())
            && fits(name.serial.as_deref(), info.serial_number())
            && fits(name.manufacturer.as_deref(), info.manufacturer_id())
            && fits(name.model.as_deref(), info.model());
        if named && info.token_initialized() {
            found.push(slot);
        }
    }
    match found.as_slice() {
        [slot] => Ok(*slot),
        [] => Err(KeyError::NoToken),
        many => Err(KeyError::ManyTokens(many.len())),
    }
}

/// Another session of this process may have logged in: that counts for all.
fn log_in(session: &Session, uri: &KeyUri, refused: &mut RefusedPin) -> Result<(), KeyError> {
    let pin = pin::read(uri.pin())?;
    if refused.as_ref() == Some(&pin) {
        return Err(KeyError::PinRefusedBefore);
    }
    let shown = AuthPin::new(pin.as_str().into());
    match session.login(UserType::User, Some(&shown)) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(Error::Pkcs11(
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinLocked,
            _,
        )) => {
            *refused = Some(pin);
            Err(KeyError::PinRefused)
        }
        Err(error) => Err(error.into()),
    }
}

fn template(class: ObjectClass, name: &ObjectName) -> Vec<Attribute> {
    let label = name.label.as_ref().map(|label| Attribute::Label(label.as_bytes().to_vec()));
    let id = name.id.as_ref().map(|id| Attribute::Id(id.clone()));
    let kind = [Attribute::Class(class), Attribute::KeyType(KeyType::EC_EDWARDS)];
    kind.into_iter().chain(label).chain(id).collect()
}

fn one(found: &[ObjectHandle]) -> Result<ObjectHandle, KeyError> {
    match found {
        [one] => Ok(*one),
        [] => Err(KeyError::NoKey),
        many => Err(KeyError::ManyKeys(many.len())),
    }
}

fn public_key(session: &Session, name: &ObjectName) -> Result<PublicKey, KeyError> {
    let found = one(&session.find_objects(&template(ObjectClass::PUBLIC_KEY, name))?);
    let object = found.map_err(|error| match error {
        KeyError::NoKey => KeyError::NoPublicKey,
        error => error,
    })?;
    let attributes = session.get_attributes(object, &[AttributeType::EcPoint])?;
    let point = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(point.as_slice()),
        _ => None,
    });
    point.and_then(of_point).ok_or(KeyError::NoPublicKey)
}

/// Devices write the point as a DER octet string, or bare.
fn of_point(point: &[u8]) -> Option<PublicKey> {
    let bare: &[u8; 32] = match point.len() {
        32 => point.try_into().ok()?,
        _ => point.strip_prefix(&OCTETS_32)?.try_into().ok()?,
    };
    PublicKey::from_bytes(bare).ok()
}

/// How DER begins an octet string of 32 bytes.
const OCTETS_32: [u8; 2] = [0x04, 32];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_read_bare_or_wrapped_and_nothing_else() {
        let public = ledger::key::DepartmentKey::from_seed(&[7; 32]).public();
        let bare = public.as_bytes().to_vec();
        let wrapped = [&OCTETS_32[..], &bare].concat();
        assert_eq!((of_point(&bare), of_point(&wrapped)), (Some(public), Some(public)));
        for bad in [&wrapped[1..], &bare[1..], &[], &[0; 32], &[&wrapped[..], &[0]].concat()] {
            assert_eq!(of_point(bad), None, "{bad:?}");
        }
    }
}
