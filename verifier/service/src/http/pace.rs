//! Requests per second and address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Addresses remembered at most; when there are more, those that are at rest are forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// A bucket of tokens for each address; it holds two seconds' worth.
pub(super) struct Pace {
    per_s: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Pace {
    pub(super) fn new(per_s: u32) -> Self {
        Self { per_s: f64::from(per_s), buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes a token; `false` if the address has none left.
    pub(super) fn admits(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| self.refilled(*bucket, now) < self.full());
            if buckets.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket { tokens: self.full(), at: now });
        let tokens = self.refilled(*bucket, now);
        let admitted = tokens >= 1.0;
        *bucket = Bucket { tokens: if admitted { tokens - 1.0 } else { tokens }, at: now };
        admitted
    }

    fn full(&self) -> f64 {
        2.0 * self.per_s
    }
    fn refilled(&self, bucket: Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
        self.full().min(bucket.tokens + seconds * self.per_s)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_address_has_its_own_two_seconds() {
        let (pace, start) = (Pace::new(2), Instant::now());
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        assert!((0..4).all(|_| pace.admits(one, start)));
        assert!(!pace.admits(one, start));
        assert!(pace.admits(other, start));
        assert!(pace.admits(one, start + Duration::from_millis(500)));
        assert!(!pace.admits(one, start + Duration::from_millis(500)));
    }
}
