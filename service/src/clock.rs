//! What time it is: a value that is handed in, so that a test says when something happens.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock. Clones tell the same time.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System { started: Instant },
    Given(Arc<dyn Fn() -> Duration + Send + Sync>),
}

/// The machine's clock says that it is before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this machine's clock is before 1970")]
pub struct BeforeEpoch;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System { started: Instant::now() })
    }

    /// A clock that answers what `since_epoch` does: the time since 1970. For hosts without a system clock,
    /// such as a browser, and for tests that keep their own time.
    pub fn from_fn(since_epoch: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Source::Given(Arc::new(since_epoch)))
    }

    /// Unix seconds. A clock before 1970 is a clock at 1970: everything that was made later is then not
    /// valid yet.
    pub fn now(&self) -> u64 {
        self.checked_now().unwrap_or(0)
    }

    /// Unix seconds, for whoever can ask a person to set the clock.
    pub fn checked_now(&self) -> Result<u64, BeforeEpoch> {
        match &self.0 {
            Source::System { .. } => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|since| since.as_secs())
                .map_err(|_| BeforeEpoch),
            Source::Given(since_epoch) => Ok(since_epoch().as_secs()),
        }
    }

    /// Time since some moment that stays the same for this clock and its clones. The system's does not jump
    /// when somebody sets the machine's clock; to measure spans, not to be stored.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { started } => started.elapsed(),
            Source::Given(since_epoch) => since_epoch(),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System { .. } => "Clock(system)",
            Source::Given(_) => "Clock(given)",
        })
    }
}

/// The hands of a clock that stands still until they are moved. For tests and rehearsals. Clones move the
/// same clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Stands at this many unix seconds.
    pub fn new(unix_s: u64) -> Self {
        Self(Arc::new(AtomicU64::new(unix_s.saturating_mul(1000))))
    }

    /// The clock that these hands move.
    pub fn clock(&self) -> Clock {
        let millis = Arc::clone(&self.0);
        Clock::from_fn(move || Duration::from_millis(millis.load(Ordering::SeqCst)))
    }

    /// Moves to this many unix seconds, backwards too.
    pub fn set(&self, unix_s: u64) {
        self.0.store(unix_s.saturating_mul(1000), Ordering::SeqCst);
    }

    /// Moves on, by whole milliseconds.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let moved = self.0.load(Ordering::SeqCst).saturating_add(millis);
        self.0.store(moved, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let hands = ManualClock::new(1_700_000_000);
        let clock = hands.clock();
        let started = clock.elapsed();
        assert_eq!(clock.now(), 1_700_000_000);
        hands.advance(Duration::from_millis(1500));
        let passed = clock.elapsed().saturating_sub(started);
        assert_eq!((clock.now(), passed), (1_700_000_001, Duration::from_millis(1500)));
        hands.set(5);
        assert_eq!(clock.clone().now(), 5);
    }

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written() {
        let clock = Clock::system();
        assert!(clock.now() > 1_750_000_000);
        assert!(clock.elapsed() <= clock.elapsed());
    }
}
