//! The way to an answer in steps, for a program that cannot wait at the question: consider, show, resolve, execute,
//! remember. [`Wallet::answer`] takes them one after the other.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use circuits::credential::HolderSecrets;
use circuits::model::Model;
use circuits::policy::{Catalogue, CheckedPolicy, CredentialQuery, Formula, Pseudonym, Subject};
use circuits::schema::SchemaId;
use ledger::follow::Freshness;
use ledger::registry::Registry;
use openid4vc::vp::ReceiptNumber;
use rand::{CryptoRng, RngCore};

use super::answer::{Answered, ContinueAt, answer, refuse, refuse_request};
use super::choose::Selection;
use super::consent::{Decision, Screen};
use super::prepared::Preparations;
use super::prove::Witnessed;
use super::question::{Question, Vouched};
use super::request::{Request, RequestError, RequestLink};
use super::{Ended, PresentError};
use crate::followed::{Ledger, View};
use crate::history::{Act, Event, Outcome, RequestRecord, RequestedCredential, Reserved};
use crate::keys::Provers;
use crate::uses::{Permit, Use};
use crate::wallet::Wallet;

/// A checked request beside what the wallet has for it. Nothing was decided yet.
pub struct Considered<'a> {
    wallet: &'a Wallet,
    request: &'a Request,
    view: &'a View,
    provers: Provers,
    selection: Selection<'a>,
}

/// A decision with all that carrying it out takes, so that the wallet is free meanwhile. Secret: no `Debug`.
pub struct Resolved {
    request: Request,
    provers: Provers,
    then: Then,
}

/// What carrying out a decision led to.
pub struct Executed {
    /// How the request ended.
    pub ended: Ended,
    /// Where whoever asked wants the owner to go on. It is not kept.
    pub continue_at: Option<ContinueAt>,
    /// The number of the verifier's receipt, if it told one.
    pub receipt: Option<ReceiptNumber>,
}

/// What follows from a decision.
enum Then {
    /// The refusal is sent; this is what it is called in the wallet.
    Refuse(Ended),
    /// Nothing is sent.
    Stay(Ended),
    /// Proofs are made and kept.
    Prove(Witnessed, Option<Use>),
    /// Proofs are made and sent.
    Answer(Witnessed, Option<Use>),
}

/// Follows a link: fetches the request that it names, and checks it at `now` (unix seconds, the wallet's clock). Of a
/// request that is not to be answered, the verifier is told so only where OpenID4VP demands it, see
/// [`RequestError::code`].
pub fn fetch_request<R: RngCore + CryptoRng>(
    link: &RequestLink,
    view: &View,
    now: u64,
    rng: &mut R,
) -> Result<Request, RequestError> {
    link.fetch(view, now, rng).map_err(|rejected| {
        if let Some(reply_to) = &rejected.reply_to {
            refuse_request(reply_to, &rejected.error, rng);
        }
        rejected.error
    })
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
        // Before it is known whether there is anything to prove, so that how long it takes tells the verifier nothing.
        let provers = ledger.provers(&request.policy().checked, now)?;
        let selection = Selection::choose(self, request, view, now)?;
        Ok(Considered { wallet: self, request, view, provers, selection })
    }

    /// Writes into the history, before a proof is made, that one is about to be, and which use of a scope it takes. `None`
    /// where none will be made.
    pub fn reserve(
        &mut self,
        request: &Request,
        view: &View,
        resolved: &Resolved,
        now: u64,
    ) -> Result<Option<Reserved>, PresentError> {
        match &resolved.then {
            Then::Answer(_, used) | Then::Prove(_, used) => {
                let line = history_event(request, view, Outcome::Unfinished, now);
                Ok(Some(self.record_answer(line, used.clone())?))
            }
            Then::Refuse(_) | Then::Stay(_) => Ok(None),
        }
    }

    /// Writes into the history how a request ended: into the line that was reserved, if one was. Without one, what came
    /// to no end is not written.
    pub fn remember(
        &mut self,
        reserved: Option<&Reserved>,
        request: &Request,
        view: &View,
        executed: Result<&Executed, &PresentError>,
        now: u64,
    ) {
        let outcome = match (executed, reserved) {
            (Ok(executed), _) => outcome(&executed.ended),
            (Err(PresentError::Answer(_)), _) => Outcome::Failed,
            (Err(_), Some(_)) => Outcome::NotSent,
            (Err(_), None) => return,
        };
        match reserved {
            Some(reserved) => {
                let receipt = executed.ok().and_then(|executed| executed.receipt.clone());
                self.complete_with(reserved, outcome, receipt);
            }
            None => self.record(history_event(request, view, outcome, now)),
        }
    }
}

