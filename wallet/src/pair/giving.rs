//! The side of the wallet that has the person secret.

use circuits::credential::PersonSecret;
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::message::{Answer, Offer, Reveal, SealedSecret};
use super::seal::{self, KeyPair, Transcript};
use super::{PairError, PairNumber};

/// An offer that nobody has answered yet. No `Debug`.
pub struct Offering {
    keys: KeyPair,
    /// Secret until it is revealed.
    nonce: Zeroizing<[u8; 32]>,
    offer: Offer,
}

/// An offer that was answered: nothing secret has left the wallet. No `Debug`.
pub struct Answered {
    keys: KeyPair,
    offer: Offer,
    answer: Answer,
    reveal: Reveal,
}

impl Offering {
    /// Begins a pairing, with a key and a nonce for it alone.
    pub fn new<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let keys = KeyPair::generate(rng);
        let mut nonce = Zeroizing::new([0; 32]);
        rng.fill_bytes(nonce.as_mut());
        let offer = Offer::new(keys.public(), &nonce);
        Self { keys, nonce, offer }
    }

    /// The first message.
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// Takes the one answer, and reveals what the offer is committed to.
    pub fn answered(self, answer: Answer) -> Answered {
        let Self { keys, nonce, offer } = self;
        let reveal = Reveal { nonce: *nonce, answer: answer.digest() };
        Answered { keys, offer, answer, reveal }
    }
}

impl Answered {
    /// The third message.
    pub fn reveal(&self) -> &Reveal {
        &self.reveal
    }

    /// What this wallet's screen shows, and what the other's must.
    pub fn number(&self) -> PairNumber {
        PairNumber::new(&self.offer, &self.answer, &self.reveal.nonce)
    }

    /// Seals the person secret, if `shown` is what the owner read on the other screen. There is one try.
    ///
    /// [`PairError::OtherNumber`] where the numbers differ; [`PairError::Altered`] where the other key is none.
    pub fn seal<R: RngCore + CryptoRng>(
        self,
        shown: PairNumber,
        person: &PersonSecret,
        rng: &mut R,
    ) -> Result<SealedSecret, PairError> {
        if shown != self.number() {
            return Err(PairError::OtherNumber);
        }
        let transcript = Transcript::new(&self.offer, &self.answer, &self.reveal);
        seal::seal(self.keys, &self.answer.key, &transcript, person, rng)
    }
}
