//! Presenting: from the link at a counter to its answer.
//!
//! [`Wallet::present`] is the whole way. Its steps are public too: [`Request::fetch`], [`Choice::of`],
//! [`Choice::prove`], [`token`], [`answer`] and [`refuse`].

mod answer;
mod choose;
mod consent;
mod counter;
mod jws;
mod offline;
mod prove;
mod question;
mod remember;
mod render;
mod request;

use circuits::policy::PolicyError;
use circuits::show;
use circuits::wire::offline::OfflineError;
use ledger::record::KeyUse;
use rand::{CryptoRng, RngCore};

pub use answer::{AnswerError, Answered, answer, refuse};
pub use choose::{Choice, Lack, Missing, Pick};
pub use consent::{Able, Consent, Decision, Linkability, Revealed, Screen};
pub use counter::{Counter, Vouched};
pub use jws::JwsError;
pub use offline::{OfflineQuestion, ShownOffline};
pub use prove::{Made, MakeError, statement, token, wrap};
pub use question::{Question, Way};
pub use render::{Tongue, lack, printable, render};
pub use request::{Request, RequestError};

use crate::followed::{Ledger, View};
use crate::history::Outcome;
use crate::keys::KeyFetchError;
use crate::wallet::Wallet;

/// How a request that was checked ended.
pub enum Ended {
    /// The counter accepted these proofs.
    Accepted(Vec<Made>),
    /// The counter refused these proofs.
    Refused {
        /// Its word for why.
        reason: String,
        /// What was sent.
        made: Vec<Made>,
    },
    /// The owner agreed and keeps these proofs; nothing was sent.
    Kept(Vec<Made>),
    /// The owner refused.
    Declined,
    /// Nothing in the wallet answers.
    NotSatisfiable(Vec<Missing>),
}

/// Why a request came to no end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The request is not to be answered. Nothing was sent.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// What the wallet knows of the ledger is older than the policy accepts. Nothing was sent.
    #[error("the wallet last synced {age_s} s ago; the policy accepts roots at most {accepted_s} s old")]
    TooOld {
        /// Since the last sync.
        age_s: u64,
        /// By the policy.
        accepted_s: u64,
    },
    /// The wallet never synced. Nothing was sent.
    #[error("the wallet has not synced yet")]
    NeverSynced,
    /// The policy cannot be evaluated. Nothing was sent.
    #[error("the policy cannot be evaluated: {0}")]
    Policy(#[from] PolicyError),
    /// The answer does not fit a QR code. Nothing was shown.
    #[error(transparent)]
    Code(#[from] OfflineError),
    /// There is no proving key. Nothing was sent.
    #[error(transparent)]
    Key(#[from] KeyFetchError),
    /// The proof failed. Nothing was sent.
    #[error(transparent)]
    Make(#[from] MakeError),
    /// What the counter made of the answer is not known.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl Wallet {
    /// Answers the request behind a link at `now` (unix seconds), if the owner agrees. Everything that comes to an end
    /// is recorded in the history.
    ///
    /// Uses what was synced before and never asks the ledger: that would tell it when somebody presents.
    pub fn present<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        link: &str,
        consent: &mut dyn Consent,
        now: u64,
        rng: &mut R,
    ) -> Result<Ended, PresentError> {
        let view = ledger.view();
        let request = Request::fetch(link, view.registry(), now, rng)?;
        self.answer(ledger, &view, &request, consent, now, rng)
    }

    /// [`Self::present`] for a request that was fetched already.
    pub fn answer<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        view: &View,
        request: &Request,
        consent: &mut dyn Consent,
        now: u64,
        rng: &mut R,
    ) -> Result<Ended, PresentError> {
        check_age(request, view, now)?;
        let ended = self.decide(ledger, view, request, consent, rng);
        let outcome = match &ended {
            Ok(ended) => Some(outcome(ended)),
            Err(PresentError::Answer(_)) => Some(Outcome::Failed),
            Err(_) => None,
        };
        if let Some(outcome) = outcome {
            self.record(remember::event(request, view, outcome, now));
        }
        ended
    }

    fn decide<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        view: &View,
        request: &Request,
        consent: &mut dyn Consent,
        rng: &mut R,
    ) -> Result<Ended, PresentError> {
        let keys = key_use(view)?;
        let choice = match Choice::of(self, request, view)? {
            Ok(choice) => choice,
            Err(missing) => {
                if consent.decide(&Screen::new(request, view, Able::No(&missing), keys)) != Decision::Keep {
                    refuse(request, rng)?;
                }
                return Ok(Ended::NotSatisfiable(missing));
            }
        };
        let decision = consent.decide(&Screen::new(request, view, Able::Yes(&choice), keys));
        if decision == Decision::Refuse {
            refuse(request, rng)?;
            return Ok(Ended::Declined);
        }
        let made = choice.prove(request, self.secret(), &*ledger.show_prover()?, rng)?;
        if decision == Decision::Keep {
            return Ok(Ended::Kept(made));
        }
        Ok(match answer(request, &token(&made), rng)? {
            Answered::Accepted => Ended::Accepted(made),
            Answered::Refused(reason) => Ended::Refused { reason, made },
        })
    }
}

/// A root is superseded at the earliest right after the last sync.
fn check_age(request: &Request, view: &View, now: u64) -> Result<(), PresentError> {
    let synced = view.synced_at().ok_or(PresentError::NeverSynced)?;
    let accepted_s = request.policy().checked.policy().max_root_age_s;
    let age_s = now.saturating_sub(synced);
    if age_s <= accepted_s { Ok(()) } else { Err(PresentError::TooOld { age_s, accepted_s }) }
}

fn key_use(view: &View) -> Result<KeyUse, KeyFetchError> {
    let key = view.registry().key(show::NAME, show::VERSION);
    let missing = KeyFetchError::NotPublished { circuit: show::NAME, version: show::VERSION };
    key.map(|key| key.record.key_use).ok_or(missing)
}

fn outcome(ended: &Ended) -> Outcome {
    match ended {
        Ended::Accepted(_) => Outcome::Presented,
        Ended::Refused { reason, .. } => Outcome::Refused { reason: reason.clone() },
        Ended::Kept(_) => Outcome::Kept,
        Ended::Declined => Outcome::Declined,
        Ended::NotSatisfiable(_) => Outcome::NotSatisfiable,
    }
}

#[cfg(test)]
mod tests;
