//! The side of the wallet that is to have the person secret too.

use circuits::credential::PersonSecret;
use rand::{CryptoRng, RngCore};

use super::message::{Answer, Offer, Reveal, SealedSecret};
use super::seal::{self, KeyPair, Transcript};
use super::{PairError, PairNumber};

/// An offer that this wallet has answered. No `Debug`.
pub struct Accepting {
    keys: KeyPair,
    offer: Offer,
    answer: Answer,
}

/// An offer whose number is known: people compare it now. No `Debug`.
pub struct Revealed {
    keys: KeyPair,
    offer: Offer,
    answer: Answer,
    reveal: Reveal,
}

impl Accepting {
    /// Answers an offer, with a key and a nonce for it alone.
    pub fn new<R: RngCore + CryptoRng>(offer: Offer, rng: &mut R) -> Self {
        let keys = KeyPair::generate(rng);
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let answer = Answer { key: keys.public(), nonce };
        Self { keys, offer, answer }
    }

    /// The second message.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Takes what the other wallet reveals: [`PairError::Altered`] if it is not what the offer is committed to, or speaks of
    /// another answer.
    pub fn revealed(self, reveal: Reveal) -> Result<Revealed, PairError> {
        let Self { keys, offer, answer } = self;
        if !offer.is_committed_to(&reveal.nonce) || reveal.answer != answer.digest() {
            return Err(PairError::Altered);
        }
        Ok(Revealed { keys, offer, answer, reveal })
    }
}

impl Revealed {
    /// What this wallet's screen shows, and what the other's must.
    pub fn number(&self) -> PairNumber {
        PairNumber::new(&self.offer, &self.answer, &self.reveal.nonce)
    }

    /// Opens the person secret, if `shown` is what the owner read on the other screen. There is one try, or somebody
    /// between the two could give this wallet a secret of their own.
    pub fn open(self, shown: PairNumber, sealed: &SealedSecret) -> Result<PersonSecret, PairError> {
        if shown != self.number() {
            return Err(PairError::OtherNumber);
        }
        let transcript = Transcript::new(&self.offer, &self.answer, &self.reveal);
        seal::open(&self.keys, &self.offer.key, &transcript, sealed)
    }
}
