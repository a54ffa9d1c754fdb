//! A secret that is dealt to trustees whose keys everybody knows.

use ark_ff::UniformRand as _;
use circuits::Fr;
use circuits::credential::{DepartmentId, PersonSecret};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::bundle::Bundle;
use crate::deal::{Candidate, Dealt, deal};
use crate::seal::{HpkePrivateKey, SealedShare};

/// A dealing with what nobody has together: the secret and every trustee's private key.
pub(crate) struct Dealing {
    secret: PersonSecret,
    keys: Vec<HpkePrivateKey>,
    dealt: Dealt,
}

impl Dealing {
    pub(crate) fn new(needed: usize, shares: usize) -> Self {
        Self::seeded(needed, shares, 1)
    }
    /// The same secret to the same trustees, with other entropy for each seed.
    pub(crate) fn seeded(needed: usize, shares: usize, seed: u8) -> Self {
        let secret = PersonSecret::from_element(Fr::rand(&mut ChaCha20Rng::from_seed([0; 32]))).unwrap();
        let keys: Vec<_> = (1..).take(shares).map(|place| HpkePrivateKey::from_bytes(&[place; 32])).collect();
        let named = (1..).zip(&keys).map(|(place, key): (usize, _)| Candidate {
            department: department(&format!("trustee-{place}")),
            key: key.public(),
        });
        let candidates: Vec<_> = named.collect();
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let dealt = deal(&secret, needed, &candidates, &mut rng).unwrap();
        Self { secret, keys, dealt }
    }
    pub(crate) fn secret(&self) -> &PersonSecret {
        &self.secret
    }
    pub(crate) fn bundle(&self) -> &Bundle {
        &self.dealt.bundle
    }
    pub(crate) fn deposits(&self) -> &[SealedShare] {
        &self.dealt.deposits
    }
    /// The private key of a trustee, counted from 0.
    pub(crate) fn key(&self, place: usize) -> &HpkePrivateKey {
        &self.keys[place]
    }
    /// What a trustee, counted from 0, answers to a new wallet.
    pub(crate) fn answer(&self, place: usize, wallet: &HpkePrivateKey) -> SealedShare {
        let seat = self.bundle().seats().nth(place).unwrap();
        let mut rng = ChaCha20Rng::from_seed([99; 32]);
        seat.answer(&self.deposits()[place], self.key(place), &wallet.public(), &mut rng).unwrap()
    }
}

pub(crate) fn department(name: &str) -> DepartmentId {
    name.parse().unwrap()
}
