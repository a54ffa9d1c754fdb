//! How many shares there are, how many of them suffice, and which is which.

use std::num::NonZeroU8;

use circuits::Fr;

/// How many shares there are, and how many of them give the secret back: 2 ≤ needed ≤ shares ≤ [`MAX_SHARES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    needed: u8,
    shares: u8,
}

/// Which share: the place of its trustee in the bundle, counted from 1, and where the polynomial is evaluated. Never 0,
/// where the secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShareIndex(NonZeroU8);

/// The two numbers are no threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{needed} of {shares} trustees: two or more must be needed, and at most as many as there are, up to {MAX_SHARES}"
)]
pub struct ThresholdError {
    /// Shares that would suffice.
    pub needed: usize,
    /// Shares that there would be.
    pub shares: usize,
}

impl Threshold {
    /// `needed` of `shares`. With one needed, each trustee alone would have the secret.
    pub fn new(needed: usize, shares: usize) -> Result<Self, ThresholdError> {
        let error = ThresholdError { needed, shares };
        if !(2..=shares).contains(&needed) || shares > MAX_SHARES {
            return Err(error);
        }
        let small = |number: usize| u8::try_from(number).map_err(|_| error);
        Ok(Self { needed: small(needed)?, shares: small(shares)? })
    }
    /// Shares that suffice.
    pub fn needed(self) -> usize {
        self.needed.into()
    }
    /// Shares that there are.
    pub fn shares(self) -> usize {
        self.shares.into()
    }
    /// All shares, in order.
    pub fn indices(self) -> impl Iterator<Item = ShareIndex> {
        (1..=self.shares).filter_map(NonZeroU8::new).map(ShareIndex)
    }
    /// n and t, as what is sealed names them.
    pub(crate) fn to_bytes(self) -> [u8; 2] {
        [self.shares, self.needed]
    }
}

impl ShareIndex {
    /// The number, from 1.
    pub fn get(self) -> u8 {
        self.0.get()
    }
    /// Where the polynomial is evaluated.
    pub(crate) fn element(self) -> Fr {
        Fr::from(self.get())
    }
}

impl std::fmt::Display for ShareIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Shares of one secret at most: far more departments than one asks to keep them.
pub const MAX_SHARES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_two_or_more_and_at_most_as_many_as_there_are() {
        for (needed, shares) in [(2, 2), (2, 3), (3, 5), (2, MAX_SHARES), (MAX_SHARES, MAX_SHARES)] {
            let threshold = Threshold::new(needed, shares).unwrap();
            assert_eq!((threshold.needed(), threshold.shares()), (needed, shares));
        }
        for (needed, shares) in [
            (0, 0),
            (0, 3),
            (1, 1),
            (1, 3),
            (2, 1),
            (4, 3),
            (2, MAX_SHARES + 1),
            (258, 259),
            (2, 258),
            (usize::MAX, usize::MAX),
        ] {
            let error = ThresholdError { needed, shares };
            assert_eq!(Threshold::new(needed, shares), Err(error), "{needed} of {shares}");
        }
    }

    #[test]
    fn shares_are_counted_from_one() {
        let indices: Vec<u8> = Threshold::new(2, 3).unwrap().indices().map(ShareIndex::get).collect();
        assert_eq!(indices, [1, 2, 3]);
        assert_eq!(Threshold::new(2, MAX_SHARES).unwrap().indices().count(), MAX_SHARES);
    }
}
