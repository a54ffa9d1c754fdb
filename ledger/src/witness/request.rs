//! The body of `add-checkpoint`: the size that the witness knows, a proof from there, and the checkpoint.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::Digest;
use crate::note::{Note, NoteError};

/// What a log asks a witness to cosign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Entries of the newest checkpoint that the witness cosigned, as the log believes; 0 for none.
    pub old: u64,
    /// Proof that the old tree is a beginning of the new one (RFC 6962 §2.1.2).
    pub proof: Vec<Digest>,
    /// The checkpoint.
    pub note: Note,
}

/// Why bytes are not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRequest {
    /// The first line is not `old` and a size.
    #[error("the first line is not `old <size>`")]
    Old,
    /// A line of the proof is not a hash in base64, or there are too many of them.
    #[error("the proof is not at most {MAX_PROOF} lines of base64, ended by an empty line")]
    Proof,
    /// What follows is not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl AddCheckpoint {
    /// Reads the body of a request.
    pub fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        let (old, rest) = line(body).ok_or(BadRequest::Old)?;
        let old = parse_old(old).ok_or(BadRequest::Old)?;
        let (proof, rest) = proof(rest).ok_or(BadRequest::Proof)?;
        Ok(Self { old, proof, note: Note::parse(rest)? })
    }
}

/// The body.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.note)
    }
}

/// The hashes of a proof, a line each and ended by an empty one, and what follows.
pub(super) fn proof(mut rest: &[u8]) -> Option<(Vec<Digest>, &[u8])> {
    let mut proof = Vec::new();
    loop {
        let (text, after) = line(rest)?;
        rest = after;
        if text.is_empty() {
            return Some((proof, rest));
        }
        let hash = hash(text).filter(|_| proof.len() < MAX_PROOF)?;
        proof.push(hash);
    }
}

/// The first line without its end, and what follows.
pub(super) fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((line, rest.strip_prefix(b"\n")?))
}

fn parse_old(line: &[u8]) -> Option<u64> {
    let size = std::str::from_utf8(line).ok()?.strip_prefix("old ")?;
    let old: u64 = size.parse().ok()?;
    (old.to_string() == size).then_some(old)
}

fn hash(line: &[u8]) -> Option<Digest> {
    let mut bytes = [0; 33];
    match STANDARD.decode_slice(line, &mut bytes) {
        Ok(32) => bytes.first_chunk().copied().map(Digest::from_bytes),
        _ => None,
    }
}

/// Lines of a proof at most.
pub const MAX_PROOF: usize = 63;
