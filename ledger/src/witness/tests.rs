//! The protocol's table of answers, the form of a request, and what a quorum asks for.

use super::*;
use crate::checkpoint::{Checkpoint, cosign};
use crate::key::DepartmentKey;
use crate::merkle::{self, CompactRange, consistency_proof, leaf_hash};
use crate::note::{Note, NoteKey, NoteKind};
use crate::samples::insecure_key;
use crate::tile::TilePath;

const LOG: &str = "ledger.test/1";

/// A log of numbered entries, with all its tiles.
struct Numbers {
    ranges: Vec<CompactRange>,
    tiles: std::collections::HashMap<TilePath, Vec<u8>>,
}

impl Numbers {
    fn new(count: u64, word: &str) -> Self {
        let mut ranges = vec![CompactRange::new()];
        let mut tiles = std::collections::HashMap::new();
        for i in 0..count {
            let mut range = ranges.last().unwrap().clone();
            let made = range.append(&[leaf_hash(format!("{word} {i}").as_bytes())]);
            tiles.extend(made.into_iter().map(|tile| (tile.path, tile.bytes)));
            ranges.push(range);
        }
        Self { ranges, tiles }
    }
    fn at(&self, size: u64) -> Checkpoint {
        let root = self.ranges[size as usize].root();
        Checkpoint { origin: LOG.parse().unwrap(), size, root }
    }
    fn seen(&self, size: u64) -> Seen {
        Seen { size, root: self.at(size).root }
    }
    fn request(&self, old: u64, size: u64) -> AddCheckpoint {
        let proof = consistency_proof(old, size, self).unwrap();
        AddCheckpoint { old, proof, note: self.at(size).sign(&insecure_key(LOG)).unwrap() }
    }
}

impl merkle::TileReader for Numbers {
    type Error = ();
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, ()> {
        self.tiles.get(&path).cloned().ok_or(())
    }
}

fn log() -> KnownLog {
    KnownLog { origin: LOG.parse().unwrap(), key: insecure_key(LOG).public() }
}

fn answer(request: &AddCheckpoint, seen: Option<Seen>) -> Result<Seen, CosignRefusal> {
    judge(request, &log(), seen.as_ref())
}

#[test]
fn a_growing_log_is_cosigned() {
    let numbers = Numbers::new(300, "entry");
    assert_eq!(answer(&numbers.request(0, 7), None), Ok(numbers.seen(7)));
    for (old, new) in [(7, 7), (7, 8), (8, 255), (255, 256), (256, 300), (1, 300)] {
        assert_eq!(answer(&numbers.request(old, new), Some(numbers.seen(old))), Ok(numbers.seen(new)));
    }
    assert_eq!(answer(&numbers.request(0, 0), None), Ok(numbers.seen(0)));
}

#[test]
fn another_key_is_403() {
    let numbers = Numbers::new(3, "entry");
    let mut request = numbers.request(0, 3);
    request.note = numbers.at(3).sign(&insecure_key("somebody")).unwrap();
    assert_eq!(answer(&request, None), Err(CosignRefusal::NotSigned));
    request.note = Note::new(numbers.at(3).text()).unwrap();
    assert_eq!(answer(&request, None), Err(CosignRefusal::NotSigned));
}

#[test]
fn an_old_size_beyond_the_new_one_is_400() {
    let numbers = Numbers::new(3, "entry");
    let request = AddCheckpoint { old: 3, proof: vec![], ..numbers.request(0, 2) };
    let expected = Err(CosignRefusal::Malformed("the old size is beyond the new one"));
    assert_eq!(answer(&request, Some(numbers.seen(3))), expected);
}

#[test]
fn a_note_that_is_no_checkpoint_is_400() {
    let mut note = Note::new(format!("{LOG}\nthree\n")).unwrap();
    note.sign(&LOG.parse().unwrap(), &insecure_key(LOG)).unwrap();
    let request = AddCheckpoint { old: 0, proof: vec![], note };
    assert_eq!(answer(&request, None), Err(CosignRefusal::Malformed("not a checkpoint")));
}

#[test]
fn another_old_size_is_409_with_the_size() {
    let numbers = Numbers::new(9, "entry");
    assert_eq!(answer(&numbers.request(5, 9), Some(numbers.seen(7))), Err(CosignRefusal::Behind(7)));
    assert_eq!(answer(&numbers.request(0, 9), Some(numbers.seen(7))), Err(CosignRefusal::Behind(7)));
    assert_eq!(answer(&numbers.request(7, 9), None), Err(CosignRefusal::Behind(0)));
}

