//! Whose clock is wrong, where a request's times do not fit this machine's.
//!
//! A request lives for minutes, so a clock that is minutes wrong makes every request look old or early. The counter says
//! what its clock shows with every answer; the ledger's stated time is a third clock, as far as it was synced.

use std::fmt;

use crate::followed::View;

/// What the clocks show at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    /// This machine's, unix seconds.
    pub(super) ours: u64,
    /// The counter's, where it said so.
    pub(super) theirs: Option<u64>,
    /// What the ledger's newest stated time was behind this machine's clock when they were compared lately, seconds.
    pub(super) ledger_lag_s: Option<i64>,
}

/// Two clocks that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockGap {
    /// By how much.
    pub seconds: u64,
    /// Which way this machine's differs from the counter's.
    pub ours: Reading,
    /// Which of the two is wrong.
    pub wrong: WrongClock,
}

/// How a clock stands beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It shows a later time.
    Ahead,
    /// It shows an earlier time.
    Behind,
}

/// Which of two clocks is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongClock {
    /// This machine's: the ledger's time agrees with the counter's.
    Ours,
    /// The counter's: the ledger's time agrees with this machine's.
    Counters,
    /// One of the two; the ledger's time does not tell which.
    Either,
}

impl Clocks {
    /// A clock of the counter's that is not known.
    pub(super) fn new(ours: u64, view: &View) -> Self {
        Self { ours, theirs: None, ledger_lag_s: view.lag_s(ours) }
    }

    /// The counter's clock shows this.
    pub(super) fn beside(self, theirs: Option<u64>) -> Self {
        Self { theirs: theirs.or(self.theirs), ..self }
    }

    /// By how much the counter's clock differs, if it does and is known.
    pub(super) fn gap(self) -> Option<ClockGap> {
        let theirs = self.theirs?;
        (theirs.abs_diff(self.ours) > AGREE_S).then(|| self.gap_to(theirs))
    }

    /// By how much a clock of the counter's that shows `theirs` differs.
    pub(super) fn gap_to(self, theirs: u64) -> ClockGap {
        let ours = if self.ours >= theirs { Reading::Ahead } else { Reading::Behind };
        ClockGap { seconds: theirs.abs_diff(self.ours), ours, wrong: self.wrong(theirs) }
    }

    fn wrong(self, theirs: u64) -> WrongClock {
        let Some(lag) = self.ledger_lag_s else { return WrongClock::Either };
        // The ledger states its time every few minutes, so it has moved on by up to that since the newest statement.
        // What a counter says of its clock may be any number.
        let fits = |ahead: i64| {
            let latest = ahead.saturating_add(STATED_EVERY_S + AGREE_I);
            (ahead.saturating_sub(AGREE_I)..=latest).contains(&lag)
        };
        let ahead = i64::try_from(self.ours).unwrap_or(i64::MAX).saturating_sub_unsigned(theirs);
        match (fits(0), fits(ahead)) {
            (false, true) => WrongClock::Ours,
            (true, false) => WrongClock::Counters,
            (true, true) | (false, false) => WrongClock::Either,
        }
    }
}

impl ClockGap {
    /// Whether what is so many seconds late by this machine's clock is not late by the counter's.
    pub(super) fn explains(&self, late_s: u64) -> bool {
        self.ours == Reading::Ahead && late_s <= self.seconds
    }

    /// In minutes, at least one.
    pub fn minutes(&self) -> u64 {
        (self.seconds.saturating_add(30) / 60).max(1)
    }
}

impl fmt::Display for ClockGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reading = match self.ours {
            Reading::Ahead => "ahead of",
            Reading::Behind => "behind",
        };
        let wrong = match self.wrong {
            WrongClock::Ours => "by the ledger's time it is this machine's that is wrong",
            WrongClock::Counters => "by the ledger's time it is the counter's that is wrong",
            WrongClock::Either => "one of the two is wrong",
        };
        write!(f, "this machine's clock is {} s {reading} the counter's; {wrong}", self.seconds)
    }
}

/// Clocks that differ by so much agree, seconds.
const AGREE_S: u64 = 30;
const AGREE_I: i64 = 30;
/// A ledger states its time at least so often, seconds.
const STATED_EVERY_S: i64 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: u64 = 1_800_000_000;

    /// The verdict where this machine's clock and the counter's are wrong by so many seconds, and the ledger stated its
    /// time `stated_before` seconds before the sync.
    fn wrong(ours: i64, theirs: i64, stated_before: i64) -> WrongClock {
        let ours_at = TRUE.saturating_add_signed(ours);
        let clocks = Clocks { ours: ours_at, theirs: None, ledger_lag_s: Some(ours + stated_before) };
        clocks.gap_to(TRUE.saturating_add_signed(theirs)).wrong
    }

    #[test]
    fn the_ledger_says_which_of_two_clocks_is_wrong() {
        for stated_before in [0, 10, 150, 299] {
            for by in [-7200, -360, 360, 7200] {
                assert_eq!(wrong(by, 0, stated_before), WrongClock::Ours, "{by} {stated_before}");
                assert_eq!(wrong(0, by * 4, stated_before), WrongClock::Counters, "{by} {stated_before}");
            }
        }
        for theirs in [0, u64::MAX] {
            let clocks = Clocks { ours: TRUE, theirs: Some(theirs), ledger_lag_s: Some(10) };
            assert_eq!(clocks.gap().map(|gap| gap.wrong), Some(WrongClock::Counters), "{theirs}");
        }
        let without = Clocks { ours: TRUE + 360, theirs: Some(TRUE), ledger_lag_s: None };
        assert_eq!(without.gap().map(|gap| gap.wrong), Some(WrongClock::Either));
    }

    #[test]
    fn clocks_that_agree_have_no_gap() {
        let clocks = Clocks { ours: TRUE, theirs: Some(TRUE + 30), ledger_lag_s: None };
        assert_eq!(clocks.gap(), None);
        assert_eq!(clocks.beside(Some(TRUE - 31)).gap().map(|gap| gap.ours), Some(Reading::Ahead));
    }

    #[test]
    fn a_gap_says_which_way_and_by_how_much() {
        let gap = ClockGap { seconds: 360, ours: Reading::Ahead, wrong: WrongClock::Ours };
        let said = "this machine's clock is 360 s ahead of the counter's; by the ledger's time it is this machine's that is wrong";
        assert_eq!((gap.to_string().as_str(), gap.minutes()), (said, 6));
    }
}
