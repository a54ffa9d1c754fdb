//! A witness: each department runs one. It cosigns checkpoints of the logs it knows, each an extension of the one before.
//!
//! | kept | trusted | the worst a thief or a vandal can do |
//! |---|---|---|
//! | key file | yes, secret | cosign in the witness's name; a second history needs a quorum of such thefts |
//! | `witness.sqlite` | yes | an older one lets the witness cosign a second history once: never restore it from a backup |
//!
//! The newest tree is durable before a cosignature leaves, and no other request comes between the look and the write.

mod config;
mod http;
mod store;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ledger::checkpoint::cosign;
use ledger::digest::Digest;
use ledger::key::{DepartmentKey, KeyFileError};
use ledger::note::{KeyName, Note, NoteKey, NoteKind, NoteSignature};
use ledger::witness::{AddCheckpoint, BadRequest, CosignRefusal, KnownLog, judge};
use service::clock::Clock;
use service::durable::WriteProbe;

pub use self::config::{WITNESS_PORT, WitnessConfig, WitnessConfigError};
pub use self::http::{serve_witness, witness_app};
pub use self::store::StoreError;
use self::store::{Cosigned, Store};

/// An open witness.
pub struct Witness {
    name: KeyName,
    key: DepartmentKey,
    logs: HashMap<KeyName, KnownLog>,
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
    Key(#[from] KeyFileError),
    /// A log's key is not one that signs notes.
    #[error("`{0}` is not the key of a log")]
    NotALog(KeyName),
    /// What it has seen cannot be opened.
    #[error("the witness's store: {0}")]
    Store(#[from] StoreError),
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCosigned {
    #[error(transparent)]
    Malformed(#[from] BadRequest),
    #[error("the witness does not know this log")]
    UnknownLog,
    #[error(transparent)]
    Refused(#[from] CosignRefusal),
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
        let key = DepartmentKey::load(&config.key)?;
        let mut logs = HashMap::new();
        for vkey in &config.logs {
            if vkey.kind != NoteKind::Ed25519 {
                return Err(WitnessOpenError::NotALog(vkey.name.clone()));
            }
            logs.insert(vkey.name.clone(), KnownLog { origin: vkey.name.clone(), key: vkey.key });
        }
        let store = Mutex::new(Store::open(&config.data)?);
        let write_probe = WriteProbe::new(&config.data);
        Ok(Self { name: config.name.clone(), key, logs, store, write_probe, clock })
    }

    /// The witness's verifier key, for the genesis.
    pub fn vkey(&self) -> NoteKey {
        NoteKey { name: self.name.clone(), kind: NoteKind::Cosignature, key: self.key.public() }
    }

    /// Whether what is seen next could be written down.
    pub(crate) fn can_write(&self) -> bool {
        self.write_probe.is_writable()
    }

    /// Judges a request and, if the log has grown rightly, writes that down and cosigns.
    pub(crate) fn add_checkpoint(&self, body: &[u8]) -> Result<NoteSignature, NotCosigned> {
        let request = AddCheckpoint::parse(body)?;
        let origin = request.note.text().split('\n').next().unwrap_or_default();
        let log = origin.parse().ok().and_then(|origin: KeyName| self.logs.get(&origin));
        let log = log.ok_or(NotCosigned::UnknownLog)?;
        let id = NoteKey { name: log.origin.clone(), kind: NoteKind::Ed25519, key: log.key }.id();
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.advance(log.origin.as_str(), |seen| {
            let seen = judge(&request, log, seen)?;
            let line = cosign(&request.note, &self.name, &self.key, self.clock.now());
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
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(store.read(origin.as_str())?.map(|cosigned| cosigned.note))
    }
}

#[cfg(test)]
mod tests;
