//! Collects the cosignatures of witnesses before a checkpoint is published, and asks them, before anything is signed, what
//! they have seen.
//!
//! Two things of a witness are trusted only: a cosignature that verifies with its key from the genesis, and a checkpoint
//! that this log's own key signed. So no witness can make a node stop by a false word.

mod peer;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use ledger::checkpoint::{Checkpoint, CheckpointError};
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::note::{KeyName, Note, NoteSignature};
use ledger::sm2::Sm2Rule;
use ledger::witness::{KnownLog, Lacking, MAX_PUBLISHED, Quorum};
use serde::Deserialize;
use url::Url;

use self::peer::{Ask, Peer};
use crate::files::Storage;
use crate::sequencer::Head;

/// Where a witness of the genesis takes checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAddress {
    /// Its name in the genesis.
    pub name: KeyName,
    /// Prefix of `/add-checkpoint`, and of the checkpoints that it shows.
    pub url: Url,
}

/// Why the witnesses of a node are not those of its genesis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessesError {
    /// No such witness.
    #[error("`{0}` is not a witness of this ledger")]
    Unknown(KeyName),
    /// So few addresses can never make a quorum.
    #[error("the addresses of {given} witnesses are known; the quorum is {needed}")]
    TooFew {
        /// By the genesis.
        needed: usize,
        /// By the configuration.
        given: usize,
    },
    /// So few of those who replay can never be enough.
    #[error("the addresses of {given} witnesses that replay the log are known; {needed} of them must cosign")]
    TooFewReplaying {
        /// By the genesis.
        needed: usize,
        /// By the configuration.
        given: usize,
    },
}

/// Why a checkpoint is not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CosignError {
    /// A witness has cosigned a tree of this log that this node does not have: it must never sign again as it is.
    #[error(
        "witness `{witness}` has seen {seen} entries of this log, or another history; here are {here}: \
         an old backup was restored, or two nodes sign"
    )]
    Ahead {
        /// Which witness.
        witness: KeyName,
        /// Entries of the tree that it cosigned.
        seen: u64,
        /// Entries here.
        here: u64,
    },
    /// Too few witnesses answered.
    #[error("{given} witnesses answered; {needed} must")]
    TooFew {
        /// How many must.
        needed: usize,
        /// How many did.
        given: usize,
    },
    /// Too few of the witnesses that replay the log have cosigned.
    #[error("{given} replaying witnesses cosigned; {needed} must")]
    TooFewReplaying {
        /// How many must.
        needed: usize,
        /// How many did.
        given: usize,
    },
    /// The checkpoint to be published is not this log's.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A thread cannot be started.
    #[error("cannot ask witnesses: {0}")]
    Thread(#[from] io::Error),
}

/// A checkpoint as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// With at most 15 cosignatures: what every C2SP client reads.
    pub(crate) common: Vec<u8>,
    /// With those of all witnesses that answered.
    pub(crate) whole: Vec<u8>,
}

/// How long to wait for witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// What they have seen, before anything is signed.
    pub(crate) at_start: Duration,
    /// Cosignatures of a batch.
    pub(crate) running: Patience,
}

/// How long to wait for one answer of enough witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until they answer, or the node is told to stop.
    Endless,
    /// So long, and until each was asked at least once: one may still answer an earlier question.
    For(Duration),
}

/// The witnesses of a ledger, as a node asks them.
pub(crate) struct Witnesses {
    quorum: Quorum,
    log: KnownLog,
    peers: Vec<Arc<Peer>>,
    storage: Arc<dyn Storage>,
    patience: Waiting,
    stopped: Arc<AtomicBool>,
}

impl Witnesses {
    /// The witnesses of a genesis at these addresses; `None` if it names none. Those without an address are not asked.
    pub(crate) fn new(
        genesis: &Genesis,
        addresses: &[WitnessAddress],
        storage: Arc<dyn Storage>,
        patience: Waiting,
    ) -> Result<Option<Self>, WitnessesError> {
        let listed = |name: &KeyName| {
            let quorum = genesis.witnesses()?;
            let key = quorum.witnesses().iter().find(|w| w.name == *name)?;
            Some((key.clone(), quorum.kind(name)))
        };
        let peers = addresses.iter().map(|address| {
            let found = listed(&address.name).ok_or_else(|| WitnessesError::Unknown(address.name.clone()));
            found.map(|(key, kind)| Arc::new(Peer::new(key, kind, &address.url)))
        });
        let peers = peers.collect::<Result<Vec<_>, _>>()?;
        let Some(quorum) = genesis.witnesses().cloned() else { return Ok(None) };
        let names: Vec<&KeyName> = peers.iter().map(|peer| peer.name()).collect();
        quorum.suffices(&names).map_err(|lacking| match lacking {
            Lacking::Replayed { needed, given } => WitnessesError::TooFewReplaying { needed, given },
            _ => WitnessesError::TooFew { needed: quorum.needed(), given: names.len() },
        })?;
        let log = KnownLog { origin: genesis.origin().clone(), key: *genesis.log_key() };
        Ok(Some(Self { quorum, log, peers, storage, patience, stopped: Arc::default() }))
    }

