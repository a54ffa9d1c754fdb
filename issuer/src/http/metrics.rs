//! Counters for `/metrics`: how many, never who.

use ::metrics::Counter;
use service::metrics::Metrics;

/// What the issuer counts since its start.
pub(crate) struct IssuerMetrics {
    metrics: Metrics,
    pub(crate) offers: Counter,
    pub(crate) tokens: Counter,
    pub(crate) tokens_refused: Counter,
    pub(crate) credentials: Counter,
    pub(crate) credentials_refused: Counter,
    pub(crate) rows_issued: Counter,
    pub(crate) rows_unchanged: Counter,
    pub(crate) rows_refused: Counter,
    pub(crate) status_changes: Counter,
    pub(crate) syncs_failed: Counter,
}

impl IssuerMetrics {
    pub(crate) fn new() -> Self {
        let metrics = Metrics::new("issuer");
        Self {
            offers: metrics.counter("offers_total", "Offers made."),
            tokens: metrics.counter("tokens_total", "Access tokens given."),
            tokens_refused: metrics.counter("tokens_refused_total", "Access tokens refused."),
            credentials: metrics.counter("credentials_total", "Credentials handed to wallets."),
            credentials_refused: metrics
                .counter("credentials_refused_total", "Credentials refused to wallets."),
            rows_issued: metrics.counter("rows_issued_total", "Lines of lists that were issued or written."),
            rows_unchanged: metrics
                .counter("rows_unchanged_total", "Lines of lists that asked for what is so already."),
            rows_refused: metrics.counter("rows_refused_total", "Lines of lists that were refused."),
            status_changes: metrics.counter("status_changes_total", "Changes of one person's credential."),
            syncs_failed: metrics
                .counter("syncs_failed_total", "Times that the ledger could not be followed."),
            metrics,
        }
    }

    /// All of them, for what a service adds.
    pub(crate) fn all(&self) -> &Metrics {
        &self.metrics
    }

    /// Prometheus text format.
    pub(crate) fn render(&self) -> String {
        self.metrics.render()
    }
}

/// Counts whether something went well.
pub(crate) fn count<T, E>(good: &Counter, bad: &Counter, outcome: &Result<T, E>) {
    if outcome.is_ok() { good } else { bad }.increment(1);
}
