//! Times for people: Nanning's civil time, and how long ago something was.

use std::ops::Range;

use jiff::civil::Date;
use service::web::Translator;

use crate::nanning::{timestamp, written, zone};

/// Seconds of each unit, largest first, and the key of its words.
pub(super) const AGES: [(u64, &str); 4] =
    [(86_400, "age-days"), (3_600, "age-hours"), (60, "age-minutes"), (1, "age-seconds")];

/// `2026-11-27 09:05`.
pub(super) fn civil(unix: u64) -> String {
    format(unix, "%Y-%m-%d %H:%M")
}

/// `09:05:12`.
pub(super) fn clock(unix: u64) -> String {
    format(unix, "%H:%M:%S")
}

/// The day of a time.
pub(super) fn day(unix: u64) -> Date {
    timestamp(unix).unwrap_or_default().to_zoned(zone()).date()
}

/// A day's beginning and end; empty for a day before 1970.
pub(super) fn span(day: Date) -> Range<u64> {
    let begins = |day: Date| {
        let time = day.to_zoned(zone()).ok()?.timestamp().as_second();
        u64::try_from(time).ok()
    };
    let start = begins(day).unwrap_or(0);
    start..day.tomorrow().ok().and_then(begins).unwrap_or(start)
}

/// How long ago, in the largest unit of which there is a whole one.
pub(super) fn age(t: Translator<'_>, seconds: u64) -> String {
    let (unit, key) = AGES.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or((1, "age-seconds"));
    t.say1(key, "count", seconds / unit)
}

/// A time that no calendar has is shown as the beginning of 1970.
fn format(unix: u64, form: &str) -> String {
    written(unix, form).or_else(|| written(0, form)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_nanning() {
        let noon = 1_760_000_000;
        let span = span(day(noon));
        assert!(span.contains(&noon));
        assert_eq!((span.end - span.start, clock(span.start)), (86_400, "00:00:00".to_owned()));
        assert_eq!(day(span.start - 1), day(noon).yesterday().unwrap());
    }

    #[test]
    fn the_last_day_of_the_calendar_is_no_panic() {
        assert!(span(Date::MAX).is_empty());
        assert_eq!(civil(u64::MAX), "1970-01-01 08:00");
    }
}
