//! Numbers about the node, in Prometheus form. Each node has its own, so that several run in one process.

use std::time::Duration;

use ledger::client::Status;
use metrics::{Counter, Gauge};
use service::metrics::{Counters, Histogram, Histograms, Metrics};

use crate::http::ENTRY_CODES;

/// Counters, gauges and histograms of one node.
pub(crate) struct NodeMetrics {
    all: Metrics,
    batches: Counter,
    submitted_entries: Counter,
    batch_seconds: Histogram,
    entries: Gauge,
    leaves: Gauge,
    state_root_time: Gauge,
    refused: Counters,
    requests: Counters,
    request_seconds: Histograms,
}

impl NodeMetrics {
    pub(crate) fn new() -> Self {
        let all = Metrics::new("ledger");
        let refused = all.counters("refused_total", "Submissions refused, by reason.");
        // All are shown from now on: what first appears as 1 has not grown for whoever watches.
        for (_, reason) in ENTRY_CODES {
            refused.with([("reason", reason)]).increment(0);
        }
        Self {
            batches: all.counter("batches_total", "Batches published."),
            submitted_entries: all.counter("submitted_entries_total", "Entries submitted, accepted or not."),
            batch_seconds: all.histogram("batch_seconds", "Time to decide, write and publish a batch."),
            entries: all.gauge("entries", "Entries of the newest checkpoint."),
            leaves: all.gauge("leaves", "Leaves of the credential tree, removed ones included."),
            state_root_time: all
                .gauge("state_root_time_seconds", "Time of the newest state root, unix seconds."),
            refused,
            requests: all.counters("requests_total", "Requests answered, by kind and status."),
            request_seconds: all.histograms("request_seconds", "Time to answer a request, by kind."),
            all,
        }
    }

    /// A batch was published.
    pub(crate) fn batch(&self, entries: usize, took: Duration, status: &Status) {
        self.batches.increment(1);
        self.submitted_entries.increment(entries as u64);
        self.batch_seconds.record(took);
        self.log(status);
    }

    /// Where the log is.
    pub(crate) fn log(&self, status: &Status) {
        self.entries.set(status.size as f64);
        self.leaves.set(status.leaves as f64);
        self.state_root_time.set(status.time as f64);
    }

    /// A submission was refused; `code` is the machine-readable reason.
    pub(crate) fn refused(&self, code: &'static str) {
        self.refused.with([("reason", code)]).increment(1);
    }

    /// A request was answered.
    pub(crate) fn request(&self, kind: &'static str, status: u16, took: Duration) {
        self.requests.with([("kind", kind), ("status", &status.to_string())]).increment(1);
        self.request_seconds.with([("kind", kind)]).record(took);
    }

    /// All of them, for what a service adds.
    pub(crate) fn all(&self) -> &Metrics {
        &self.all
    }

    /// The text that `/metrics` answers.
    pub(crate) fn render(&self) -> String {
        self.all.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_in_one_process_count_apart() {
        let one = NodeMetrics::new();
        let two = NodeMetrics::new();
        one.refused("malformed");
        assert!(one.render().contains("yong_ledger_refused_total{reason=\"malformed\"} 1"));
        assert!(two.render().contains("yong_ledger_refused_total{reason=\"malformed\"} 0"));
    }
}
