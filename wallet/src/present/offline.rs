//! Presenting without a network: the owner names the verifier and the policy, and the answer is one QR code.
//!
//! Everything else is as online: what was synced is used, the owner is asked, the history remembers. What the
//! verifier makes of the code is not known here.

use circuits::Fr;
use circuits::policy::{PolicyError, PolicyErrorKind};
use circuits::schema::SchemaId;
use ledger::registry::{PublishedPolicy, Registry};
use openid4vc::handover;
use openid4vc::offline::{Minute, OfflineAnswer, VerifierId};
use openid4vc::vp::{Matter, PolicyDigest, SYSTEM_ID};
use rand::{CryptoRng, RngCore};

use super::PresentError;
use super::choose::Selection;
use super::consent::{Consent, Decision, Screen};
use super::missing::Missing;
use super::prove::token;
use super::question::{Question, RelyingParty, Way};
use super::request::{RequestError, check_scope};
use super::steps::history_event;
use crate::followed::{Ledger, View};
use crate::history::Outcome;
use crate::keys::Provers;
use crate::uses::{Permit, Use};
use crate::wallet::Wallet;

/// A question that nobody sent: a policy on the ledger, asked at a verifier in a minute.
pub struct OfflineQuestion {
    relying_party: RelyingParty,
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
    /// The policy of the registry, asked at `counter` in the minute of `now` (unix seconds). One that takes more proofs than
    /// a code holds is refused, and one whose scope has not begun or is counted elsewhere.
    pub fn new(policy: &SchemaId, counter: &VerifierId, view: &View, now: u64) -> Result<Self, RequestError> {
        let published = view.registry().policy(policy);
        let policy = published.ok_or_else(|| RequestError::UnknownPolicy(policy.clone()))?.clone();
        if !fits_code(&policy) {
            return Err(RequestError::NotOffline(policy.checked.policy().policy.clone()));
        }
        check_scope(&policy, counter.client_id(), view.registry(), now)?;
        let minute = Minute::of(now);
        let digest = PolicyDigest(*policy.digest.as_bytes());
        let context = handover::offline(counter, &digest, minute);
        let relying_party = RelyingParty::new(counter.client_id(), None, view.registry(), now);
        Ok(Self { relying_party, policy, minute, context })
    }
}

/// Whether an answer to the policy is only of proofs about credentials: others do not fit a code.
pub(crate) fn fits_code(policy: &PublishedPolicy) -> bool {
    let policy = policy.checked.policy();
    policy.across.is_none() && policy.models.is_empty()
}

/// Whether the policy can be answered without a network at this counter at `now` (unix seconds).
pub(crate) fn is_for(policy: &PublishedPolicy, counter: &VerifierId, registry: &Registry, now: u64) -> bool {
    fits_code(policy) && check_scope(policy, counter.client_id(), registry, now).is_ok()
}

impl Question for OfflineQuestion {
    fn way(&self) -> Way {
        Way::Offline
    }
    fn policy(&self) -> &PublishedPolicy {
        &self.policy
    }
    fn relying_party(&self) -> &RelyingParty {
        &self.relying_party
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
    /// Makes a code for a policy at a verifier, if the owner agrees. Never asks the ledger.
    ///
    /// `clock` gives unix seconds. It is asked again when the owner has decided, because the code is good for a few
    /// minutes from then on.
    pub fn show_offline<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        policy: &SchemaId,
        counter: &VerifierId,
        consent: &mut dyn Consent,
        clock: &dyn Fn() -> u64,
        rng: &mut R,
    ) -> Result<ShownOffline, PresentError> {
        let view = ledger.view();
        view.synced_at().ok_or(PresentError::NeverSynced)?;
        let question = OfflineQuestion::new(policy, counter, &view, clock())?;
        let provers = ledger.provers(&question.policy.checked, clock())?;
        let (shown, used) = if let Some(ended) = self.ask(&question, &view, &provers, consent)? {
            (ended, None)
        } else {
            let question = OfflineQuestion::new(policy, counter, &view, clock())?;
            self.code(&question, &view, &provers, rng)?
        };
        if let Some(used) = &used {
            self.reserve_use(used)?;
        }
        let outcome = match &shown {
            ShownOffline::Code(_) => Outcome::Shown,
            ShownOffline::Declined => Outcome::Declined,
            ShownOffline::NotSatisfiable(_) => Outcome::NotSatisfiable,
        };
        self.record(history_event(&question, &view, outcome, clock()));
        Ok(shown)
    }

    /// Shows the screen that [`Self::show_offline`] would show at `now` (unix seconds). Decides and records nothing.
    pub fn consider_offline<T>(
        &self,
        ledger: &Ledger,
        policy: &SchemaId,
        counter: &VerifierId,
        now: u64,
        look: impl FnOnce(&Screen<'_>) -> T,
    ) -> Result<T, PresentError> {
        let view = ledger.view();
        view.synced_at().ok_or(PresentError::NeverSynced)?;
        let question = OfflineQuestion::new(policy, counter, &view, now)?;
        let provers = ledger.provers(&question.policy.checked, now)?;
        Ok(self.screen(&question, &view, &provers, look)?.0)
    }

    /// `None` if the owner agrees and the wallet can answer.
    fn ask(
        &self,
        question: &OfflineQuestion,
        view: &View,
        provers: &Provers,
        consent: &mut dyn Consent,
    ) -> Result<Option<ShownOffline>, PresentError> {
        let (decision, missing) = self.screen(question, view, provers, |screen| consent.decide(screen))?;
        Ok(match missing {
            Some(missing) => Some(ShownOffline::NotSatisfiable(missing)),
            None => (decision == Decision::Refuse).then_some(ShownOffline::Declined),
        })
    }

    /// What a look at the screen gives, and what is missing where the wallet cannot answer.
    fn screen<T>(
        &self,
        question: &OfflineQuestion,
        view: &View,
        provers: &Provers,
        look: impl FnOnce(&Screen<'_>) -> T,
    ) -> Result<(T, Option<Vec<Missing>>), PresentError> {
        let selection = Selection::choose(self, question, view, question.now())?;
        let seen = look(&Screen::new(question, view, &selection, provers, (self.uses(), self.history())));
        Ok(match selection {
            Selection::Complete(_) => (seen, None),
            Selection::Incomplete(missing) => (seen, Some(missing)),
        })
    }

    fn code<R: RngCore + CryptoRng>(
        &self,
        question: &OfflineQuestion,
        view: &View,
        provers: &Provers,
        rng: &mut R,
    ) -> Result<(ShownOffline, Option<Use>), PresentError> {
        let choice = match Selection::choose(self, question, view, question.now())? {
            Selection::Complete(choice) => choice,
            // It expired while its owner was deciding.
            Selection::Incomplete(missing) => return Ok((ShownOffline::NotSatisfiable(missing), None)),
        };
        let permit = Permit::new(&question.policy);
        let used = permit.and_then(|permit| self.uses().choose(&permit, rng));
        let index = used.as_ref().map_or(0, Use::index);
        let made = choice.prove(question, self.secrets(), index, provers, rng)?;
        let answer = OfflineAnswer::from_token(
            question.policy.checked.policy(),
            question.minute,
            &token(&made.credentials),
        );
        let answer = answer.ok_or_else(|| PolicyError {
            path: "$.credentials".to_owned(),
            kind: PolicyErrorKind::UnknownCredential,
        })?;
        Ok((ShownOffline::Code(answer.to_text()?), used))
    }
}
