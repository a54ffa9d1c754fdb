//! The wallet in memory. Nothing here touches a disk; [`crate::store`] seals it.

use circuits::credential::HolderSecret;
use circuits::tree::Position;

use crate::held::Held;
use crate::history::{Event, Outcome, Reserved};
use crate::phrase::Phrase;

/// One holder: secret, credentials, history. No `Debug`.
pub struct Wallet {
    phrase: Phrase,
    secret: HolderSecret,
    credentials: Vec<Held>,
    history: Vec<Event>,
}

impl Wallet {
    /// An empty wallet of the phrase's holder.
    pub fn new(phrase: Phrase) -> Self {
        let secret = phrase.holder_secret();
        Self { phrase, secret, credentials: Vec::new(), history: Vec::new() }
    }

    /// The same holder with the same credentials and an empty history: to wait for a issuer with, while the wallet
    /// itself stays free.
    pub(crate) fn without_history(&self) -> Self {
        Self { credentials: self.credentials.clone(), ..Self::new(self.phrase.clone()) }
    }

    /// The recovery phrase, for its owner to write down.
    pub fn phrase(&self) -> &Phrase {
        &self.phrase
    }

    /// `sk`, for pseudonyms and witnesses.
    pub fn secret(&self) -> &HolderSecret {
        &self.secret
    }

    /// What it holds, oldest first.
    pub fn credentials(&self) -> &[Held] {
        &self.credentials
    }

    /// Where its credentials are in the tree: what [`crate::Ledger::sync`] follows.
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.credentials.iter().map(|held| held.position)
    }

    /// What happened, oldest first.
    pub fn history(&self) -> &[Event] {
        &self.history
    }

    /// Adds a credential; one at a position that is already held is replaced.
    pub fn keep(&mut self, held: Held) {
        self.credentials.retain(|other| other.position != held.position);
        self.credentials.push(held);
    }

    /// Adds a line to the history.
    pub fn record(&mut self, event: Event) {
        self.history.push(event);
    }

    /// Adds a line for something that is about to be sent; it says so until it is completed.
    pub(crate) fn record_unfinished(&mut self, event: Event) -> Reserved {
        self.record(event.clone());
        Reserved::new(event)
    }

    /// Writes into a line how it ended. One that was forgotten meanwhile stays forgotten.
    pub(crate) fn complete(&mut self, reserved: &Reserved, outcome: Outcome) {
        if let Some(event) = self.history.iter_mut().rev().find(|event| reserved.is(event)) {
            event.act.end(outcome);
        }
    }

    /// Takes back a line for something that was not begun.
    pub(crate) fn withdraw(&mut self, reserved: &Reserved) {
        if let Some(at) = self.history.iter().rposition(|event| reserved.is(event)) {
            self.history.remove(at);
        }
    }

    /// Forgets the history. Credentials stay.
    pub fn forget_history(&mut self) {
        self.history.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::contents::Contents;
    use crate::store::{Key, Passphrase, Store};

    /// Does not compile for a type with `Debug`: both implementations would fit.
    macro_rules! no_debug {
        ($($secret:ty),*) => {$({
            trait Fits<A> {
                fn once() {}
            }
            impl<T: ?Sized> Fits<()> for T {}
            struct Twice;
            impl<T: ?Sized + Debug> Fits<Twice> for T {}
            <$secret as Fits<_>>::once();
        })*};
    }

    #[test]
    fn secrets_cannot_be_printed() {
        no_debug!(Phrase, Passphrase, Key, Store, Wallet, Contents, Held, HolderSecret);
    }
}
