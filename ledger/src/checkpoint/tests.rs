//! The vector byte for byte, and checkpoints that are refused.

use super::*;
use crate::key::DepartmentKey;
use crate::merkle::{self, CompactRange};

const VECTOR: &str = include_str!("../../vectors/checkpoint.txt");

fn log_key() -> DepartmentKey {
    DepartmentKey::from_seed(&[1; 32])
}

fn witness() -> (KeyName, DepartmentKey) {
    ("dept-transport.city.example/w1".parse().unwrap(), DepartmentKey::from_seed(&[2; 32]))
}

fn checkpoint() -> Checkpoint {
    let mut range = CompactRange::new();
    let _ = range.append(&["entry-0", "entry-1", "entry-2"].map(|e| merkle::leaf_hash(e.as_bytes())));
    let origin = "ledger.city.example/log1".parse().unwrap();
    Checkpoint { origin, size: range.size(), root: range.root() }
}

fn open(note: &str) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::open(note.as_bytes(), &checkpoint().origin, &log_key().public())
}

#[test]
fn the_vector_byte_for_byte() {
    let mut note = checkpoint().sign(&log_key()).unwrap();
    let (name, key) = witness();
    note.push(cosign(&note, &name, &key, 1_700_000_000).unwrap());
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
    assert_eq!(verify_cosignature(&note, &name, &log_key().public()), Err(NoteSignatureError::NotSigned));
}

#[test]
fn a_cosignature_of_another_time_or_tree_is_refused() {
    let (name, key) = witness();
    let note = checkpoint().sign(&log_key()).unwrap();
    let mut early = cosign(&note, &name, &key, 5).unwrap();
    early.payload[7] = 6;
    let other = Checkpoint { size: 4, ..checkpoint() }.sign(&log_key()).unwrap();
    for line in [early, cosign(&other, &name, &key, 5).unwrap()] {
        let mut note = note.clone();
        note.push(line);
        assert_eq!(verify_cosignature(&note, &name, &key.public()), Err(NoteSignatureError::BadSignature));
    }
}

#[test]
fn another_key_is_refused() {
    let note = checkpoint().sign(&DepartmentKey::from_seed(&[9; 32])).unwrap();
    assert_eq!(open(&note.to_string()), Err(CheckpointError::Refused(NoteSignatureError::NotSigned)));
}

#[test]
fn another_log_is_refused() {
    let other = Checkpoint { origin: "ledger.other.example/log1".parse().unwrap(), ..checkpoint() };
    assert_eq!(open(&other.sign(&log_key()).unwrap().to_string()), Err(CheckpointError::OtherLog));
}

#[test]
fn a_changed_size_is_refused() {
    let changed = VECTOR.replacen("\n3\n", "\n2\n", 1);
    assert_eq!(open(&changed), Err(CheckpointError::Refused(NoteSignatureError::BadSignature)));
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
