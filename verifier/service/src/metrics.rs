//! What one verifier counts, in the Prometheus text format: how many, never who.

use std::time::Duration;

use ::metrics::{Counter, Gauge};
use openid4vc::vp::Reason;
use service::metrics::{Counters, Histogram};

/// What happened since the service started.
#[derive(Debug)]
pub struct Metrics {
    registry: service::metrics::Metrics,
    requests: Counter,
    passed: Counter,
    declined: Counter,
    refused: RefusedAnswers,
    judging: Histogram,
    register: Histogram,
    turned_away: Counter,
    webhooks: WebhookMessages,
    follows: Counter,
    failed_follows: Counter,
    waiting: Gauge,
    ready: Gauge,
    ledger_entries: Gauge,
}

/// Messages to the webhook by what became of them.
#[derive(Debug)]
struct WebhookMessages {
    taken: Counter,
    not_taken: Counter,
    given_up: Counter,
}

/// Answers by the reason against them.
#[derive(Debug)]
struct RefusedAnswers {
    expired: Counter,
    unknown_root: Counter,
    stale_root: Counter,
    key_not_valid: Counter,
    malformed: Counter,
    not_proved: Counter,
    not_offline: Counter,
    not_started: Counter,
    other_register: Counter,
    already_used: Counter,
}

impl Metrics {
    pub(crate) fn requested(&self) {
        self.requests.increment(1);
    }
    pub(crate) fn passed(&self) {
        self.passed.increment(1);
    }
    pub(crate) fn declined(&self) {
        self.declined.increment(1);
    }
    pub(crate) fn refused(&self, reason: Reason) {
        self.refused.counter(reason).increment(1);
    }
    pub(crate) fn judged(&self, took: Duration) {
        self.judging.record(took);
    }
    /// The database was asked for a batch of answers, or wrote one down.
    pub(crate) fn asked_register(&self, took: Duration) {
        self.register.record(took);
    }
    pub(crate) fn turned_away(&self) {
        self.turned_away.increment(1);
    }
    pub(crate) fn webhook_taken(&self) {
        self.webhooks.taken.increment(1);
    }
    pub(crate) fn webhook_not_taken(&self) {
        self.webhooks.not_taken.increment(1);
    }
    pub(crate) fn webhook_given_up(&self) {
        self.webhooks.given_up.increment(1);
    }
    pub(crate) fn followed(&self, success: bool) {
        let counter = if success { &self.follows } else { &self.failed_follows };
        counter.increment(1);
    }

    /// All of them, for what a service adds.
    pub(crate) fn all(&self) -> &service::metrics::Metrics {
        &self.registry
    }

    /// The text of `/metrics`; whether the service is ready, the log's size and the answers that wait are as of now.
    #[expect(clippy::cast_precision_loss, reason = "no log has 2^53 entries, and no queue so many answers")]
    pub fn to_text(&self, ready: bool, ledger_entries: u64, waiting: usize) -> String {
        self.ready.set(f64::from(u8::from(ready)));
        self.ledger_entries.set(ledger_entries as f64);
        self.waiting.set(waiting as f64);
        self.registry.render()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = service::metrics::Metrics::new("verifier");
        let answers = registry.counters("answers_total", "Answers by verdict.");
        let webhooks = registry.counters("webhook_messages_total", "Messages to the webhook by result.");
        let follows = registry.counters("follows_total", "Rounds of following the ledger.");
        Self {
            requests: registry.counter("requests_total", "Requests made."),
            passed: answers.with([("verdict", "passed")]),
            declined: answers.with([("verdict", "declined")]),
            refused: RefusedAnswers::new(&answers),
            judging: registry.histogram("judging_seconds", "Time from an answer's bytes to its verdict."),
            register: registry.histogram(
                "register_seconds",
                "Time in the database for a batch of answers: once to find their requests, once to write them down.",
            ),
            turned_away: registry.counter("turned_away_total", "Answers that found no place."),
            webhooks: WebhookMessages {
                taken: webhooks.with([("result", "taken")]),
                not_taken: webhooks.with([("result", "not_taken")]),
                given_up: webhooks.with([("result", "given_up")]),
            },
            follows: follows.with([("result", "ok")]),
            failed_follows: follows.with([("result", "failed")]),
            waiting: registry.gauge("answers_waiting", "Answers that wait to be judged."),
            ready: registry.gauge("ready", "1 if the service can work."),
            ledger_entries: registry.gauge("ledger_entries", "Entries followed."),
            registry,
        }
    }
}

impl RefusedAnswers {
    fn new(answers: &Counters) -> Self {
        let counter = |reason: Reason| answers.with([("verdict", "refused"), ("reason", reason.as_str())]);
        Self {
            expired: counter(Reason::Expired),
            unknown_root: counter(Reason::UnknownRoot),
            stale_root: counter(Reason::StaleRoot),
            key_not_valid: counter(Reason::KeyNotValid),
            malformed: counter(Reason::Malformed),
            not_proved: counter(Reason::NotProved),
            not_offline: counter(Reason::NotOffline),
            not_started: counter(Reason::NotStarted),
            other_register: counter(Reason::OtherRegister),
            already_used: counter(Reason::AlreadyUsed),
        }
    }

    fn counter(&self, reason: Reason) -> &Counter {
        match reason {
            Reason::Expired => &self.expired,
            Reason::UnknownRoot => &self.unknown_root,
            Reason::StaleRoot => &self.stale_root,
            Reason::KeyNotValid => &self.key_not_valid,
            Reason::Malformed => &self.malformed,
            Reason::NotProved => &self.not_proved,
            Reason::NotOffline => &self.not_offline,
            Reason::NotStarted => &self.not_started,
            Reason::OtherRegister => &self.other_register,
            Reason::AlreadyUsed => &self.already_used,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASONS: [Reason; 10] = [
        Reason::Expired,
        Reason::UnknownRoot,
        Reason::StaleRoot,
        Reason::KeyNotValid,
        Reason::Malformed,
        Reason::NotProved,
        Reason::NotOffline,
        Reason::NotStarted,
        Reason::OtherRegister,
        Reason::AlreadyUsed,
    ];

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
