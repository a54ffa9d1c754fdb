//! Which submissions are accepted: new entries by the ledger's rules, known ones by their first answer.

use std::collections::HashMap;

use ledger::digest::Digest;
use ledger::genesis::{Genesis, MIN_ROOT_AGE_S};
use ledger::record::{Entry, Part, Record};
use ledger::registry::{RegistryError, root_age};
use ledger::signer::SigningError;
use ledger::state::{Accepted, Batch, Draft, State, StateError};

use super::{ClockError, Decision};
use crate::files::Storage;
use crate::key_file::{self, KeyFileError};
use crate::sequencer::{Sequencer, SequencerError};

/// Why a submission is refused, all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmissionError {
    /// An entry breaks a rule.
    #[error("entry {at} of the submission: {refusal}")]
    Entry {
        /// Which, from 0.
        at: usize,
        /// Why.
        #[source]
        refusal: StateError,
    },
    /// A record that publishes a key says something else than the key's file.
    #[error("entry {at} of the submission: {error}")]
    KeyFile {
        /// Which, from 0.
        at: usize,
        /// What is wrong.
        #[source]
        error: KeyFileError,
    },
    /// An idempotency key was used for another record.
    #[error("entry {at} of the submission: the signer used this id for another record")]
    IdReused {
        /// Which, from 0.
        at: usize,
    },
    /// Nothing is signed while this machine's clock cannot be right, or nobody says that it is.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The log's key is in a device that does not sign now. Nothing was ordered.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// A submission's entries by where their answers come from, and the places of the new ones.
type Sorted = (Vec<Source>, Vec<usize>);

/// Submissions checked one after the other against one state.
pub(super) struct Admission<'a> {
    draft: Draft<'a>,
    sequencer: &'a dyn Sequencer,
    /// Where the files of keys are.
    storage: &'a dyn Storage,
    genesis: &'a Genesis,
    accepted: Vec<Accepted>,
    /// What this batch accepted, by signer and id.
    answers: HashMap<Key, Known>,
}

type Key = (String, String);

/// Something accepted: the digest of the entry, and the answer.
#[derive(Clone, Copy)]
struct Known(Digest, Accepted);

/// Whether the registry knows who may sign the next entry of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signers {
    /// It does.
    Known,
    /// An entry before it may admit somebody or change a key. Somebody who may has signed that one, so that the rest is
    /// worth looking at, in order.
    Changing,
}

/// Where the answer to an entry comes from.
enum Source {
    /// It was accepted before.
    Before(Accepted),
    /// It is the new entry of this number in the submission's new entries.
    New(usize),
}

impl<'a> Admission<'a> {
    /// At `now`, unix seconds.
    pub(super) fn new(
        state: &'a State,
        sequencer: &'a dyn Sequencer,
        storage: &'a dyn Storage,
        now: u64,
    ) -> Self {
        let genesis = state.registry().genesis();
        let accepted = Vec::new();
        Self { draft: state.draft(now), sequencer, storage, genesis, accepted, answers: HashMap::new() }
    }

    /// Decides about one submission. A refused one leaves no trace.
    pub(super) fn admit(&mut self, entries: &[Entry]) -> Result<Decision, SequencerError> {
        let (sources, new) = match self.sort(entries)? {
            Ok(sorted) => sorted,
            Err(refused) => return Ok(Err(refused)),
        };
        let fresh: Vec<Entry> = new.iter().filter_map(|at| entries.get(*at)).cloned().collect();
        if let Some((nth, refusal)) = self.asks_too_much(&fresh) {
            let at = new.get(nth).copied().unwrap_or(nth);
            return Ok(Err(SubmissionError::Entry { at, refusal: refusal.into() }));
        }
        let accepted = match self.draft.add(&fresh) {
            Ok(accepted) => accepted,
            Err((nth, refusal)) => {
                let at = new.get(nth).copied().unwrap_or(nth);
                return Ok(Err(SubmissionError::Entry { at, refusal }));
            }
        };
        for (entry, accepted) in fresh.iter().zip(&accepted) {
            self.answers.insert(key(entry), Known(Digest::of(entry.bytes()), *accepted));
        }
        self.accepted.extend_from_slice(&accepted);
        let answer = |source| match source {
            Source::Before(answer) => answer,
            Source::New(nth) => accepted[nth],
        };
        Ok(Ok(sources.into_iter().map(answer).collect()))
    }

