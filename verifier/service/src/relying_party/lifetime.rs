//! How long a request may be answered.

/// Seconds at most: a photographed QR code must soon be worthless.
const MAX_S: u64 = 300;
/// Seconds at least: a citizen has to read what is asked.
const MIN_S: u64 = 10;

/// 10 to 300 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(u64);

/// A lifetime outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request lives {MIN_S} to {MAX_S} seconds, not {0}")]
pub struct LifetimeError(pub u64);

impl Lifetime {
    /// Checks a number of seconds.
    pub fn new(seconds: u64) -> Result<Self, LifetimeError> {
        if (MIN_S..=MAX_S).contains(&seconds) { Ok(Self(seconds)) } else { Err(LifetimeError(seconds)) }
    }
    /// The seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for Lifetime {
    /// As long as is allowed.
    fn default() -> Self {
        Self(MAX_S)
    }
}
