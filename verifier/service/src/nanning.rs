//! Nanning's civil time.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// The city's zone, which has no summer time.
pub(crate) fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// A number of unix seconds; `None` if no calendar has it.
pub(crate) fn timestamp(unix: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(unix).ok()?).ok()
}

/// A time in a form of `strftime`; `None` if no calendar has it.
pub(crate) fn written(unix: u64, form: &str) -> Option<String> {
    Some(timestamp(unix)?.to_zoned(zone()).strftime(form).to_string())
}
