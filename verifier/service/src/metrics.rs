//! Counters of one service in the Prometheus text format. They are the service's own, because several services may run in
//! one process.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use openid4vc::vp::Reason;

/// All reasons, in the order of the counters.
const REASONS: [Reason; 7] = [
    Reason::Expired,
    Reason::UnknownRoot,
    Reason::StaleRoot,
    Reason::KeyNotValid,
    Reason::Malformed,
    Reason::NotProved,
    Reason::AlreadyUsed,
];

/// What happened since the service started.
#[derive(Debug, Default)]
pub struct Metrics {
    asked: AtomicU64,
    passed: AtomicU64,
    declined: AtomicU64,
    refused: [AtomicU64; 7],
    judged: AtomicU64,
    judging_us: AtomicU64,
    turned_away: AtomicU64,
    follows: AtomicU64,
    failed_follows: AtomicU64,
}

impl Metrics {
    pub(crate) fn asked(&self) {
        self.asked.fetch_add(1, Relaxed);
    }
    pub(crate) fn passed(&self) {
        self.passed.fetch_add(1, Relaxed);
    }
    pub(crate) fn declined(&self) {
        self.declined.fetch_add(1, Relaxed);
    }
    pub(crate) fn refused(&self, reason: Reason) {
        let counter = REASONS.iter().zip(&self.refused).find(|(known, _)| **known == reason);
        if let Some((_, counter)) = counter {
            counter.fetch_add(1, Relaxed);
        }
    }
    pub(crate) fn judged(&self, took: Duration) {
        self.judged.fetch_add(1, Relaxed);
        self.judging_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }
    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }
    pub(crate) fn followed(&self, success: bool) {
        let counter = if success { &self.follows } else { &self.failed_follows };
        counter.fetch_add(1, Relaxed);
    }

    /// The text of `/metrics`; whether the service is ready, the log's size and the answers that wait are as of now.
    pub fn to_text(&self, ready: bool, ledger_entries: u64, waiting: usize) -> String {
        let mut text = String::new();
        family(
            &mut text,
            "yong_verifier_requests_total",
            "counter",
            "Requests made.",
            &[("", self.asked.load(Relaxed))],
        );
        family(&mut text, "yong_verifier_answers_total", "counter", "Answers by verdict.", &self.verdicts());
        family(
            &mut text,
            "yong_verifier_turned_away_total",
            "counter",
            "Answers that found no place.",
            &[("", self.turned_away.load(Relaxed))],
        );
        family(
            &mut text,
            "yong_verifier_answers_waiting",
            "gauge",
            "Answers that wait to be judged.",
            &[("", waiting as u64)],
        );
        family(
            &mut text,
            "yong_verifier_follows_total",
            "counter",
            "Rounds of following the ledger.",
            &[
                ("{result=\"ok\"}", self.follows.load(Relaxed)),
                ("{result=\"failed\"}", self.failed_follows.load(Relaxed)),
            ],
        );
        family(
            &mut text,
            "yong_verifier_ready",
            "gauge",
            "1 if the service can work.",
            &[("", u64::from(ready))],
        );
        family(
            &mut text,
            "yong_verifier_ledger_entries",
            "gauge",
            "Entries followed.",
            &[("", ledger_entries)],
        );
        self.duration(&mut text);
        text
    }

    fn verdicts(&self) -> Vec<(String, u64)> {
        let refused = REASONS.iter().zip(&self.refused).map(|(reason, count)| {
            (format!("{{verdict=\"refused\",reason=\"{}\"}}", reason.as_str()), count.load(Relaxed))
        });
        [("{verdict=\"passed\"}".to_owned(), self.passed.load(Relaxed))]
            .into_iter()
            .chain([("{verdict=\"declined\"}".to_owned(), self.declined.load(Relaxed))])
            .chain(refused)
            .collect()
    }

    fn duration(&self, text: &mut String) {
        let name = "yong_verifier_judging_seconds";
        let seconds = Duration::from_micros(self.judging_us.load(Relaxed)).as_secs_f64();
        let _ = writeln!(text, "# HELP {name} Time from an answer's bytes to its verdict.");
        let _ = writeln!(text, "# TYPE {name} summary");
        let _ = writeln!(text, "{name}_sum {seconds}\n{name}_count {}", self.judged.load(Relaxed));
    }
}

/// Writing to a string cannot fail.
fn family<L: AsRef<str>>(text: &mut String, name: &str, kind: &str, help: &str, samples: &[(L, u64)]) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{} {value}", labels.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_counter() {
        let metrics = Metrics::default();
        for reason in REASONS {
            metrics.refused(reason);
        }
        let text = metrics.to_text(true, 7, 3);
        for reason in REASONS {
            assert!(text.contains(&format!("reason=\"{}\"}} 1\n", reason.as_str())), "{text}");
        }
        assert!(text.contains("yong_verifier_ledger_entries 7\n"));
        assert!(text.contains("yong_verifier_answers_waiting 3\n"));
    }
}
