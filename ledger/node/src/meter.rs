//! Numbers about the node, in Prometheus form. Each node has its own, so that several run in one process.

use std::time::Duration;

use ledger::client::Status;
use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

/// Counters, gauges and histograms of one node.
pub(crate) struct Meter(PrometheusRecorder);

impl Meter {
    pub(crate) fn new() -> Self {
        let builder =
            PrometheusBuilder::new().set_buckets(&BUCKETS).expect("the list of buckets is not empty");
        Self(builder.build_recorder())
    }

    /// A batch was published.
    pub(crate) fn batch(&self, entries: usize, took: Duration, status: &Status) {
        with_local_recorder(&self.0, || {
            counter!("ledger_batches_total").increment(1);
            counter!("ledger_submitted_entries_total").increment(entries as u64);
            histogram!("ledger_batch_seconds").record(took);
        });
        self.log(status);
    }

    /// Where the log is.
    pub(crate) fn log(&self, status: &Status) {
        with_local_recorder(&self.0, || {
            gauge!("ledger_entries").set(status.size as f64);
            gauge!("ledger_leaves").set(status.leaves as f64);
            gauge!("ledger_state_root_time_seconds").set(status.time as f64);
        });
    }

    /// A submission was refused; `code` is the machine-readable reason.
    pub(crate) fn refused(&self, code: &'static str) {
        with_local_recorder(&self.0, || counter!("ledger_refused_total", "reason" => code).increment(1));
    }

    /// A request was answered.
    pub(crate) fn request(&self, kind: &'static str, status: u16, took: Duration) {
        with_local_recorder(&self.0, || {
            counter!("ledger_requests_total", "kind" => kind, "status" => status.to_string()).increment(1);
            histogram!("ledger_request_seconds", "kind" => kind).record(took);
        });
    }

    /// The text that `/metrics` answers.
    pub(crate) fn render(&self) -> String {
        self.0.handle().render()
    }
}

/// Seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_in_one_process_count_apart() {
        let (one, two) = (Meter::new(), Meter::new());
        one.refused("malformed");
        assert!(one.render().contains("ledger_refused_total{reason=\"malformed\"} 1"));
        assert!(!two.render().contains("malformed"));
    }
}
