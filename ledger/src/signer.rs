//! Whatever signs as a department, or as the log: a key file here, or a device that gives no key away (the crate
//! `ledger_keys`). Signing can fail, since a device can be gone.

use crate::key::{DepartmentKey, PublicKey, Signature};

/// Signs as a department, as a witness or as the log.
pub trait DepartmentSigner: Send + Sync {
    /// The public half of the key that signs.
    fn public(&self) -> PublicKey;
    /// Signs a message. The caller puts the purpose first, so that no two kinds of message can be equal. What is given was
    /// made by the key of [`Self::public`].
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError>;
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The device that has the key does not sign now; in words.
    #[error("the signing key cannot be used now: {0}")]
    Unavailable(String),
    /// What the device gave is no signature of its key over the message, so it was thrown away.
    #[error(
        "the device gave a signature that does not verify under its public key; have the device looked at"
    )]
    BadSignature,
}

impl DepartmentSigner for DepartmentKey {
    fn public(&self) -> PublicKey {
        Self::public(self)
    }
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        Ok(Self::sign(self, message))
    }
}

impl<T: DepartmentSigner + ?Sized> DepartmentSigner for Box<T> {
    fn public(&self) -> PublicKey {
        (**self).public()
    }
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        (**self).sign(message)
    }
}
