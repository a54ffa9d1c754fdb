//! Checkpoints (C2SP `tlog-checkpoint`) and witnesses' cosignatures (`tlog-cosignature`, version 1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::Digest;
use crate::key::{DepartmentKey, PublicKey, Signature};
use crate::note::{KeyName, Note, NoteError, NoteKey, NoteKind, NoteRefusal, NoteSignature};

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
    Refused(#[from] NoteRefusal),
}

impl Checkpoint {
    /// The note's text: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }
    /// Inverse of [`Self::text`]; one form only, no extension lines.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(CheckpointError::Malformed("too few lines"));
        let origin = line()?.parse().map_err(|_| CheckpointError::Malformed("origin"))?;
        let size = line()?.parse().map_err(|_| CheckpointError::Malformed("size"))?;
        let root = parse_root(line()?).ok_or(CheckpointError::Malformed("root"))?;
        let checkpoint = Self { origin, size, root };
        if checkpoint.text() == text {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Malformed("another encoding"))
        }
    }
    /// The note, signed by the log.
    pub fn sign(&self, key: &DepartmentKey) -> Note {
        let mut note = Note::new(self.text()).expect("a checkpoint's text has no control characters");
        note.sign(&self.origin, key);
        note
    }
    /// Reads a checkpoint that this log signed.
    pub fn open(bytes: &[u8], origin: &KeyName, key: &PublicKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Self::parse_text(note.text())?;
        if checkpoint.origin != *origin {
            return Err(CheckpointError::OtherLog);
        }
        note.verify(origin, key)?;
        Ok(checkpoint)
    }
}

/// A witness's line for a note: "at `time` (unix seconds) this is the largest consistent tree I have seen".
pub fn cosign(note: &Note, name: &KeyName, key: &DepartmentKey, time: u64) -> NoteSignature {
    let note_key = NoteKey { name: name.clone(), kind: NoteKind::Cosignature, key: key.public() };
    let signature = key.sign(&cosigned(note, time));
    let payload = [&time.to_be_bytes()[..], signature.as_bytes()].concat();
    NoteSignature { name: name.clone(), id: note_key.id(), payload }
}

/// Verifies a witness's line and gives its time (unix seconds).
pub fn verify_cosignature(note: &Note, name: &KeyName, key: &PublicKey) -> Result<u64, NoteRefusal> {
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
mod tests {
    use super::*;
    use crate::merkle::{self, Edge};

    const VECTOR: &str = include_str!("../vectors/checkpoint.txt");

    fn log_key() -> DepartmentKey {
        DepartmentKey::from_seed(&[1; 32])
    }

    fn witness() -> (KeyName, DepartmentKey) {
        ("dept-transport.city.example/w1".parse().unwrap(), DepartmentKey::from_seed(&[2; 32]))
    }

    fn checkpoint() -> Checkpoint {
        let mut edge = Edge::new();
        let _ = edge.append(&["entry-0", "entry-1", "entry-2"].map(|e| merkle::leaf_hash(e.as_bytes())));
        let origin = "ledger.city.example/log1".parse().unwrap();
        Checkpoint { origin, size: edge.size(), root: edge.root() }
    }

    fn open(note: &str) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::open(note.as_bytes(), &checkpoint().origin, &log_key().public())
    }

    #[test]
    fn the_vector_byte_for_byte() {
        let mut note = checkpoint().sign(&log_key());
        let (name, key) = witness();
        note.push(cosign(&note, &name, &key, 1_700_000_000));
        assert_eq!(note.to_string(), VECTOR);
        assert_eq!(VECTOR.len(), 335);
        assert_eq!(open(VECTOR), Ok(checkpoint()));
    }

    #[test]
    fn the_vectors_verifier_keys() {
        let (name, key) = witness();
        let log = NoteKey { name: checkpoint().origin, kind: NoteKind::Ed25519, key: log_key().public() };
        let expected = "ledger.city.example/log1+2c7fb3f8+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
        assert_eq!(log.to_string(), expected);
        let witness = NoteKey { name, kind: NoteKind::Cosignature, key: key.public() };
        let expected = "dept-transport.city.example/w1+0dd387b9+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
        assert_eq!(witness.to_string(), expected);
    }

    #[test]
    fn a_cosignature_tells_its_time() {
        let note = Note::parse(VECTOR.as_bytes()).unwrap();
        let (name, key) = witness();
        assert_eq!(verify_cosignature(&note, &name, &key.public()), Ok(1_700_000_000));
        assert_eq!(verify_cosignature(&note, &name, &log_key().public()), Err(NoteRefusal::NotSigned));
    }

    #[test]
    fn a_cosignature_of_another_time_or_tree_is_refused() {
        let (name, key) = witness();
        let note = checkpoint().sign(&log_key());
        let mut early = cosign(&note, &name, &key, 5);
        early.payload[7] = 6;
        let other = Checkpoint { size: 4, ..checkpoint() }.sign(&log_key());
        for line in [early, cosign(&other, &name, &key, 5)] {
            let mut note = note.clone();
            note.push(line);
            assert_eq!(verify_cosignature(&note, &name, &key.public()), Err(NoteRefusal::BadSignature));
        }
    }

    #[test]
    fn another_key_is_refused() {
        let note = checkpoint().sign(&DepartmentKey::from_seed(&[9; 32]));
        assert_eq!(open(&note.to_string()), Err(CheckpointError::Refused(NoteRefusal::NotSigned)));
    }

    #[test]
    fn another_log_is_refused() {
        let other = Checkpoint { origin: "ledger.other.example/log1".parse().unwrap(), ..checkpoint() };
        assert_eq!(open(&other.sign(&log_key()).to_string()), Err(CheckpointError::OtherLog));
    }

    #[test]
    fn a_changed_size_is_refused() {
        let changed = VECTOR.replacen("\n3\n", "\n2\n", 1);
        assert_eq!(open(&changed), Err(CheckpointError::Refused(NoteRefusal::BadSignature)));
    }

    #[test]
    fn other_forms_of_the_text_are_refused() {
        let text = checkpoint().text();
        for bad in [
            text.replacen("\n3\n", "\n03\n", 1),
            text.replacen("\n3\n", "\n+3\n", 1),
            text.replacen("\n3\n", "\n18446744073709551616\n", 1),
            text.clone() + "extension\n",
            text.replacen('=', "", 1),
            text.trim_end().to_owned(),
            String::new(),
        ] {
            assert!(matches!(Checkpoint::parse_text(&bad), Err(CheckpointError::Malformed(_))), "{bad:?}");
        }
    }

    #[test]
    fn our_checkpoint_is_one_of_tlog_tiles() {
        let theirs = tlog_tiles::Checkpoint::from_bytes(checkpoint().text().as_bytes()).unwrap();
        assert_eq!((theirs.size(), theirs.hash().0), (3, *checkpoint().root.as_bytes()));
        assert_eq!(theirs.to_bytes(), checkpoint().text().as_bytes());
    }
}
