//! A credential that took the place of another of the same holder, collected by the wallet itself.
//!
//! The wallet proves, with an `enroll` proof in the context [`handover::renewal`](crate::handover::renewal), that it has the
//! secrets behind a holder value, and names a key that it made for this one question. The desk answers what the credential of
//! that holder is now, sealed to the key (HPKE in base mode, RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305). The key is in the context of the proof, so that nobody has an answer sealed to another; and the context
//! is sealed with the answer, so that no answer passes for that to another question.

use ark_bn254::Fr;
use ark_ff::{BigInteger as _, PrimeField as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use circuits::schema::SchemaId;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Entropy;
use crate::json;
use crate::vci::{EnrollProof, IssuedCredential};

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Aead = hpke::aead::ChaCha20Poly1305;
type PublicKey = <Kem as hpke::Kem>::PublicKey;
type EncappedKey = <Kem as hpke::Kem>::EncappedKey;

/// Posted to a desk's `renewal_endpoint`. There is no access token: the proof is the authority.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewalRequest {
    /// Of which credential.
    pub credential_configuration_id: SchemaId,
    /// What the answer is sealed to.
    pub recipient: RecipientKey,
    /// That the wallet is the holder; its context is [`crate::handover::renewal`].
    pub proof: EnrollProof,
}

/// The answer of the endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenewalResponse {
    /// A [`Renewal`].
    pub sealed: SealedRenewal,
}

/// What a holder's credential is now. Personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case", deny_unknown_fields)]
pub enum Renewal {
    /// In force: the holder's newest.
    Current {
        /// The credential.
        credential: Box<IssuedCredential>,
    },
    /// Out of the tree until the department restores it.
    Suspended,
    /// The department took it away.
    Revoked,
    /// The owner received anew, and another device took this one's place.
    Replaced,
    /// Its time is over, and the department has issued nothing since.
    Expired,
}

/// The public half of a [`RecipientSecret`]. JSON form: base64 of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecipientKey([u8; KEY_BYTES]);

/// A key for one question. No `Debug`, zeroized on drop.
pub struct RecipientSecret(<Kem as hpke::Kem>::PrivateKey);

/// A sealed [`Renewal`]: base64 of the encapsulated key and the ciphertext with its tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealedRenewal(Vec<u8>);

/// Why something is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenewalError {
    /// The text is no key, or a key that agrees with none.
    #[error("`recipient` is not an X25519 public key ({KEY_BYTES} bytes in base64)")]
    Key,
    /// The text is too short or too long for a sealed answer.
    #[error("not a sealed answer")]
    NotSealed,
    /// It was sealed to another key or for another question, or it is damaged: which of them cannot be told.
    #[error("the sealed answer does not open")]
    Unopened,
    /// Under the seal is something else.
    #[error("what was sealed is no answer")]
    Malformed,
}

impl Renewal {
    /// Seals the answer to the question whose proof has this context.
    pub fn seal<R: RngCore + CryptoRng>(
        &self,
        to: &RecipientKey,
        context: Fr,
        rng: &mut R,
    ) -> Result<SealedRenewal, RenewalError> {
        let plain = Zeroizing::new(serde_json::to_vec(self).map_err(|_| RenewalError::Malformed)?);
        let to = PublicKey::from_bytes(&to.0).map_err(|_| RenewalError::Key)?;
        let (encapped, ciphertext) = hpke::single_shot_seal_with_rng::<Aead, Kdf, Kem>(
            &OpModeS::Base,
            &to,
            INFO,
            &plain,
            &associated_data(context),
            &mut Entropy::new(rng),
        )
        // A key of small order has no secret with anybody.
        .map_err(|_| RenewalError::Key)?;
        Ok(SealedRenewal([encapped.to_bytes().as_slice(), &ciphertext].concat()))
    }
}

