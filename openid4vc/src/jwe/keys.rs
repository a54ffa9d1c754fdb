//! Secret keys and what two sides agree on.

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::header::Header;
use super::{JweError, Jwk};

/// The secret half of a key that one response is encrypted to; made for one request and wiped with it. No `Debug`,
/// zeroized on drop, compared in constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseKey(SecretKey);

impl ResponseKey {
    /// A fresh key from `random`, which fills bytes from the system's generator.
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            random(bytes.as_mut());
            // All but one in 2^32 of the strings are scalars of the group.
            if let Some(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    /// From 32 big-endian bytes; `None` for zero and beyond the group's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        SecretKey::from_slice(bytes).ok().map(Self)
    }

    /// For the store.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public half, named by its thumbprint.
    pub fn public(&self) -> Jwk {
        let point = self.working().compute_public_key().ok();
        let point = point.and_then(|point| PublicKey::from_sec1_bytes(point.as_ref()).ok());
        Jwk::of(&point.expect("a scalar that is not zero has a point")).for_responses()
    }

    /// The content encryption key: Concat KDF (NIST SP 800-56A §5.8.1 as RFC 7518 §4.6.2 uses it) over the shared point's x.
    pub(super) fn agree(&self, other: &Jwk, header: &Header) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let point = other.point().ok_or(JweError::Decrypt)?.to_sec1_point(false);
        let [apu, apv] = header.parties()?;
        let bytes = header.enc.key_bytes();
        let mut hash = Sha256::new_with_prefix(1u32.to_be_bytes());
        let point = UnparsedPublicKey::new(&ECDH_P256, point.as_bytes());
        agreement::agree(&self.working(), point, JweError::Decrypt, |shared| {
            hash.update(shared);
            Ok(())
        })?;
        for field in [header.enc.name().as_bytes(), &apu, &apv] {
            hash.update(u32::try_from(field.len()).map_err(|_| JweError::Malformed)?.to_be_bytes());
            hash.update(field);
        }
        hash.update((8 * bytes as u32).to_be_bytes());
        let digest = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
        Ok(Zeroizing::new(digest.iter().take(bytes).copied().collect()))
    }

    /// The key for AWS-LC, which multiplies on the curve in much less time than p256.
    fn working(&self) -> PrivateKey {
        PrivateKey::from_private_key(&ECDH_P256, self.to_bytes().as_ref())
            .expect("a scalar that is not zero is a key")
    }
}
