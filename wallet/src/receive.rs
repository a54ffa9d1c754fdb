//! Receiving a credential from a department's issuer (OpenID4VCI, pre-authorized code).
//!
//! The holder's secrets never leave: the issuer gets a pseudonym with a proof, and the pseudonym's scope is the
//! department whose issuer, by the ledger, is being talked to. Nothing is kept before its leaf was found in the tree.
//! An identity is shown only where the ledger says that the credential hangs on it, after the owner agreed, and after the
//! history says so.

mod issuer_client;
mod notice;
mod proof;
mod renewal;
mod shown;

use circuits::credential::DepartmentId;
use circuits::policy::Catalogue;
use circuits::schema::Localized;
use circuits::schema::SchemaId;
use ledger::follow::FollowError;
use openid4vc::vci::{
    ErrorCode, IssuedCredential, IssuedCredentialError, LinkError, OfferLink, OtherDevices, Secret, TxCode,
};
use rand::{CryptoRng, RngCore};

pub use notice::NoticeError;
pub use proof::ShowIdentityError;
pub use shown::ShownIdentity;

use crate::followed::Ledger;
use crate::held::{CredentialStatus, Held};
use crate::history::{Act, Event, Outcome, Reserved, ShownRecord};
use crate::http::HttpError;
use crate::keys::KeyFetchError;
use crate::wallet::Wallet;
use issuer_client::{IssuerClient, ProofSent};

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
    /// The department may not act now.
    #[error("the department `{0}` is suspended: its desk offers nothing")]
    Suspended(DepartmentId),
    /// The issuer wants to see an identity, and the ledger does not say that it may.
    #[error("the desk wants to be shown an identity for `{0}`, and the ledger does not say so of it")]
    NotBinding(SchemaId),
    /// The owner does not agree. Nothing was sent.
    #[error("the owner declined the offer")]
    Declined,
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
    /// The number is not the one that the clerk told.
    #[error("the number is wrong; tries left: {left}")]
    WrongNumber {
        /// At least one.
        left: u32,
    },
    /// Too many wrong numbers: the offer is used up.
    #[error("after too many wrong numbers the desk has ended the offer")]
    UsedUp,
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

/// Asks the owner, once, before the issuer hears anything of them.
pub trait OfferConsent {
    /// Shows who offers what, and what the desk is shown for it, and waits.
    fn decide(&mut self, offer: &Offer) -> OfferDecision;
}

impl<F: FnMut(&Offer) -> OfferDecision> OfferConsent for F {
    fn decide(&mut self, offer: &Offer) -> OfferDecision {
        self(offer)
    }
}

/// What the owner decides about an offer. It may hold a secret: no `Debug`.
pub enum OfferDecision {
    /// To receive it, and to show the desk what it is shown for it.
    Accept {
        /// The number that the clerk told them, where there is one.
        tx_code: Option<Secret>,
    },
    /// Not to.
    Decline,
}

/// What the issuer of a department on the ledger offers, before it is accepted. Holds the code that fetches it: no
/// `Debug`.
pub struct Offer {
    issuer: IssuerClient,
    department_title: Localized,
    identity: Option<ShownIdentity>,
}

impl Offer {
    /// The department whose issuer, by the ledger, it is.
    pub fn department(&self) -> &DepartmentId {
        self.issuer.department()
    }

    /// What people read as the department's name.
    pub fn department_title(&self) -> &Localized {
        &self.department_title
    }

    /// The kind of credential.
    pub fn schema(&self) -> &SchemaId {
        self.issuer.schema()
    }

    /// The number that the issuer wants to hear, if it does.
    pub fn tx_code(&self) -> Option<&TxCode> {
        self.issuer.tx_code()
    }

    /// What becomes of such credentials on the owner's other devices, where the desk knows of any.
    pub fn other_devices(&self) -> Option<OtherDevices> {
        self.issuer.other_devices()
    }

    /// What the desk is shown of the owner; `None` where it is shown nothing.
    pub fn identity(&self) -> Option<&ShownIdentity> {
        self.identity.as_ref()
    }
}

impl Wallet {
    /// Follows an offer to its end, at `now` (unix seconds), if the owner agrees. The ledger is synced as far as is
    /// needed to find the department and then the credential.
    ///
    /// A wallet that is on a disk writes down what is reserved before it goes on: see [`Self::reserve_showing`].
    pub fn receive<R: RngCore + CryptoRng>(
        &mut self,
        ledger: &Ledger,
        offer: &str,
        consent: &mut dyn OfferConsent,
        now: u64,
        rng: &mut R,
    ) -> Result<&Held, ReceiveError> {
        let mut offer = self.offer(ledger, offer, now)?;
        let tx_code = match consent.decide(&offer) {
            OfferDecision::Accept { tx_code } => tx_code,
            OfferDecision::Decline => return Err(ReceiveError::Declined),
        };
        let reserved = self.reserve_showing(&offer, now);
        let held = self.collect(ledger, &mut offer, tx_code, now, rng);
        self.remember_showing(reserved.as_ref(), &offer, &held);
        Ok(self.keep_received(held?, now))
    }

