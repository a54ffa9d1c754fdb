//! Minutes: how exactly two clocks without a network agree.

use circuits::credential::TIME_BITS;

/// Seconds of a minute.
const SECONDS: u64 = 60;

/// A minute since 1970, which begins before 2^40 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(u64);

impl Minute {
    /// How far the minute of an answer may be from the counter's.
    pub const TOLERANCE: u64 = 2;

    /// The minute with this number; `None` where the statement knows no such time.
    pub fn new(number: u64) -> Option<Self> {
        let start = number.checked_mul(SECONDS)?;
        (start < 1 << TIME_BITS).then_some(Self(number))
    }
    /// The minute of a time in unix seconds; of one that the statement does not know, the last that it knows.
    pub fn of(now: u64) -> Self {
        Self(now.min((1 << TIME_BITS) - 1) / SECONDS)
    }
    /// Its number.
    pub fn number(self) -> u64 {
        self.0
    }
    /// Its first second, unix seconds.
    pub fn start(self) -> u64 {
        self.0 * SECONDS
    }
    /// Whether two clocks that show these minutes agree well enough.
    pub fn near(self, other: Self) -> bool {
        self.0.abs_diff(other.0) <= Self::TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_sixty_seconds_and_two_neighbours_on_each_side() {
        let noon = Minute::of(1_760_000_039);
        assert_eq!(noon, Minute::of(1_759_999_980));
        assert_eq!(noon.start(), 1_759_999_980);
        for (seconds, near) in [(-121, false), (-120, true), (0, true), (179, true), (180, false)] {
            let other = Minute::of(noon.start().checked_add_signed(seconds).unwrap());
            assert_eq!((noon.near(other), other.near(noon)), (near, near), "{seconds}");
        }
    }

    #[test]
    fn times_beyond_the_statement_are_none() {
        let last = Minute::of(u64::MAX);
        assert_eq!(Minute::new(last.number()), Some(last));
        assert_eq!(Minute::new(last.number() + 1), None);
        assert_eq!(Minute::new(u64::MAX), None);
    }
}
