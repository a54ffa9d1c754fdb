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

/// What both clerks compare with their screens: the digest of a recovery's key, which the request names, in groups of four
/// digits.
pub(crate) fn to_compare(key: &HpkePublicKey) -> String {
    let digits = key.digest().to_string();
    let groups = digits.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join("-")
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_is_the_whole_digest() {
        let key = ledger::samples::hpke_key("wallet");
        let groups = to_compare(&key);
        assert_eq!(groups.replace('-', ""), key.digest().to_string());
        assert_eq!(groups.split('-').map(str::len).collect::<Vec<_>>(), [4; 16]);
    }
}
