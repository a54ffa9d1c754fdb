//! A witness: each department runs one. It cosigns checkpoints of the logs it knows, each an extension of the one before.
//!
//! | kept | trusted | the worst a thief or a vandal can do |
//! |---|---|---|
//! | key file | yes, secret | cosign in the witness's name; a second history needs a quorum of such thefts. A key in a device is not copied |
//! | `witness.sqlite` | yes | an older one lets the witness cosign a second history once: never restore it from a backup |
//! | `replay/` | yes | make a replaying witness cosign what does not derive; deleted, it is derived again |
//!
//! The newest tree is durable before a cosignature leaves, and no other request comes between the look and the write.

mod config;
mod http;
mod replay;
mod store;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::checkpoint::{Checkpoint, cosign};
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::note::{KeyName, Note, NoteKey, NoteKind, NoteSignature};
use ledger::signer::{DepartmentSigner as _, SigningError};
use ledger::witness::{
    AddCheckpoint, BadReplayEntries, BadRequest, CosignRefusal, KnownLog, ReplayEntries, ReplayRefusal, judge,
};
use ledger_keys::{KeyError, WatchedKey};
use service::clock::Clock;
use service::durable::WriteProbe;

pub use self::config::{WITNESS_PORT, WitnessConfig, WitnessConfigError};
pub use self::http::{serve_witness, witness_app};
pub(crate) use self::replay::NotReplayed;
pub use self::replay::ReplayOpenError;
use self::replay::Replayer;
pub use self::store::StoreError;
use self::store::{Cosigned, Store};

/// An open witness.
pub struct Witness {
    name: KeyName,
    key: WatchedKey,
    logs: HashMap<KeyName, KnownLog>,
    /// Of the logs that it replays.
    replayers: HashMap<KeyName, Replayer>,
    store: Mutex<Store>,
    write_probe: WriteProbe,
    clock: Clock,
}

