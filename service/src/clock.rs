//! What time it is: a value that is handed in, so that a test says when something happens.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock. Clones tell the same time.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Given(Arc<dyn Fn() -> Duration + Send + Sync>),
    Manual(ManualClock),
}

/// The machine's clock says that it is before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this machine's clock is before 1970")]
pub struct BeforeEpoch;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
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
            Source::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|since| since.as_secs())
                .map_err(|_| BeforeEpoch),
            Source::Given(since_epoch) => Ok(since_epoch().as_secs()),
            Source::Manual(ManualClock(hands)) => Ok(hands.since_epoch().as_secs()),
        }
    }

    /// Time since some moment that stays the same for this clock and its clones. The system's does not jump
    /// when somebody sets the machine's clock, and on Linux goes on while the machine sleeps; to measure spans,
    /// not to be stored.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System => running(),
            Source::Given(since_epoch) => since_epoch(),
            Source::Manual(ManualClock(hands)) => hands.running(),
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
            Source::System => "Clock(system)",
            Source::Given(_) | Source::Manual(_) => "Clock(given)",
        })
    }
}

/// Since the machine started, its sleep included.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn running() -> Duration {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = Duration::from_secs(u64::try_from(since.tv_sec).unwrap_or(0));
    seconds + Duration::from_nanos(u64::try_from(since.tv_nsec).unwrap_or(0))
}

/// Since this was asked first.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn running() -> Duration {
    static FIRST: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    FIRST.elapsed()
}

/// The hands of a clock that stands still until they are moved. For tests and rehearsals. Clones move the
/// same clock.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Hands>);

/// Milliseconds.
#[derive(Debug)]
struct Hands {
    /// Since 1970.
    unix: AtomicU64,
    /// Of a clock that only time moves.
    running: AtomicU64,
}

impl ManualClock {
    /// Stands at this many unix seconds.
    pub fn new(unix_s: u64) -> Self {
        let unix = unix_s.saturating_mul(1000);
        Self(Arc::new(Hands { unix: AtomicU64::new(unix), running: AtomicU64::new(unix) }))
    }

    /// The clock that these hands move.
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(self.clone()))
    }

    /// Moves to this many unix seconds, backwards too; so much time has passed then.
    pub fn set(&self, unix_s: u64) {
        let unix = unix_s.saturating_mul(1000);
        let before = self.0.unix.swap(unix, Ordering::SeqCst);
        let running = self.0.running.load(Ordering::SeqCst);
        let moved = running.saturating_add(unix.saturating_sub(before));
        self.0.running.store(moved.saturating_sub(before.saturating_sub(unix)), Ordering::SeqCst);
    }

    /// Moves on, by whole milliseconds.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        for hand in [&self.0.unix, &self.0.running] {
            hand.store(hand.load(Ordering::SeqCst).saturating_add(by), Ordering::SeqCst);
        }
    }

    /// Is set to this many unix seconds by somebody: no time has passed.
    pub fn jump(&self, unix_s: u64) {
        self.0.unix.store(unix_s.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Hands {
    fn since_epoch(&self) -> Duration {
        Duration::from_millis(self.unix.load(Ordering::SeqCst))
    }

    fn running(&self) -> Duration {
        Duration::from_millis(self.running.load(Ordering::SeqCst))
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
    fn a_jump_takes_no_time() {
        let hands = ManualClock::new(1_700_000_000);
        let clock = hands.clock();
        let started = clock.elapsed();
        hands.jump(1_700_003_600);
        assert_eq!((clock.now(), clock.elapsed()), (1_700_003_600, started));
        hands.advance(Duration::from_secs(10));
        assert_eq!(clock.elapsed().saturating_sub(started), Duration::from_secs(10));
    }

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written() {
        let clock = Clock::system();
        assert!(clock.now() > 1_750_000_000);
        let started = clock.elapsed();
        std::thread::sleep(Duration::from_millis(5));
        assert!(clock.elapsed().saturating_sub(started) >= Duration::from_millis(5));
    }
}
