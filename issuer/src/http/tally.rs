//! Counters for `/metrics`: how many, never who.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the desk counts since its start.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) offers: Count,
    pub(crate) tokens: Count,
    pub(crate) tokens_refused: Count,
    pub(crate) credentials: Count,
    pub(crate) credentials_refused: Count,
    pub(crate) rows_issued: Count,
    pub(crate) rows_unchanged: Count,
    pub(crate) rows_refused: Count,
    pub(crate) status_changes: Count,
    pub(crate) syncs_failed: Count,
}

/// A counter that only grows.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
}

impl Tally {
    /// Counts whether something went well.
    pub(crate) fn outcome<T, E>(good: &Count, bad: &Count, outcome: &Result<T, E>) {
        if outcome.is_ok() { good } else { bad }.add(1);
    }

    /// Prometheus text format.
    pub(crate) fn render(&self) -> String {
        let counts = [
            ("offers", &self.offers),
            ("tokens", &self.tokens),
            ("tokens_refused", &self.tokens_refused),
            ("credentials", &self.credentials),
            ("credentials_refused", &self.credentials_refused),
            ("rows_issued", &self.rows_issued),
            ("rows_unchanged", &self.rows_unchanged),
            ("rows_refused", &self.rows_refused),
            ("status_changes", &self.status_changes),
            ("syncs_failed", &self.syncs_failed),
        ];
        counts.into_iter().fold(String::new(), |mut text, (name, count)| {
            let value = count.0.load(Ordering::Relaxed);
            writeln!(text, "# TYPE yong_desk_{name}_total counter\nyong_desk_{name}_total {value}")
                .expect("writing to a string succeeds");
            text
        })
    }
}
