//! One witness, over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ledger::checkpoint::{Checkpoint, verify_cosignature};
use ledger::client::{agent_builder, below, unreachable};
use ledger::merkle::consistency_proof;
use ledger::note::{KeyName, MAX_NOTE, Note, NoteKey, NoteSignature};
use ledger::tile::{TILE_WIDTH, TileWidth};
use ledger::witness::{
    ADD_CHECKPOINT, AddCheckpoint, KnownLog, REPLAY_ENTRIES, ReplayEntries, WitnessKind, newest_path,
};
use url::Url;

use super::PeerError;
use crate::files::Storage;
use crate::tiles::{self, Stored};

/// A witness, and what is known of it.
pub(super) struct Peer {
    key: NoteKey,
    kind: WitnessKind,
    base: Url,
    agent: ureq::Agent,
    /// Entries of the newest tree that it cosigned, as far as is known here. A wrong guess costs one more request.
    seen: AtomicU64,
    /// Entries that it has replayed, likewise.
    replayed: AtomicU64,
    busy: AtomicBool,
}

/// What witnesses are asked to cosign.
pub(super) struct Ask {
    pub(super) note: Note,
    pub(super) shown: Checkpoint,
    pub(super) log: KnownLog,
    pub(super) storage: Arc<dyn Storage>,
}

struct PeerResponse {
    status: u16,
    body: Vec<u8>,
}

impl Peer {
    pub(super) fn new(key: NoteKey, kind: WitnessKind, base: &Url) -> Self {
        let config = agent_builder()
            .user_agent("yong-ledger-node")
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ALL));
        let base = base.clone();
        let agent = config.build().new_agent();
        let (seen, replayed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { key, kind, base, agent, seen, replayed, busy: AtomicBool::new(false) }
    }
    pub(super) fn name(&self) -> &KeyName {
        &self.key.name
    }
    /// Whether nobody else asks this witness just now; if so, nobody else will until [`Self::release`].
    pub(super) fn take(&self) -> bool {
        !self.busy.swap(true, Ordering::Acquire)
    }
    pub(super) fn release(&self) {
        self.busy.store(false, Ordering::Release);
    }

    /// The newest checkpoint of the log that the witness shows, if it ever cosigned one. Only the log's own signature
    /// counts.
    pub(super) fn newest(&self, log: &KnownLog) -> Result<Option<Checkpoint>, PeerError> {
        let answer = self.agent.get(below(&self.base, &newest_path(&log.origin))).call();
        let answer = read(answer)?;
        match answer.status {
            200 => {
                let seen = Checkpoint::open(&answer.body, &log.origin, &log.key);
                let seen = seen.map_err(|error| silent(&format!("shows a bad checkpoint: {error}")))?;
                self.seen.store(seen.size, Ordering::Relaxed);
                Ok(Some(seen))
            }
            404 => Ok(None),
            status => Err(silent(&format!("answers {status}"))),
        }
    }

    /// Asks for a cosignature, with a proof from where the witness is.
    pub(super) fn cosign(&self, ask: &Ask) -> Result<NoteSignature, PeerError> {
        for _ in 0..TRIES {
            if self.kind == WitnessKind::Replaying {
                self.send_entries(ask)?;
            }
            let old = self.seen.load(Ordering::Relaxed);
            if old > ask.shown.size {
                return Err(self.compare(ask, "it spoke of more before")?);
            }
            let answer = self.post(ask, old)?;
            match answer.status {
                200 => return self.line(ask, &answer.body),
                409 => self.seen.store(size(&answer.body)?, Ordering::Relaxed),
                422 => return Err(self.compare(ask, &answer.words())?),
                // It has forgotten entries that it had.
                428 => self.replayed.store(size(&answer.body)?, Ordering::Relaxed),
                _ => return Err(answer.refusal()),
            }
        }
        Err(silent("says each time another size"))
    }

    /// Sends the entries that the witness has not replayed yet, a bundle at a time, from where it says that it is.
    fn send_entries(&self, ask: &Ask) -> Result<(), PeerError> {
        let mut corrected = 0;
        loop {
            let from = self.replayed.load(Ordering::Relaxed);
            if from >= ask.shown.size {
                return Ok(());
            }
            let request =
                ask.entries(from).map_err(|error| silent(&format!("no entries from {from}: {error}")))?;
            let address = below(&self.base, REPLAY_ENTRIES);
            let post = self.agent.post(address).header("content-type", "application/octet-stream");
            let post = post.config().timeout_global(Some(REPLAY)).build();
            let answer = read(post.send(&request.to_bytes()[..]))?;
            match answer.status {
                200 => {
                    let reached = size(&answer.body)?;
                    self.replayed.store(reached, Ordering::Relaxed);
                    if reached <= from {
                        return Err(silent("replays nothing"));
                    }
                }
                409 if corrected < TRIES => {
                    corrected += 1;
                    self.replayed.store(size(&answer.body)?, Ordering::Relaxed);
                }
                409 => return Err(silent("says each time that it has replayed something else")),
                _ => return Err(answer.refusal()),
            }
        }
    }

    fn post(&self, ask: &Ask, old: u64) -> Result<PeerResponse, PeerError> {
        let proof = consistency_proof(old, ask.shown.size, &Stored(&*ask.storage, ask.shown.size));
        let proof = proof.map_err(|error| silent(&format!("no proof from {old}: {error}")))?;
        let request = AddCheckpoint { old, proof, note: ask.note.clone() };
        let address = below(&self.base, ADD_CHECKPOINT);
        read(self.agent.post(address).header("content-type", "text/plain").send(request.to_string()))
    }

    /// The witness's line for the note, which must verify.
    fn line(&self, ask: &Ask, body: &[u8]) -> Result<NoteSignature, PeerError> {
        let text = std::str::from_utf8(body).map_err(|_| silent("answers no text"))?;
        let mut lines = text.lines().filter_map(|line| line.parse::<NoteSignature>().ok());
        let line = lines.find(|line| line.name == self.key.name && line.id == self.key.id());
        let line = line.ok_or_else(|| silent("does not sign in its name"))?;
        let mut note = ask.note.clone();
        note.push(line.clone());
        verify_cosignature(&note, &self.key.name, &self.key.key)
            .map_err(|_| silent("its signature does not verify"))?;
        self.seen.store(ask.shown.size, Ordering::Relaxed);
        Ok(line)
    }

    /// Whether the witness has really seen more, or another history: the log's signature tells.
    fn compare(&self, ask: &Ask, said: &str) -> Result<PeerError, PeerError> {
        let here = ask.shown.size;
        Ok(match self.newest(&ask.log)? {
            Some(seen) if seen.size > here || (seen.size == here && seen.root != ask.shown.root) => {
                PeerError::Ahead { seen: seen.size, here }
            }
            Some(seen) => silent(&format!("refuses, though it shows {} entries: {said}", seen.size)),
            None => {
                self.seen.store(0, Ordering::Relaxed);
                silent(&format!("refuses, though it shows nothing: {said}"))
            }
        })
    }
}