impl Considered<'_> {
    /// What the owner is shown.
    pub fn screen(&self) -> Screen<'_> {
        let shown = (self.wallet.uses(), self.wallet.history());
        Screen::new(self.request, self.view, &self.selection, &self.provers, shown)
    }

    /// What follows from the owner's decision; `secrets` are the wallet's. Where each use of a scope has a pseudonym of its own,
    /// a random one is taken.
    pub fn resolve<R: RngCore + CryptoRng>(
        self,
        decision: Decision,
        secrets: &HolderSecrets,
        rng: &mut R,
    ) -> Result<Resolved, PresentError> {
        let request = self.request;
        let permit = Permit::new(request.policy());
        let used = permit.and_then(|permit| self.wallet.uses().choose(&permit, rng));
        let index = used.as_ref().map_or(0, Use::index);
        let then = match (self.selection, decision) {
            (Selection::Incomplete(missing), Decision::Keep) => Then::Stay(Ended::NotSatisfiable(missing)),
            (Selection::Incomplete(missing), Decision::Agree | Decision::Refuse) => {
                Then::Refuse(Ended::NotSatisfiable(missing))
            }
            (Selection::Complete(_), Decision::Refuse) => Then::Refuse(Ended::Declined),
            (Selection::Complete(choice), Decision::Keep) => {
                Then::Prove(choice.witnessed(request, secrets, index, rng)?, used)
            }
            (Selection::Complete(choice), Decision::Agree) => {
                Then::Answer(choice.witnessed(request, secrets, index, rng)?, used)
            }
        };
        Ok(Resolved { request: request.clone(), provers: self.provers, then })
    }
}

impl Resolved {
    /// Proves and sends, as was decided. What was prepared for the same credential and root is used.
    pub fn execute<R: RngCore + CryptoRng>(
        self,
        preparations: &Preparations,
        rng: &mut R,
    ) -> Result<Executed, PresentError> {
        let request = &self.request;
        let provers = &self.provers;
        match self.then {
            Then::Stay(ended) => Ok(Executed { ended, continue_at: None, receipt: None }),
            Then::Refuse(ended) => Ok(Executed { ended, continue_at: refuse(request, rng)?, receipt: None }),
            Then::Prove(witnessed, _) => {
                let ended = Ended::Kept(witnessed.prove(request, provers, preparations, rng)?);
                Ok(Executed { ended, continue_at: None, receipt: None })
            }
            Then::Answer(witnessed, _) => {
                let made = witnessed.prove(request, provers, preparations, rng)?;
                Ok(match answer(request, &made.response(), rng)? {
                    Answered::Accepted { continue_at, receipt } => {
                        Executed { ended: Ended::Accepted(made), continue_at, receipt }
                    }
                    Answered::Refused(reason) => {
                        Executed { ended: Ended::Refused { reason, made }, continue_at: None, receipt: None }
                    }
                })
            }
        }
    }
}

