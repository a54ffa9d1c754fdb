//! Judging an answer.
//!
//! Answers are encrypted to the request's own key. What does not decrypt, or comes in the clear, ends nothing: whoever sent
//! it may be a stranger who saw the QR code. An answer that was read ends its transaction, believed or not: a second try needs a second request at the counter. Only
//! when the counter itself cannot judge does the transaction stay open.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::wire::jwe::{self, MAX_JWE, ResponseKey};
use circuits::wire::presenting::{Nonce, Reason, Receipt};
use circuits::wire::strict;
use ledger::digest::Digest;
use rand::RngCore;
use rand::rngs::OsRng;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::readiness::{Unready, followed};
use super::request::policy_of;
use super::{Counter, Trouble};
use crate::believe::{Answer, Refusal, SessionRequest, Verified, verify};
use crate::following::Snapshot;
use crate::receipt::{Evidence, Session};
use crate::store::{Judged, Outcome, Transaction, Uses};

/// What a wallet posts.
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// `error=…` and `state`, which OpenID4VP §8.3.1 allows in the clear: no credential, or no consent; which of them is
    /// not said.
    Declined(Nonce),
    /// `response=…`: a compact JWE of the same, or of `vp_token` and `state`.
    Encrypted(String),
}

/// What was encrypted. Members that are not known are ignored, as OAuth asks; a repeated one is refused at any depth.
#[derive(Deserialize)]
struct Payload {
    state: Nonce,
    #[serde(default)]
    vp_token: Option<Value>,
    #[serde(default)]
    error: Option<String>,
}

impl Payload {
    fn parse(bytes: &[u8]) -> Option<Self> {
        strict::from_slice(bytes, MAX_JWE).ok()
    }
}

impl Counter {
    /// Judges a response. `Ok` means accepted, or that the citizen declined.
    pub fn answer(&self, response: &Response) -> Result<(), Trouble> {
        match response {
            Response::Declined(state) => {
                let found = self.store().by_state(state)?;
                self.decline(&self.pending(found)?)
            }
            Response::Encrypted(jwe) => self.open(jwe),
        }
    }

    fn open(&self, jwe: &str) -> Result<(), Trouble> {
        let malformed = || Trouble::Refused(Reason::Malformed);
        let kid = jwe::kid(jwe).ok().flatten().ok_or_else(malformed)?;
        let found = self.store().by_kid(&kid)?;
        let transaction = self.pending(found)?;
        let key = transaction.response_key.as_ref().ok_or(Trouble::Refused(Reason::Expired))?;
        let payload = jwe::open(jwe, key).map_err(|_| malformed())?;
        let payload = Payload::parse(&payload).filter(|payload| payload.state == transaction.state);
        match payload.ok_or_else(malformed)? {
            Payload { vp_token: Some(token), error: None, .. } => {
                let bytes = Zeroizing::new(serde_json::to_vec(&token).expect("a JSON value is JSON"));
                self.judge(&transaction, key, &bytes)
            }
            Payload { vp_token: None, error: Some(_), .. } => self.decline(&transaction),
            _ => Err(malformed()),
        }
    }

    /// Known, fresh, unused. A transaction that is not known is answered like one that has expired.
    fn pending(&self, found: Option<Transaction>) -> Result<Transaction, Trouble> {
        let expired = Trouble::Refused(Reason::Expired);
        let Some(transaction) = found.filter(|found| found.is_alive_at(self.now())) else {
            return Err(expired);
        };
        match transaction.outcome {
            Outcome::Pending => Ok(transaction),
            _ => Err(Trouble::Refused(Reason::AlreadyUsed)),
        }
    }

    fn decline(&self, transaction: &Transaction) -> Result<(), Trouble> {
        if !self.store().decline(&transaction.id)? {
            return Err(Trouble::Refused(Reason::AlreadyUsed));
        }
        self.metrics.declined();
        tracing::info!(policy = %transaction.policy, "declined");
        Ok(())
    }

    fn judge(&self, transaction: &Transaction, key: &ResponseKey, bytes: &[u8]) -> Result<(), Trouble> {
        let started = Instant::now();
        let (session, uses) = self.session(transaction, key)?;
        let believed = self.believe(&session, bytes)?;
        self.metrics.judged(started.elapsed());
        match believed {
            Ok(answer) => self.accept(transaction, &self.shown_in(transaction, key), &answer, &uses),
            Err(refusal) => self.refuse(transaction, &refusal),
        }
    }