impl Ask {
    /// The entries from `from` on that are in its bundle, with the proof that the checkpoint has them.
    fn entries(&self, from: u64) -> Result<ReplayEntries, String> {
        let size = self.shown.size;
        let index = from / TILE_WIDTH;
        let width = TileWidth::at(index, size).ok_or("they are beyond the log")?;
        let path = |width| tiles::entries(index, width);
        let bundle = tiles::read_cut(&*self.storage, path, width, width, tiles::cut_entries);
        let bundle = bundle.map_err(|error| error.to_string())?.ok_or("their bundle is missing")?;
        let entries = tiles::split_bundle(&bundle).ok_or("their bundle is damaged")?;
        let known = (from % TILE_WIDTH) as usize;
        let entries: Vec<Vec<u8>> = entries.into_iter().skip(known).map(<[u8]>::to_vec).collect();
        let to = from + entries.len() as u64;
        let proof = consistency_proof(to, size, &Stored(&*self.storage, size));
        let proof = proof.map_err(|error| error.to_string())?;
        Ok(ReplayEntries { from, proof, entries, note: self.note.clone() })
    }
}

impl PeerResponse {
    /// The beginning of what a witness says, fit for a log line.
    fn words(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().take_while(|c| *c != '\n').filter(|c| !c.is_control()).take(MAX_WORDS).collect()
    }
    fn refusal(&self) -> PeerError {
        silent(&format!("answers {}: {}", self.status, self.words()))
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<PeerResponse, PeerError> {
    let mut answer = answer.map_err(|error| silent(&unreachable(&error)))?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(MAX_NOTE as u64).read_to_vec();
    Ok(PeerResponse { status, body: body.map_err(|error| silent(&unreachable(&error)))? })
}

fn size(body: &[u8]) -> Result<u64, PeerError> {
    let text = std::str::from_utf8(body).ok().and_then(|text| text.strip_suffix('\n'));
    text.and_then(|text| text.parse().ok()).ok_or_else(|| silent("answers 409 without a size"))
}

fn silent(why: &str) -> PeerError {
    PeerError::Silent(why.to_owned())
}

/// A guess, the size that the witness says, and one more if somebody else came between.
const TRIES: usize = 3;
/// To connect.
const CONNECT: Duration = Duration::from_secs(2);
/// From beginning to end.
const ALL: Duration = Duration::from_secs(5);
/// The same where a bundle of entries is replayed.
const REPLAY: Duration = Duration::from_secs(60);
/// Characters of a witness's words that are logged.
const MAX_WORDS: usize = 300;
