//! Judging answers: from the bytes that wallets post to verdicts that are written down, one answer or a batch.
//!
//! The steps stand here in the order of the protocol: read, decrypt, check, verify, write. Each moves a list of
//! [`Slot`]s one [`Stage`] on; in a batch the proofs are verified together, and what is decided becomes durable
//! together. Each answer has its own verdict all the same, and one answer is judged as a batch of one.
//!
//! Answers are encrypted to the request's own key. What does not decrypt, or comes in the clear, ends nothing:
//! whoever sent it may be a stranger who saw the QR code. An answer that was read ends its transaction, accepted or
//! not: a second try needs a second request. Only when the verifier itself cannot judge does the transaction stay
//! open.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::digest::Digest;
use openid4vc::json::{self, JsonError};
use openid4vc::jwe::{self, MAX_JWE};
use openid4vc::vp::{Nonce, Reason, Receipt, ReceiptNumber, VpResponse};
use rand::rngs::OsRng;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;
use verifier::receipt::{Evidence, Session};
use verifier::{Answer, Checked, SessionRequest, Verified, VerifyError, check, verify_batch};

use super::error::{NotReady, followed};
use super::program::Redirect;
use super::request::policy_of;
use super::{RelyingParty, RelyingPartyError};
use crate::following::Snapshot;
use crate::store::{AnswerTo, Finalized, Outcome, StoreError, Transaction, TransactionEnd, Uses};

/// What a wallet posts.
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// `error=…` and `state`, which OpenID4VP §8.3.1 allows in the clear. It is a hint and ends nothing: whoever saw the
    /// QR code knows the `state`.
    Declined(Nonce),
    /// `response=…`: a compact JWE of the same, or of `vp_token` and `state`.
    Encrypted(String),
}

/// A response that was accepted or taken note of, or by which the citizen declined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Where the citizen goes on, if the program said so.
    pub redirect_uri: Option<Url>,
    /// The number of the receipt, where there is one.
    pub receipt: Option<ReceiptNumber>,
}

/// Is told how the response with an index ended, once for each and as soon as it is known.
pub type OnVerdict<'a> = &'a mut dyn FnMut(usize, Result<Taken, RelyingPartyError>);

impl RelyingParty {
    /// Judges a response.
    pub fn answer(&self, response: &Response) -> Result<Taken, RelyingPartyError> {
        let mut verdict = Err(RelyingPartyError::NotFound);
        self.answer_batch(std::slice::from_ref(response), (), &mut |_, judged| verdict = judged);
        verdict
    }

    /// Judges responses together, each as if it had come alone. Uses the threads of the current rayon pool. `turn` is
    /// dropped when what is left waits for the disk or the ledger.
    pub fn answer_batch<T>(&self, responses: &[Response], turn: T, on_verdict: OnVerdict<'_>) {
        let started = Instant::now();
        let slots = self.read_batch(responses, on_verdict);
        let put_off = self.judge(slots, UnknownRoot::LookUp, started, turn, on_verdict);
        // A wallet is not made to wait for the next round of following, and the others do not wait for the ledger.
        if !put_off.is_empty() {
            let _ = self.follow();
            self.judge(put_off, UnknownRoot::Refuse, started, (), on_verdict);
        }
    }

    /// Checks, verifies and writes; gives back those whose root is to be looked up.
    fn judge<T>(
        &self,
        mut slots: Vec<Slot>,
        unknown_root: UnknownRoot,
        started: Instant,
        turn: T,
        on_verdict: OnVerdict<'_>,
    ) -> Vec<Slot> {
        self.check_batch(&mut slots, unknown_root);
        verify_slots(&mut slots);
        let mut put_off = Vec::new();
        let mut decided = Vec::with_capacity(slots.len());
        for slot in slots {
            match slot {
                Slot { index, transaction, stage: Stage::Decided(decision) } => {
                    decided.push(Decided { index, transaction, decision });
                }
                Slot { stage: Stage::Presented(_), .. } => put_off.push(slot),
                Slot { index, stage: Stage::Undecided(error), .. } => on_verdict(index, Err(error)),
                Slot { index, stage: Stage::Checked(..), .. } => on_verdict(index, Err(undecided())),
            }
        }
        self.write_batch(&decided, started, turn, on_verdict);
        put_off
    }
}

