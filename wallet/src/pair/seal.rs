//! HPKE as pairing uses it: one message, from the key of the offer to the key of the answer.

use circuits::credential::PersonSecret;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use rand::{CryptoRng, RngCore};
use sha2::{Digest as _, Sha256};
use trustee::Entropy;
use zeroize::Zeroizing;

use super::PairError;
use super::message::{Answer, Offer, Reveal, SealedSecret};

/// A key for one pairing. No `Debug`; the secret half is zeroized on drop.
pub(super) struct KeyPair {
    secret: SecretKey,
    public: PublicKey,
}

impl KeyPair {
    pub(super) fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        let (secret, public) = Suite::derive_keypair(seed.as_ref());
        Self { secret, public }
    }

    pub(super) fn public(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.public.write_exact(&mut bytes);
        bytes
    }
}

/// What both wallets have said before the secret is sealed.
pub(super) struct Transcript([u8; 32]);

impl Transcript {
    pub(super) fn new(offer: &Offer, answer: &Answer, reveal: &Reveal) -> Self {
        let digest = Sha256::new()
            .chain_update(offer.to_bytes())
            .chain_update(answer.to_bytes())
            .chain_update(reveal.to_bytes())
            .finalize();
        Self(digest.into())
    }

    fn info(&self) -> Vec<u8> {
        [SECRET, self.0.as_slice()].concat()
    }
}

/// Seals a person secret to `to`, in the name of `from`.
pub(super) fn seal<R: RngCore + CryptoRng>(
    from: KeyPair,
    to: &[u8; 32],
    transcript: &Transcript,
    person: &PersonSecret,
    rng: &mut R,
) -> Result<SealedSecret, PairError> {
    let to = PublicKey::from_bytes(to).map_err(|_| PairError::Altered)?;
    let mode = OpModeS::<Suite>::Auth((from.secret, from.public));
    let plain = person.to_bytes();
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Suite>(
        &mode,
        &to,
        &transcript.info(),
        plain.as_slice(),
        b"",
        &mut Entropy::new(rng),
    );
    // A key of the other side without a shared secret is refused here.
    let (key, ciphertext) = sealed.map_err(|_| PairError::Altered)?;
    let mut encapsulated = [0; 32];
    key.write_exact(&mut encapsulated);
    let ciphertext = ciphertext.try_into().expect("32 bytes and a tag of 16 are 48");
    Ok(SealedSecret { encapsulated, ciphertext })
}

/// Opens what `from` sealed.
pub(super) fn open(
    to: &KeyPair,
    from: &[u8; 32],
    transcript: &Transcript,
    sealed: &SealedSecret,
) -> Result<PersonSecret, PairError> {
    let from = PublicKey::from_bytes(from).map_err(|_| PairError::NotOpened)?;
    let key = EncapsulatedKey::from_bytes(&sealed.encapsulated).map_err(|_| PairError::NotOpened)?;
    let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(
        &OpModeR::Auth(from),
        &to.secret,
        &key,
        &transcript.info(),
        &sealed.ciphertext,
        b"",
    );
    let opened = Zeroizing::new(opened.map_err(|_| PairError::NotOpened)?);
    let bytes: &[u8; 32] = opened.as_slice().try_into().map_err(|_| PairError::NotASecret)?;
    PersonSecret::from_bytes(bytes).ok_or(PairError::NotASecret)
}

type Suite = X25519HkdfSha256;
type SecretKey = <Suite as hpke::Kem>::PrivateKey;
type PublicKey = <Suite as hpke::Kem>::PublicKey;
type EncapsulatedKey = <Suite as hpke::Kem>::EncappedKey;

const SECRET: &[u8] = b"yong/pair/v1/secret";
