//! What a log sends a witness that replays it: entries, with a proof that a signed checkpoint has them at this place; and
//! what such a witness says when they break the rules.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::MAX_PROOF;
use super::request::{line, proof};
use crate::digest::Digest;
use crate::note::{MAX_NOTE, Note, NoteError};
use crate::record::MAX_ENTRY;
use crate::tile::{TILE_WIDTH, push_entry, split_entry};

/// Entries that follow those which the witness has replayed.
///
/// The body is `entries <from> <count>`, the lines of the proof in base64, an empty line, the entries, each after its
/// length in two bytes as in a bundle, and the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayEntries {
    /// Index of the first of them.
    pub from: u64,
    /// Proof that the log up to the last of them is a beginning of the checkpoint's (RFC 6962 §2.1.2).
    pub proof: Vec<Digest>,
    /// Their bytes. At most 256: those of one bundle.
    pub entries: Vec<Vec<u8>>,
    /// The checkpoint, signed by the log, which nobody need have cosigned.
    pub note: Note,
}

/// Why bytes are not such entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadReplayEntries {
    /// The first line is something else.
    #[error("the first line is not `entries <from> <count>` with 1 to {TILE_WIDTH} entries")]
    First,
    /// A line of the proof is not a hash in base64, or there are too many of them.
    #[error("the proof is not at most {MAX_PROOF} lines of base64, ended by an empty line")]
    Proof,
    /// An entry ends beyond the body.
    #[error("the body ends inside of an entry")]
    Entry,
    /// What follows is not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// What a replaying witness keeps of a checkpoint that does not derive: a statement of the log's key that anybody who has
/// the entries before it can refute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRefusal {
    /// The checkpoint that the log signed, as it came.
    pub checkpoint: String,
    /// Index of the first entry that breaks a rule.
    pub entry: u64,
    /// That entry, canonical JSON; what is not UTF-8 of it is replaced.
    pub record: String,
    /// How it breaks the rules, for people.
    pub reason: String,
    /// When it was refused first, unix seconds.
    pub time: u64,
}

impl ReplayEntries {
    /// Reads the body of a request.
    pub fn parse(body: &[u8]) -> Result<Self, BadReplayEntries> {
        let (first, rest) = line(body).ok_or(BadReplayEntries::First)?;
        let (from, count) = parse_first(first).ok_or(BadReplayEntries::First)?;
        let (proof, mut rest) = proof(rest).ok_or(BadReplayEntries::Proof)?;
        let mut entries = Vec::new();
        for _ in 0..count {
            let (entry, after) = split_entry(rest).ok_or(BadReplayEntries::Entry)?;
            entries.push(entry.to_vec());
            rest = after;
        }
        Ok(Self { from, proof, entries, note: Note::parse(rest)? })
    }
    /// The body. Entries are below 64 KiB each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = format!("entries {} {}\n", self.from, self.entries.len()).into_bytes();
        for hash in &self.proof {
            body.extend_from_slice(STANDARD.encode(hash.as_bytes()).as_bytes());
            body.push(b'\n');
        }
        body.push(b'\n');
        for entry in &self.entries {
            push_entry(&mut body, entry);
        }
        write!(body, "{}", self.note).expect("memory takes everything");
        body
    }
}

fn parse_first(line: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(line).ok()?;
    let (from, count) = text.strip_prefix("entries ")?.split_once(' ')?;
    let (from, count): (u64, u64) = (from.parse().ok()?, count.parse().ok()?);
    let plain = format!("entries {from} {count}") == text && from.checked_add(count).is_some();
    (plain && (1..=TILE_WIDTH).contains(&count)).then_some((from, count))
}

/// Bytes of a body at most: a bundle of the longest entries, a note, a proof, and a line.
pub const MAX_REPLAY_BODY: usize = TILE_WIDTH as usize * (MAX_ENTRY + 2) + MAX_NOTE + 8192;
