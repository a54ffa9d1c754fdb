//! Dealing: the person secret in shares, one to each trustee on the ledger, and then a word to the person authority's desk.
//!
//! Three steps, so that whoever has a wallet on a disk writes it between them: what is dealt is remembered before the first
//! share leaves ([`Wallet::begin_dealing`]), then it is brought ([`Dealing::bring`]), then how it ended is written down
//! ([`Wallet::finish_dealing`]). A dealing that came to no end is not continued: the next one is another bundle.

use std::fmt::Write as _;

use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;
use rand::{CryptoRng, RngCore};
use trustee::wire::Deposit;
use trustee::{BundleError, Candidate, Dealt, MAX_SHARES, deal};

use super::asking::{Address, Reason, at_each, deposit};
use super::dealt::{Keeper, Kept, Stage, WhyDeal};
use crate::followed::{Ledger, View};
use crate::held::{CredentialStatus, Held};
use crate::history::{Act, DealtRecord, Event, Outcome, Reserved};
use crate::http::Http;
use crate::receive::NoticeError;
use crate::wallet::{PersonFrom, Wallet};

/// Why the person secret is not with trustees, or not known to be. It can be dealt again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DealError {
    /// Nobody would bring it back.
    #[error("the ledger names no department that enrols persons")]
    NoAuthority,
    /// Another wallet of the person deals.
    #[error("this wallet was paired: the first device shares the person secret among departments")]
    Paired,
    /// The desk would not know whose it is.
    #[error("the wallet has no identity credential of `{0}`")]
    NoIdentity(DepartmentId),
    /// One trustee alone would have the secret.
    #[error("{0} departments keep shares by the ledger, and two are needed at least")]
    TooFew(usize),
    /// What the ledger says of them makes no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Not all of them keep their share. The desk was not told.
    #[error("not every department took its share: {}", listed(.0))]
    NotKept(Vec<NotKept>),
    /// All of them do, and the desk may not know of it.
    #[error("the departments keep their shares, and the desk could not be told: {0}")]
    Notice(#[from] NoticeError),
}

/// A trustee that did not take its share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotKept {
    /// Which department.
    pub department: DepartmentId,
    /// Why.
    pub why: Reason,
}

/// A dealing that is under way. It holds sealed shares: no `Debug`.
pub struct Dealing {
    dealt: Dealt,
    /// In the order of the bundle.
    addresses: Vec<Address>,
    authority: DepartmentId,
    /// The identity credential that the desk of the authority knows the wallet by.
    schema: SchemaId,
    kept: Kept,
    line: Reserved,
}

/// What is to be done about shares after a credential came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReceiving {
    /// It is no identity credential of the person authority, or the trustees have what they should.
    Nothing,
    /// The person secret is to be dealt.
    Deal,
    /// Another device of the person does it.
    FirstDevice,
}

impl Wallet {
    /// Why this wallet should deal to the trustees that the ledger names; `None` where nothing has changed, and where it
    /// cannot deal: see [`Self::may_deal`].
    pub fn needs_dealing(&self, view: &View) -> Option<WhyDeal> {
        self.may_deal(view).ok()?;
        self.dealings().why_deal(&candidates(view))
    }

    /// Whether this wallet can deal.
    pub fn may_deal(&self, view: &View) -> Result<(), DealError> {
        self.enrolled(view)?;
        enough(&candidates(view))
    }

    /// What is to be done about shares now that this credential came in.
    pub fn after_receiving(&self, held: &Held, view: &View) -> AfterReceiving {
        let is_identity = view.registry().genesis().person_authority().is_some_and(|a| is_of(a, held));
        if !is_identity || enough(&candidates(view)).is_err() {
            return AfterReceiving::Nothing;
        }
        match (self.person_from(), self.needs_dealing(view)) {
            (PersonFrom::Pairing, _) => AfterReceiving::FirstDevice,
            (PersonFrom::Phrase | PersonFrom::Trustees, Some(_)) => AfterReceiving::Deal,
            (PersonFrom::Phrase | PersonFrom::Trustees, None) => AfterReceiving::Nothing,
        }
    }

