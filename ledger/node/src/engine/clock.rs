//! Time: roots that are stated though nothing happens, and a clock that cannot be right.

use std::time::Duration;

use ledger::follow::CLOCKS_DIFFER_S;

use super::order::Outcome;
use super::{Engine, EngineError, FlushUrgency, Role};

/// This machine's clock is far behind the newest state root, so one of the two was wrong. The time of state roots never goes
/// back, and what is stated later than it is is refused by everybody: so nothing is signed until the clock is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {now}, {} s before the newest state root, {stated_at} (unix seconds): nothing is signed. Set \
     the clock; if it is right, the root was stated with a wrong one, and the node waits until that time has come",
    stated_at.saturating_sub(*now)
)]
pub struct ClockBehind {
    /// This machine's clock, unix seconds.
    pub now: u64,
    /// Time of the newest state root, unix seconds.
    pub stated_at: u64,
}

impl ClockBehind {
    /// Compares a clock with the newest state root.
    pub(crate) fn check(now: u64, stated_at: u64) -> Result<(), Self> {
        if now.saturating_add(CLOCKS_DIFFER_S) < stated_at { Err(Self { now, stated_at }) } else { Ok(()) }
    }
}

impl Engine {
    /// Whether this machine's clock can be right. A mirror needs none.
    pub(crate) fn check_clock(&self) -> Result<(), ClockBehind> {
        let Role::Node(_) = self.parts.role else { return Ok(()) };
        ClockBehind::check(self.parts.clock.now(), self.state.time())
    }

    /// So long until a root is to be stated although nothing has happened, where that is done every `every`. `None` on a
    /// mirror.
    pub(crate) fn next_heartbeat(&self, every: Duration) -> Option<Duration> {
        let due = self.state.time().saturating_add(every.as_secs());
        let here = matches!(self.parts.role, Role::Node(_));
        here.then(|| Duration::from_secs(due.saturating_sub(self.parts.clock.now())))
    }

    /// States a root although nothing has happened, if that is due; whether it did. Of several nodes on one store the
    /// quickest does: the others, which have taken in everything before they come here, take its root in too, and then it is no
    /// longer due.
    pub(crate) fn heartbeat(&mut self, every: Duration) -> Result<bool, EngineError> {
        // By a clock that is behind the newest root none is due.
        if self.next_heartbeat(every) != Some(Duration::ZERO) {
            return Ok(false);
        }
        let nothing = self.state.draft(self.parts.clock.now()).finish();
        match self.order(nothing, &[])? {
            Outcome::Ordered => {
                self.flush(FlushUrgency::Due)?;
                Ok(true)
            }
            Outcome::Overtaken => {
                self.catch_up()?;
                Ok(false)
            }
        }
    }
}