    /// What the transaction asked, rebuilt from the ledger's policy and the transaction's nonce.
    fn session(
        &self,
        transaction: &Transaction,
        key: &ResponseKey,
    ) -> Result<(SessionRequest, Uses), Trouble> {
        let snapshot = self.following.snapshot();
        let published = policy_of(transaction, &snapshot)?;
        let session = SessionRequest {
            policy: published.checked.clone(),
            publisher: published.publisher.clone(),
            context: self.context(&transaction.nonce, key),
            now: transaction.made_at,
            expires_at: transaction.expires_at,
        };
        let uses = Uses::of(&published.checked, &published.publisher);
        Ok((session, uses))
    }

    /// A root that is not known may be newer than what was followed: the wallet is not made to wait for the next round.
    fn believe(
        &self,
        session: &SessionRequest,
        bytes: &[u8],
    ) -> Result<Result<Verified<Answer>, Refusal>, Trouble> {
        let first = self.verify(session, bytes, &self.following.snapshot())?;
        if !matches!(first, Err(Refusal::UnknownRoot)) || self.follow().is_err() {
            return Ok(first);
        }
        self.verify(session, bytes, &self.following.snapshot())
    }

    fn verify(
        &self,
        session: &SessionRequest,
        bytes: &[u8],
        snapshot: &Snapshot,
    ) -> Result<Result<Verified<Answer>, Refusal>, Trouble> {
        let now = self.now();
        match verify(session, bytes, snapshot, snapshot.keys(), now) {
            Err(Refusal::NotFollowing { .. }) => {
                let limit = session.policy.policy().max_root_age_s;
                Err(Trouble::NotReady(followed(snapshot, now, limit).err().unwrap_or(Unready::NeverFollowed)))
            }
            judged => Ok(judged),
        }
    }

    fn accept(
        &self,
        transaction: &Transaction,
        session: &Session,
        answer: &Verified<Answer>,
        uses: &Uses,
    ) -> Result<(), Trouble> {
        let evidence = |receipt: &Receipt| self.evidence(session, answer, receipt);
        let judged = self.store().accept(transaction, answer, uses, receipt_id(), self.now(), evidence)?;
        match judged {
            Judged::Recorded => {
                self.metrics.passed();
                let (key, development) = (answer.get().key_digest.short(), answer.get().key_use);
                tracing::info!(policy = %transaction.policy, key, ?development, "passed");
                Ok(())
            }
            Judged::NoUsesLeft => {
                Err(self.refused(transaction, Reason::AlreadyUsed, "the pseudonym has no uses left"))
            }
            Judged::AlreadyAnswered => Err(Trouble::Refused(Reason::AlreadyUsed)),
        }
    }

    fn shown_in(&self, transaction: &Transaction, key: &ResponseKey) -> Session {
        Session {
            client_id: self.certificate.client_id().to_owned(),
            nonce: transaction.nonce.clone(),
            thumbprint: Digest::from_bytes(key.public().thumbprint()),
            response_uri: self.response_uri(),
            asked_at: transaction.made_at,
            expires_at: transaction.expires_at,
        }
    }

    /// What is kept of an answer so that others can check it later.
    fn evidence(&self, session: &Session, answer: &Verified<Answer>, receipt: &Receipt) -> Evidence {
        let (snapshot, answer) = (self.following.snapshot(), answer.get());
        let ledger = (snapshot.registry().genesis().digest(), snapshot.root_entry(&answer.root.0));
        Evidence::sealed(session.clone(), answer, receipt, ledger, &self.certificate)
    }

    fn refuse(&self, transaction: &Transaction, refusal: &Refusal) -> Result<(), Trouble> {
        let reason = refusal.reason();
        match self.store().refuse(transaction, reason, receipt_id(), self.now())? {
            Judged::AlreadyAnswered => Err(Trouble::Refused(Reason::AlreadyUsed)),
            _ => Err(self.refused(transaction, reason, &refusal.to_string())),
        }
    }

    fn refused(&self, transaction: &Transaction, reason: Reason, detail: &str) -> Trouble {
        self.metrics.refused(reason);
        tracing::info!(policy = %transaction.policy, reason = reason.as_str(), detail, "refused");
        Trouble::Refused(reason)
    }
}

/// Names a receipt and nothing else; short enough to be read out.
fn receipt_id() -> String {
    let mut bytes = [0; 12];
    OsRng.fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