    /// What was accepted, with its answers in order.
    pub(super) fn finish(self) -> (Batch, Vec<Accepted>) {
        (self.draft.finish(), self.accepted)
    }

    /// Tells new entries from known ones; gives the places of the new ones. Ends at the first new one that nobody signed who
    /// may: what comes after it is not looked up.
    fn sort(&self, entries: &[Entry]) -> Result<Result<Sorted, SubmissionError>, SequencerError> {
        let mut sources = Vec::new();
        let mut new = Vec::new();
        let mut here: HashMap<Key, (Digest, usize)> = HashMap::new();
        let mut signers = Signers::Known;
        for (at, entry) in entries.iter().enumerate() {
            let key = key(entry);
            let digest = Digest::of(entry.bytes());
            let (first, source) = if let Some((first, nth)) = here.get(&key) {
                (*first, Source::New(*nth))
            } else if let Some(Known(first, accepted)) = self.known(entry, &key)? {
                (first, Source::Before(accepted))
            } else {
                if let Some(refused) = self.check_new(at, entry, &mut signers) {
                    return Ok(Err(refused));
                }
                here.insert(key, (digest, new.len()));
                new.push(at);
                (digest, Source::New(new.len() - 1))
            };
            if first != digest {
                return Ok(Err(SubmissionError::IdReused { at }));
            }
            sources.push(source);
        }
        Ok(Ok((sources, new)))
    }

    /// Who signed a new entry, and whether it says what a key's file says.
    fn check_new(&self, at: usize, entry: &Entry, signers: &mut Signers) -> Option<SubmissionError> {
        let refused = |refusal| Some(SubmissionError::Entry { at, refusal });
        let part = entry.record().part();
        if part == Part::Root {
            return refused(StateError::RootSubmitted);
        }
        if *signers == Signers::Known
            && let Err(error) = self.draft.registry().author(entry)
        {
            return refused(error.into());
        }
        if part == Part::Registry {
            *signers = Signers::Changing;
        }
        let Record::Key(key) = entry.record() else { return None };
        key_file::check(self.storage, key).err().map(|error| SubmissionError::KeyFile { at, error })
    }

    /// A policy that accepts roots for less time than a ledger needs. Where the genesis says how long that is, the registry
    /// refuses it; on an older ledger, whose log must replay as it is, it is refused here and only here.
    fn asks_too_much(&self, fresh: &[Entry]) -> Option<(usize, RegistryError)> {
        if self.genesis.min_root_age_s().is_some() {
            return None;
        }
        let refusal = |entry: &Entry| {
            let Record::Policy(published) = entry.record() else { return None };
            root_age(&published.policy, MIN_ROOT_AGE_S).err()
        };
        fresh.iter().enumerate().find_map(|(nth, entry)| Some((nth, refusal(entry)?)))
    }

    fn known(&self, entry: &Entry, key: &Key) -> Result<Option<Known>, SequencerError> {
        if entry.record().part() == Part::Root {
            // Nobody but the log submits a state root, so there is no first answer to give; the draft refuses it.
            return Ok(None);
        }
        if let Some(known) = self.answers.get(key) {
            return Ok(Some(*known));
        }
        let Some(answer) = self.sequencer.answer(&key.0, &key.1)? else { return Ok(None) };
        let position = answer.first_position.map(TryFrom::try_from).transpose();
        let first_position = position.map_err(|_| SequencerError::Damaged("a position outside the tree"))?;
        Ok(Some(Known(Digest::from_bytes(answer.digest), Accepted { index: answer.index, first_position })))
    }
}

fn key(entry: &Entry) -> Key {
    (entry.signer().to_string(), entry.record().id().to_string())
}
