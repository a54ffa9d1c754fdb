//! HPKE in base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! What is sealed is a share. What it is of (bundle, trustee, i, n, t) is the associated data, and whether a wallet
//! deposits it or a trustee answers with it is the `info`, so that neither passes for the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use circuits::credential::DepartmentId;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use ledger::record::{BundleId, HpkePublicKey};
use openid4vc::Entropy;
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::share::{SHARE_BYTES, Share};
use crate::threshold::{ShareIndex, Threshold};

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;
type PrivateKey = <Kem as hpke::Kem>::PrivateKey;
type PublicKey = <Kem as hpke::Kem>::PublicKey;
type EncappedKey = <Kem as hpke::Kem>::EncappedKey;

/// A private key of a trustee, or of a new wallet. No `Debug`, zeroized on drop.
pub struct HpkePrivateKey(PrivateKey);

impl HpkePrivateKey {
    /// A new key from a cryptographic source of randomness.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self(Kem::gen_keypair_with_rng(&mut Entropy::new(rng)).0)
    }
    /// The key whose bytes these are; they are clamped (RFC 7748 §5).
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(PrivateKey::from_bytes(bytes).expect("any 32 bytes are a private key"))
    }
    /// The clamped bytes, for whoever keeps the key.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.0.write_exact(bytes.as_mut_slice());
        bytes
    }
    /// The public half.
    pub fn public(&self) -> HpkePublicKey {
        let bytes = Kem::sk_to_pk(&self.0).to_bytes().into();
        HpkePublicKey::from_bytes(bytes)
            .expect("a clamped multiple of the base point is canonical and of large order")
    }
}

/// A share, sealed to one key. JSON form: base64 of the encapsulated key (32 bytes) and the ciphertext with its tag (80).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealedShare([u8; SEALED_BYTES]);

/// The text is not a sealed share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed share ({SEALED_BYTES} bytes in base64)")]
pub struct NotSealed;

/// The key is another one, the share is of something else, or it is damaged: which of them cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

/// Why a share is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A wallet gives it to a trustee.
    Deposit,
    /// A trustee gives it to a new wallet.
    Answer,
}

/// What is sealed together with a share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'c> {
    pub(crate) purpose: Purpose,
    pub(crate) bundle: BundleId,
    pub(crate) trustee: &'c DepartmentId,
    pub(crate) index: ShareIndex,
    pub(crate) threshold: Threshold,
}

impl Context<'_> {
    /// Seals a share to a key.
    pub(crate) fn seal<R: RngCore + CryptoRng>(
        &self,
        share: &Share,
        to: &HpkePublicKey,
        rng: &mut R,
    ) -> SealedShare {
        let to = PublicKey::from_bytes(to.as_bytes()).expect("any 32 bytes are a public key");
        let plaintext = share.to_bytes();
        let (encapped, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
            &OpModeS::Base,
            &to,
            self.purpose.info(),
            plaintext.as_slice(),
            &self.associated_data(),
            &mut Entropy::new(rng),
        )
        .expect("a key that is not of small order agrees with every other");
        let mut bytes = [0; SEALED_BYTES];
        let (head, tail) = bytes.split_at_mut(ENCAPPED_BYTES);
        encapped.write_exact(head);
        tail.copy_from_slice(&ciphertext);
        SealedShare(bytes)
    }
    /// Opens what was sealed in this very context to the key.
    pub(crate) fn open(&self, sealed: &SealedShare, key: &HpkePrivateKey) -> Result<Share, Unopened> {
        let (encapped, ciphertext) = sealed.0.split_at(ENCAPPED_BYTES);
        let encapped = EncappedKey::from_bytes(encapped).map_err(|_| Unopened)?;
        let opened = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &OpModeR::Base,
            &key.0,
            &encapped,
            self.purpose.info(),
            ciphertext,
            &self.associated_data(),
        );
        let plaintext = opened.map(Zeroizing::new).map_err(|_| Unopened)?;
        Share::from_bytes(self.index, &plaintext).map_err(|_| Unopened)
    }
    /// The bundle (32 bytes), i, n, t (a byte each), and the trustee's identifier: one spelling of each context, as only the
    /// last part has no fixed length.
    fn associated_data(&self) -> Vec<u8> {
        let trustee = self.trustee.as_str().as_bytes();
        [self.bundle.as_bytes().as_slice(), &[self.index.get()], &self.threshold.to_bytes(), trustee].concat()
    }
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Deposit => b"yong/share-deposit/v1",
            Self::Answer => b"yong/share-answer/v1",
        }
    }
}

impl TryFrom<String> for SealedShare {
    type Error = NotSealed;
    fn try_from(s: String) -> Result<Self, NotSealed> {
        let bytes = STANDARD.decode(s).map_err(|_| NotSealed)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| NotSealed)
    }
}

impl From<SealedShare> for String {
    fn from(sealed: SealedShare) -> Self {
        STANDARD.encode(sealed.0)
    }
}

/// Bytes of an encapsulated key.
const ENCAPPED_BYTES: usize = 32;
/// Bytes of a sealed share: with the encapsulated key before it and the tag of 16 bytes behind it.
const SEALED_BYTES: usize = ENCAPPED_BYTES + SHARE_BYTES + 16;

#[cfg(test)]
mod tests;