impl RecipientSecret {
    /// A new key from a cryptographic source of randomness.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self(Kem::gen_keypair_with_rng(&mut Entropy::new(rng)).0)
    }
    /// The public half.
    pub fn public(&self) -> RecipientKey {
        RecipientKey(Kem::sk_to_pk(&self.0).to_bytes().into())
    }
    /// Opens the answer to the question whose proof has this context.
    pub fn open(&self, sealed: &SealedRenewal, context: Fr) -> Result<Renewal, RenewalError> {
        let (encapped, ciphertext) = sealed.0.split_at_checked(KEY_BYTES).ok_or(RenewalError::NotSealed)?;
        let encapped = EncappedKey::from_bytes(encapped).map_err(|_| RenewalError::Unopened)?;
        let aad = associated_data(context);
        let opened = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &OpModeR::Base,
            &self.0,
            &encapped,
            INFO,
            ciphertext,
            &aad,
        );
        let plain = opened.map(Zeroizing::new).map_err(|_| RenewalError::Unopened)?;
        json::from_slice(&plain, MAX_SEALED).map_err(|_| RenewalError::Malformed)
    }
}

impl RecipientKey {
    /// As it is in the proof's context.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl TryFrom<String> for RecipientKey {
    type Error = RenewalError;
    fn try_from(text: String) -> Result<Self, RenewalError> {
        let bytes = STANDARD.decode(text).map_err(|_| RenewalError::Key)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| RenewalError::Key)
    }
}

impl From<RecipientKey> for String {
    fn from(key: RecipientKey) -> Self {
        STANDARD.encode(key.0)
    }
}

impl TryFrom<String> for SealedRenewal {
    type Error = RenewalError;
    fn try_from(text: String) -> Result<Self, RenewalError> {
        let bytes = STANDARD.decode(text).map_err(|_| RenewalError::NotSealed)?;
        if (KEY_BYTES + TAG_BYTES..=MAX_SEALED).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(RenewalError::NotSealed)
        }
    }
}

impl From<SealedRenewal> for String {
    fn from(sealed: SealedRenewal) -> Self {
        STANDARD.encode(sealed.0)
    }
}

fn associated_data(context: Fr) -> Vec<u8> {
    context.into_bigint().to_bytes_be()
}

const INFO: &[u8] = b"yong/renewal/v1";
/// Bytes of a public key, and of an encapsulated one.
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// More than any credential is long.
const MAX_SEALED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn rng() -> StdRng {
        StdRng::seed_from_u64(17)
    }

    #[test]
    fn an_answer_opens_for_its_own_question_alone() {
        let rng = &mut rng();
        let secret = RecipientSecret::generate(rng);
        let sealed = Renewal::Suspended.seal(&secret.public(), 5.into(), rng).unwrap();
        assert!(secret.open(&sealed, 5.into()) == Ok(Renewal::Suspended));
        assert!(secret.open(&sealed, 6.into()) == Err(RenewalError::Unopened));
        let other = RecipientSecret::generate(rng);
        assert!(other.open(&sealed, 5.into()) == Err(RenewalError::Unopened));
        let mut damaged = sealed.clone();
        *damaged.0.last_mut().unwrap() ^= 1;
        assert!(secret.open(&damaged, 5.into()) == Err(RenewalError::Unopened));
    }

    #[test]
    fn keys_and_answers_have_one_form_each_and_bounds() {
        let key = RecipientSecret::generate(&mut rng()).public();
        let text = String::from(key);
        assert_eq!(RecipientKey::try_from(text.clone()), Ok(key));
        for wrong in ["", "AAAA", &format!("{text}AAAA"), &text.replace('=', "")] {
            assert_eq!(RecipientKey::try_from((*wrong).to_owned()), Err(RenewalError::Key), "{wrong}");
        }
        for length in [0, KEY_BYTES + TAG_BYTES - 1, MAX_SEALED + 1] {
            let text = STANDARD.encode(vec![0; length]);
            assert_eq!(SealedRenewal::try_from(text), Err(RenewalError::NotSealed), "{length}");
        }
    }

    #[test]
    fn nothing_is_sealed_to_a_key_of_small_order() {
        let sealed = Renewal::Revoked.seal(&RecipientKey([0; KEY_BYTES]), 5.into(), &mut rng());
        assert_eq!(sealed, Err(RenewalError::Key));
    }
}