/// Why a witness does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessOpenError {
    /// Its key cannot be read.
    #[error("the witness's key: {0}")]
    Key(#[from] KeyError),
    /// There is no log that it would cosign.
    #[error("there is no log: name its key under `logs`, or its genesis under `replay`")]
    NoLogs,
    /// A log's key is not one that signs notes.
    #[error("`{0}` is not the key of a log")]
    NotALog(KeyName),
    /// What it has seen cannot be opened.
    #[error("the witness's store: {0}")]
    Store(#[from] StoreError),
    /// The genesis of a log that it is to replay cannot be read.
    #[error("the genesis file {}: {error}", path.display())]
    Genesis {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The configuration names two keys for one log.
    #[error("`{0}` has one key in the configuration and another one in its genesis")]
    TwoKeys(KeyName),
    /// The copy that it replays cannot be opened.
    #[error(transparent)]
    Replay(#[from] ReplayOpenError),
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCosigned {
    #[error(transparent)]
    Malformed(#[from] BadRequest),
    #[error(transparent)]
    MalformedEntries(#[from] BadReplayEntries),
    #[error("the witness does not know this log")]
    UnknownLog,
    #[error(transparent)]
    Refused(#[from] CosignRefusal),
    /// The log is replayed here, and the checkpoint was not derived.
    #[error(transparent)]
    NotReplayed(#[from] NotReplayed),
    #[error("the witness does not replay this log")]
    DoesNotReplay,
    /// The key is in a device that does not sign now; nothing was written down.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// It is not known what was written, so nothing was said.
    #[error("the witness's store: {0}")]
    Store(#[from] StoreError),
}

impl Witness {
    /// Opens a witness with the machine's clock.
    pub fn open(config: &WitnessConfig) -> Result<Self, WitnessOpenError> {
        Self::open_with_clock(config, Clock::system())
    }

    /// Like [`Self::open`], with another clock than the machine's.
    pub fn open_with_clock(config: &WitnessConfig, clock: Clock) -> Result<Self, WitnessOpenError> {
        if config.logs.is_empty() && config.replay.is_empty() {
            return Err(WitnessOpenError::NoLogs);
        }
        let key = WatchedKey::new(config.key.open()?);
        let mut logs = HashMap::new();
        for vkey in &config.logs {
            if vkey.kind != NoteKind::Ed25519 {
                return Err(WitnessOpenError::NotALog(vkey.name.clone()));
            }
            logs.insert(vkey.name.clone(), KnownLog { origin: vkey.name.clone(), key: vkey.key });
        }
        let store = Mutex::new(Store::open(&config.data)?);
        let write_probe = WriteProbe::new(&config.data);
        let mut replayers = HashMap::new();
        for path in &config.replay {
            let genesis = read_genesis(path)?;
            let (origin, key) = (genesis.origin().clone(), *genesis.log_key());
            let log = KnownLog { origin: origin.clone(), key };
            if logs.insert(origin.clone(), log).is_some_and(|before| before.key != key) {
                return Err(WitnessOpenError::TwoKeys(origin));
            }
            let folder = config.data.join("replay").join(Digest::of(origin.as_str().as_bytes()).to_string());
            replayers.insert(origin, Replayer::open(folder, genesis, clock.clone())?);
        }
        Ok(Self { name: config.name.clone(), key, logs, replayers, store, write_probe, clock })
    }

    /// The witness's verifier key, for the genesis.
    pub fn vkey(&self) -> NoteKey {
        NoteKey { name: self.name.clone(), kind: NoteKind::Cosignature, key: self.key.public() }
    }

    /// Whether what is seen next could be written down.
    pub(crate) fn can_write(&self) -> bool {
        self.write_probe.is_writable()
    }

    /// Whether the key signs, as far as that is known; one that did not is asked again.
    pub(crate) fn can_sign(&self) -> bool {
        self.key.try_again().is_ok()
    }

    /// Judges a request and, if the log has grown rightly, writes that down and cosigns.
    pub(crate) fn add_checkpoint(&self, body: &[u8]) -> Result<NoteSignature, NotCosigned> {
        let request = AddCheckpoint::parse(body)?;
        let log = self.log_of(&request.note)?;
        if let Some(replayer) = self.replayers.get(&log.origin) {
            let before = self.store().read(log.origin.as_str())?;
            // What is refused anyway is refused before anything is replayed for it.
            judge(&request, log, before.as_ref().map(|cosigned| &cosigned.seen))?;
            let shown = Checkpoint::from_note(&request.note, &log.origin, &log.key);
            let shown = shown.map_err(|_| CosignRefusal::Malformed("not a checkpoint of a ledger"))?;
            self.kept(log, replayer.covers(&shown))?;
        }
        let id = NoteKey { name: log.origin.clone(), kind: NoteKind::Ed25519, key: log.key }.id();
        self.store().advance(log.origin.as_str(), |seen| {
            let seen = judge(&request, log, seen)?;
            let line = cosign(&request.note, &self.name, &self.key, self.clock.now())?;
            let mut note = Note::new(request.note.text().to_owned()).map_err(BadRequest::Note)?;
            // Only lines that were verified are shown to others.
            let lines = request.note.signatures().iter();
            lines.filter(|s| s.name == log.origin && s.id == id).for_each(|s| note.push(s.clone()));
            note.push(line.clone());
            Ok((Cosigned { seen, note: note.to_string() }, line))
        })
    }

    /// The newest checkpoint that was cosigned, of the log whose name has this SHA-256.
    pub(crate) fn newest(&self, log: &Digest) -> Result<Option<String>, StoreError> {
        let known = self.logs.keys().find(|origin| Digest::of(origin.as_str().as_bytes()) == *log);
        let Some(origin) = known else { return Ok(None) };
        Ok(self.store().read(origin.as_str())?.map(|cosigned| cosigned.note))
    }

    /// Replays entries of a log; gives how many are replayed then. Only what a checkpoint of the log's key has is looked
    /// at, and what does not derive is kept as a refusal.
    pub(crate) fn replay_entries(&self, body: &[u8]) -> Result<u64, NotCosigned> {
        let request = ReplayEntries::parse(body)?;
        let log = self.log_of(&request.note)?;
        let replayer = self.replayers.get(&log.origin).ok_or(NotCosigned::DoesNotReplay)?;
        let shown = Checkpoint::from_note(&request.note, &log.origin, &log.key);
        let shown = shown.map_err(|_| CosignRefusal::NotSigned)?;
        self.kept(log, replayer.take_in(&request, &shown))
    }

    /// What was refused of the log whose name has this SHA-256, oldest first; `None` for a log that is not replayed.
    pub(crate) fn refusals(&self, log: &Digest) -> Result<Option<Vec<ReplayRefusal>>, StoreError> {
        let known = self.replayers.keys().find(|origin| Digest::of(origin.as_str().as_bytes()) == *log);
        known.map(|origin| self.store().refusals(origin.as_str())).transpose()
    }

    /// Keeps a refusal before it is answered, so that it can be shown to others.
    fn kept<T>(&self, log: &KnownLog, replayed: Result<T, NotReplayed>) -> Result<T, NotCosigned> {
        if let Err(NotReplayed::Refused(refusal)) = &replayed {
            self.store().keep_refusal(log.origin.as_str(), refusal)?;
        }
        Ok(replayed?)
    }
    fn log_of(&self, note: &Note) -> Result<&KnownLog, NotCosigned> {
        let origin = note.text().split('\n').next().unwrap_or_default();
        let log = origin.parse().ok().and_then(|origin: KeyName| self.logs.get(&origin));
        log.ok_or(NotCosigned::UnknownLog)
    }
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_genesis(path: &Path) -> Result<Genesis, WitnessOpenError> {
    let failed = |error| WitnessOpenError::Genesis { path: path.to_path_buf(), error };
    let bytes = std::fs::read(path).map_err(failed)?;
    let genesis: Genesis = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
    if genesis.to_bytes() == bytes {
        return Ok(genesis);
    }
    let other = "it is not in the form whose digest people compare; take the file that the ledger serves";
    Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidData, other)))
}

#[cfg(test)]
mod tests;
