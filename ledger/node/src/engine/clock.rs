//! Time: roots that are stated though nothing happens, and a clock that cannot be right.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::follow::CLOCKS_DIFFER_S;
use service::clock::Clock;

use super::order::Outcome;
use super::{Engine, EngineError, FlushUrgency, Role};
use crate::config::StartClock;

/// This machine's clock is wrong, or nothing but itself says that it is right. The time of state roots never goes back, and
/// what is stated later than it is is refused by everybody: so nothing is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// It is far behind the newest state root.
    #[error(
        "this machine's clock says {now}, {} s before the newest state root, {stated_at} (unix seconds): nothing is signed. Set \
         the clock; if it is right, the root was stated with a wrong one, and the node waits until that time has come",
        stated_at.saturating_sub(*now)
    )]
    Behind {
        /// This machine's clock, unix seconds.
        now: u64,
        /// Time of the newest state root, unix seconds.
        stated_at: u64,
    },
    /// It went on by more than the time that has passed.
    #[error(
        "this machine's clock jumped: it says {now}, {} s more than the time that has passed makes it, {expected} (unix \
         seconds): nothing is signed. Set the clock; if it is right, let witnesses confirm it, or start the node with \
         --accept-clock",
        now.saturating_sub(*expected)
    )]
    Jumped {
        /// This machine's clock, unix seconds.
        now: u64,
        /// What it should say, unix seconds.
        expected: u64,
    },
    /// The node has just started, and the newest state root is old.
    #[error(
        "this machine's clock says {now}, {} s after the newest state root, {stated_at} (unix seconds): nothing is signed \
         until somebody says that so much time has passed. Set the clock; if it is right, let witnesses confirm it, or start \
         the node with --accept-clock",
        now.saturating_sub(*stated_at)
    )]
    Unconfirmed {
        /// This machine's clock, unix seconds.
        now: u64,
        /// Time of the newest state root, unix seconds.
        stated_at: u64,
    },
}

impl ClockError {
    /// Whether another clock can show that this one is right.
    pub(crate) fn is_confirmable(self) -> bool {
        match self {
            Self::Jumped { .. } | Self::Unconfirmed { .. } => true,
            Self::Behind { .. } => false,
        }
    }
}

/// This machine's clock, compared with the one that nobody sets.
///
/// What is stated gets a time from here only. Both clocks go on alike, also while the machine sleeps (on Linux; elsewhere a
/// sleep looks like a jump). So the first may not get ahead of the other by more than [`JUMP_S`] at once. Before the first
/// comparison there is only the newest state root, and a node that starts may have been away for [`SILENCE_S`].
pub(crate) struct ClockGuard {
    clock: Clock,
    /// Seconds by which the clock was ahead of the other one at most, whenever it was believed. A clock that is set back
    /// lowers nothing, so that it can be set right again.
    ahead: Mutex<Option<u64>>,
}

impl ClockGuard {
    pub(crate) fn new(clock: Clock, start: StartClock) -> Arc<Self> {
        let ahead = match start {
            StartClock::Compared => None,
            StartClock::Accepted => Some(clock.now().saturating_sub(clock.elapsed().as_secs())),
        };
        Arc::new(Self { clock, ahead: Mutex::new(ahead) })
    }

    /// Unix seconds for what is stated after a state root of the time `stated_at`, which is 0 where there is none yet.
    pub(crate) fn now(&self, stated_at: u64) -> Result<u64, ClockError> {
        let now = self.reading();
        if now.saturating_add(CLOCKS_DIFFER_S) < stated_at {
            return Err(ClockError::Behind { now, stated_at });
        }
        let passed = self.clock.elapsed().as_secs();
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        // Another node of the same log said so by its own clock.
        let stated_elsewhere = now <= stated_at.saturating_add(JUMP_S);
        match *ahead {
            Some(ahead) if !stated_elsewhere && now > ahead.saturating_add(passed + JUMP_S) => {
                return Err(ClockError::Jumped { now, expected: ahead.saturating_add(passed) });
            }
            None if stated_at > 0 && now > stated_at.saturating_add(SILENCE_S) => {
                return Err(ClockError::Unconfirmed { now, stated_at });
            }
            Some(_) | None => {}
        }
        *ahead = (*ahead).max(Some(now.saturating_sub(passed)));
        Ok(now)
    }

    /// What the clock says, for what is not stated.
    fn reading(&self) -> u64 {
        self.clock.now()
    }

    /// Believes the clock if it says no more than clocks elsewhere; whether it does.
    fn confirm(&self, elsewhere: u64) -> bool {
        let now = self.reading();
        let right = now <= elsewhere.saturating_add(JUMP_S);
        if right {
            let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
            *ahead = (*ahead).max(Some(now.saturating_sub(self.clock.elapsed().as_secs())));
        }
        right
    }
}

impl Engine {
    /// Whether this machine's clock can be right. A mirror needs none.
    pub(crate) fn check_clock(&self) -> Result<(), ClockError> {
        let Role::Node(_) = self.parts.role else { return Ok(()) };
        self.now().map(drop)
    }

    /// Unix seconds for what is stated next.
    pub(super) fn now(&self) -> Result<u64, ClockError> {
        self.parts.clock.now(self.state.time())
    }

    /// Asks the witnesses what time it is; whether that makes this machine's clock right. Blocks while they answer.
    pub(crate) fn confirm_clock(&self) -> bool {
        let Some(witnesses) = &self.parts.witnesses else { return false };
        match witnesses.time(&self.shown.whole) {
            Ok(time) => self.parts.clock.confirm(time),
            Err(error) => {
                tracing::warn!(%error, "the witnesses do not say what time it is");
                false
            }
        }
    }

    /// So long until a root is to be stated although nothing has happened, where that is done every `every`. `None` on a
    /// mirror.
    pub(crate) fn next_heartbeat(&self, every: Duration) -> Option<Duration> {
        let due = self.state.time().saturating_add(every.as_secs());
        let here = matches!(self.parts.role, Role::Node(_));
        here.then(|| Duration::from_secs(due.saturating_sub(self.parts.clock.reading())))
    }

    /// States a root although nothing has happened, if that is due; whether it did. Of several nodes on one store the
    /// quickest does: the others, which have taken in everything before they come here, take its root in too, and then it is no
    /// longer due.
    pub(crate) fn heartbeat(&mut self, every: Duration) -> Result<bool, EngineError> {
        // By a clock that is behind the newest root none is due.
        if self.next_heartbeat(every) != Some(Duration::ZERO) {
            return Ok(false);
        }
        let Ok(now) = self.now() else { return Ok(false) };
        let nothing = self.state.draft(now).finish();
        match self.order(nothing, &[], now) {
            Ok(Outcome::Ordered) => {
                self.flush(FlushUrgency::Due)?;
                Ok(true)
            }
            Ok(Outcome::Overtaken) => {
                self.catch_up()?;
                Ok(false)
            }
            Err(EngineError::Signing(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The time of a log's first root, with which nothing can be compared.
    pub(super) fn first_time(&self) -> u64 {
        self.parts.clock.reading()
    }
}

/// Seconds by which a clock is set right now and then without anybody's word.
const JUMP_S: u64 = 60;
/// Seconds that a ledger may have been silent without anybody's word. So long at most nothing can be published after a start
/// with a clock that is ahead.
const SILENCE_S: u64 = 24 * 3600;
