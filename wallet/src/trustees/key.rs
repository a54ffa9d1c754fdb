//! The key that trustees seal their answers to, while a recovery is under way.

use ledger::record::HpkePublicKey;
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use trustee::HpkePrivateKey;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The private key of one recovery. No `Debug`, zeroized on drop.
///
/// Whoever has it and the trustees' answers has the person secret.
pub(crate) struct RecoveryKey(HpkePrivateKey);

/// The key in hexadecimal, as it is under the seal. No `Debug`, zeroized on drop.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub(crate) struct StoredKey(String);

impl RecoveryKey {
    pub(crate) fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self(HpkePrivateKey::generate(rng))
    }

    /// `None` where what is stored is not 32 bytes.
    pub(crate) fn read(stored: &StoredKey) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&stored.0, bytes.as_mut()).ok()?;
        Some(Self(HpkePrivateKey::from_bytes(&bytes)))
    }

    /// The same key once more, for work that must not hold the wallet while it waits.
    pub(crate) fn copy(&self) -> Self {
        Self(HpkePrivateKey::from_bytes(&self.0.to_bytes()))
    }

    /// What the desk scans, and names on the ledger by its digest.
    pub(crate) fn public(&self) -> HpkePublicKey {
        self.0.public()
    }

    pub(crate) fn private(&self) -> &HpkePrivateKey {
        &self.0
    }
}

impl From<&RecoveryKey> for StoredKey {
    fn from(key: &RecoveryKey) -> Self {
        Self(hex::encode(key.0.to_bytes().as_slice()))
    }
}
