//! Tries of passwords, slowed down without letting a stranger lock staff out.
//!
//! | what is counted | free | why |
//! |---|---|---|
//! | an address | five | one sender with many names |
//! | a name from an address | five | one sender with one name |
//! | a name from addresses where it never signed in | fifty | many senders with one name |
//!
//! So wrong passwords from elsewhere make nobody wait where they work. What is behind a proxy that is not trusted has no
//! address of its own; there only names are counted, since one stranger would lock out everybody otherwise.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::held;
use crate::clock::Clock;
use crate::http::{Backoff, Client, RateLimiter, Wait, network};

/// A name, as it was tried from an address.
type Pair = (String, IpAddr);

pub(super) struct Tries {
    addresses: RateLimiter<IpAddr, Backoff>,
    pairs: RateLimiter<Pair, Backoff>,
    names: RateLimiter<String, Backoff>,
    /// Where somebody has signed in, and when (Unix seconds).
    known: Mutex<HashMap<Pair, u64>>,
    queued: AtomicUsize,
}

/// A place among those whose password is being checked, until it is dropped.
pub(super) struct Queued<'a>(&'a AtomicUsize);

impl Tries {
    pub(super) fn new() -> Self {
        Self {
            addresses: RateLimiter::new(Backoff::SECRETS, Clock::system()),
            pairs: RateLimiter::new(Backoff::SECRETS, Clock::system()),
            names: RateLimiter::new(Backoff::SHARED, Clock::system()),
            known: Mutex::default(),
            queued: AtomicUsize::new(0),
        }
    }

    /// Counts a try at `now` (Unix seconds), before it is known how it ends, so that tries at the same time count as
    /// well. `name` is empty for what cannot be a name.
    pub(super) fn begin(&self, name: &str, client: Client, now: u64) -> Result<Queued<'_>, Wait> {
        let queued = self.queue()?;
        let at = Duration::from_secs(now);
        let pair = pair(name, client);
        match client {
            Client::Local | Client::At(_) => self.addresses.admit_at(&pair.1, at)?,
            Client::Behind(_) => {}
        }
        self.pairs.admit_at(&pair, at)?;
        if !self.is_known(&pair, now) {
            self.names.admit_at(name, at)?;
        }
        Ok(queued)
    }

    /// The try was right.
    pub(super) fn passed(&self, name: &str, client: Client, now: u64) {
        let pair = pair(name, client);
        self.addresses.forgive(&pair.1);
        self.pairs.forgive(&pair);
        let mut known = held(&self.known);
        if known.len() >= MAX_KNOWN {
            let oldest = known.iter().min_by_key(|(_, seen)| **seen).map(|(pair, _)| pair.clone());
            oldest.map(|pair| known.remove(&pair));
        }
        known.insert(pair, now);
    }

    fn is_known(&self, pair: &Pair, now: u64) -> bool {
        held(&self.known).get(pair).is_some_and(|seen| now.saturating_sub(*seen) < KNOWN_SECONDS)
    }

    /// Checking takes a while, one after the other: whoever sends many tries at once must not have a thread for each.
    fn queue(&self) -> Result<Queued<'_>, Wait> {
        let before = self.queued.fetch_add(1, Ordering::AcqRel);
        let place = Queued(&self.queued);
        if before < MAX_QUEUED { Ok(place) } else { Err(Wait::A_SECOND) }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn pair(name: &str, client: Client) -> Pair {
    (name.to_owned(), network(client.address()))
}

/// Pairs that are remembered; the one seen longest ago gives way.
const MAX_KNOWN: usize = 1_000;
/// For how long.
const KNOWN_SECONDS: u64 = 30 * 86_400;
/// Passwords that wait to be checked at most, the one that is being checked included.
const MAX_QUEUED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000;

    fn at(n: u8) -> Client {
        Client::At([192, 0, 2, n].into())
    }

    fn is_free(tries: &Tries, name: &str, client: Client) -> bool {
        tries.begin(name, client, NOW).is_ok()
    }

    #[test]
    fn wrong_passwords_from_elsewhere_make_nobody_wait() {
        let tries = Tries::new();
        assert!((0..5).all(|_| is_free(&tries, "wei", at(1))));
        assert!(!is_free(&tries, "wei", at(1)));
        assert!(!is_free(&tries, "lu", at(1)), "one sender with many names");
        assert!(is_free(&tries, "wei", at(2)) && is_free(&tries, "lu", at(2)));
    }

    #[test]
    fn one_name_from_many_addresses_waits_but_not_where_it_is_at_home() {
        let tries = Tries::new();
        tries.passed("wei", at(200), NOW);
        assert!((0..50).all(|n| is_free(&tries, "wei", at(n))));
        assert!(!is_free(&tries, "wei", at(50)));
        assert!(is_free(&tries, "wei", at(200)));
        let later = NOW + KNOWN_SECONDS;
        assert!(tries.begin("wei", at(200), later).is_ok());
    }

    #[test]
    fn behind_a_proxy_that_is_not_trusted_one_name_waits_and_no_other() {
        let tries = Tries::new();
        let behind = Client::Behind([127, 0, 0, 1].into());
        assert!((0..5).all(|_| is_free(&tries, "wei", behind)));
        assert!(!is_free(&tries, "wei", behind));
        assert!(is_free(&tries, "lu", behind));
    }

    #[test]
    fn a_crowd_is_asked_to_wait_before_it_takes_threads() {
        let tries = Tries::new();
        let names: Vec<_> = (0..MAX_QUEUED).map(|n| n.to_string()).collect();
        let waiting: Vec<_> = names.iter().map(|name| tries.begin(name, at(0), NOW)).collect();
        assert!(waiting.iter().filter(|place| place.is_ok()).count() <= MAX_QUEUED);
        let crowd: Vec<_> = (0..MAX_QUEUED as u8).map(|n| tries.begin("lu", at(n + 1), NOW)).collect();
        assert!(crowd.iter().any(Result::is_err));
        drop((waiting, crowd));
        assert!(is_free(&tries, "nong", at(99)), "the places are free again");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let tries = Tries::new();
        (0..2 * MAX_KNOWN as u64).for_each(|n| tries.passed(&n.to_string(), at(1), NOW + n));
        assert_eq!(held(&tries.known).len(), MAX_KNOWN);
    }
}
