//! A limit per address and minute on what wallets may ask.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use openid4vc::vci::ErrorCode;

use super::Service;
use super::problem::Problem;

/// Counts requests per address within the current minute. This machine itself is not limited.
pub(crate) struct Pace {
    start: Instant,
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    minute: u64,
    counts: HashMap<IpAddr, u32>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), window: Mutex::default() }
    }

    fn admits(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.admits_at(address, self.start.elapsed().as_secs() / 60)
    }

    fn admits_at(&self, address: IpAddr, minute: u64) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.minute != minute {
            *window = Window { minute, counts: HashMap::new() };
        }
        if window.counts.len() >= MAX_ADDRESSES && !window.counts.contains_key(&address) {
            return false;
        }
        let count = window.counts.entry(address).or_default();
        *count = count.saturating_add(1);
        *count <= PER_MINUTE
    }
}

/// Refuses who asks too often.
pub(super) async fn limit(
    State(service): State<Arc<Service>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if service.pace.admits(peer.ip()) {
        next.run(request).await
    } else {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests).into_response()
    }
}

/// Receiving a credential takes six requests.
const PER_MINUTE: u32 = 120;
/// Addresses counted in one minute at most, so that the table stays small.
const MAX_ADDRESSES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_count_per_minute() {
        let pace = Pace::new();
        let [a, b] = [1, 2].map(|n| IpAddr::from([192, 0, 2, n]));
        assert!((0..PER_MINUTE).all(|_| pace.admits_at(a, 0)));
        assert!(!pace.admits_at(a, 0));
        assert!(pace.admits_at(b, 0));
        assert!(pace.admits_at(a, 1));
    }
}
