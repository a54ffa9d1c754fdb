//! Sending what is due, and deciding when what was not taken is sent again.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::client::{agent_builder, unreachable};
use ledger::digest::Digest;
use rand::Rng;
use rand::rngs::OsRng;
use serde_json::json;
use ureq::Agent;

use super::Webhook;
use crate::relying_party::{RelyingParty, RelyingPartyError};
use crate::store::{Notification, NotificationTurn, Transaction};

/// Sends messages to one webhook.
pub(crate) struct Sender {
    webhook: Webhook,
    agent: Agent,
}

/// What became of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// The receiver has it.
    Taken,
    /// The receiver wants no more of it (410).
    Unwanted,
    /// No answer, or one that says no.
    NotTaken,
}

impl Sender {
    pub(crate) fn new(webhook: Webhook) -> Self {
        let config = agent_builder()
            .max_redirects_will_error(false)
            .timeout_global(Some(TIMEOUT))
            .user_agent("yong-verifier");
        Self { webhook, agent: config.build().into() }
    }

    /// Sends everything that is due. Messages of several requests go side by side, so that one that hangs holds up few.
    pub(crate) fn send_due(&self, counter: &RelyingParty) -> Result<(), RelyingPartyError> {
        loop {
            let now = counter.now();
            let turn = NotificationTurn { now, taken_until: now + TAKEN_S, limit: AT_ONCE };
            let due = counter.due_notifications(turn)?;
            if due.is_empty() {
                return Ok(());
            }
            let sent: Vec<Sent> = std::thread::scope(|scope| {
                let sending: Vec<_> =
                    due.iter().map(|due| scope.spawn(move || self.send(due, now))).collect();
                sending.into_iter().map(|sent| sent.join().unwrap_or(Sent::NotTaken)).collect()
            });
            for (due, sent) in due.iter().zip(sent) {
                settle(counter, due, sent)?;
            }
        }
    }

    fn send(&self, due: &Notification, now: u64) -> Sent {
        let transaction = &due.transaction;
        let (id, body) = (message_id(transaction, now), message(transaction, now));
        let answer = self
            .agent
            .post(self.webhook.url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", self.webhook.secret.sign(&id, now, &body))
            .send(&body);
        match answer.map(|answer| answer.status().as_u16()) {
            Ok(200..300) => Sent::Taken,
            Ok(410) => Sent::Unwanted,
            Ok(status) => {
                tracing::warn!(status, attempt = due.attempt, "the webhook did not take a message");
                Sent::NotTaken
            }
            Err(error) => {
                let why = unreachable(&error);
                tracing::warn!(why, attempt = due.attempt, "the webhook was not reached");
                Sent::NotTaken
            }
        }
    }
}

fn settle(counter: &RelyingParty, due: &Notification, sent: Sent) -> Result<(), RelyingPartyError> {
    let again = match sent {
        Sent::Taken | Sent::Unwanted => None,
        Sent::NotTaken => pause_s(due.attempt).map(|pause| counter.now() + jittered(pause)),
    };
    match (sent, again) {
        (Sent::Taken, _) => counter.metrics().webhook_taken(),
        (Sent::NotTaken, Some(_)) => counter.metrics().webhook_not_taken(),
        (Sent::Unwanted, _) | (Sent::NotTaken, None) => {
            counter.metrics().webhook_given_up();
            tracing::error!(
                number = due.transaction.id.number(),
                "a message to the webhook was given up; its result can be read as before"
            );
        }
    }
    counter.settle_notification(due, again)
}

/// Names the end of one request, in every repetition the same. It does not lead back to the transaction's identifier.
fn message_id(transaction: &Transaction, now: u64) -> String {
    let status = serde_json::to_vec(&transaction.status_at(now).status).expect("a word is JSON");
    let digest = Digest::of_parts(&[b"yong/webhook", transaction.id.as_str().as_bytes(), &status]);
    let mut id = URL_SAFE_NO_PAD.encode(digest.as_bytes());
    id.truncate(ID);
    format!("msg_{id}")
}

/// The body. Where somebody has to come back with a code, only who does learns that it passed.
fn message(transaction: &Transaction, now: u64) -> String {
    let told = transaction.redirect.is_none() || !transaction.outcome.has_passed();
    let mut data = json!({
        "transaction": transaction.id.as_str(),
        "policy": transaction.policy.as_str(),
    });
    if let Some(reference) = &transaction.reference {
        data["reference"] = reference.as_str().into();
    }
    if told {
        data["status"] = json!(transaction.status_at(now).status);
    }
    json!({ "type": "request.ended", "data": data }).to_string()
}

/// Seconds before the next attempt; `None` after the last one, a day after the first.
fn pause_s(attempt: u32) -> Option<u64> {
    let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
    PAUSES_S.get(index).copied()
}

/// Up to a fifth more, so that what failed together does not come back together.
fn jittered(seconds: u64) -> u64 {
    seconds + OsRng.gen_range(0..=seconds / 5)
}

const PAUSES_S: [u64; 9] = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200];
/// Messages on their way at a time.
const AT_ONCE: u32 = 16;
/// How long one message may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds for which no other process sends what one has taken up; longer than sending takes.
const TAKEN_S: u64 = 30;
/// Characters of a message's identifier, 132 bits.
const ID: usize = 22;

#[cfg(test)]
mod tests;