/// One response on its way to its verdict.
struct Slot {
    /// Which of those that came.
    index: usize,
    transaction: Transaction,
    stage: Stage,
}

/// How far a response has come.
enum Stage {
    /// Decrypted, and not checked yet or put off until its root was looked up.
    Presented(Box<Presented>),
    /// Everything but its proofs was checked.
    Checked(Box<Presented>, Box<Checked>),
    /// It is known how its transaction ends.
    Decided(Decision),
    /// The verifier cannot judge now; the transaction stays open.
    Undecided(RelyingPartyError),
}

/// How a transaction ends.
enum Decision {
    /// The citizen declined.
    Declined,
    /// A rule is broken.
    Refused(VerifyError),
    /// The proofs are valid.
    Accepted(Box<Presented>, Box<Verified<Answer>>),
}

/// A response with the end of its transaction.
struct Decided {
    index: usize,
    transaction: Transaction,
    decision: Decision,
}

/// An answer with everything that it is judged by.
struct Presented {
    request: SessionRequest,
    uses: Uses,
    /// The session as it is kept with the receipt.
    session: Session,
    /// `vp_token` and what is beside it, without a repeated key.
    answer: Value,
}

/// What is done about a root that is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnknownRoot {
    /// It may be newer than what was followed.
    LookUp,
    /// It was looked up.
    Refuse,
}

// Read: the transaction is known, fresh and unused.

impl RelyingParty {
    /// Reads and decrypts each; tells what cannot be read, and takes note of what came in the clear. The database is asked
    /// for all of them before the first is decrypted.
    fn read_batch(&self, responses: &[Response], on_verdict: OnVerdict<'_>) -> Vec<Slot> {
        let found = self.find_batch(responses);
        let read: Vec<_> = (found.into_par_iter().zip(responses))
            .map(|(found, response)| {
                let (transaction, kid) = found?;
                match (response, kid) {
                    (Response::Encrypted(jwe), Some(kid)) => {
                        let stage = self.decrypt(jwe, &kid, &transaction)?;
                        Ok(Some((transaction, stage)))
                    }
                    (Response::Encrypted(_), None) | (Response::Declined(_), _) => Ok(None),
                }
            })
            .collect();
        let mut slots = Vec::with_capacity(read.len());
        for (index, read) in read.into_iter().enumerate() {
            match read {
                Ok(Some((transaction, stage))) => slots.push(Slot { index, transaction, stage }),
                Ok(None) => {
                    tracing::info!("an error came in the clear; its request stays open");
                    on_verdict(index, Ok(Taken::default()));
                }
                Err(error) => on_verdict(index, Err(error)),
            }
        }
        slots
    }

    /// For each the transaction, and the name of the key that the response is encrypted to, if it is.
    fn find_batch(
        &self,
        responses: &[Response],
    ) -> Vec<Result<(Transaction, Option<String>), RelyingPartyError>> {
        let named: Vec<Result<Option<String>, RelyingPartyError>> = responses.iter().map(key_name).collect();
        let answers = responses.iter().zip(&named).filter_map(|(response, kid)| match (response, kid) {
            (Response::Declined(state), _) => Some(AnswerTo::State(state)),
            (Response::Encrypted(_), Ok(Some(kid))) => Some(AnswerTo::Kid(kid)),
            (Response::Encrypted(_), Ok(None) | Err(_)) => None,
        });
        let answers: Vec<AnswerTo<'_>> = answers.collect();
        let started = Instant::now();
        let found = self.store().answered_by(&answers).map_err(Arc::new);
        self.metrics.asked_register(started.elapsed());
        let mut found = found.map(Vec::into_iter);
        let transaction = |kid: Result<Option<String>, RelyingPartyError>| {
            let kid = kid?;
            let found = found.as_mut().map_err(|error| RelyingPartyError::Store(Arc::clone(error)))?;
            Ok((self.pending(found.next().flatten())?, kid))
        };
        named.into_iter().map(transaction).collect()
    }