    /// What ends every waiting when it is set.
    pub(crate) fn stopper(&self) -> Arc<AtomicBool> {
        self.stopped.clone()
    }

    /// Asks what the witnesses have seen, until so many have answered that one of any quorum is among them.
    pub(crate) fn hear(&self) -> Result<Memories, CosignError> {
        let mut heard = BTreeMap::new();
        let needed = self.quorum.hearing();
        let enough = |heard: &BTreeMap<usize, _>| {
            let given = heard.len();
            if given < needed { Err(CosignError::TooFew { needed, given }) } else { Ok(()) }
        };
        self.retry(Patience::For(self.patience.at_start), enough, &mut heard, Peer::newest)?;
        Ok(Memories(heard))
    }

    /// Refuses if a witness cosigned a tree that is beyond this head, or another one of its size.
    pub(crate) fn look_back(&self, heard: Memories, head: Head) -> Result<(), CosignError> {
        let here = Checkpoint {
            origin: self.log.origin.clone(),
            size: head.size,
            root: Digest::from_bytes(head.root),
        };
        for (nth, seen) in heard.0 {
            let Some(seen) = seen else { continue };
            if seen.size > here.size || (seen.size == here.size && seen.root != here.root) {
                return Err(self.ahead(nth, seen.size, here.size));
            }
        }
        Ok(())
    }

    /// Has a checkpoint cosigned by a quorum. Its tiles are readable. Blocks until then, or until told to stop.
    pub(crate) fn cosign(&self, checkpoint: &[u8]) -> Result<Shown, CosignError> {
        let note = Note::parse(checkpoint).map_err(CheckpointError::from)?;
        let mut given = BTreeMap::new();
        let enough = |given: &Lines| self.suffices(given);
        self.collect(&note, self.patience.running, enough, &mut given)?;
        Ok(show(&note, &self.quorum, given.into_values()))
    }

    /// What time it is by the clocks of a quorum of those who answer (unix seconds): each is asked once, and cosigns anew what
    /// is published already.
    pub(crate) fn time(&self, published: &[u8]) -> Result<u64, CosignError> {
        let published = Note::parse(published).map_err(CheckpointError::from)?;
        let mut note = of_the_log(&published, &self.log.origin, None);
        let mut given = BTreeMap::new();
        let all = |given: &Lines| {
            if given.len() < self.peers.len() { Err(self.too_few(given.len())) } else { Ok(()) }
        };
        match self.collect(&note, Patience::For(Duration::ZERO), all, &mut given) {
            // Those who answered may be enough.
            Ok(()) | Err(CosignError::TooFew { .. }) => self.suffices(&given)?,
            Err(error) => return Err(error),
        }
        for line in given.into_values() {
            note.push(line);
        }
        let times = self.quorum.check(&note).map_err(|lacking| self.lacking(lacking, 0))?;
        self.quorum.time(&times).ok_or_else(|| self.too_few(times.len()))
    }

    /// Asks for lines for a note of the log until there are `enough`.
    fn collect(
        &self,
        note: &Note,
        patience: Patience,
        enough: impl Fn(&Lines) -> Result<(), CosignError>,
        given: &mut Lines,
    ) -> Result<(), CosignError> {
        let shown = Checkpoint::from_note(note, &self.log.origin, &self.log.key)?;
        let ask = Ask { note: note.clone(), shown, log: self.log.clone(), storage: self.storage.clone() };
        let ask = Arc::new(ask);
        self.retry(patience, enough, given, move |peer, _| peer.cosign(&ask))
    }

    /// Whether these cosignatures make a quorum.
    fn suffices(&self, given: &Lines) -> Result<(), CosignError> {
        let names: Vec<_> = given.values().map(|line| &line.name).collect();
        self.quorum.suffices(&names).map_err(|lacking| self.lacking(lacking, names.len()))
    }

    fn lacking(&self, lacking: Lacking, given: usize) -> CosignError {
        match lacking {
            Lacking::Replayed { needed, given } => CosignError::TooFewReplaying { needed, given },
            _ => self.too_few(given),
        }
    }

    fn too_few(&self, given: usize) -> CosignError {
        CosignError::TooFew { needed: self.quorum.needed(), given }
    }

