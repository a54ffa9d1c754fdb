//! Judging an answer.
//!
//! An answer that was read ends its transaction, believed or not: a second try needs a second request at the counter. Only
//! when the counter itself cannot judge does the transaction stay open.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::wire::context;
use circuits::wire::presenting::{Nonce, Reason};
use rand::RngCore;
use rand::rngs::OsRng;

use super::readiness::{Unready, followed, usable};
use super::request::policy_of;
use super::{Counter, Trouble};
use crate::believe::{Answer, Refusal, SessionRequest, Verified, verify};
use crate::following::Snapshot;
use crate::store::{Judged, Outcome, Transaction, Uses};

/// What a wallet posts.
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// `error=…`: no credential, or no consent; which of them is not said.
    Declined,
    /// `vp_token=…`: its bytes.
    Token(Vec<u8>),
}

impl Counter {
    /// Judges a response. `Ok` means accepted, or that the citizen declined.
    pub fn answer(&self, state: &str, response: &Response) -> Result<(), Trouble> {
        let transaction = self.open_transaction(state)?;
        match response {
            Response::Declined => self.decline(&transaction),
            Response::Token(bytes) => self.judge(&transaction, bytes),
        }
    }

    /// Known, fresh, unused. A transaction that is not known is answered like one that has expired.
    fn open_transaction(&self, state: &str) -> Result<Transaction, Trouble> {
        let unknown = Trouble::Refused(Reason::Expired);
        let Ok(state) = Nonce::try_from(state.to_owned()) else { return Err(unknown) };
        let Some(transaction) = self.store().by_state(&state)? else { return Err(unknown) };
        if !transaction.is_alive_at(self.now()) {
            return Err(Trouble::Refused(Reason::Expired));
        }
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

    fn judge(&self, transaction: &Transaction, bytes: &[u8]) -> Result<(), Trouble> {
        let started = Instant::now();
        let (session, uses) = self.session(transaction)?;
        let believed = self.believe(&session, bytes)?;
        self.metrics.judged(started.elapsed());
        match believed {
            Ok(answer) => self.accept(transaction, &answer, &uses),
            Err(refusal) => self.refuse(transaction, &refusal),
        }
    }

    /// What the transaction asked, rebuilt from the ledger's policy and the transaction's nonce.
    fn session(&self, transaction: &Transaction) -> Result<(SessionRequest, Uses), Trouble> {
        let snapshot = self.following.snapshot();
        let published = policy_of(transaction, &snapshot)?;
        let nonce = transaction.nonce.as_str();
        let session = SessionRequest {
            policy: published.checked.clone(),
            publisher: published.publisher.clone(),
            context: context::openid4vp(self.certificate.client_id(), nonce, None, &self.response_uri()),
            now: transaction.made_at,
            expires_at: transaction.expires_at,
            key_digest: transaction.key_digest,
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
        let key = usable(snapshot).map_err(Trouble::NotReady)?;
        let now = self.now();
        match verify(session, bytes, snapshot, key, now) {
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
        answer: &Verified<Answer>,
        uses: &Uses,
    ) -> Result<(), Trouble> {
        let judged = self.store().accept(transaction, answer, uses, receipt_id(), self.now())?;
        match judged {
            Judged::Recorded => {
                self.metrics.passed();
                tracing::info!(policy = %transaction.policy, development = ?answer.get().key_use, "passed");
                Ok(())
            }
            Judged::NoUsesLeft => {
                Err(self.refused(transaction, Reason::AlreadyUsed, "the pseudonym has no uses left"))
            }
            Judged::AlreadyAnswered => Err(Trouble::Refused(Reason::AlreadyUsed)),
        }
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
