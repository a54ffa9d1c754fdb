//! Recovery: a new wallet of a person who lost all others.
//!
//! It makes a key ([`Wallet::begin_recovery`]), which the desk names on the ledger; it finds the request
//! ([`Wallet::requested_recovery`]), asks the trustees ([`Recovery::ask`]), and is the person again
//! ([`Wallet::finish_recovery`]). A trustee answers one key alone, so the key is on the disk before anybody sees it.

use std::fmt::Write as _;

use circuits::credential::{DepartmentId, PersonSecret};
use ledger::record::{BundleId, HpkePublicKey};
use rand::{CryptoRng, RngCore};
use trustee::wire::{Answer, Question};
use trustee::{BadAnswer, Bundle};

use super::asking::{Address, Reason, ask, at_each};
use super::key::RecoveryKey;
use crate::followed::View;
use crate::history::{Act, Event};
use crate::http::Http;
use crate::reach::Reach;
use crate::wallet::{NotEmpty, Wallet};

/// Why the person secret did not come back. The key stays, and the wallet can ask again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// Its credentials are bound to the secret that it has.
    #[error(transparent)]
    NotEmpty(#[from] NotEmpty),
    /// No key was made.
    #[error("no recovery was begun in this wallet")]
    NotBegun,
    /// No desk asked for this wallet, as far as the ledger was followed.
    #[error("the ledger has no request for this wallet yet")]
    NotRequested,
    /// Nothing is known of the shares.
    #[error("no department answered with a share{}", after(.0))]
    NoneAnswered(Vec<Unhelpful>),
    /// Some are missing.
    #[error("{given} departments gave back their shares, and {needed} are needed{}", after(.unhelpful))]
    TooFew {
        /// By the bundle.
        needed: usize,
        /// Good ones.
        given: usize,
        /// Who gave none.
        unhelpful: Vec<Unhelpful>,
    },
}

/// A trustee of the bundle that did not give its share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhelpful {
    /// Which department.
    pub department: DepartmentId,
    /// Why.
    pub why: Fault,
}

/// What is wrong with a trustee of the bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// By the ledger it keeps no shares now, so there is no address to ask.
    #[error("the ledger does not say where it is")]
    NotListed,
    /// It gave no answer to use.
    #[error("{0}")]
    Silent(Reason),
    /// It answered, with something else than it was dealt: it lies, or has lost what it was given.
    #[error("{0}")]
    Lies(Lie),
}

/// What a trustee answered instead of its share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lie {
    /// Another bundle.
    #[error("it answers with another bundle than it was asked for")]
    OtherBundle,
    /// Another share.
    #[error("{0}")]
    Share(BadAnswer),
}

/// A recovery that two departments asked for. It holds the private key: no `Debug`.
pub struct Recovery {
    key: RecoveryKey,
    bundle: BundleId,
    addresses: Vec<Address>,
}

/// What the trustees gave back. No `Debug`.
pub struct Recovered {
    person: PersonSecret,
    /// Whose shares they were.
    from: Vec<DepartmentId>,
    unhelpful: Vec<Unhelpful>,
}

impl Wallet {
    /// Makes the key of a recovery, or gives that of the one that was begun before: what the desk scans. Whoever keeps the
    /// wallet on a disk writes it before anybody sees the key.
    pub fn begin_recovery<R: RngCore + CryptoRng>(&mut self, rng: &mut R) -> Result<HpkePublicKey, NotEmpty> {
        self.may_pair()?;
        if let Some(key) = self.recovery_key() {
            return Ok(key.public());
        }
        let key = RecoveryKey::generate(rng);
        let public = key.public();
        self.set_recovery_key(key);
        Ok(public)
    }

    /// The recovery that departments asked for on the ledger, for this wallet's key.
    pub fn requested_recovery(&self, view: &View) -> Result<Recovery, RecoverError> {
        self.may_pair()?;
        let key = self.recovery_key().ok_or(RecoverError::NotBegun)?;
        let registry = view.registry();
        let request = registry.recovery_for(&key.public().digest()).ok_or(RecoverError::NotRequested)?;
        let addresses = registry
            .trustees()
            .map(|t| Address { department: t.publisher.clone(), url: t.item.url.url().clone() })
            .collect();
        Ok(Recovery { key: key.copy(), bundle: request.item.bundle, addresses })
    }

