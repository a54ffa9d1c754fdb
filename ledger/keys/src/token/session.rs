//! A session with a token, logged in, and the key in it.

use std::mem;

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};
use ledger::key::PublicKey;

use super::library::{Beginning, Inside};
use super::login::log_in;
use crate::error::KeyError;
use crate::uri::{KeyUri, ObjectName, TokenName};

/// A session that may use the private key.
pub(super) struct Opened {
    session: Session,
    private: ObjectHandle,
    beginning: Beginning,
}

impl Opened {
    pub(super) fn sign(&self, _inside: &Inside, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
        Ok(self.session.sign(&pure, self.private, message)?)
    }

    /// The same, unless the library was begun anew: then the session is not even closed, as its number may be another's.
    pub(super) fn if_current(self, inside: &Inside) -> Option<Self> {
        if self.beginning == inside.beginning() {
            return Some(self);
        }
        mem::forget(self);
        None
    }
}

/// Opens a session and finds the key; gives its public half, as the token reports it.
pub(super) fn open(inside: &Inside, uri: &KeyUri) -> Result<(Opened, PublicKey), KeyError> {
    let library = inside.library(uri.module())?;
    let (slot, info) = slot(&library, uri.token())?;
    let session = library.open_ro_session(slot)?;
    log_in(&session, &info, uri)?;
    let private = find(&session, ObjectClass::PRIVATE_KEY, uri.object())?.ok_or(KeyError::NoKey)?;
    let public = public_key(&session, uri.object())?;
    Ok((Opened { session, private, beginning: inside.beginning() }, public))
}

fn slot(library: &Pkcs11, name: &TokenName) -> Result<(Slot, TokenInfo), KeyError> {
    let mut found = Vec::new();
    for slot in library.get_slots_with_token()? {
        // A token that is pulled out in this moment is one that is not there.
        let Ok(info) = library.get_token_info(slot) else { continue };
        let fits = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted == is);
        let named = fits(name.label.as_deref(), info.label())
            && fits(name.serial.as_deref(), info.serial_number())
            && fits(name.manufacturer.as_deref(), info.manufacturer_id())
            && fits(name.model.as_deref(), info.model());
        if named && info.token_initialized() {
            found.push((slot, info));
        }
    }
    let many = found.len();
    match (found.pop(), many) {
        (Some(one), 1) => Ok(one),
        (None, _) => Err(KeyError::NoToken),
        (Some(_), many) => Err(KeyError::ManyTokens(many)),
    }
}

/// The one Ed25519 key of that class and name, if there is any key of that name.
fn find(session: &Session, class: ObjectClass, name: &ObjectName) -> Result<Option<ObjectHandle>, KeyError> {
    let mut template = template(class, name);
    let any = session.find_objects(&template)?;
    template.push(Attribute::KeyType(KeyType::EC_EDWARDS));
    match session.find_objects(&template)?.as_slice() {
        [one] => Ok(Some(*one)),
        [] if any.is_empty() => Ok(None),
        [] => Err(KeyError::OtherType),
        many => Err(KeyError::ManyKeys(many.len())),
    }
}

fn template(class: ObjectClass, name: &ObjectName) -> Vec<Attribute> {
    let label = name.label.as_ref().map(|label| Attribute::Label(label.as_bytes().to_vec()));
    let id = name.id.as_ref().map(|id| Attribute::Id(id.clone()));
    [Attribute::Class(class)].into_iter().chain(label).chain(id).collect()
}

fn public_key(session: &Session, name: &ObjectName) -> Result<PublicKey, KeyError> {
    let object = find(session, ObjectClass::PUBLIC_KEY, name)?.ok_or(KeyError::NoPublicKey)?;
    let attributes = session.get_attributes(object, &[AttributeType::EcPoint])?;
    let point = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(point.as_slice()),
        _ => None,
    });
    of_point(point.ok_or(KeyError::NoPublicKey)?).ok_or(KeyError::OtherType)
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