/// A root is superseded at the earliest right after the newest statement that the wallet knows.
fn check_age(request: &Request, view: &View, now: u64) -> Result<(), PresentError> {
    let accepted_s = request.policy().checked.policy().max_root_age_s;
    match view.freshness(now) {
        Freshness::Never => Err(PresentError::NeverSynced),
        Freshness::Ahead { seconds } => Err(PresentError::Clocks { seconds }),
        Freshness::Stated { seconds } if seconds <= accepted_s => Ok(()),
        Freshness::Stated { seconds } => Err(PresentError::TooOld { age_s: seconds, accepted_s }),
    }
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

/// A request as it goes into the history: names, never values.
pub(super) fn history_event(request: &dyn Question, view: &View, outcome: Outcome, now: u64) -> Event {
    let policy = request.policy().checked.policy();
    let relying_party = request.relying_party();
    let record = RequestRecord {
        client_id: relying_party.client_id.clone(),
        name: relying_party.name.clone(),
        registered_by: match &relying_party.vouched {
            Vouched::By { department, .. } => Some(department.clone()),
            Vouched::OnlyClaimed => None,
        },
        registrar: match &relying_party.vouched {
            Vouched::By { title, .. } => Some(title.clone()),
            Vouched::OnlyClaimed => None,
        },
        policy: policy.policy.clone(),
        title: Some(policy.title.clone()),
        purpose: policy.purpose.clone(),
        linked_in: linked_in(&policy.pseudonym),
        credentials: policy
            .credentials
            .iter()
            .map(|query| requested(query, &request.policy().checked, view.registry()))
            .collect(),
        outcome,
        receipt: None,
    };
    Event { time: now, act: Act::Asked(Box::new(record)) }
}

/// The scope in which a person has one pseudonym for all answers.
fn linked_in(pseudonym: &Pseudonym) -> Option<String> {
    match pseudonym {
        Pseudonym::Named { scope, .. } if pseudonym.pseudonyms() == NonZeroU16::MIN => Some(scope.clone()),
        Pseudonym::Session(_) | Pseudonym::Named { .. } => None,
    }
}

fn requested(query: &CredentialQuery, checked: &CheckedPolicy, registry: &Registry) -> RequestedCredential {
    let policy = checked.policy();
    let mut tested = BTreeSet::new();
    checked.conditions(&query.id).for_each(|formula| names(formula, registry, &mut tested));
    if let Some(formula) = &policy.across {
        let mut across = BTreeSet::new();
        names(formula, registry, &mut across);
        let of_query = |name: &String| name.strip_prefix(&query.id)?.strip_prefix('.').map(str::to_owned);
        tested.extend(across.iter().filter_map(of_query));
    }
    for condition in policy.models.iter().filter(|condition| condition.credential == query.id) {
        tested.extend(model_names(&condition.model, registry));
    }
    let schema = registry.published_schema(&query.schema).map(|published| &published.item);
    let asked = tested.iter().chain(&query.reveal);
    let titled = asked.filter_map(|name| Some((name.clone(), schema?.attribute(name)?.1.title.clone())));
    RequestedCredential {
        schema: query.schema.clone(),
        title: schema.map(|schema| schema.title.clone()),
        titles: titled.collect(),
        tested: tested.into_iter().collect(),
        revealed: query.reveal.clone(),
    }
}

/// The attributes that a formula is about. Its depth is bounded where it is parsed.
fn names(formula: &Formula, registry: &Registry, out: &mut BTreeSet<String>) {
    match formula {
        Formula::All(parts) | Formula::Any(parts) => parts.iter().for_each(|part| names(part, registry, out)),
        Formula::Not(inner) => names(inner, registry, out),
        Formula::Condition(condition) => match &condition.subject {
            Subject::Attribute(name) => out.extend([name.clone()]),
            Subject::Sum(weights) => out.extend(weights.keys().cloned()),
            Subject::Model(id) => {
                out.extend(model_names(id, registry));
            }
        },
    }
}

/// The attributes that a model counts.
fn model_names(id: &SchemaId, registry: &Registry) -> Vec<String> {
    match registry.model(id) {
        Some(Model::Linear(model)) => model.weights.keys().cloned().collect(),
        Some(Model::Additive(model)) => model.curves.keys().cloned().collect(),
        None => Vec::new(),
    }
}
