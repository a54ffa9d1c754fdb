//! The wallet in memory. Nothing here touches a disk; [`crate::store`] seals it.

use circuits::credential::{HolderSecrets, PersonSecret};
use circuits::tree::Position;
use openid4vc::vp::ReceiptNumber;

use crate::held::Held;
use crate::history::{Act, Event, Outcome, Reserved};
use crate::phrase::Phrase;
use crate::renewal::Told;
use crate::trustees::{Dealings, RecoveryKey};
use crate::uses::{TakenMeanwhile, Use, Uses};

/// One holder: secrets, credentials, uses, history. No `Debug`.
pub struct Wallet {
    phrase: Phrase,
    secrets: HolderSecrets,
    person_from: PersonFrom,
    credentials: Vec<Held>,
    uses: Uses,
    history: Vec<Event>,
    /// To whom its person secret was dealt.
    dealings: Dealings,
    /// What trustees seal their answers to, while it waits for them.
    recovery: Option<RecoveryKey>,
    /// What desks said of credentials that ended.
    told: Vec<Told>,
}

/// Where a wallet has its person secret from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonFrom {
    /// Its recovery phrase, which brings it back.
    Phrase,
    /// Another wallet of the person. The phrase brings back the device secret alone: the person secret comes back from a
    /// backup file, or by pairing again.
    Pairing,
    /// The trustees, after every wallet of the person was lost. The phrase brings back the device secret alone, likewise.
    Trustees,
}

/// The wallet holds credentials, which are bound to the person secret that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wallet holds credentials already, which are bound to the person secret that it has")]
pub struct NotEmpty;

impl Wallet {
    /// An empty wallet of the phrase's holder.
    pub fn new(phrase: Phrase) -> Self {
        let secrets = phrase.holder_secrets();
        Self {
            phrase,
            secrets,
            person_from: PersonFrom::Phrase,
            credentials: Vec::new(),
            uses: Uses::default(),
            history: Vec::new(),
            dealings: Dealings::default(),
            recovery: None,
            told: Vec::new(),
        }
    }

    /// The same holder with the same credentials and an empty history: to wait for a issuer with, while the wallet
    /// itself stays free.
    pub(crate) fn without_history(&self) -> Self {
        let mut same = Self::new(self.phrase.clone());
        same.secrets = self.secrets.clone();
        same.person_from = self.person_from;
        same.credentials.clone_from(&self.credentials);
        same
    }

    /// From now on this wallet is another device of the person whose secret this is. Its device secret stays its own.
    pub fn pair(&mut self, person: PersonSecret) -> Result<(), NotEmpty> {
        self.take_over(person, PersonFrom::Pairing)
    }

    /// From now on this wallet is the person whose secret the trustees gave back. Its device secret stays its own, and the key
    /// of the recovery is forgotten.
    pub(crate) fn recovered(&mut self, person: PersonSecret) -> Result<(), NotEmpty> {
        self.take_over(person, PersonFrom::Trustees)
    }

    fn take_over(&mut self, person: PersonSecret, from: PersonFrom) -> Result<(), NotEmpty> {
        self.may_pair()?;
        self.secrets = HolderSecrets { device: self.secrets.device.clone(), person };
        self.person_from = from;
        // What was dealt was another secret.
        self.dealings = Dealings::default();
        self.recovery = None;
        Ok(())
    }

    /// Whether it may take another person's secret: nothing is bound to its own yet.
    pub(crate) fn may_pair(&self) -> Result<(), NotEmpty> {
        if self.credentials.is_empty() { Ok(()) } else { Err(NotEmpty) }
    }

    /// Where the person secret is from.
    pub fn person_from(&self) -> PersonFrom {
        self.person_from
    }

    /// What it dealt to trustees, oldest first.
    pub fn dealings(&self) -> &Dealings {
        &self.dealings
    }

    pub(crate) fn dealings_mut(&mut self) -> &mut Dealings {
        &mut self.dealings
    }

    /// The key of a recovery that was begun.
    pub(crate) fn recovery_key(&self) -> Option<&RecoveryKey> {
        self.recovery.as_ref()
    }

    /// Keeps the key of a recovery: a new one, or that of a stored wallet.
    pub(crate) fn set_recovery_key(&mut self, key: RecoveryKey) {
        self.recovery = Some(key);
    }

    /// Takes over what a stored wallet dealt.
    pub(crate) fn restore_dealings(&mut self, dealings: Dealings) {
        self.dealings = dealings;
    }

    /// The recovery phrase, for its owner to write down.
    pub fn phrase(&self) -> &Phrase {
        &self.phrase
    }

