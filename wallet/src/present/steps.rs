//! The way to an answer in steps, for a program that cannot wait at the question: consider, show, settle, carry out,
//! remember. [`Wallet::answer`] takes them one after the other.

use std::sync::Arc;

use circuits::credential::HolderSecret;
use prover::ShowProver;
use rand::{CryptoRng, RngCore};

use super::choose::{Choice, Missing};
use super::consent::{Able, Decision, Screen};
use super::prepared::Preparations;
use super::prove::{Ready, token};
use super::request::Request;
use super::{Answered, Ended, PresentError, ProvingKey, answer, refuse, remember};
use crate::followed::{Ledger, View};
use crate::history::Outcome;
use crate::wallet::Wallet;

/// A checked request beside what the wallet has for it. Nothing was decided yet.
pub struct Considered<'a> {
    request: &'a Request,
    view: &'a View,
    prover: Arc<ShowProver>,
    choice: Result<Choice<'a>, Vec<Missing>>,
}

/// A decision with all that carrying it out takes, so that the wallet is free meanwhile. Secret: no `Debug`.
pub struct Settled {
    request: Request,
    prover: Arc<ShowProver>,
    then: Then,
}

/// What follows from a decision.
enum Then {
    /// The refusal is sent; this is what it is called in the wallet.
    Refuse(Ended),
    /// Nothing is sent.
    Stay(Ended),
    /// Proofs are made and kept.
    Prove(Ready),
    /// Proofs are made and sent.
    Answer(Ready),
}

impl Wallet {
    /// Looks for what answers the request, at `now` (unix seconds).
    pub fn consider<'a>(
        &'a self,
        ledger: &Ledger,
        request: &'a Request,
        view: &'a View,
        now: u64,
    ) -> Result<Considered<'a>, PresentError> {
        check_age(request, view, now)?;
        // Before it is known whether there is anything to prove, so that how long it takes tells the counter nothing.
        let prover = ledger.show_prover(now)?;
        let choice = Choice::of(self, request, view)?;
        Ok(Considered { request, view, prover, choice })
    }

    /// Writes into the history how a request ended. What came to no end is not written.
    pub fn remember(
        &mut self,
        request: &Request,
        view: &View,
        ended: &Result<Ended, PresentError>,
        now: u64,
    ) {
        let outcome = match ended {
            Ok(ended) => outcome(ended),
            Err(PresentError::Answer(_)) => Outcome::Failed,
            Err(_) => return,
        };
        self.record(remember::event(request, view, outcome, now));
    }
}

impl Considered<'_> {
    /// What the owner is shown.
    pub fn screen(&self) -> Screen<'_> {
        let able = match &self.choice {
            Ok(choice) => Able::Yes(choice),
            Err(missing) => Able::No(missing),
        };
        Screen::new(self.request, self.view, able, ProvingKey::of(&self.prover, self.view))
    }

    /// What follows from the owner's decision; `secret` is the wallet's.
    pub fn settle(self, decision: Decision, secret: &HolderSecret) -> Result<Settled, PresentError> {
        let then = match (self.choice, decision) {
            (Err(missing), Decision::Keep) => Then::Stay(Ended::NotSatisfiable(missing)),
            (Err(missing), _) => Then::Refuse(Ended::NotSatisfiable(missing)),
            (Ok(_), Decision::Refuse) => Then::Refuse(Ended::Declined),
            (Ok(choice), Decision::Keep) => Then::Prove(choice.ready(self.request, secret)?),
            (Ok(choice), Decision::Agree) => Then::Answer(choice.ready(self.request, secret)?),
        };
        Ok(Settled { request: self.request.clone(), prover: self.prover, then })
    }
}

impl Settled {
    /// Proves and sends, as was decided. What was prepared for the same credential and root is used.
    pub fn carry_out<R: RngCore + CryptoRng>(
        self,
        preparations: &Preparations,
        rng: &mut R,
    ) -> Result<Ended, PresentError> {
        let (request, prover) = (&self.request, &*self.prover);
        match self.then {
            Then::Stay(ended) => Ok(ended),
            Then::Refuse(ended) => {
                refuse(request, rng)?;
                Ok(ended)
            }
            Then::Prove(ready) => Ok(Ended::Kept(ready.prove(request, prover, preparations, rng)?)),
            Then::Answer(ready) => {
                let made = ready.prove(request, prover, preparations, rng)?;
                Ok(match answer(request, &token(&made), rng)? {
                    Answered::Accepted => Ended::Accepted(made),
                    Answered::Refused(reason) => Ended::Refused { reason, made },
                })
            }
        }
    }
}

/// A root is superseded at the earliest right after the last sync.
fn check_age(request: &Request, view: &View, now: u64) -> Result<(), PresentError> {
    let synced = view.synced_at().ok_or(PresentError::NeverSynced)?;
    let accepted_s = request.policy().checked.policy().max_root_age_s;
    let age_s = now.saturating_sub(synced);
    if age_s <= accepted_s { Ok(()) } else { Err(PresentError::TooOld { age_s, accepted_s }) }
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
