//! Times as people in the city read and mean them: UTC+8, all year.
//!
//! The policy compiler has the same zone in `circuits::policy::today`, because the statement must not
//! depend on this crate; a policy's "today" and a page's day are the same.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// Seconds of a civil day. There is no summer time here, so every day has as many.
pub const DAY_S: u64 = 86_400;

/// Stands for a time that no calendar has.
pub const NO_TIME: &str = "—";

/// The city's zone.
pub fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// `2026-11-27 09:05`, or [`NO_TIME`].
pub fn minute(unix_s: u64) -> String {
    written_or_dash(unix_s, "%Y-%m-%d %H:%M")
}

/// `2026-11-27 09:05:12`, or [`NO_TIME`].
pub fn second(unix_s: u64) -> String {
    written_or_dash(unix_s, "%Y-%m-%d %H:%M:%S")
}

/// `2026-11-27`, or [`NO_TIME`].
pub fn day(unix_s: u64) -> String {
    written_or_dash(unix_s, "%Y-%m-%d")
}

/// `09:05`, or [`NO_TIME`].
pub fn hour(unix_s: u64) -> String {
    written_or_dash(unix_s, "%H:%M")
}

/// In a form of `strftime`; `None` for a time that no calendar has.
pub fn written(unix_s: u64, form: &str) -> Option<String> {
    Some(timestamp(unix_s)?.to_zoned(zone()).strftime(form).to_string())
}

/// The instant; `None` beyond the year 9999.
pub fn timestamp(unix_s: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(unix_s).ok()?).ok()
}

/// The civil date at this time; `None` beyond the year 9999.
pub fn date(unix_s: u64) -> Option<Date> {
    Some(timestamp(unix_s)?.to_zoned(zone()).date())
}

/// From a day's midnight to the next, in unix seconds; empty for days before 1970 and for the calendar's
/// last.
pub fn span(day: Date) -> Range<u64> {
    let start = midnight(day).unwrap_or(0);
    let end = day.tomorrow().ok().and_then(midnight).unwrap_or(start);
    start..end
}

/// The midnight with which the day of this time began, in unix seconds; 0 where it began before 1970.
pub fn day_start(unix_s: u64) -> u64 {
    let into_the_day = (unix_s % DAY_S + OFFSET_S) % DAY_S;
    unix_s.saturating_sub(into_the_day)
}

fn midnight(day: Date) -> Option<u64> {
    u64::try_from(day.to_zoned(zone()).ok()?.timestamp().as_second()).ok()
}

fn written_or_dash(unix_s: u64, form: &str) -> String {
    written(unix_s, form).unwrap_or_else(|| NO_TIME.to_owned())
}

/// UTC+8.
const OFFSET_S: u64 = 8 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_city() {
        assert_eq!(minute(1_700_000_000), "2023-11-15 06:13");
        assert_eq!(second(1_790_000_000), "2026-09-21 22:13:20");
        assert_eq!((day(1_790_000_000), hour(0)), ("2026-09-21".to_owned(), "08:00".to_owned()));
        assert_eq!(date(1_700_000_000), Some(Date::constant(2023, 11, 15)));
    }

    #[test]
    fn what_no_calendar_has_is_a_dash_and_no_panic() {
        assert_eq!([minute, second, day, hour].map(|write| write(u64::MAX)), [NO_TIME; 4]);
        assert_eq!((date(u64::MAX), written(u64::MAX, "%Y")), (None, None));
        assert!(span(Date::MAX).is_empty());
        assert!(span(Date::constant(1969, 1, 1)).is_empty());
        assert_eq!(day_start(u64::MAX) % DAY_S, DAY_S - OFFSET_S);
    }

    #[test]
    fn a_day_begins_at_midnight_in_the_city() {
        let noon = 1_760_000_000;
        let today = span(date(noon).unwrap());
        assert!(today.contains(&noon));
        assert_eq!((today.end - today.start, hour(today.start)), (DAY_S, "00:00".to_owned()));
        for unix_s in [noon, today.start, today.end - 1] {
            assert_eq!(day_start(unix_s), today.start, "{unix_s}");
        }
        assert_eq!((day_start(today.start - 1), day_start(0)), (today.start - DAY_S, 0));
    }
}