#[test]
fn a_log_that_went_back_is_409() {
    let numbers = Numbers::new(9, "entry");
    assert_eq!(answer(&numbers.request(0, 5), Some(numbers.seen(9))), Err(CosignRefusal::Behind(9)));
}

#[test]
fn a_second_history_is_422() {
    let numbers = Numbers::new(9, "entry");
    let others = Numbers::new(9, "other");
    assert_eq!(answer(&others.request(7, 9), Some(numbers.seen(7))), Err(CosignRefusal::Inconsistent));
    assert_eq!(answer(&others.request(7, 7), Some(numbers.seen(7))), Err(CosignRefusal::Inconsistent));
}

#[test]
fn a_wrong_proof_is_422() {
    let numbers = Numbers::new(9, "entry");
    let mut request = numbers.request(7, 9);
    request.proof.pop();
    assert_eq!(answer(&request, Some(numbers.seen(7))), Err(CosignRefusal::Inconsistent));
    let needless = AddCheckpoint { proof: vec![Digest::of(b"")], ..numbers.request(0, 9) };
    assert_eq!(answer(&needless, None), Err(CosignRefusal::Inconsistent));
}

#[test]
fn an_empty_log_has_one_root() {
    let checkpoint = Checkpoint { root: Digest::of(b"x"), ..Numbers::new(0, "").at(0) };
    let request = AddCheckpoint { old: 0, proof: vec![], note: checkpoint.sign(&insecure_key(LOG)).unwrap() };
    assert_eq!(answer(&request, None), Err(CosignRefusal::Inconsistent));
}

#[test]
fn a_request_reads_back() {
    let request = Numbers::new(9, "entry").request(5, 9);
    let body = request.to_string();
    assert!(body.starts_with("old 5\n"), "{body}");
    assert_eq!(AddCheckpoint::parse(body.as_bytes()), Ok(request));
}

#[test]
fn malformed_requests_are_refused() {
    let body = Numbers::new(9, "entry").request(5, 9).to_string();
    for old in ["old 05", "old -1", "old +5", "old  5", "old", "new 5", "old 18446744073709551616"] {
        let bad = body.replacen("old 5", old, 1);
        assert_eq!(AddCheckpoint::parse(bad.as_bytes()), Err(BadRequest::Old), "{old}");
    }
    let hash = format!("{}\n", body.lines().nth(1).unwrap());
    for proof in [hash[1..].to_owned(), hash.repeat(MAX_PROOF + 1), "!\n".to_owned()] {
        let bad = body.replacen(&hash, &proof, 1);
        assert_eq!(AddCheckpoint::parse(bad.as_bytes()), Err(BadRequest::Proof), "{proof}");
    }
    assert!(matches!(AddCheckpoint::parse(b"old 5\n\nnonsense"), Err(BadRequest::Note(_))));
    assert_eq!(AddCheckpoint::parse(b"old 5\n"), Err(BadRequest::Proof));
    assert_eq!(AddCheckpoint::parse(b""), Err(BadRequest::Old));
}

#[test]
fn a_log_is_shown_under_the_digest_of_its_name() {
    let path = newest_path(&"example.com/foo".parse().unwrap());
    assert_eq!(path, format!("/{}/checkpoint", Digest::of(b"example.com/foo")));
}

fn witness(name: &str) -> (NoteKey, DepartmentKey) {
    let key = insecure_key(name);
    (NoteKey { name: name.parse().unwrap(), kind: NoteKind::Cosignature, key: key.public() }, key)
}

fn quorum(needed: usize, names: &[&str]) -> Result<Quorum, QuorumError> {
    Quorum::new(needed, names.iter().map(|name| witness(name).0).collect())
}

fn cosigned(names: &[&str]) -> Note {
    let mut note = Numbers::new(3, "entry").at(3).sign(&insecure_key(LOG)).unwrap();
    for name in names {
        let (witness, key) = witness(name);
        note.push(cosign(&note, &witness.name, &key, 5).unwrap());
    }
    note
}

#[test]
fn a_quorum_counts_its_witnesses_once_each() {
    let quorum = quorum(2, &["w1", "w2", "w3"]).unwrap();
    assert_eq!(quorum.check(&cosigned(&["w1", "w3"])), Ok(vec![5, 5]));
    assert_eq!(quorum.check(&cosigned(&["w1", "w2", "w3", "stranger"])), Ok(vec![5, 5, 5]));
    let lacking = Err(Lacking::Cosignatures { needed: 2, given: 1 });
    assert_eq!(quorum.check(&cosigned(&["w1", "w1"])), lacking);
    assert_eq!(quorum.check(&cosigned(&["w1", "stranger"])), lacking);
}