    /// Asks every witness that has not answered yet, in rounds, until there are `enough`.
    fn retry<T: Send + 'static>(
        &self,
        patience: Patience,
        enough: impl Fn(&BTreeMap<usize, T>) -> Result<(), CosignError>,
        heard: &mut BTreeMap<usize, T>,
        ask: impl Fn(&Peer, &KnownLog) -> Result<T, PeerError> + Clone + Send + 'static,
    ) -> Result<(), CosignError> {
        let started = Instant::now();
        loop {
            let Round { answers, asked_all } = self.round(heard, &ask)?;
            self.gather(&answers, &enough, heard)?;
            let Err(lacking) = enough(heard) else { return Ok(()) };
            let over = match patience {
                Patience::Endless => false,
                Patience::For(limit) => asked_all && started.elapsed() >= limit,
            };
            if over || self.stopped.load(Ordering::Relaxed) {
                return Err(lacking);
            }
            tracing::warn!(%lacking, "waiting for witnesses");
            thread::sleep(PAUSE);
        }
    }

    /// Asks each witness in a thread of its own; one that still answers an earlier question is left alone.
    fn round<T: Send + 'static>(
        &self,
        heard: &BTreeMap<usize, T>,
        ask: &(impl Fn(&Peer, &KnownLog) -> Result<T, PeerError> + Clone + Send + 'static),
    ) -> Result<Round<T>, CosignError> {
        let (tell, answers) = channel();
        let mut asked_all = true;
        for (nth, peer) in self.peers.iter().enumerate() {
            if heard.contains_key(&nth) {
                continue;
            }
            if !peer.take() {
                asked_all = false;
                continue;
            }
            let peer = peer.clone();
            let log = self.log.clone();
            let tell = tell.clone();
            let ask = ask.clone();
            let run = move || {
                let answer = ask(&peer, &log);
                peer.release();
                // A quorum may have been reached without this answer.
                let _ = tell.send((nth, answer));
            };
            thread::Builder::new().name("ledger-witness".into()).spawn(run)?;
        }
        Ok(Round { answers, asked_all })
    }

    /// Takes answers in until there are enough, and then those that are there already.
    fn gather<T>(
        &self,
        answers: &Receiver<Heard<T>>,
        enough: &impl Fn(&BTreeMap<usize, T>) -> Result<(), CosignError>,
        heard: &mut BTreeMap<usize, T>,
    ) -> Result<(), CosignError> {
        loop {
            let next = if enough(heard).is_err() { answers.recv().ok() } else { answers.try_recv().ok() };
            match next {
                None => return Ok(()),
                Some((nth, Ok(answer))) => {
                    heard.insert(nth, answer);
                }
                Some((nth, Err(PeerError::Ahead { seen, here }))) => return Err(self.ahead(nth, seen, here)),
                Some((nth, Err(PeerError::Silent(why)))) => {
                    let witness = self.peers.get(nth).map(|peer| peer.name().to_string());
                    tracing::warn!(witness, why, "a witness does not cosign");
                }
            }
        }
    }

    fn ahead(&self, nth: usize, seen: u64, here: u64) -> CosignError {
        let witness = self.peers.get(nth).expect("answers come from peers").name().clone();
        CosignError::Ahead { witness, seen, here }
    }
}

/// The newest checkpoint that each witness has cosigned, of those that answered.
pub(crate) struct Memories(BTreeMap<usize, Option<Checkpoint>>);

/// The answers of one round of questions.
struct Round<T> {
    answers: Receiver<Heard<T>>,
    /// No witness was left out because it still answers an earlier question.
    asked_all: bool,
}

/// Cosignatures by the number of the witness.
type Lines = BTreeMap<usize, NoteSignature>;

/// Which witness answered, and what.
type Heard<T> = (usize, Result<T, PeerError>);

/// Why a witness gave no answer that counts.
enum PeerError {
    /// It proved that it has seen what is not here.
    Ahead { seen: u64, here: u64 },
    /// It refused, or did not answer as a witness does.
    Silent(String),
}

/// A checkpoint with cosignatures as a mirror shows it: with the lines of the log and of its witnesses, and no others.
pub(crate) fn shown(note: &Note, genesis: &Genesis) -> Shown {
    let signed = of_the_log(note, genesis.origin(), genesis.sm2());
    let Some(quorum) = genesis.witnesses() else {
        let bytes = signed.to_string().into_bytes();
        return Shown { common: bytes.clone(), whole: bytes };
    };
    let known = |line: &&NoteSignature| {
        quorum.witnesses().iter().any(|witness| witness.name == line.name && witness.id() == line.id)
    };
    show(&signed, quorum, note.signatures().iter().filter(known).cloned())
}

/// A note with the log's own line, that of its second key if it has one, and no other.
fn of_the_log(note: &Note, origin: &KeyName, second: Option<&Sm2Rule>) -> Note {
    let mut signed = Note::new(note.text().to_owned()).expect("the text of a note is one of a note");
    let second = second.map(|rule| rule.key.id(origin));
    let own = || note.signatures().iter().filter(|line| line.name == *origin);
    let first = own().find(|line| Some(line.id) != second);
    let second = own().find(|line| Some(line.id) == second);
    first.into_iter().chain(second).for_each(|line| signed.push(line.clone()));
    signed
}

/// Those who replay come first, so that a quorum of both kinds is among the lines that every client reads.
fn show(note: &Note, quorum: &Quorum, lines: impl Iterator<Item = NoteSignature>) -> Shown {
    let mut common = note.clone();
    let mut whole = note.clone();
    let mut lines: Vec<_> = lines.collect();
    lines.sort_by_key(|line| quorum.place(&line.name));
    for (nth, line) in lines.into_iter().enumerate() {
        if nth < MAX_PUBLISHED {
            common.push(line.clone());
        }
        whole.push(line);
    }
    Shown { common: common.to_string().into_bytes(), whole: whole.to_string().into_bytes() }
}

/// Between two rounds of questions.
const PAUSE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests;