    /// One that is not known is answered like one that has expired.
    fn pending(&self, found: Option<Transaction>) -> Result<Transaction, RelyingPartyError> {
        let expired = RelyingPartyError::Refused(Reason::Expired);
        let transaction = found.filter(|found| found.is_alive_at(self.now())).ok_or(expired)?;
        match transaction.outcome {
            Outcome::Pending => Ok(transaction),
            Outcome::Declined | Outcome::Passed { .. } | Outcome::Refused { .. } => {
                Err(RelyingPartyError::Refused(Reason::AlreadyUsed))
            }
        }
    }
}

/// The name of the key that a response is encrypted to; `None` for one in the clear.
fn key_name(response: &Response) -> Result<Option<String>, RelyingPartyError> {
    match response {
        Response::Declined(_) => Ok(None),
        Response::Encrypted(jwe) => jwe::kid(jwe).ok().flatten().map(Some).ok_or_else(malformed),
    }
}

// Decrypt: what the wallet says, in the session that it says it in.

/// What was encrypted. Members that are not known are ignored, as OAuth asks; a repeated one is refused at any depth.
#[derive(Deserialize)]
struct Payload {
    state: Nonce,
    #[serde(default)]
    error: Option<String>,
    /// Those of an answer, and those that are not known.
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl RelyingParty {
    fn decrypt(&self, jwe: &str, kid: &str, transaction: &Transaction) -> Result<Stage, RelyingPartyError> {
        let key = transaction.response_key.as_ref().ok_or(RelyingPartyError::Refused(Reason::Expired))?;
        let payload = jwe::open(jwe, key).map_err(|_| malformed())?;
        let payload: Payload = json::from_slice(&payload, MAX_JWE).map_err(|_| malformed())?;
        if payload.state != transaction.state {
            return Err(malformed());
        }
        let answers = VpResponse::MEMBERS.iter().any(|name| payload.members.contains_key(*name));
        match (answers, payload.error) {
            (true, None) => {
                let thumbprint = thumbprint(kid).ok_or_else(malformed)?;
                let answer = Value::Object(payload.members);
                Ok(Stage::Presented(Box::new(self.presented(transaction, thumbprint, answer)?)))
            }
            (false, Some(_)) => Ok(Stage::Decided(Decision::Declined)),
            (true, Some(_)) | (false, None) => Err(malformed()),
        }
    }

    /// What the transaction asked, rebuilt from the ledger's policy and the transaction's nonce.
    fn presented(
        &self,
        transaction: &Transaction,
        thumbprint: [u8; 32],
        answer: Value,
    ) -> Result<Presented, RelyingPartyError> {
        let snapshot = self.following.snapshot();
        let published = policy_of(transaction, &snapshot)?;
        let request = SessionRequest {
            policy: published.checked.clone(),
            publisher: published.publisher.clone(),
            context: self.context(&transaction.nonce, &thumbprint),
            now: transaction.made_at,
            expires_at: transaction.expires_at,
        };
        let session = Session {
            client_id: self.certificate.client_id().to_owned(),
            nonce: transaction.nonce.clone(),
            thumbprint: Digest::from_bytes(thumbprint),
            response_uri: self.response_uri(),
            asked_at: transaction.made_at,
            expires_at: transaction.expires_at,
        };
        let uses = Uses::new(&published.checked, &published.publisher);
        Ok(Presented { request, uses, session, answer })
    }
}

/// Our keys are named by their thumbprints, and the transaction was found by this name; to compute it from the key
/// would take a multiplication on the curve.
fn thumbprint(kid: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(kid).ok()?.try_into().ok()
}

fn malformed() -> RelyingPartyError {
    RelyingPartyError::Refused(Reason::Malformed)
}

// Check: every rule but the proofs.

impl RelyingParty {
    fn check_batch(&self, slots: &mut [Slot], unknown_root: UnknownRoot) {
        let now = self.now();
        let snapshot = self.following.snapshot();
        let size = slots.len().div_ceil(rayon::current_num_threads()).clamp(1, POINTS_TOGETHER);
        slots.par_chunks_mut(size).for_each(|slots| check_chunk(slots, unknown_root, &snapshot, now));
    }
}

fn check_chunk(slots: &mut [Slot], unknown_root: UnknownRoot, snapshot: &Snapshot, now: u64) {
    let presented = slots.iter().filter_map(|slot| match &slot.stage {
        Stage::Presented(presented) => Some(&presented.answer),
        _ => None,
    });
    let mut answers = VpResponse::read_batch(presented).into_iter();
    for slot in slots {
        slot.stage = match slot.take_stage() {
            Stage::Presented(presented) => {
                let answer = answers.next().unwrap_or(Err(JsonError::Shape));
                presented.check(answer, unknown_root, snapshot, now)
            }
            other => other,
        };
    }
}

impl Presented {
    fn check(
        self: Box<Self>,
        answer: Result<VpResponse, JsonError>,
        unknown_root: UnknownRoot,
        snapshot: &Snapshot,
        now: u64,
    ) -> Stage {
        // The register may have gone to another store since this one asked, whose uses that one does not know.
        let counts = snapshot.registry().may_ask(&self.session.client_id, &self.request.policy, now);
        if let Err(elsewhere) = counts {
            return Stage::Decided(Decision::Refused(elsewhere.into()));
        }
        match check(&self.request, || Ok(answer?), snapshot, snapshot.keys(), now) {
            Ok(checked) => Stage::Checked(self, Box::new(checked)),
            Err(VerifyError::UnknownRoot) if unknown_root == UnknownRoot::LookUp => Stage::Presented(self),
            Err(
                VerifyError::NotFollowing | VerifyError::OldStatement { .. } | VerifyError::Clocks { .. },
            ) => {
                let limit = self.request.policy.policy().max_root_age_s;
                let not_ready = followed(snapshot, now, limit).err().unwrap_or(NotReady::NeverFollowed);
                Stage::Undecided(RelyingPartyError::NotReady(not_ready))
            }
            Err(refusal) => Stage::Decided(Decision::Refused(refusal)),
        }
    }
}

// Verify: the proofs of all that was checked, together.

fn verify_slots(slots: &mut [Slot]) {
    let mut waiting = Vec::new();
    let mut checked = Vec::new();
    for slot in slots {
        match slot.take_stage() {
            Stage::Checked(presented, answer) => {
                checked.push(*answer);
                waiting.push((slot, presented));
            }
            other => slot.stage = other,
        }
    }
    for ((slot, presented), verdict) in waiting.into_iter().zip(verify_batch(checked)) {
        slot.stage = Stage::Decided(match verdict {
            Ok(answer) => Decision::Accepted(presented, Box::new(answer)),
            Err(refusal) => Decision::Refused(refusal),
        });
    }
}

impl Slot {
    /// The stage, to make the next of it. Until that is known nothing is decided.
    fn take_stage(&mut self) -> Stage {
        mem::replace(&mut self.stage, Stage::Undecided(undecided()))
    }
}

fn undecided() -> RelyingPartyError {
    RelyingPartyError::NotReady(NotReady::NeverFollowed)
}

// Write: what was decided becomes durable, and then it is told.

impl RelyingParty {
    /// Ends the transactions of these answers together and tells each how it ended; `turn` is dropped before the disk
    /// is waited for.
    fn write_batch<T>(&self, decided: &[Decided], started: Instant, turn: T, on_verdict: OnVerdict<'_>) {
        if decided.is_empty() {
            return;
        }
        let now = self.now();
        // Sealing what is kept is a signature for each, so it is done side by side and before the database is held.
        let ends: Vec<TransactionEnd<'_>> =
            decided.par_iter().map(|decided| self.transaction_end(decided, now)).collect();
        drop(turn);
        let asked = Instant::now();
        let written = self.store().finalize_batch(&ends);
        self.metrics.asked_register(asked.elapsed());
        let written: Vec<Result<Finalized, Arc<StoreError>>> = match written {
            Ok(written) => written.into_iter().map(|one| one.map_err(Arc::new)).collect(),
            Err(error) => vec![Err(Arc::new(error)); decided.len()],
        };
        for ((decided, end), written) in decided.iter().zip(&ends).zip(written) {
            self.metrics.judged(started.elapsed());
            let receipt = end.receipt().and_then(|receipt| receipt.id.parse().ok());
            let written = written.map_err(RelyingPartyError::Store);
            on_verdict(decided.index, written.and_then(|written| self.verdict(decided, receipt, written)));
        }
    }