/// One witness alone cannot make an old checkpoint look new.
#[test]
fn the_time_of_a_quorum_is_that_of_its_slowest_witness() {
    let quorum = quorum(2, &["w1", "w2", "w3"]).unwrap();
    assert_eq!(quorum.time(&[10, 9_000_000_000]), Some(10));
    assert_eq!(quorum.time(&[30, 10, 20]), Some(20));
    assert_eq!(quorum.time(&[30]), None);
}

#[test]
fn a_bad_line_of_a_witness_refuses_the_note() {
    let quorum = quorum(2, &["w1", "w2", "w3"]).unwrap();
    let mut note = cosigned(&["w1", "w2"]);
    let (witness, key) = witness("w3");
    let other = Numbers::new(2, "entry").at(2).sign(&insecure_key(LOG)).unwrap();
    note.push(cosign(&other, &witness.name, &key, 5).unwrap());
    assert_eq!(quorum.check(&note), Err(Lacking::BadCosignature));
}

#[test]
fn two_quorums_share_a_witness() {
    assert_eq!(quorum(2, &["w1", "w2", "w3", "w4"]), Err(QuorumError::Size(4)));
    assert_eq!(quorum(3, &["w1", "w2"]), Err(QuorumError::Size(2)));
    assert_eq!(quorum(0, &[]), Err(QuorumError::Size(0)));
    assert_eq!(quorum(3, &["w1", "w2", "w3", "w4"]).unwrap().hearing(), 2);
}

