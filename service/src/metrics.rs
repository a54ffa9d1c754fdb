//! Numbers about one service, in the Prometheus text format: how many, never who.
//!
//! Several services run in one process, so nothing is global: a service has its own [`Metrics`], takes its
//! counters, gauges and histograms from it once, and keeps them in a struct of its own. Every name begins
//! with `yong_` and the service's name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ::metrics::{Counter, Gauge, Key, KeyName, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4";

/// The metrics of one service. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: &'static str,
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Metrics {
    /// Of a service, which is named as in `yong_<service>_…`: lower-case letters.
    pub fn new(service: &'static str) -> Self {
        let builder =
            PrometheusBuilder::new().set_buckets(&BUCKETS_S).expect("the list of buckets is not empty");
        let recorder = builder.build_recorder();
        Self(Arc::new(Inner { service, handle: recorder.handle(), recorder }))
    }

    /// How often something happened since the start; `name` ends in `_total`. It is shown from now on, as 0.
    pub fn counter(&self, name: &str, help: &'static str) -> Counter {
        self.counters(name, help).with([])
    }

    /// The same, told apart by labels.
    pub fn counters(&self, name: &str, help: &'static str) -> Counters {
        let name = self.name(name);
        self.0.recorder.describe_counter(name.clone(), None, help.into());
        Counters { metrics: self.clone(), name }
    }

    /// How much of something there is. It is shown from now on, as 0.
    pub fn gauge(&self, name: &str, help: &'static str) -> Gauge {
        let name = self.name(name);
        self.0.recorder.describe_gauge(name.clone(), None, help.into());
        self.0.recorder.register_gauge(&Key::from_name(name), &METADATA)
    }

    /// How long something took; `name` ends in `_seconds`.
    pub fn histogram(&self, name: &str, help: &'static str) -> Histogram {
        self.histograms(name, help).with([])
    }

    /// The same, told apart by labels.
    pub fn histograms(&self, name: &str, help: &'static str) -> Histograms {
        let name = self.name(name);
        self.0.recorder.describe_histogram(name.clone(), None, help.into());
        Histograms { metrics: self.clone(), name, recorded: Arc::default() }
    }

    /// The text that `/metrics` answers, with HELP and TYPE for each name.
    pub fn render(&self) -> String {
        self.0.handle.render()
    }

    fn name(&self, name: &str) -> KeyName {
        format!("yong_{}_{name}", self.0.service).into()
    }
}

/// Counters of one name.
#[derive(Clone, Debug)]
pub struct Counters {
    metrics: Metrics,
    name: KeyName,
}

impl Counters {
    /// The one with these labels. Label values come from a fixed list, never from a request: each makes a
    /// new line.
    pub fn with<const N: usize>(&self, labels: [(&'static str, &str); N]) -> Counter {
        self.metrics.0.recorder.register_counter(&key(&self.name, labels), &METADATA)
    }
}

/// Histograms of one name.
#[derive(Clone, Debug)]
pub struct Histograms {
    metrics: Metrics,
    name: KeyName,
    recorded: Arc<AtomicU32>,
}

impl Histograms {
    /// The one with these labels, as for [`Counters::with`].
    pub fn with<const N: usize>(&self, labels: [(&'static str, &str); N]) -> Histogram {
        let inner = self.metrics.0.recorder.register_histogram(&key(&self.name, labels), &METADATA);
        Histogram { inner, handle: self.metrics.0.handle.clone(), recorded: Arc::clone(&self.recorded) }
    }
}

/// Times, in buckets.
#[derive(Clone)]
pub struct Histogram {
    inner: ::metrics::Histogram,
    handle: PrometheusHandle,
    recorded: Arc<AtomicU32>,
}

impl Histogram {
    /// Records how long something took.
    pub fn record(&self, took: Duration) {
        self.inner.record(took.as_secs_f64());
        // The exporter keeps single values until somebody reads the metrics, which may be never.
        if self.recorded.fetch_add(1, Ordering::Relaxed) % UPKEEP == UPKEEP - 1 {
            self.handle.run_upkeep();
        }
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Histogram(…)")
    }
}

fn key<const N: usize>(name: &KeyName, labels: [(&'static str, &str); N]) -> Key {
    let labels: Vec<Label> =
        labels.into_iter().map(|(key, value)| Label::new(key, value.to_owned())).collect();
    Key::from_parts(name.clone(), labels)
}

/// Upper bounds of the buckets, in seconds: from a verification to a slow disk.
const BUCKETS_S: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
/// Values after which those that wait are put into their buckets.
const UPKEEP: u32 = 1024;
const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_prefix_its_help_and_its_type_before_anything_happens() {
        let metrics = Metrics::new("issuer");
        let offers = metrics.counter("offers_total", "Offers made.");
        let waiting = metrics.gauge("lists_waiting", "Lists that wait.");
        let text = metrics.render();
        for line in [
            "# HELP yong_issuer_offers_total Offers made.",
            "# TYPE yong_issuer_offers_total counter",
            "yong_issuer_offers_total 0",
            "# TYPE yong_issuer_lists_waiting gauge",
            "yong_issuer_lists_waiting 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        offers.increment(2);
        waiting.set(3.0);
        let text = metrics.render();
        assert!(
            text.contains("yong_issuer_offers_total 2\n") && text.contains("yong_issuer_lists_waiting 3\n")
        );
    }

    #[test]
    fn labels_tell_counters_of_one_name_apart() {
        let metrics = Metrics::new("verifier");
        let answers = metrics.counters("answers_total", "Answers by verdict.");
        answers.with([("verdict", "refused"), ("reason", "expired")]).increment(1);
        answers.with([("verdict", "refused"), ("reason", "expired")]).increment(1);
        answers.with([("verdict", "passed")]).increment(1);
        let text = metrics.render();
        assert!(
            text.contains("yong_verifier_answers_total{verdict=\"refused\",reason=\"expired\"} 2\n"),
            "{text}"
        );
        assert!(text.contains("yong_verifier_answers_total{verdict=\"passed\"} 1\n"), "{text}");
    }

    #[test]
    fn times_are_in_buckets_and_do_not_pile_up_when_nobody_reads_them() {
        let metrics = Metrics::new("ledger");
        let batch = metrics.histogram("batch_seconds", "Time to commit a batch.");
        for _ in 0..=2 * UPKEEP {
            batch.record(Duration::from_millis(2));
        }
        let text = metrics.render();
        assert!(text.contains("# TYPE yong_ledger_batch_seconds histogram"), "{text}");
        assert!(text.contains("yong_ledger_batch_seconds_bucket{le=\"0.001\"} 0\n"), "{text}");
        assert!(text.contains("yong_ledger_batch_seconds_bucket{le=\"0.0025\"} 2049\n"), "{text}");
        assert!(text.contains("yong_ledger_batch_seconds_count 2049\n"), "{text}");
    }

    #[test]
    fn two_services_in_one_process_count_apart() {
        let one = Metrics::new("ledger");
        let other = Metrics::new("ledger");
        one.counter("batches_total", "Batches.").increment(1);
        other.counter("batches_total", "Batches.").increment(0);
        assert!(one.render().contains("yong_ledger_batches_total 1\n"));
        assert!(other.render().contains("yong_ledger_batches_total 0\n"));
    }
}
