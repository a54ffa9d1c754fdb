//! How often somebody may do something, by address or by name.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Counts per key, under one [`Policy`], for a bounded number of keys.
///
/// Of the crates that do this, none bounds the number of keys, which are an attacker's to choose.
#[derive(Debug)]
pub struct RateLimiter<K, P: Policy> {
    policy: P,
    clock: Clock,
    max_keys: usize,
    states: Mutex<HashMap<K, P::State>>,
}

/// It is too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too early by {} seconds", self.seconds())]
pub struct Wait(Duration);

impl Wait {
    /// To come back in a second.
    pub(crate) const A_SECOND: Self = Self(Duration::from_secs(1));

    /// How long to wait, in whole seconds, rounded up.
    pub fn seconds(self) -> u64 {
        self.0.as_secs() + u64::from(self.0.subsec_nanos() > 0)
    }
}

impl<K: Eq + Hash + Clone, P: Policy> RateLimiter<K, P> {
    /// With the policy's bound on keys.
    pub fn new(policy: P, clock: Clock) -> Self {
        Self { policy, clock, max_keys: P::MAX_KEYS, states: Mutex::default() }
    }

    /// Counts one more for a key now, if it is not too early.
    ///
    /// It is counted before it is known how it ends, so that tries at the same time count as well.
    pub fn admit<Q>(&self, key: &Q) -> Result<(), Wait>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let mut states = self.states();
        // Read under the lock: with a time from before it, a request could be earlier than the one before it.
        let now = self.clock.elapsed();
        self.count(&mut states, key, now)
    }

    /// The same at a time that the caller knows. A limiter is asked in one of the two ways only.
    pub fn admit_at<Q>(&self, key: &Q, now: Duration) -> Result<(), Wait>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        self.count(&mut self.states(), key, now)
    }

    fn count<Q>(&self, states: &mut HashMap<K, P::State>, key: &Q, now: Duration) -> Result<(), Wait>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let known = states.get(key).filter(|state| !self.policy.is_at_rest(state, now));
        let next = self.policy.admit(known, now)?;
        if let Some(state) = states.get_mut(key) {
            *state = next;
            return Ok(());
        }
        self.make_room(states, now)?;
        states.insert(key.to_owned(), next);
        Ok(())
    }

    /// Forgets a key: the try was right.
    pub fn forgive<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.states().remove(key);
    }

    /// For one more key. What is at rest needs no memory; beyond that the policy decides.
    fn make_room(&self, states: &mut HashMap<K, P::State>, now: Duration) -> Result<(), Wait> {
        if states.len() < self.max_keys {
            return Ok(());
        }
        states.retain(|_, state| !self.policy.is_at_rest(state, now));
        if states.len() < self.max_keys {
            return Ok(());
        }
        let oldest = states.iter().min_by_key(|(_, state)| self.policy.last(state));
        let oldest = oldest.map(|(key, _)| key.clone());
        match (P::WHEN_FULL, oldest) {
            (WhenFull::OldestGivesWay, Some(oldest)) => {
                states.remove(&oldest);
                Ok(())
            }
            _ => Err(Wait(Duration::from_secs(1))),
        }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<K, P::State>> {
        // Every change under this lock is one call that leaves the table whole.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often: [`Rate`] for requests, [`Backoff`] for tries of something secret.
pub trait Policy: sealed::Policy {}

impl<P: sealed::Policy> Policy for P {}

mod sealed {
    use std::time::Duration;

    use super::{Wait, WhenFull};

    pub trait Policy {
        /// What is remembered of a key.
        type State;
        /// Keys at most.
        const MAX_KEYS: usize;
        /// What a new key does when all of them are in use.
        const WHEN_FULL: WhenFull;

        /// The state after one more; `known` is `None` for a key that is not remembered.
        fn admit(&self, known: Option<&Self::State>, now: Duration) -> Result<Self::State, Wait>;
        /// Whether a key is as one that is not remembered.
        fn is_at_rest(&self, state: &Self::State, now: Duration) -> bool;
        /// When a key was last admitted, to compare keys by.
        fn last(&self, state: &Self::State) -> Duration;
    }
}

/// What a new key does when the table is full of keys that are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused: a service that so many ask at once is busy anyway.
    Refused,
    /// It takes the place of the one asked longest ago: nobody shall be locked out by somebody who tries
    /// many names.
    OldestGivesWay,
}

/// A steady rate, and a burst above it: the generic cell rate algorithm, which is a token bucket without
/// the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    interval: Duration,
    burst: u32,
}

