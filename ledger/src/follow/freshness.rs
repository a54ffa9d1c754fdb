//! How old what a follower knows is, by its own clock.
//!
//! An honest ledger states something new every few minutes, though nothing may have happened. So what counts is the time of
//! the newest statement, never the time of the newest answer: a path that repeats old answers makes nothing fresh.

/// How old the newest statement is that a follower accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// There is none yet.
    Never,
    /// It was made so long ago.
    Stated {
        /// Seconds; 0 for one that is ahead of the clock by no more than clocks may differ.
        seconds: u64,
    },
    /// It is later than clocks may differ, so this clock is slow or that of the ledger was fast. How old it is is not
    /// known.
    Ahead {
        /// By so much.
        seconds: u64,
    },
}

impl Freshness {
    /// Of a statement made at `stated_at`, if there is one, by a clock that says `now` (both unix seconds).
    pub fn at(stated_at: Option<u64>, now: u64) -> Self {
        match stated_at {
            None => Self::Never,
            Some(at) if is_ahead(at, now) => Self::Ahead { seconds: at - now },
            Some(at) => Self::Stated { seconds: now.saturating_sub(at) },
        }
    }
    /// Whether it is known to be at most so old.
    pub fn is_within(self, limit_s: u64) -> bool {
        matches!(self, Self::Stated { seconds } if seconds <= limit_s)
    }
}

/// Whether a statement is later than two honest clocks explain.
pub(super) fn is_ahead(stated_at: u64, now: u64) -> bool {
    stated_at > now.saturating_add(CLOCKS_DIFFER_S)
}

/// Seconds that the ledger's clock and a follower's may differ.
pub use circuits::policy::CLOCKS_DIFFER_S;
/// Seconds within which an honest ledger has stated something new, with room for a node that is started anew.
pub const STATED_WITHIN_S: u64 = 900;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_far_ahead_has_no_age() {
        assert_eq!(Freshness::at(None, 100), Freshness::Never);
        assert_eq!(Freshness::at(Some(70), 100), Freshness::Stated { seconds: 30 });
        assert_eq!(Freshness::at(Some(400), 100), Freshness::Stated { seconds: 0 });
        assert_eq!(Freshness::at(Some(401), 100), Freshness::Ahead { seconds: 301 });
        assert!(!Freshness::at(Some(9_000_000_000), 100).is_within(u64::MAX));
        assert!(!Freshness::Never.is_within(u64::MAX));
    }
}
