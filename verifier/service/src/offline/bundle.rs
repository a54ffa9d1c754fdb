//! What a counter fetches in the morning: the ledger as it was followed, and its own name, in one file.
//!
//! Whoever can change the file can make the counter believe roots and policies that are not on the ledger, until the service
//! judges the same answers again. It holds nothing secret.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ledger::follow::{Follower, Freshness, STATED_WITHIN_S};
use ledger::registry::{KeyUseError, Registry};
use openid4vc::offline::VerifierId;
use serde::{Deserialize, Serialize};
use service::durable::{self, Readers, WriteError};

use super::AsOf;
use verifier::{Development, Keys};

/// Bytes of a bundle at most: a registry of some thousand policies.
const MAX_BUNDLE: u64 = 64 * 1024 * 1024;
const HOUR_S: u64 = 3600;

/// What a counter knows without a network.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    counter: VerifierId,
    fetched_at: u64,
    valid_until: u64,
    development: bool,
    follower: Follower,
}

/// How long a counter believes what it fetched: 1 to 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift(u64);

/// A shift outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bundle is good for 1 to 24 hours, not {0}")]
pub struct ShiftError(pub u64);

impl Shift {
    const MOST_H: u64 = 24;
    /// The longest, in seconds.
    pub(crate) const MOST_S: u64 = Self::MOST_H * HOUR_S;

    /// Checks a number of hours.
    pub fn hours(hours: u64) -> Result<Self, ShiftError> {
        if (1..=Self::MOST_H).contains(&hours) { Ok(Self(hours * HOUR_S)) } else { Err(ShiftError(hours)) }
    }
    /// In seconds.
    pub(crate) fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for Shift {
    /// A working day with its breaks.
    fn default() -> Self {
        Self(12 * HOUR_S)
    }
}

/// Why there is no bundle to work with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The file is not a bundle, or one of another version.
    #[error("{0} is not a bundle of `verifier bundle`")]
    Malformed(PathBuf),
    /// It was fetched too long ago, or the clock is wrong.
    #[error("the bundle is good from {from} to {until} (unix seconds), and it is {now}")]
    NotNow {
        /// When it was fetched.
        from: u64,
        /// Until when it is believed.
        until: u64,
        /// The clock.
        now: u64,
    },
    /// There is no key to check proofs with.
    #[error(transparent)]
    Key(#[from] KeyUseError),
    /// What the ledger answered when the bundle was made was old then, or from the future.
    #[error(
        "the ledger's newest statement was not made in the last {STATED_WITHIN_S} s by this machine's clock ({0:?}): see \
         whether the clock is right and the ledger runs, and fetch the bundle again"
    )]
    NotFresh(Freshness),
}

impl Bundle {
    /// What `counter` needs, with the ledger as it was followed at `now` (unix seconds).
    pub fn new(
        counter: VerifierId,
        follower: Follower,
        now: u64,
        shift: Shift,
        development: Development,
    ) -> Self {
        let development = development == Development::Accepted;
        Self { counter, fetched_at: now, valid_until: now.saturating_add(shift.0), development, follower }
    }

    /// Reads a bundle from a file.
    pub fn read(path: &Path) -> Result<Self, BundleError> {
        let mut bytes = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(MAX_BUNDLE + 1).read_to_end(&mut bytes));
        read.map_err(|source| BundleError::File { path: path.to_owned(), source })?;
        let fits = bytes.len() as u64 <= MAX_BUNDLE;
        let bundle = if fits { serde_json::from_slice(&bytes).ok() } else { None };
        bundle.ok_or_else(|| BundleError::Malformed(path.to_owned()))
    }

    /// Writes it whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), BundleError> {
        let bytes = serde_json::to_vec(self).map_err(|_| BundleError::Malformed(path.to_owned()))?;
        Ok(durable::replace(path, &bytes, Readers::Owner)?)
    }

    /// Whose it is.
    pub fn counter(&self) -> &VerifierId {
        &self.counter
    }
    /// When it was fetched, unix seconds.
    pub fn fetched_at(&self) -> u64 {
        self.fetched_at
    }
    /// Until when it is believed, unix seconds.
    pub fn valid_until(&self) -> u64 {
        self.valid_until
    }
    /// The registry, as it was.
    pub fn registry(&self) -> &Registry {
        self.follower.registry()
    }

    /// Whether what it knows was fresh when it was fetched, and there is a key in it that may be used.
    pub fn check(&self) -> Result<(), BundleError> {
        let freshness = self.follower.freshness(self.fetched_at);
        if !freshness.is_within(STATED_WITHIN_S) {
            return Err(BundleError::NotFresh(freshness));
        }
        self.keys(self.fetched_at).map(|_| ())
    }

    /// The keys that proofs are checked with, of which one is used at `now` (unix seconds), if the bundle may be believed then.
    pub(super) fn keys(&self, now: u64) -> Result<Keys, BundleError> {
        if !(self.fetched_at..=self.valid_until).contains(&now) {
            return Err(BundleError::NotNow { from: self.fetched_at, until: self.valid_until, now });
        }
        let keys = Keys::from_registry(self.registry(), Development::from(self.development));
        keys.show.newest(now)?;
        Ok(keys)
    }

    /// The ledger as it was when the bundle was fetched.
    pub(super) fn view(&self) -> AsOf<'_> {
        AsOf { follower: &self.follower, then: self.fetched_at }
    }
}
