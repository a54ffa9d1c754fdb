//! Presenting without a network: the owner names the counter and the policy, and the answer is one QR code.
//!
//! Everything else is as online: what was synced is used, the owner is asked, the history remembers. What the counter makes
//! of the code is not known here.

use circuits::Fr;
use circuits::policy::PolicyError;
use circuits::schema::SchemaId;
use circuits::wire::context;
use circuits::wire::offline::{CounterId, Minute, OfflineAnswer};
use circuits::wire::presenting::{Matter, PolicyDigest, SYSTEM_ID};
use ledger::registry::PublishedPolicy;
use rand::{CryptoRng, RngCore};

use super::choose::{Choice, Missing};
use super::consent::{Able, Consent, Decision, Screen};
use super::counter::Counter;
use super::prove::token;
use super::question::{Question, Way};
use super::request::RequestError;
use super::{PresentError, key_use, remember};
use crate::followed::{Ledger, View};
use crate::history::Outcome;
use crate::wallet::Wallet;

/// A question that nobody sent: a policy on the ledger, asked at a counter in a minute.
pub struct OfflineQuestion {
    counter: Counter,
    policy: PublishedPolicy,
    minute: Minute,
    context: Fr,
}

/// How an answer without a network ended.
pub enum ShownOffline {
    /// The owner agreed; this is the text of the QR code, good for about two minutes.
    Code(String),
    /// The owner refused.
    Declined,
    /// Nothing in the wallet answers.
    NotSatisfiable(Vec<Missing>),
}

impl OfflineQuestion {
    /// The policy of the registry, asked at `counter` in the minute of `now` (unix seconds).
    pub fn new(policy: &SchemaId, counter: &CounterId, view: &View, now: u64) -> Result<Self, RequestError> {
        let published = view.registry().policy(policy);
        let policy = published.ok_or_else(|| RequestError::UnknownPolicy(policy.clone()))?.clone();
        let minute = Minute::of(now);
        let digest = PolicyDigest(*policy.digest.as_bytes());
        let context = context::offline(counter, &digest, minute);
        let counter = Counter::of(counter.client_id(), None, view.registry());
        Ok(Self { counter, policy, minute, context })
    }
}

impl Question for OfflineQuestion {
    fn way(&self) -> Way {
        Way::Offline
    }
    fn policy(&self) -> &PublishedPolicy {
        &self.policy
    }
    fn counter(&self) -> &Counter {
        &self.counter
    }
    fn matter(&self) -> Option<Matter> {
        None
    }
    fn now(&self) -> u64 {
        self.minute.start()
    }
    fn context(&self) -> &Fr {
        &self.context
    }
    fn system(&self, _credential: &str) -> Option<&str> {
        Some(SYSTEM_ID)
    }
}

impl Wallet {
    /// Makes a code for a policy at a counter, if the owner agrees. Never asks the ledger.
    ///
    /// `clock` gives unix seconds. It is asked again when the owner has decided, because the code is good for a few minutes
    /// from then on.
    pub fn show_offline<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        policy: &SchemaId,
        counter: &CounterId,
        consent: &mut dyn Consent,
        clock: &dyn Fn() -> u64,
        rng: &mut R,
    ) -> Result<ShownOffline, PresentError> {
        let view = ledger.view();
        view.synced_at().ok_or(PresentError::NeverSynced)?;
        let question = OfflineQuestion::new(policy, counter, &view, clock())?;
        let shown = if let Some(ended) = self.ask(&question, &view, consent)? {
            ended
        } else {
            let question = OfflineQuestion::new(policy, counter, &view, clock())?;
            self.code(ledger, &question, &view, rng)?
        };
        let outcome = match &shown {
            ShownOffline::Code(_) => Outcome::Shown,
            ShownOffline::Declined => Outcome::Declined,
            ShownOffline::NotSatisfiable(_) => Outcome::NotSatisfiable,
        };
        self.record(remember::event(&question, &view, outcome, clock()));
        Ok(shown)
    }

    /// `None` if the owner agrees and the wallet can answer.
    fn ask(
        &self,
        question: &OfflineQuestion,
        view: &View,
        consent: &mut dyn Consent,
    ) -> Result<Option<ShownOffline>, PresentError> {
        let keys = key_use(view)?;
        Ok(match Choice::of(self, question, view)? {
            Err(missing) => {
                consent.decide(&Screen::new(question, view, Able::No(&missing), keys));
                Some(ShownOffline::NotSatisfiable(missing))
            }
            Ok(choice) => {
                let decision = consent.decide(&Screen::new(question, view, Able::Yes(&choice), keys));
                (decision == Decision::Refuse).then_some(ShownOffline::Declined)
            }
        })
    }

    fn code<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        question: &OfflineQuestion,
        view: &View,
        rng: &mut R,
    ) -> Result<ShownOffline, PresentError> {
        let choice = match Choice::of(self, question, view)? {
            Ok(choice) => choice,
            // It expired while its owner was deciding.
            Err(missing) => return Ok(ShownOffline::NotSatisfiable(missing)),
        };
        let made = choice.prove(question, self.secret(), &*ledger.show_prover()?, rng)?;
        let answer = OfflineAnswer::of(question.policy.checked.policy(), question.minute, &token(&made));
        let answer = answer.ok_or_else(|| PolicyError {
            path: "$.credentials".to_owned(),
            reason: "the proofs are not those of the policy".to_owned(),
        })?;
        Ok(ShownOffline::Code(answer.to_text()?))
    }
}
