//! Credentials that ended: which of them a desk is asked about, what it said, and what came in their place.

use circuits::tree::Position;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use service::cli::Language;

use crate::followed::{Ledger, View};
use crate::held::{CredentialStatus, Held, Timeliness};
use crate::wallet::Wallet;

/// Why a credential ended, as its department says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// Until the department restores it.
    Suspended,
    /// Taken away.
    Revoked,
    /// The owner received anew with another device.
    Replaced,
    /// Its time is over.
    Expired,
    /// The department's desk does not say, or was not reached yet.
    Unknown,
}

/// What a desk said of a credential that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    /// Which credential: its leaf.
    pub(crate) position: Position,
    /// Why.
    pub(crate) ending: Ending,
    /// When it was said, unix seconds.
    pub(crate) at: u64,
}

/// What a desk answers. Personal data: no `Debug`.
pub(crate) enum Found {
    /// What took the credential's place.
    Renewed(Box<Held>),
    /// Nothing did.
    Ended(Ending),
}

/// What makes the wallet ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Its schedule: a desk that said that a credential ended is asked again after a day.
    Scheduled,
    /// Its owner, now.
    ByOwner,
}

impl Wallet {
    /// Asks the desks of all credentials that ended, according to the newest view of the ledger at `now` (unix seconds), and gives
    /// what came in their places. That is in memory: whoever keeps the wallet in a file writes it.
    pub fn renew(&mut self, ledger: &Ledger, now: u64) -> Vec<Held> {
        let due = self.due_for_renewal(&ledger.view(), now, Asking::ByOwner);
        let answered = self.ask_renewals(ledger, due, now);
        self.take_all_found(answered, now)
    }

    /// Credentials that ended and that their desks are to be asked about: of each kind the newest.
    pub(crate) fn due_for_renewal(&self, view: &View, now: u64, asking: Asking) -> Vec<Held> {
        let recent = |held: &Held| match asking {
            Asking::Scheduled => {
                self.told_of(held).is_some_and(|told| now.saturating_sub(told.at) < ASK_AGAIN_S)
            }
            Asking::ByOwner => false,
        };
        let all = self.credentials();
        let due =
            all.iter().filter(|held| self.is_newest(held) && has_ended(held, view, now) && !recent(held));
        due.cloned().collect()
    }

    /// What the desk said last of a credential.
    pub(crate) fn told_of(&self, held: &Held) -> Option<&Told> {
        self.told().iter().find(|told| told.position == held.position)
    }

    /// Why a credential cannot be used, if it has ended.
    pub(crate) fn ending_of(&self, held: &Held, view: &View, now: u64) -> Option<Ending> {
        if !has_ended(held, view, now) {
            return None;
        }
        let told = self.told_of(held).map(|told| told.ending);
        Some(match (view.status(held), told) {
            (_, Some(told)) if told != Ending::Unknown => told,
            (CredentialStatus::Withdrawn, _) => Ending::Unknown,
            (CredentialStatus::Active | CredentialStatus::NotSynced, _) => Ending::Expired,
        })
    }

    /// Takes what a desk said of `ended` into the wallet: what came in its place, or why nothing did. Gives what came.
    pub(crate) fn take_found(&mut self, ended: &Held, found: Found, now: u64) -> Option<Held> {
        let held = match found {
            Found::Renewed(held) => self.own(*held).ok()?,
            Found::Ended(ending) => {
                self.tell(Told { position: ended.position, ending, at: now });
                return None;
            }
        };
        // Two syncs may have asked at once.
        if self.credentials().iter().any(|other| other.position == held.position) {
            return None;
        }
        self.keep_renewed(held.clone(), now);
        Some(held)
    }

    /// The same for everything that was asked.
    pub(crate) fn take_all_found(&mut self, answered: Vec<(Held, Found)>, now: u64) -> Vec<Held> {
        answered.into_iter().filter_map(|(ended, found)| self.take_found(&ended, found, now)).collect()
    }

    /// Asks about everything that is due. What cannot be asked now is asked again by the schedule.
    pub(crate) fn ask_renewals(&self, ledger: &Ledger, due: Vec<Held>, now: u64) -> Vec<(Held, Found)> {
        let mut answered = Vec::new();
        for ended in due {
            match self.ask_renewal(ledger, &ended, now, &mut OsRng) {
                Ok(found) => answered.push((ended, found)),
                Err(error) => tracing::info!(%error, "a desk was not asked what a credential is now"),
            }
        }
        answered
    }

    fn is_newest(&self, held: &Held) -> bool {
        let same = |other: &&Held| {
            other.credential.issuer == held.credential.issuer
                && other.credential.schema == held.credential.schema
        };
        self.credentials().iter().rev().find(same).is_some_and(|newest| newest.position == held.position)
    }
}

impl Ending {
    /// The sentence of the command line, with the department's name.
    pub(crate) fn text(self, department: &str, language: Language) -> String {
        let english = format!(
            "{} Go to {department} with your identity document.",
            match self {
                Self::Suspended => "The department has suspended it for now.",
                Self::Revoked => "The department has revoked it.",
                Self::Replaced => "Another device of yours took its place.",
                Self::Expired => "Its time is over, and the department has not renewed it yet.",
                Self::Unknown => "It is not in force any more, and the desk has not said why.",
            }
        );
        let chinese = format!(
            "{}请带身份证到{department}办理。",
            match self {
                Self::Suspended => "发证部门已暂停这张凭证。",
                Self::Revoked => "发证部门已撤销这张凭证。",
                Self::Replaced => "您的另一台设备已代替它。",
                Self::Expired => "有效期已过，发证部门还没有换发。",
                Self::Unknown => "这张凭证已失效，签发台没有说明原因。",
            }
        );
        match language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}

/// Whether it is out of the tree, or its time is over.
fn has_ended(held: &Held, view: &View, now: u64) -> bool {
    let expired = Timeliness::new(held.credential.validity, now) == Timeliness::Expired;
    match view.status(held) {
        CredentialStatus::Withdrawn => true,
        CredentialStatus::Active => expired,
        CredentialStatus::NotSynced => false,
    }
}

/// A day.
const ASK_AGAIN_S: u64 = 86_400;
