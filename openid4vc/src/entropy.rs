//! Randomness in the form that `hpke` asks for.

use std::convert::Infallible;

use hpke::rand_core::{TryCryptoRng, TryRng};
use rand::{CryptoRng, RngCore};

/// The workspace's source of randomness (rand 0.8, as arkworks has it) for a crate that knows `rand_core` 0.10.
#[derive(Debug)]
pub struct Entropy<'r, R>(&'r mut R);

impl<'r, R> Entropy<'r, R> {
    /// Draws from this source.
    pub fn new(rng: &'r mut R) -> Self {
        Self(rng)
    }
}

impl<R: RngCore> TryRng for Entropy<'_, R> {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: RngCore + CryptoRng> TryCryptoRng for Entropy<'_, R> {}