#[test]
fn witnesses_are_distinct_and_cosign() {
    assert_eq!(quorum(2, &["w1", "w1"]), Err(QuorumError::Duplicate("w1".into())));
    let shared = NoteKey { name: "w2".parse().unwrap(), ..witness("w1").0 };
    assert_eq!(Quorum::new(2, vec![witness("w1").0, shared]), Err(QuorumError::Duplicate("w2".into())));
    let log = NoteKey { kind: NoteKind::Ed25519, ..witness("w1").0 };
    assert_eq!(Quorum::new(1, vec![log]), Err(QuorumError::Kind("w1".into())));
    let many: Vec<String> = (0..129).map(|i| format!("w{i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(quorum(100, &many), Err(QuorumError::TooMany));
}

#[test]
fn a_quorum_reads_back() {
    let quorum = quorum(2, &["w1", "w2", "w3"]).unwrap();
    let json = serde_json::to_string(&quorum).unwrap();
    assert!(json.starts_with(r#"{"quorum":2,"keys":["w1+"#), "{json}");
    assert_eq!(serde_json::from_str::<Quorum>(&json).unwrap(), quorum);
    assert!(serde_json::from_str::<Quorum>(&json.replace(r#"m":2"#, r#"m":1"#)).is_err());
}

fn replayed(needed: usize, names: &[&str]) -> Result<Quorum, QuorumError> {
    let names = names.iter().map(|name| name.parse().unwrap()).collect();
    quorum(2, &["w1", "w2", "w3"]).unwrap().replayed_by(needed, names)
}

#[test]
fn a_quorum_may_need_witnesses_that_replay() {
    let quorum = replayed(1, &["w2", "w3"]).unwrap();
    assert_eq!((quorum.needed(), quorum.replay_needed(), quorum.lines()), (2, 1, 2));
    assert!(quorum.check(&cosigned(&["w1", "w2"])).is_ok());
    assert!(quorum.check(&cosigned(&["w2", "w3"])).is_ok());
    let lacking = Err(Lacking::Cosignatures { needed: 2, given: 1 });
    assert_eq!(quorum.check(&cosigned(&["w2"])), lacking, "the ordinary quorum holds beside it");
    let both = replayed(2, &["w2", "w3"]).unwrap();
    let lacking = Err(Lacking::Replayed { needed: 2, given: 1 });
    assert_eq!(both.check(&cosigned(&["w1", "w2"])), lacking);
    assert_eq!(both.check(&cosigned(&["w1", "w2", "w2"])), lacking, "twice is once");
    assert_eq!(both.check(&cosigned(&["w1", "w2", "stranger"])), lacking);
    assert!(both.check(&cosigned(&["w2", "w3"])).is_ok());
    let place = |name: &str| both.place(&name.parse().unwrap());
    assert!(place("w3") < place("w1"), "lines of those who replay come first");
    assert_eq!(place("stranger"), None);
}

#[test]
fn the_number_of_those_who_replay_is_checked() {
    assert_eq!(replayed(0, &["w1"]), Err(QuorumError::ReplaySize(1)));
    assert_eq!(replayed(0, &[]), Err(QuorumError::ReplaySize(0)));
    assert_eq!(replayed(3, &["w1", "w2"]), Err(QuorumError::ReplaySize(2)));
    assert_eq!(replayed(2, &["w1", "w1"]), Err(QuorumError::Duplicate("w1".into())));
    assert_eq!(replayed(1, &["w9"]), Err(QuorumError::NotAWitness("w9".parse().unwrap())));
}

#[test]
fn a_quorum_that_replays_reads_back_and_another_one_has_its_old_form() {
    let replaying = replayed(1, &["w2"]).unwrap();
    let json = serde_json::to_string(&replaying).unwrap();
    assert!(json.ends_with(r#","replay":{"quorum":1,"witnesses":["w2"]}}"#), "{json}");
    assert_eq!(serde_json::from_str::<Quorum>(&json).unwrap(), replaying);
    for (from, to) in [(r#"{"quorum":1"#, r#"{"quorum":2"#), (r#"["w2"]"#, r#"["w4"]"#), (r#"["w2"]"#, "[]")]
    {
        assert!(serde_json::from_str::<Quorum>(&json.replace(from, to)).is_err(), "{to}");
    }
    let old = serde_json::to_string(&quorum(2, &["w1", "w2", "w3"]).unwrap()).unwrap();
    assert!(!old.contains("replay"), "{old}");
}

#[test]
fn extension_lines_of_a_foreign_log_stay_in_what_is_cosigned() {
    let text = format!("{}extension one\nanother: 2\n", Numbers::new(3, "entry").at(3).text());
    let mut note = Note::new(text.clone()).unwrap();
    note.sign(&LOG.parse().unwrap(), &insecure_key(LOG)).unwrap();
    let request = AddCheckpoint { old: 0, proof: vec![], note: note.clone() };
    let parsed = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
    assert_eq!(answer(&parsed, None), Ok(Numbers::new(3, "entry").seen(3)));
    let (witness, key) = witness("w1");
    let line = cosign(&parsed.note, &witness.name, &key, 5).unwrap();
    note.push(line.clone());
    assert_eq!(crate::checkpoint::verify_cosignature(&note, &witness.name, &witness.key), Ok(5));
    let mut without = Numbers::new(3, "entry").at(3).sign(&insecure_key(LOG)).unwrap();
    without.push(line);
    assert!(crate::checkpoint::verify_cosignature(&without, &witness.name, &witness.key).is_err());
    let origin = LOG.parse().unwrap();
    let own = Checkpoint::from_note(&note, &origin, &insecure_key(LOG).public());
    assert!(own.is_err(), "a ledger's own checkpoints have none");
}

#[test]
fn entries_to_be_replayed_read_back() {
    let numbers = Numbers::new(9, "entry");
    let entries = vec![b"one".to_vec(), Vec::new(), b"\n\nthree".to_vec()];
    let AddCheckpoint { proof, note, .. } = numbers.request(5, 9);
    let request = ReplayEntries { from: 2, proof, entries, note };
    let body = request.to_bytes();
    assert!(body.starts_with(b"entries 2 3\n"));
    assert_eq!(ReplayEntries::parse(&body), Ok(request.clone()));
    for first in ["entries 2 0", "entries 2 257", "entries 02 3", "entries 2 3 ", "entries 2", "old 2"] {
        let bad = [first.as_bytes(), &body[b"entries 2 3".len()..]].concat();
        assert_eq!(ReplayEntries::parse(&bad), Err(BadReplayEntries::First), "{first}");
    }
    let beyond = format!("entries {} 3", u64::MAX);
    let bad = [beyond.as_bytes(), &body[b"entries 2 3".len()..]].concat();
    assert_eq!(ReplayEntries::parse(&bad), Err(BadReplayEntries::First));
    for length in 0..body.len() {
        assert!(ReplayEntries::parse(&body[..length]).is_err(), "cut to {length}");
    }
    let long = ReplayEntries { proof: vec![Digest::of(b""); MAX_PROOF + 1], ..request };
    assert_eq!(ReplayEntries::parse(&long.to_bytes()), Err(BadReplayEntries::Proof));
}