    /// `sk` and `psk`, for pseudonyms and witnesses.
    pub fn secrets(&self) -> &HolderSecrets {
        &self.secrets
    }

    /// What it holds, oldest first.
    pub fn credentials(&self) -> &[Held] {
        &self.credentials
    }

    /// Where its credentials are in the tree: what [`crate::Ledger::sync`] follows.
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        self.credentials.iter().map(|held| held.position)
    }

    /// Which uses of named scopes it has shown.
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Takes over what a stored wallet has shown.
    pub(crate) fn restore_uses(&mut self, uses: Uses) {
        self.uses = uses;
    }

    /// Notes a use that an answer shows without being sent by this wallet.
    pub(crate) fn reserve_use(&mut self, chosen: &Use) -> Result<(), TakenMeanwhile> {
        self.uses.reserve(chosen)
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

    /// What desks said of credentials that ended.
    pub(crate) fn told(&self) -> &[Told] {
        &self.told
    }

    /// Notes what a desk said, in place of what it said of the same credential before.
    pub(crate) fn tell(&mut self, told: Told) {
        self.told.retain(|other| other.position != told.position);
        self.told.push(told);
    }

    /// Puts a credential in the place of those of its kind that the wallet has: in memory at once, on the disk in one write.
    pub(crate) fn keep_renewed(&mut self, held: Held, now: u64) {
        let (issuer, schema) = (held.credential.issuer.clone(), held.credential.schema.clone());
        self.credentials
            .retain(|other| other.credential.issuer != issuer || other.credential.schema != schema);
        let credentials = &self.credentials;
        self.told.retain(|told| credentials.iter().any(|held| held.position == told.position));
        let title = Some(held.schema.title.clone());
        self.record(Event { time: now, act: Act::Received { issuer, schema, title } });
        self.keep(held);
    }

    /// Adds a line to the history.
    pub fn record(&mut self, event: Event) {
        self.history.push(event);
    }

    /// Adds a line for something that is about to be sent; it says so until it is completed.
    pub(crate) fn record_unfinished(&mut self, event: Event) -> Reserved {
        self.record(event.clone());
        Reserved::new(event, None)
    }

    /// The same for an answer, and what it uses of a named scope is noted with it.
    pub(crate) fn record_answer(
        &mut self,
        event: Event,
        used: Option<Use>,
    ) -> Result<Reserved, TakenMeanwhile> {
        if let Some(used) = &used {
            self.uses.reserve(used)?;
        }
        self.record(event.clone());
        Ok(Reserved::new(event, used))
    }

    /// Writes into a line how it ended. One that was forgotten meanwhile stays forgotten.
    pub(crate) fn complete(&mut self, reserved: &Reserved, outcome: Outcome) {
        self.complete_with(reserved, outcome, None);
    }

    /// The same, with the number of the verifier's receipt.
    pub(crate) fn complete_with(
        &mut self,
        reserved: &Reserved,
        outcome: Outcome,
        receipt: Option<ReceiptNumber>,
    ) {
        if let Some(used) = reserved.used() {
            self.uses.settle(used, &outcome);
        }
        if let Some(event) = self.history.iter_mut().rev().find(|event| reserved.is(event)) {
            event.act.end(outcome);
            event.act.keep_receipt(receipt);
        }
    }

    /// Takes back a line for something that was not begun.
    pub(crate) fn withdraw(&mut self, reserved: &Reserved) {
        if let Some(used) = reserved.used() {
            self.uses.release(used);
        }
        if let Some(at) = self.history.iter().rposition(|event| reserved.is(event)) {
            self.history.remove(at);
        }
    }

    /// Forgets the history. Credentials stay, and so does which uses were shown: one that is shown twice links two answers.
    pub fn forget_history(&mut self) {
        self.history.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::contents::Contents;
    use crate::pair::{Accepting, Answered, Offering, Revealed};
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
        no_debug!(Phrase, Passphrase, Key, Store, Wallet, Contents, Held, HolderSecrets, RecoveryKey);
        no_debug!(Offering, Answered, Accepting, Revealed);
    }

    #[test]
    fn a_wallet_that_waits_for_a_desk_is_the_same_holder() {
        let mut wallet = Wallet::new(Phrase::from_entropy(&[1; 32]));
        let other = Phrase::from_entropy(&[2; 32]).holder_secrets();
        wallet.pair(other.person.clone()).unwrap();
        let waiting = wallet.without_history();
        assert_eq!(waiting.secrets().person.expose(), other.person.expose());
        assert_eq!(waiting.secrets().device.expose(), wallet.secrets().device.expose());
        assert_eq!(waiting.person_from(), PersonFrom::Pairing);
    }
}
