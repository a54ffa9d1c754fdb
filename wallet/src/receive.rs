//! Receiving a credential from a department's issuer (OpenID4VCI, pre-authorized code).
//!
//! The holder's secret never leaves: the issuer gets a pseudonym with a proof, and the pseudonym's scope is the
//! department whose issuer, by the ledger, is being talked to. Nothing is kept before its leaf was found in the tree.

mod issuer_client;
mod proof;

use circuits::credential::{DepartmentId, Scope};
use circuits::policy::Catalogue;
use circuits::schema::SchemaId;
use ledger::follow::FollowError;
use openid4vc::vci::{
    ErrorCode, IssuedCredential, IssuedCredentialError, LinkError, OfferLink, Secret, TxCode,
};
use rand::{CryptoRng, RngCore};

pub use proof::ShowIdentityError;

use crate::followed::Ledger;
use crate::held::{CredentialStatus, Held};
use crate::history::{Act, Event};
use crate::http::HttpError;
use crate::keys::KeyFetchError;
use crate::wallet::Wallet;
use issuer_client::IssuerClient;

/// Why no credential was received. Nothing was kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The link is not an offer's.
    #[error("the offer is not usable: {0}")]
    Link(#[from] LinkError),
    /// The offer is not from the issuer of a department on the ledger.
    #[error("the offer is not from the desk of any department on the ledger")]
    UnknownIssuer,
    /// The issuer cannot be reached.
    #[error("the desk does not answer: {0}")]
    Http(#[from] HttpError),
    /// The issuer says no.
    #[error("the desk refused ({code:?}, status {status})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its word for why.
        code: ErrorCode,
    },
    /// The issuer's answer is not what the protocol says.
    #[error("the desk's answer is malformed: {0}")]
    Malformed(&'static str),
    /// Several credentials in one offer.
    #[error("the offer is for {0} credentials; this wallet takes one at a time")]
    NotOne(usize),
    /// The owner did not give the number that the issuer wants.
    #[error("the desk wants the number that the clerk tells ({} digits)", .0.length)]
    NoTxCode(TxCode),
    /// The schema is not on the ledger, as far as was synced.
    #[error("the schema `{0}` is not on the ledger as this wallet knows it")]
    UnknownSchema(SchemaId),
    /// The issuer wants to see an identity that the wallet cannot show.
    #[error("the identity that the desk wants cannot be shown: {0}")]
    Identity(#[from] ShowIdentityError),
    /// There is no proving key.
    #[error(transparent)]
    Key(#[from] KeyFetchError),
    /// The proof failed.
    #[error("the proof cannot be made: {0}")]
    Prove(#[from] prover::ProveError),
    /// The credential is for another schema or by another department than offered.
    #[error("the credential is not the one that was offered")]
    OtherCredential,
    /// The credential's values do not fit.
    #[error("the credential is refused: {0}")]
    Credential(#[from] IssuedCredentialError),
    /// The ledger cannot be followed to where the credential should be.
    #[error("the credential cannot be looked up on the ledger: {0}")]
    Follow(#[from] FollowError),
    /// At the place that the issuer named there is no leaf, or another one.
    #[error("the credential is not on the ledger where the desk says it is")]
    NotInTree,
}

/// Asks the owner for the number that the clerk told them; `None` gives up.
pub trait AskTxCode {
    /// Asks once.
    fn tx_code(&mut self, wanted: &TxCode) -> Option<Secret>;
}

impl<F: FnMut(&TxCode) -> Option<Secret>> AskTxCode for F {
    fn tx_code(&mut self, wanted: &TxCode) -> Option<Secret> {
        self(wanted)
    }
}

/// What the issuer of a department on the ledger offers, before it is accepted. Holds the code that fetches it: no
/// `Debug`.
pub struct Offer(IssuerClient);

impl Offer {
    /// The department whose issuer, by the ledger, it is.
    pub fn department(&self) -> &DepartmentId {
        self.0.department()
    }

    /// The kind of credential.
    pub fn schema(&self) -> &SchemaId {
        self.0.schema()
    }

    /// The number that the issuer wants to hear, if it does.
    pub fn tx_code(&self) -> Option<&TxCode> {
        self.0.tx_code()
    }
}

impl Wallet {
    /// Follows an offer to its end, at `now` (unix seconds). The ledger is synced as far as is needed to find the
    /// department and then the credential.
    pub fn receive<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        offer: &str,
        tx_code: &mut dyn AskTxCode,
        now: u64,
        rng: &mut R,
    ) -> Result<&Held, ReceiveError> {
        let mut offer = self.offer(ledger, offer, now)?;
        let held = self.collect(ledger, &mut offer, tx_code, now, rng)?;
        Ok(self.keep_received(held, now))
    }

    /// Looks at an offer: who offers what. Receiving may ask the ledger freely: it is presenting that must not. An
    /// issuer that is not known yet may have come to the ledger since the last sync.
    pub fn offer(&self, ledger: &Ledger, link: &str, now: u64) -> Result<Offer, ReceiveError> {
        let link: OfferLink = link.trim().parse()?;
        let recent = |synced: u64| now.saturating_sub(synced) <= RECENT_S;
        if !ledger.view().synced_at().is_some_and(recent) {
            ledger.sync(self.positions(), now)?;
        }
        let issuer = match IssuerClient::open(&link, &ledger.view()) {
            Err(ReceiveError::UnknownIssuer) => {
                ledger.sync(self.positions(), now)?;
                IssuerClient::open(&link, &ledger.view())
            }
            opened => opened,
        };
        Ok(Offer(issuer?))
    }

    /// Asks the issuer for the credential of an offer and checks it. It is not in the wallet before
    /// [`Self::keep_received`].
    pub fn collect<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        offer: &mut Offer,
        tx_code: &mut dyn AskTxCode,
        now: u64,
        rng: &mut R,
    ) -> Result<Held, ReceiveError> {
        let issuer = &mut offer.0;
        let issued = issuer.credential(self, ledger, tx_code, now, rng)?;
        let offered = issued.schema == *issuer.schema() && issued.issuer == *issuer.department();
        let kept =
            if offered { self.check(ledger, &issued, now) } else { Err(ReceiveError::OtherCredential) };
        issuer.notify(kept.is_ok());
        kept
    }

    /// Keeps a credential that came another way than by an offer, for example in a file from an assisted enrolment,
    /// after the same checks: it must be this wallet's, and on the ledger.
    pub fn import(
        &mut self,
        ledger: &Ledger,
        issued: &IssuedCredential,
        now: u64,
    ) -> Result<&Held, ReceiveError> {
        let held = self.check(ledger, issued, now)?;
        Ok(self.keep_received(held, now))
    }

    /// Recomputes the leaf for this wallet's own holder value and looks for it where the issuer says it is.
    fn check(&self, ledger: &Ledger, issued: &IssuedCredential, now: u64) -> Result<Held, ReceiveError> {
        ledger.sync(self.positions().chain([issued.position]), now)?;
        let view = ledger.view();
        let schema = view.registry().schema(&issued.schema);
        let schema = schema.ok_or_else(|| ReceiveError::UnknownSchema(issued.schema.clone()))?.clone();
        let holder = self.secret().pseudonym(&Scope::enrolment(&issued.issuer, &issued.schema));
        let credential = issued.credential(&schema, holder)?;
        let held = Held { credential, schema, position: issued.position, entry: issued.entry, received: now };
        match (view.status(&held), view.path(&held)) {
            (CredentialStatus::Active, Some(_)) => Ok(held),
            _ => Err(ReceiveError::NotInTree),
        }
    }

    /// Puts a credential that was collected into the wallet and its history.
    pub fn keep_received(&mut self, held: Held, now: u64) -> &Held {
        let issuer = held.credential.issuer.clone();
        let schema = held.credential.schema.clone();
        self.record(Event { time: now, act: Act::Received { issuer, schema } });
        self.keep(held);
        self.credentials().last().expect("one was just kept")
    }
}

/// A state of the ledger so old, seconds, is good enough to begin with.
const RECENT_S: u64 = 60;

#[cfg(test)]
pub(crate) mod tests;