impl Rate {
    /// So many a second, and two seconds' worth at once. 0 admits nothing.
    pub const fn per_second(count: u32) -> Self {
        Self::new(count, Duration::from_secs(1), count.saturating_mul(2))
    }
    /// So many a minute, and a minute's worth at once. 0 admits nothing.
    pub const fn per_minute(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60), count)
    }
    const fn new(count: u32, per: Duration, burst: u32) -> Self {
        let interval = match per.checked_div(count) {
            Some(interval) => interval,
            None => per,
        };
        Self { interval, burst }
    }
}

/// The state is when the key would be at rest again if nothing more came.
impl sealed::Policy for Rate {
    type State = Duration;
    const MAX_KEYS: usize = 100_000;
    const WHEN_FULL: WhenFull = WhenFull::Refused;

    fn admit(&self, known: Option<&Duration>, now: Duration) -> Result<Duration, Wait> {
        let next = known.copied().unwrap_or(now).max(now).saturating_add(self.interval);
        match next.checked_sub(now.saturating_add(self.interval * self.burst)) {
            None | Some(Duration::ZERO) => Ok(next),
            Some(early) => Err(Wait(early)),
        }
    }
    fn is_at_rest(&self, state: &Duration, now: Duration) -> bool {
        *state <= now
    }
    fn last(&self, state: &Duration) -> Duration {
        *state
    }
}

/// Some tries are free; after them each has to wait, twice as long each time. [`RateLimiter::forgive`]
/// clears the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    free: u32,
    longest: Duration,
    forget: Duration,
}

impl Backoff {
    /// For passwords and codes: five are free, then 4 s, 8 s and so on, 5 min at most, because somebody who
    /// makes others wait by trying their names must not lock them out for a day. After an hour without a
    /// try all is forgotten.
    pub const SECRETS: Self =
        Self { free: 5, longest: Duration::from_secs(300), forget: Duration::from_secs(3_600) };

    /// The same for what many people share, such as a name that is tried from many addresses: fifty are free.
    pub const SHARED: Self =
        Self { free: 50, longest: Duration::from_secs(300), forget: Duration::from_secs(3_600) };

    fn wait(&self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(more) => Duration::from_secs(2_u64.saturating_pow(more.saturating_add(2))).min(self.longest),
        }
    }
}

/// What is remembered of somebody who tries.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    count: u32,
    last: Duration,
}

impl sealed::Policy for Backoff {
    type State = Tries;
    const MAX_KEYS: usize = 10_000;
    const WHEN_FULL: WhenFull = WhenFull::OldestGivesWay;

    fn admit(&self, known: Option<&Tries>, now: Duration) -> Result<Tries, Wait> {
        let Some(tries) = known else { return Ok(Tries { count: 1, last: now }) };
        match tries.last.saturating_add(self.wait(tries.count)).checked_sub(now) {
            None | Some(Duration::ZERO) => Ok(Tries { count: tries.count.saturating_add(1), last: now }),
            Some(early) => Err(Wait(early)),
        }
    }
    fn is_at_rest(&self, tries: &Tries, now: Duration) -> bool {
        now.saturating_sub(tries.last) >= self.forget
    }
    fn last(&self, tries: &Tries) -> Duration {
        tries.last
    }
}

