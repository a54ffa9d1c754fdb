//! Checkpoints (C2SP `tlog-checkpoint`) and witnesses' cosignatures (`tlog-cosignature`, version 1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::Digest;
use crate::genesis::Genesis;
use crate::key::{PublicKey, Signature};
use crate::note::{KeyName, Note, NoteError, NoteKey, NoteKind, NoteSignature, NoteSignatureError};
use crate::signer::{DepartmentSigner, SigningError};
use crate::witness::Lacking;

/// What the log signs: its name, how many entries it has, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, equal to the name of its key.
    pub origin: KeyName,
    /// Entries.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Digest,
}

/// Why bytes are not a checkpoint of this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note's text is not origin, size and root, or has extension lines.
    #[error("the note is not a checkpoint: {0}")]
    Malformed(&'static str),
    /// Another log's checkpoint.
    #[error("the checkpoint is of another log")]
    OtherLog,
    /// Not signed by the log's key.
    #[error(transparent)]
    Refused(#[from] NoteSignatureError),
    /// Not signed by the log's second key, though its genesis asks for that, or wrongly.
    #[error("the log's second signature (SM2): {0}")]
    Second(#[source] NoteSignatureError),
    /// Not cosigned by the quorum.
    #[error(transparent)]
    Lacking(#[from] Lacking),
}

impl Checkpoint {
    /// The note's text: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }
    /// Inverse of [`Self::text`]; one form only, no extension lines.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        match Self::split_text(text)? {
            (checkpoint, "") => Ok(checkpoint),
            _ => Err(CheckpointError::Malformed("extension lines")),
        }
    }
    /// Reads the checkpoint of any log, which may have extension lines after the root (C2SP `tlog-checkpoint`): none of
    /// them is empty, and what they mean is the log's affair.
    pub fn parse_extended(text: &str) -> Result<Self, CheckpointError> {
        let (checkpoint, extensions) = Self::split_text(text)?;
        let mut lines = extensions.split_terminator('\n');
        let whole = extensions.is_empty() || extensions.ends_with('\n');
        if whole && lines.all(|line| !line.is_empty()) {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Malformed("extension lines"))
        }
    }
    /// The checkpoint, and what follows its three lines.
    fn split_text(text: &str) -> Result<(Self, &str), CheckpointError> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(CheckpointError::Malformed("too few lines"));
        let origin = line()?.parse().map_err(|_| CheckpointError::Malformed("origin"))?;
        let size = line()?.parse().map_err(|_| CheckpointError::Malformed("size"))?;
        let root = parse_root(line()?).ok_or(CheckpointError::Malformed("root"))?;
        let checkpoint = Self { origin, size, root };
        let rest = text.strip_prefix(&checkpoint.text());
        rest.map(|rest| (checkpoint, rest)).ok_or(CheckpointError::Malformed("another encoding"))
    }
    /// The note, signed by the log.
    pub fn sign(&self, key: &dyn DepartmentSigner) -> Result<Note, SigningError> {
        let mut note = Note::new(self.text()).expect("a checkpoint's text has no control characters");
        note.sign(&self.origin, key)?;
        Ok(note)
    }
    /// Reads a checkpoint that this log signed.
    pub fn open(bytes: &[u8], origin: &KeyName, key: &PublicKey) -> Result<Self, CheckpointError> {
        Self::from_note(&Note::parse(bytes)?, origin, key)
    }
    /// The checkpoint of a note that the log of this genesis signed, by its second key too where the genesis asks for that.
    /// Cosignatures are not looked at.
    pub fn of_log(note: &Note, genesis: &Genesis) -> Result<Self, CheckpointError> {
        let checkpoint = Self::from_note(note, genesis.origin(), genesis.log_key())?;
        if let Some(rule) = genesis.sm2() {
            rule.check(genesis.origin(), note).map_err(CheckpointError::Second)?;
        }
        Ok(checkpoint)
    }
    /// The checkpoint of a note that this log signed.
    pub fn from_note(note: &Note, origin: &KeyName, key: &PublicKey) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse_text(note.text())?;
        if checkpoint.origin != *origin {
            return Err(CheckpointError::OtherLog);
        }
        note.verify(origin, key)?;
        Ok(checkpoint)
    }
}

/// A witness's line for a note: "at `time` (unix seconds) this is the largest consistent tree I have seen".
pub fn cosign(
    note: &Note,
    name: &KeyName,
    key: &dyn DepartmentSigner,
    time: u64,
) -> Result<NoteSignature, SigningError> {
    let note_key = NoteKey { name: name.clone(), kind: NoteKind::Cosignature, key: key.public() };
    let signature = key.sign(&cosigned(note, time))?;
    let payload = [&time.to_be_bytes()[..], signature.as_bytes()].concat();
    Ok(NoteSignature { name: name.clone(), id: note_key.id(), payload })
}

/// Verifies a witness's line and gives its time (unix seconds).
pub fn verify_cosignature(note: &Note, name: &KeyName, key: &PublicKey) -> Result<u64, NoteSignatureError> {
    let note_key = NoteKey { name: name.clone(), kind: NoteKind::Cosignature, key: *key };
    note.verify_lines(&note_key, |payload| {
        let (time, signature) = payload.split_first_chunk()?;
        let time = u64::from_be_bytes(*time);
        let signature = Signature::from_bytes(signature.try_into().ok()?);
        key.verify(&cosigned(note, time), &signature).ok().map(|()| time)
    })
}

fn cosigned(note: &Note, time: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{}", note.text()).into_bytes()
}

fn parse_root(line: &str) -> Option<Digest> {
    let bytes = STANDARD.decode(line).ok()?;
    Some(Digest::from_bytes(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests;
