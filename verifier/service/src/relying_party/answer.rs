//! Judging answers: one, or as many as wait.
//!
//! Answers are encrypted to the request's own key. What does not decrypt, or comes in the clear, ends nothing: whoever sent
//! it may be a stranger who saw the QR code. An answer that was read ends its transaction, believed or not: a second try needs a second request at the counter. Only
//! when the counter itself cannot judge does the transaction stay open.
//!
//! Many answers share the steps in which company is cheaper: their proofs are checked together, and what they end becomes
//! durable together. Each has its own verdict all the same, and one answer is judged as a batch of one.

mod judge;
mod read;
mod settle;

use std::time::Instant;

use openid4vc::vp::Nonce;

use super::{RelyingParty, RelyingPartyError};
use judge::Ending;
use read::Opened;
pub(crate) use settle::receipt_id;
use verifier::VerifyError;

/// What a wallet posts.
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// `error=…` and `state`, which OpenID4VP §8.3.1 allows in the clear: no credential, or no consent; which of them is
    /// not said.
    Declined(Nonce),
    /// `response=…`: a compact JWE of the same, or of `vp_token` and `state`.
    Encrypted(String),
}

/// Is told how the response with an index ended, once for each and as soon as it is known. `Ok` means accepted, or that
/// the citizen declined.
pub type Tell<'a> = &'a mut dyn FnMut(usize, Result<(), RelyingPartyError>);

/// What is done about a root that is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnknownRoot {
    /// It may be newer than what was followed.
    LookUp,
    /// It was looked up.
    Refuse,
}

impl RelyingParty {
    /// Judges a response. `Ok` means accepted, or that the citizen declined.
    pub fn answer(&self, response: &Response) -> Result<(), RelyingPartyError> {
        let mut ended = Err(RelyingPartyError::NotFound);
        self.answer_all(std::slice::from_ref(response), (), &mut |_, judged| ended = judged);
        ended
    }

    /// Judges responses together, each as if it had come alone. Uses the threads of the current rayon pool. `turn` is
    /// dropped when what is left waits for the disk or the ledger.
    pub fn answer_all<T>(&self, responses: &[Response], turn: T, tell: Tell<'_>) {
        let started = Instant::now();
        let opened = self.open_all(responses, tell);
        let unknown = self.conclude(opened, UnknownRoot::LookUp, started, turn, tell);
        // A wallet is not made to wait for the next round of following, and the others do not wait for the ledger.
        if !unknown.is_empty() {
            let _ = self.follow();
            self.conclude(unknown, UnknownRoot::Refuse, started, (), tell);
        }
    }

    /// Judges what was read and ends its transactions; gives back those whose root is to be looked up.
    fn conclude<T>(
        &self,
        opened: Vec<Opened>,
        unknown: UnknownRoot,
        started: Instant,
        turn: T,
        tell: Tell<'_>,
    ) -> Vec<Opened> {
        let verdicts = self.judge(&opened, &self.following.snapshot());
        let (mut put_off, mut ended) = (Vec::new(), Vec::with_capacity(opened.len()));
        for (opened, verdict) in opened.into_iter().zip(verdicts) {
            match verdict {
                Ok(Ending::Refused(VerifyError::UnknownRoot)) if unknown == UnknownRoot::LookUp => {
                    put_off.push(opened);
                }
                Ok(ending) => ended.push((opened, ending)),
                Err(trouble) => tell(opened.index, Err(trouble)),
            }
        }
        self.settle(&ended, started, turn, tell);
        put_off
    }
}