/// Whom an address stands for: of IPv6 the /64 network, of which one customer has 2^64 addresses; else
/// itself.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn addresses() -> [IpAddr; 2] {
        [1, 2].map(|n| IpAddr::from([192, 0, 2, n]))
    }

    fn seconds(wait: Result<(), Wait>) -> Option<u64> {
        wait.err().map(Wait::seconds)
    }

    #[test]
    fn an_address_has_its_own_two_seconds() {
        let hands = ManualClock::new(0);
        let limiter = RateLimiter::new(Rate::per_second(2), hands.clock());
        let [one, other] = addresses();
        assert!((0..4).all(|_| limiter.admit(&one).is_ok()));
        assert_eq!(seconds(limiter.admit(&one)), Some(1));
        assert!(limiter.admit(&other).is_ok());
        hands.advance(Duration::from_millis(500));
        assert!(limiter.admit(&one).is_ok());
        assert!(limiter.admit(&one).is_err());
    }

    #[test]
    fn requests_at_the_same_time_are_not_early_for_one_another() {
        let limiter = RateLimiter::new(Rate::per_second(u32::MAX), Clock::system());
        let [one, _] = addresses();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!((0..20_000).all(|_| limiter.admit(&one).is_ok())));
            }
        });
    }

    #[test]
    fn a_minutes_worth_comes_back_in_a_minute() {
        let hands = ManualClock::new(0);
        let limiter = RateLimiter::new(Rate::per_minute(120), hands.clock());
        let [one, other] = addresses();
        assert!((0..120).all(|_| limiter.admit(&one).is_ok()));
        assert!(limiter.admit(&one).is_err());
        assert!(limiter.admit(&other).is_ok());
        hands.advance(Duration::from_secs(60));
        assert!((0..120).all(|_| limiter.admit(&one).is_ok()));
        assert!(limiter.admit(&one).is_err());
    }

    #[test]
    fn a_rate_of_nothing_admits_nothing() {
        let limiter = RateLimiter::new(Rate::per_second(0), ManualClock::new(0).clock());
        assert!(limiter.admit(&addresses()[0]).is_err());
    }

    #[test]
    fn a_full_table_forgets_who_is_at_rest_and_refuses_who_is_new() {
        let hands = ManualClock::new(0);
        let mut limiter = RateLimiter::new(Rate::per_second(1), hands.clock());
        limiter.max_keys = 2;
        assert!(limiter.admit(&1).is_ok() && limiter.admit(&2).is_ok());
        assert_eq!(seconds(limiter.admit(&3)), Some(1));
        assert!(limiter.admit(&2).is_ok(), "who is known goes on");
        hands.advance(Duration::from_secs(1));
        assert!(limiter.admit(&3).is_ok(), "1 is at rest");
        assert!(limiter.states().len() <= 2);
    }

    #[test]
    fn after_five_tries_each_has_to_wait_longer() {
        let limiter = RateLimiter::<String, _>::new(Backoff::SECRETS, Clock::system());
        let begin = |name: &str, now| seconds(limiter.admit_at(name, Duration::from_secs(now)));
        assert!((0..5).all(|_| begin("wei", 100).is_none()));
        assert_eq!(begin("wei", 100), Some(4));
        assert_eq!(begin("lu", 100), None);
        assert_eq!(begin("wei", 104), None);
        assert_eq!(begin("wei", 104), Some(8));
        let mut now = 104;
        let longest = (0..20).filter_map(|_| {
            let wait = begin("wei", now)?;
            now += wait;
            Some(wait)
        });
        assert_eq!(longest.max(), Some(300));
    }

    #[test]
    fn success_and_an_hour_clear_the_count() {
        let hands = ManualClock::new(100);
        let limiter = RateLimiter::<String, _>::new(Backoff::SECRETS, hands.clock());
        assert!((0..5).all(|_| limiter.admit("wei").is_ok()));
        limiter.forgive("wei");
        assert!((0..5).all(|_| limiter.admit("wei").is_ok()));
        assert!(limiter.admit("wei").is_err());
        hands.advance(Duration::from_secs(3_600));
        assert!((0..5).all(|_| limiter.admit("wei").is_ok()));
    }

    #[test]
    fn nobody_is_locked_out_by_somebody_who_tries_many_names() {
        let hands = ManualClock::new(0);
        let mut limiter = RateLimiter::<String, _>::new(Backoff::SECRETS, hands.clock());
        limiter.max_keys = 3;
        for n in 0..9 {
            hands.advance(Duration::from_secs(1));
            assert_eq!(limiter.admit(n.to_string().as_str()), Ok(()));
        }
        let mut left: Vec<_> = limiter.states().keys().cloned().collect();
        left.sort();
        assert_eq!(left, ["6", "7", "8"]);
    }

    #[test]
    fn one_customer_is_one_network() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!((of("192.0.2.1"), of("::1")), ("192.0.2.1".to_owned(), "::1".to_owned()));
    }
}
