//! Times for people: Nanning's civil time.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// `2026-11-27 09:05:12`.
pub(super) fn moment(unix: u64) -> String {
    format(unix, "%Y-%m-%d %H:%M:%S")
}

/// `2026-11-27`.
pub(super) fn day(unix: u64) -> String {
    format(unix, "%Y-%m-%d")
}

/// `09:05`.
pub(super) fn hour(unix: u64) -> String {
    format(unix, "%H:%M")
}

/// A time that no calendar has is shown as the beginning of 1970.
fn format(unix: u64, form: &str) -> String {
    let time = i64::try_from(unix).ok().and_then(|second| Timestamp::from_second(second).ok());
    let nanning = TimeZone::fixed(Offset::constant(8));
    time.unwrap_or_default().to_zoned(nanning).strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_nanning_and_no_number_panics() {
        assert_eq!(moment(1_790_000_000), "2026-09-21 22:13:20");
        assert_eq!((day(u64::MAX), hour(0)), ("1970-01-01".to_owned(), "08:00".to_owned()));
    }
}
