//! Tries of something secret, slowed down per key.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// How many tries are free.
const FREE: u32 = 5;
/// The longest wait: somebody who makes others wait by trying their names must not lock them out for a day.
const LONGEST_SECONDS: u64 = 300;
/// After so long without a try everything is forgotten.
const FORGET_SECONDS: u64 = 3_600;
/// Keys at most; the one tried longest ago gives way.
const MAX_KEYS: usize = 10_000;

/// Counts tries per key. After five, each has to wait, longer each time; success clears the count.
pub struct Throttle<K>(HashMap<K, Tries>);

/// It is too early to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// How long.
    pub seconds: u64,
}

struct Tries {
    count: u32,
    last: u64,
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Clone> Throttle<K> {
    /// Counts a try, before it is known how it ends, so that tries at the same time count as well.
    pub fn begin<Q>(&mut self, key: &Q, now: u64) -> Result<(), Wait>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        self.0.retain(|_, tries| now.saturating_sub(tries.last) < FORGET_SECONDS);
        self.make_room(key);
        let tries = self.0.entry(key.to_owned()).or_insert(Tries { count: 0, last: now });
        let over = tries.last.saturating_add(tries.wait());
        if now < over {
            return Err(Wait { seconds: over - now });
        }
        *tries = Tries { count: tries.count.saturating_add(1), last: now };
        Ok(())
    }

    /// The try was right.
    pub fn passed<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.0.remove(key);
    }

    fn make_room<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        if self.0.len() < MAX_KEYS || self.0.contains_key(key) {
            return;
        }
        let oldest = self.0.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone());
        oldest.map(|key| self.0.remove(key.borrow()));
    }
}

impl Tries {
    fn wait(&self) -> u64 {
        match self.count.checked_sub(FREE) {
            None => 0,
            Some(more) => 2_u64.saturating_pow(more.saturating_add(2)).min(LONGEST_SECONDS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_tries_each_has_to_wait_longer() {
        let mut throttle = Throttle::<String>::default();
        assert!((0..FREE).all(|_| throttle.begin("wei", 100).is_ok()));
        assert_eq!(throttle.begin("wei", 100), Err(Wait { seconds: 4 }));
        assert_eq!(throttle.begin("lu", 100), Ok(()));
        assert_eq!(throttle.begin("wei", 104), Ok(()));
        assert_eq!(throttle.begin("wei", 104), Err(Wait { seconds: 8 }));
        let mut now = 104;
        let mut waits = (0..20).filter_map(|_| {
            let wait = throttle.begin("wei", now).err()?.seconds;
            now += wait;
            Some(wait)
        });
        assert_eq!(waits.by_ref().max(), Some(LONGEST_SECONDS));
    }

    #[test]
    fn success_and_an_hour_clear_the_count() {
        let mut throttle = Throttle::<String>::default();
        assert!((0..FREE).all(|_| throttle.begin("wei", 100).is_ok()));
        throttle.passed("wei");
        assert!((0..FREE).all(|_| throttle.begin("wei", 100).is_ok()));
        assert!(throttle.begin("wei", 101).is_err());
        assert!(throttle.begin("wei", 101 + FORGET_SECONDS).is_ok());
    }

    #[test]
    fn the_table_stays_small() {
        let mut throttle = Throttle::<String>::default();
        assert!((0..2 * MAX_KEYS).all(|n| throttle.begin(n.to_string().as_str(), n as u64 / 100).is_ok()));
        assert!(throttle.0.len() <= MAX_KEYS);
    }
}