    /// Is the person again whose secret it is, and forgets the key.
    pub fn finish_recovery(&mut self, recovered: Recovered, now: u64) -> Result<(), NotEmpty> {
        let Recovered { person, from, .. } = recovered;
        self.recovered(person)?;
        self.record(Event { time: now, act: Act::Recovered { from } });
        Ok(())
    }
}

impl Recovery {
    /// Asks every trustee on the ledger, and puts together what they answer. Asking again changes nothing: a trustee gives one
    /// answer to one key.
    pub fn ask(&self, reach: Reach) -> Result<Recovered, RecoverError> {
        let http = Http::new(reach);
        let question = Question { bundle: self.bundle, key: self.key.public() };
        let answers = at_each(&self.addresses, |address| ask(&http, &address.url, &question));
        let departments = self.addresses.iter().map(|address| address.department.clone());
        self.put_together(departments.zip(answers).collect())
    }

    /// Each answer is of the bundle that was asked for, or is a fault.
    fn put_together(
        &self,
        answers: Vec<(DepartmentId, Result<Answer, Reason>)>,
    ) -> Result<Recovered, RecoverError> {
        let known = answers.iter().find_map(|(_, answer)| Some(answer.as_ref().ok()?.bundle.clone()));
        let mut good = Vec::new();
        let mut unhelpful = Vec::new();
        let Some(bundle) = known else {
            for (department, answer) in answers {
                unhelpful.extend(answer.err().map(|why| Unhelpful { department, why: why.into() }));
            }
            return Err(RecoverError::NoneAnswered(unhelpful));
        };
        let mut recovery = trustee::Recovery::new(&bundle, self.key.private());
        unhelpful.extend(self.not_listed(&bundle));
        for (department, answer) in answers {
            let taken = answer.map_err(Fault::from).and_then(|answer| {
                recovery.take(&department, &answer.answer).map_err(|bad| Fault::Lies(Lie::Share(bad)))
            });
            match taken {
                Ok(()) => good.push(department),
                // Whoever has no share of this bundle says so.
                Err(Fault::Silent(_)) if bundle.seat(&department).is_none() => {}
                Err(why) => unhelpful.push(Unhelpful { department, why }),
            }
        }
        match recovery.rebuild() {
            Ok(person) => Ok(Recovered { person, from: good, unhelpful }),
            Err(trustee::TooFewShares { needed, given }) => {
                Err(RecoverError::TooFew { needed, given, unhelpful })
            }
        }
    }

    fn not_listed(&self, bundle: &Bundle) -> Vec<Unhelpful> {
        let listed = |department: &DepartmentId| self.addresses.iter().any(|a| a.department == *department);
        let seats = bundle.seats().map(|seat| seat.trustee().department.clone());
        let gone = seats.filter(|department| !listed(department));
        gone.map(|department| Unhelpful { department, why: Fault::NotListed }).collect()
    }
}

impl Recovered {
    /// Whose shares gave the secret back.
    pub fn from(&self) -> &[DepartmentId] {
        &self.from
    }

    /// Which trustees of the bundle did not help, or lied.
    pub fn unhelpful(&self) -> &[Unhelpful] {
        &self.unhelpful
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::OtherBundle => Self::Lies(Lie::OtherBundle),
            Reason::Http(_) | Reason::Refused { .. } | Reason::Malformed => Self::Silent(reason),
        }
    }
}

/// Who gave nothing, behind what is said of the others.
fn after(unhelpful: &[Unhelpful]) -> String {
    let mut text = String::new();
    for Unhelpful { department, why } in unhelpful {
        let start = if text.is_empty() { ": " } else { "; " };
        write!(text, "{start}`{department}`: {why}").expect("a string takes all text");
    }
    text
}
