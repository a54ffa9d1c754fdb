//! The counter without its network: requests out, answers in, verdicts kept. Every method blocks.

mod answer;
mod ask;
mod askers;
mod catalogue;
mod clerk;
mod error;
mod offline;
mod program;
mod request;

use circuits::Fr;
use circuits::schema::Localized;
use ledger::client::below;
use openid4vc::handover;
use openid4vc::vp::{Nonce, TransactionStatus};
use service::clock::Clock;
use url::Url;

pub(crate) use answer::receipt_id;
pub use answer::{OnVerdict, Response, Taken};
pub use ask::{CreatedRequest, Lifetime, LifetimeError, Notify};
pub use catalogue::{ListedCredential, ListedPolicy};
pub use clerk::TransactionView;
pub use error::{NotReady, RelyingPartyError};
pub use program::{
    IdempotencyKey, IdempotencyKeyError, ProgramRequest, Redirect, Reference, ReferenceError, ReturnTo,
    ReturnToError,
};

use crate::certificate::VerifierCertificate;
use crate::following::Following;
use crate::metrics::Metrics;
use crate::store::{
    CounterStore, Notification, NotificationTurn, Sharing, StoreError, StoredReceipt, Transaction,
    TransactionId,
};
use askers::Requesters;
use verifier::CircuitKey;

/// What a counter says about itself.
#[derive(Clone, Debug)]
pub struct About {
    /// Who asks.
    pub name: Localized,
    /// Where to complain.
    pub complaint: Localized,
    /// Where wallets reach the service.
    pub public_url: Url,
    /// How long a request may be answered.
    pub lifetime: Lifetime,
    /// Seconds without an answer of the ledger after which the counter says that it is not ready.
    pub ready_within_s: u64,
}

/// One counter's state.
pub struct RelyingParty {
    about: About,
    certificate: VerifierCertificate,
    store: Box<dyn CounterStore>,
    following: Following,
    clock: Clock,
    metrics: Metrics,
    askers: Requesters,
}

impl RelyingParty {
    /// Puts the parts together.
    pub fn new(
        about: About,
        certificate: VerifierCertificate,
        store: Box<dyn CounterStore>,
        following: Following,
        clock: Clock,
    ) -> Self {
        Self {
            about,
            certificate,
            store,
            following,
            clock,
            metrics: Metrics::default(),
            askers: Requesters::default(),
        }
    }

    /// How a transaction stands; `None` if there is none of that name.
    pub fn status(&self, id: &str) -> Result<Option<TransactionStatus>, RelyingPartyError> {
        Ok(self.transaction(id)?.map(|transaction| transaction.status_at(self.now())))
    }

    /// The same for a program: that one has passed whose citizen is sent back to a page is told to who comes back with the
    /// code alone.
    pub fn status_for_program(
        &self,
        id: &str,
        response_code: Option<&str>,
    ) -> Result<Option<TransactionStatus>, RelyingPartyError> {
        let Some(transaction) = self.transaction(id)? else { return Ok(None) };
        let needs_code = transaction.redirect.as_ref().filter(|_| transaction.outcome.has_passed());
        if needs_code.is_some_and(|redirect| !redirect.is_returned_by(response_code)) {
            return Err(RelyingPartyError::ResponseCodeNeeded);
        }
        Ok(Some(transaction.status_at(self.now())))
    }

    fn transaction(&self, id: &str) -> Result<Option<Transaction>, RelyingPartyError> {
        let Ok(id) = Nonce::try_from(id.to_owned()) else { return Ok(None) };
        Ok(self.store().transaction(&TransactionId::from(id))?)
    }

    /// Takes up requests whose end a program is to be told of.
    pub(crate) fn due_notifications(
        &self,
        turn: NotificationTurn,
    ) -> Result<Vec<Notification>, RelyingPartyError> {
        Ok(self.store().take_due_notifications(turn)?)
    }

    /// What was taken up is due again at `again` (unix seconds), or never.
    pub(crate) fn settle_notification(
        &self,
        due: &Notification,
        again: Option<u64>,
    ) -> Result<(), RelyingPartyError> {
        Ok(self.store().settle_notification(&due.transaction.id, due.attempt, again)?)
    }

    /// What is kept of a receipt; `None` if there is none of that name.
    pub fn receipt(&self, id: &str) -> Result<Option<StoredReceipt>, RelyingPartyError> {
        Ok(self.store().receipt(id)?)
    }

    /// Takes over requests that were made elsewhere.
    pub(crate) fn import(&self, requests: &[Transaction]) -> Result<(), RelyingPartyError> {
        Ok(self.store().insert_batch(requests)?)
    }

    /// Catches up with the ledger.
    pub fn follow(&self) -> Result<(), crate::following::CatchUpError> {
        let followed = self.following.catch_up(self.now());
        self.metrics.followed(followed.is_ok());
        followed
    }

    /// Whether the database takes a write now.
    pub(crate) fn can_write(&self) -> bool {
        let tried = self.store().try_write();
        tried.inspect_err(|error| tracing::warn!(%error, "the database takes no write")).is_ok()
    }

    /// Deletes what must no longer be kept.
    pub fn forget(&self) -> Result<usize, RelyingPartyError> {
        Ok(self.store().forget(self.now())?)
    }

    /// What the counter says about itself.
    pub fn about(&self) -> &About {
        &self.about
    }
    /// Its certificate.
    pub fn certificate(&self) -> &VerifierCertificate {
        &self.certificate
    }
    /// What it counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
    /// The ledger as it follows it.
    pub fn following(&self) -> &Following {
        &self.following
    }

    /// The newest key that the presentations of an answer may name now.
    pub fn key(&self) -> Option<CircuitKey> {
        self.following.snapshot().keys().show.newest(self.now()).ok().cloned()
    }

    /// Unix seconds, by its clock.
    pub fn now(&self) -> u64 {
        self.clock.now()
    }
    /// Makes a request for a program that adds nothing to it.
    #[cfg(test)]
    pub(crate) fn ask(
        &self,
        policy: &circuits::schema::SchemaId,
    ) -> Result<CreatedRequest, RelyingPartyError> {
        self.ask_for_program(ProgramRequest::new(policy.clone()), None, Notify::Nobody)
    }
    /// From now on the database takes no write.
    #[cfg(test)]
    pub(crate) fn refuse_writes(&self) {
        self.store().refuse_writes();
    }
    fn store(&self) -> &dyn CounterStore {
        &*self.store
    }
    /// Whether other processes may end requests that were made here.
    pub(crate) fn sharing(&self) -> Sharing {
        self.store.sharing()
    }
    /// Refuses a database whose requests are asked under another name or address: an answer is bound to both.
    pub(crate) fn join_others(&self) -> Result<(), StoreError> {
        let identity = format!("{} at {}", self.certificate.client_id(), self.response_uri());
        self.store.ask_as(&identity, self.now())
    }
    /// What binds the proofs of an answer to one request and to the key that it is encrypted to.
    fn context(&self, nonce: &Nonce, thumbprint: &[u8; 32]) -> Fr {
        let client_id = self.certificate.client_id();
        handover::openid4vp(client_id, nonce.as_str(), Some(thumbprint), &self.response_uri())
    }
    fn response_uri(&self) -> String {
        self.at("/response")
    }
    fn at(&self, path: &str) -> String {
        below(&self.about.public_url, path)
    }
}

#[cfg(test)]
pub(crate) mod tests;