    fn transaction_end<'a>(&self, decided: &'a Decided, now: u64) -> TransactionEnd<'a> {
        let transaction = &decided.transaction;
        match &decided.decision {
            Decision::Declined => TransactionEnd::declined(transaction),
            Decision::Refused(refusal) => {
                TransactionEnd::refused(transaction, refusal.reason(), receipt_id(), now)
            }
            Decision::Accepted(presented, answer) => {
                let evidence = |receipt: &Receipt| self.evidence(&presented.session, answer.get(), receipt);
                TransactionEnd::accepted(transaction, answer, &presented.uses, receipt_id(), now, evidence)
            }
        }
    }

    /// What is kept of an answer so that others can check it later.
    fn evidence(&self, session: &Session, answer: &Answer, receipt: &Receipt) -> Evidence {
        let snapshot = self.following.snapshot();
        let ledger = (snapshot.registry().genesis().digest(), snapshot.root_entry(&answer.root.0));
        Evidence::sealed(session.clone(), answer, receipt, ledger, |sealed| self.certificate.seal(sealed))
    }

    /// What is told and counted once it is known what was written.
    fn verdict(
        &self,
        decided: &Decided,
        receipt: Option<ReceiptNumber>,
        written: Finalized,
    ) -> Result<Taken, RelyingPartyError> {
        let transaction = &decided.transaction;
        let taken = || Taken { redirect_uri: transaction.redirect.as_ref().map(Redirect::uri), receipt };
        match (written, &decided.decision) {
            (Finalized::AlreadyAnswered, _) => Err(RelyingPartyError::Refused(Reason::AlreadyUsed)),
            (Finalized::NoUsesLeft, _) => {
                Err(self.refuse(transaction, Reason::AlreadyUsed, "the pseudonym has no uses left"))
            }
            (Finalized::Recorded, Decision::Declined) => {
                self.metrics.declined();
                tracing::info!(policy = %transaction.policy, "declined");
                Ok(taken())
            }
            (Finalized::Recorded, Decision::Refused(refusal)) => {
                Err(self.refuse(transaction, refusal.reason(), &refusal.to_string()))
            }
            (Finalized::Recorded, Decision::Accepted(_, answer)) => {
                self.metrics.passed();
                let key = answer.get().key_digest.short();
                let development = answer.get().key_use;
                tracing::info!(policy = %transaction.policy, key, ?development, "passed");
                Ok(taken())
            }
        }
    }

    fn refuse(&self, transaction: &Transaction, reason: Reason, detail: &str) -> RelyingPartyError {
        self.metrics.refused(reason);
        tracing::info!(policy = %transaction.policy, reason = reason.as_str(), detail, "refused");
        RelyingPartyError::Refused(reason)
    }
}

/// Names a receipt and nothing else; can be read out over a telephone.
pub(crate) fn receipt_id() -> String {
    ReceiptNumber::random(&mut OsRng).into()
}

/// Answers whose proofs' points are read together: as many as are checked side by side.
const POINTS_TOGETHER: usize = 8;