    /// Splits the person secret among the trustees on the ledger, more than half of whom give it back, and remembers the
    /// bundle. Nothing has left the wallet: whoever keeps it on a disk writes it now.
    pub fn begin_dealing<R: RngCore + CryptoRng>(
        &mut self,
        view: &View,
        now: u64,
        rng: &mut R,
    ) -> Result<Dealing, DealError> {
        let (authority, schema) = self.enrolled(view)?;
        let candidates = candidates(view);
        enough(&candidates)?;
        let needed = candidates.len() / 2 + 1;
        let dealt = deal(&self.secrets().person, needed, &candidates, rng)?;
        let keepers: Vec<_> = candidates.iter().map(Keeper::from).collect();
        let trustees = keepers.iter().map(|keeper| keeper.department.clone()).collect();
        let kept = Kept { bundle: dealt.bundle.id(), time: now, needed, keepers, stage: Stage::Begun };
        self.dealings_mut().begin(kept.clone());
        let record = DealtRecord { trustees, needed, outcome: Outcome::Unfinished };
        let line = self.record_unfinished(Event { time: now, act: Act::Dealt(Box::new(record)) });
        Ok(Dealing { dealt, addresses: addresses(view), authority, schema, kept, line })
    }

    /// Writes down how it ended.
    pub fn finish_dealing(&mut self, dealing: &Dealing, brought: &Result<(), DealError>) {
        let outcome = match brought {
            Ok(()) => {
                self.dealings_mut().done(&dealing.kept.bundle);
                Outcome::Presented
            }
            Err(_) => Outcome::Failed,
        };
        self.complete(&dealing.line, outcome);
    }

    /// Who enrolled this wallet's person, and for which credential.
    fn enrolled(&self, view: &View) -> Result<(DepartmentId, SchemaId), DealError> {
        match self.person_from() {
            PersonFrom::Phrase | PersonFrom::Trustees => {}
            PersonFrom::Pairing => return Err(DealError::Paired),
        }
        let authority = view.registry().genesis().person_authority().ok_or(DealError::NoAuthority)?;
        let fits = |held: &&Held| is_of(authority, held) && view.status(held) != CredentialStatus::Withdrawn;
        let held = self.credentials().iter().rev().find(fits);
        let held = held.ok_or_else(|| DealError::NoIdentity(authority.clone()))?;
        Ok((authority.clone(), held.credential.schema.clone()))
    }
}

impl Dealing {
    /// What is remembered of it.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Brings every trustee its share, and then tells the desk. `wallet` is the one that began it.
    pub fn bring<R: RngCore + CryptoRng>(
        &self,
        wallet: &Wallet,
        ledger: &Ledger,
        now: u64,
        rng: &mut R,
    ) -> Result<(), DealError> {
        let http = Http::new(ledger.reach());
        let shares: Vec<_> = self.addresses.iter().zip(&self.dealt.deposits).collect();
        let taken = at_each(&shares, |(address, share)| {
            let share = (*share).clone();
            deposit(&http, &address.url, &Deposit { bundle: self.dealt.bundle.clone(), share })
        });
        let refused = self.addresses.iter().zip(taken).filter_map(|(address, taken)| {
            taken.err().map(|why| NotKept { department: address.department.clone(), why })
        });
        let refused: Vec<_> = refused.collect();
        if !refused.is_empty() {
            return Err(DealError::NotKept(refused));
        }
        let enrolled = (&self.authority, &self.schema);
        Ok(wallet.notify_bundle(ledger, enrolled, self.kept.bundle, now, rng)?)
    }
}

/// Whether a credential is one that the authority gives to whoever proves their secrets, and not to whoever shows another
/// credential.
fn is_of(authority: &DepartmentId, held: &Held) -> bool {
    held.credential.issuer == *authority && held.schema.identity.is_none()
}

/// Those that shares are dealt to: of more than there may be, the first.
fn candidates(view: &View) -> Vec<Candidate> {
    view.registry().trustees().take(MAX_SHARES).map(Candidate::from).collect()
}

/// Where [`candidates`] are, in the same order.
fn addresses(view: &View) -> Vec<Address> {
    let trustees = view.registry().trustees().take(MAX_SHARES);
    trustees.map(|t| Address { department: t.publisher.clone(), url: t.item.url.url().clone() }).collect()
}

fn enough(candidates: &[Candidate]) -> Result<(), DealError> {
    if candidates.len() < FEWEST { Err(DealError::TooFew(candidates.len())) } else { Ok(()) }
}

fn listed(refused: &[NotKept]) -> String {
    let mut text = String::new();
    for NotKept { department, why } in refused {
        let comma = if text.is_empty() { "" } else { "; " };
        write!(text, "{comma}`{department}`: {why}").expect("a string takes all text");
    }
    text
}

/// With one, it alone would have the secret.
const FEWEST: usize = 2;
