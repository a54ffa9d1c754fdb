//! The verifier's civil date, and dates relative to it.

use std::fmt;
use std::str::FromStr;

use jiff::Span;
use jiff::civil::Date;

use super::{PolicyError, PolicyErrorKind};
use crate::schema::LAST_DAY;

/// A distance from today's date: `-18y`, `+6m`, `-30d`, `+0d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Offset {
    amount: i32,
    unit: Unit,
}

/// What an [`Offset`] counts. A month or year that lacks the day ends at its last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// `d`.
    Days,
    /// `m`.
    Months,
    /// `y`.
    Years,
}

/// A string is not an offset of at most 200 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a relative date is like -18y, +6m or -30d, and at most 200 years away")]
pub struct OffsetError;

/// A scope may not be asked for yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scope may be asked for from {start} on, in UTC+8")]
pub struct NotStarted {
    /// The first day.
    pub start: Date,
}

/// Civil time in Nanning is UTC+8 all year.
const UTC_OFFSET_S: u64 = 8 * 3600;
pub(super) const DAY_S: u64 = 86_400;

/// The civil date in UTC+8 at `now` (unix seconds); `None` beyond the year 9999.
pub fn civil_date(now: u64) -> Option<Date> {
    let days = i64::try_from(now.checked_add(UTC_OFFSET_S)? / DAY_S).ok()?;
    if days > LAST_DAY {
        return None;
    }
    Date::constant(1970, 1, 1).checked_add(Span::new().try_days(days).ok()?).ok()
}

/// [`civil_date`] with the policy compiler's error.
pub(super) fn today(now: u64) -> Result<Date, PolicyError> {
    civil_date(now).ok_or_else(|| PolicyError::new("now", PolicyErrorKind::BeyondCalendar))
}

impl Offset {
    /// How many units; negative before today.
    pub fn amount(self) -> i32 {
        self.amount
    }

    /// What is counted.
    pub fn unit(self) -> Unit {
        self.unit
    }

    /// The date at this distance from `today`; `None` outside the years 1 to 9999.
    pub fn from(self, today: Date) -> Option<Date> {
        let span = match self.unit {
            Unit::Days => Span::new().try_days(self.amount),
            Unit::Months => Span::new().try_months(self.amount),
            Unit::Years => Span::new().try_years(self.amount),
        };
        today.checked_add(span.ok()?).ok().filter(|date| date.year() > 0)
    }
}

impl Unit {
    /// 200 years, so that every date that can be asked for exists.
    fn limit(self) -> i32 {
        match self {
            Self::Days => 73_000,
            Self::Months => 2_400,
            Self::Years => 200,
        }
    }
}

impl FromStr for Offset {
    type Err = OffsetError;

    fn from_str(s: &str) -> Result<Self, OffsetError> {
        let unit = match s.as_bytes().last() {
            Some(b'd') => Unit::Days,
            Some(b'm') => Unit::Months,
            Some(b'y') => Unit::Years,
            _ => return Err(OffsetError),
        };
        let amount = s.get(..s.len() - 1).and_then(|digits| digits.parse().ok()).ok_or(OffsetError)?;
        let offset = Self { amount, unit };
        // Only what is written back the same is accepted, so every offset has one spelling.
        let in_bounds = (-unit.limit()..=unit.limit()).contains(&amount);
        if in_bounds && offset.to_string() == s { Ok(offset) } else { Err(OffsetError) }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Days => 'd',
            Unit::Months => 'm',
            Unit::Years => 'y',
        };
        write!(f, "{:+}{unit}", self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::{Offset, civil_date};

    fn on(today: &str, offset: &str) -> String {
        let date = offset.parse::<Offset>().unwrap().from(today.parse().unwrap());
        date.map_or_else(|| "none".to_owned(), |date| date.to_string())
    }

    #[test]
    fn the_day_changes_at_sixteen_hours_utc() {
        // 2024-02-28T15:59:59Z and one second later.
        let date = |now| civil_date(now).unwrap().to_string();
        assert_eq!(date(1_709_135_999), "2024-02-28");
        assert_eq!(date(1_709_136_000), "2024-02-29");
        assert_eq!(date(0), "1970-01-01");
    }

    #[test]
    fn times_beyond_the_calendar_have_no_date() {
        assert!(civil_date(253_402_300_799 - 8 * 3600).is_some());
        assert!(civil_date(253_402_300_800 - 8 * 3600).is_none());
        assert!(civil_date(u64::MAX).is_none());
    }

    #[test]
    fn months_and_years_end_at_their_last_day() {
        assert_eq!(on("2024-02-29", "-18y"), "2006-02-28");
        assert_eq!(on("2024-02-29", "-20y"), "2004-02-29");
        assert_eq!(on("2024-08-31", "+6m"), "2025-02-28");
        assert_eq!(on("2024-03-01", "-1d"), "2024-02-29");
        assert_eq!(on("2024-03-01", "+0d"), "2024-03-01");
        assert_eq!(on("9999-01-01", "+1y"), "none");
    }

    #[test]
    fn an_offset_has_one_spelling() {
        for refused in
            ["", "18y", "-18", "-018y", "-0d", "--1d", "+1w", "-201y", "+2401m", "+73001d", "-1 d", "一年"]
        {
            assert!(refused.parse::<Offset>().is_err(), "{refused}");
        }
    }
}