    /// Looks at an offer: who offers what, and what the desk is shown for it. Receiving may ask the ledger freely: it is
    /// presenting that must not. An issuer that is not known yet may have come to the ledger since the last sync.
    pub fn offer(&self, ledger: &Ledger, link: &str, now: u64) -> Result<Offer, ReceiveError> {
        let link: OfferLink = link.parse()?;
        let recent = |synced: u64| now.saturating_sub(synced) <= RECENT_S;
        if !ledger.view().synced_at().is_some_and(recent) {
            ledger.sync(self.positions(), now)?;
        }
        let issuer = match IssuerClient::open(&link, &ledger.view(), ledger.reach()) {
            Err(ReceiveError::UnknownIssuer) => {
                ledger.sync(self.positions(), now)?;
                IssuerClient::open(&link, &ledger.view(), ledger.reach())?
            }
            opened => opened?,
        };
        let view = ledger.view();
        let identity = ShownIdentity::new(&issuer, self, &view, now)?;
        let department =
            view.registry().department(issuer.department()).ok_or(ReceiveError::UnknownIssuer)?;
        Ok(Offer { department_title: department.title.clone(), issuer, identity })
    }

    /// Writes into the history, before anything is sent, that the desk is about to be shown who the owner is. `None`
    /// where it is shown nothing.
    pub fn reserve_showing(&mut self, offer: &Offer, now: u64) -> Option<Reserved> {
        let shown = offer.identity()?.names();
        let record = ShownRecord {
            desk: offer.department().clone(),
            name: offer.department_title().clone(),
            schema: offer.schema().clone(),
            shown,
            outcome: Outcome::Unfinished,
        };
        Some(self.record_unfinished(Event { time: now, act: Act::ShownToDesk(Box::new(record)) }))
    }

    /// Writes down how it ended, into what was reserved.
    pub fn remember_showing(
        &mut self,
        reserved: Option<&Reserved>,
        offer: &Offer,
        collected: &Result<Held, ReceiveError>,
    ) {
        let Some(reserved) = reserved else { return };
        let outcome = match (collected, offer.issuer.proof()) {
            (Ok(_), _) => Outcome::Presented,
            (Err(_), ProofSent::NotYet) => Outcome::NotSent,
            (Err(ReceiveError::Refused { status: 400..500, code }), ProofSent::Sent) => {
                Outcome::Refused { reason: word(*code) }
            }
            (Err(_), ProofSent::Sent) => Outcome::Failed,
        };
        self.complete(reserved, outcome);
    }

    /// Asks the issuer for the credential of an offer and checks it. It is not in the wallet before
    /// [`Self::keep_received`].
    pub fn collect<R: RngCore + CryptoRng>(
        &self,
        ledger: &Ledger,
        offer: &mut Offer,
        tx_code: Option<Secret>,
        now: u64,
        rng: &mut R,
    ) -> Result<Held, ReceiveError> {
        let Offer { issuer, identity, .. } = offer;
        let issued = issuer.credential(self, ledger, identity.as_ref(), tx_code, now, rng)?;
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
        let holder = self.secrets().holder(&issued.issuer, &issued.schema);
        let credential = issued.credential(&schema, holder)?;
        let held = Held { credential, schema, position: issued.position, entry: issued.entry, received: now };
        match (view.status(&held), view.path(&held)) {
            (CredentialStatus::Active, Some(_)) => Ok(held),
            _ => Err(ReceiveError::NotInTree),
        }
    }

    /// The credential, if it is bound to the secrets that this wallet has now: one that was collected while the wallet was
    /// being paired is of another person.
    pub(crate) fn own(&self, held: Held) -> Result<Held, ReceiveError> {
        let credential = &held.credential;
        let holder = self.secrets().holder(&credential.issuer, &credential.schema);
        if holder == credential.holder { Ok(held) } else { Err(ReceiveError::OtherCredential) }
    }

    /// Puts a credential that was collected into the wallet and its history.
    pub fn keep_received(&mut self, held: Held, now: u64) -> &Held {
        let issuer = held.credential.issuer.clone();
        let schema = held.credential.schema.clone();
        let title = Some(held.schema.title.clone());
        self.record(Event { time: now, act: Act::Received { issuer, schema, title } });
        self.keep(held);
        self.credentials().last().expect("one was just kept")
    }
}

/// As the issuer writes it.
fn word(code: ErrorCode) -> String {
    let word = serde_json::to_value(code).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_else(|| "refused".to_owned())
}

/// A state of the ledger so old, seconds, is good enough to begin with.
const RECENT_S: u64 = 60;

#[cfg(test)]
pub(crate) mod tests;
