//! The table of answers over HTTP, and that what is said is on disk before it is said.

use ledger::checkpoint::{Checkpoint, verify_cosignature};
use ledger::digest::Digest;
use ledger::merkle::{CompactRange, TileReader, consistency_proof, leaf_hash};
use ledger::note::{Note, NoteSignature};
use ledger::samples::insecure_key;
use ledger::tile::TilePath;
use ledger::witness::newest_path;
use service::clock::ManualClock;

mod replaying;

use super::*;
use crate::testing::NOW;
use crate::testing::witnesses::{Served, config, witness};

/// A log of numbered entries.
struct Numbers {
    ranges: Vec<CompactRange>,
    tiles: HashMap<TilePath, Vec<u8>>,
}

impl Numbers {
    fn new(word: &str) -> Self {
        let mut ranges = vec![CompactRange::new()];
        let mut tiles = HashMap::new();
        for i in 0..20 {
            let mut range = ranges[i].clone();
            let made = range.append(&[leaf_hash(format!("{word} {i}").as_bytes())]);
            tiles.extend(made.into_iter().map(|tile| (tile.path, tile.bytes)));
            ranges.push(range);
        }
        Self { ranges, tiles }
    }
    fn note(&self, origin: &str, size: usize) -> Note {
        let checkpoint =
            Checkpoint { origin: origin.parse().unwrap(), size: size as u64, root: self.ranges[size].root() };
        checkpoint.sign(&insecure_key(origin)).unwrap()
    }
    fn request(&self, old: u64, size: usize) -> AddCheckpoint {
        let proof = consistency_proof(old, size as u64, self).unwrap();
        AddCheckpoint { old, proof, note: self.note("ledger.test/1", size) }
    }
}

impl TileReader for Numbers {
    type Error = ();
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, ()> {
        self.tiles.get(&path).cloned().ok_or(())
    }
}

#[test]
fn a_witness_of_no_log_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let idle = WitnessConfig { logs: Vec::new(), ..config(folder.path(), "w1") };
    assert!(matches!(Witness::open(&idle), Err(WitnessOpenError::NoLogs)));
}

struct Answer {
    status: u16,
    kind: String,
    body: String,
}

fn add(served: &Served, request: &impl ToString) -> Answer {
    let address = format!("{}/add-checkpoint", served.url);
    read(agent().post(address).send(request.to_string()).unwrap())
}

fn newest(served: &Served, origin: &str) -> Answer {
    let path = newest_path(&origin.parse().unwrap());
    read(agent().get(format!("{}{path}", served.url)).call().unwrap())
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> Answer {
    let kind = answer.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    Answer { status: answer.status().as_u16(), kind, body: answer.body_mut().read_to_string().unwrap() }
}

#[test]
fn a_checkpoint_is_cosigned_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let served = witness(folder.path(), "w1");
    let numbers = Numbers::new("entry");
    assert_eq!(newest(&served, "ledger.test/1").status, 404);
    let answer = add(&served, &numbers.request(0, 7));
    assert_eq!((answer.status, answer.kind.as_str()), (200, "text/plain; charset=utf-8"));
    let line: NoteSignature = answer.body.strip_suffix('\n').unwrap().parse().unwrap();
    let mut note = numbers.note("ledger.test/1", 7);
    note.push(line);
    let name = "w1".parse().unwrap();
    let key = insecure_key("w1").public();
    assert_eq!(verify_cosignature(&note, &name, &key), Ok(NOW));
    assert_eq!(newest(&served, "ledger.test/1").body, note.to_string());
    assert_eq!(add(&served, &numbers.request(7, 20)).status, 200);
    assert_eq!(add(&served, &numbers.request(20, 20)).status, 200, "the same tree again");
}

#[test]
fn each_refusal_has_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let served = witness(folder.path(), "w1");
    let numbers = Numbers::new("entry");
    let others = Numbers::new("other");
    assert_eq!(add(&served, &numbers.request(0, 7)).status, 200);
    let strange = AddCheckpoint { old: 0, proof: vec![], note: numbers.note("ledger.test/2", 7) };
    let mut note = Note::new(numbers.note("ledger.test/1", 9).text().into()).unwrap();
    note.sign(&"ledger.test/1".parse().unwrap(), &insecure_key("somebody")).unwrap();
    let forged = AddCheckpoint { note, ..numbers.request(7, 9) };
    let backwards = AddCheckpoint { old: 9, proof: vec![], ..numbers.request(0, 7) };
    let unproved = AddCheckpoint { proof: vec![], ..numbers.request(7, 9) };
    for (body, status) in [
        ("nonsense".to_owned(), 400),
        ("old 7\n\nnonsense".to_owned(), 400),
        (backwards.to_string(), 400),
        (forged.to_string(), 403),
        (strange.to_string(), 404),
        (numbers.request(5, 9).to_string(), 409),
        (unproved.to_string(), 422),
        (others.request(7, 7).to_string(), 422),
        (others.request(7, 9).to_string(), 422),
    ] {
        assert_eq!(add(&served, &body).status, status, "{body}");
    }
    let behind = add(&served, &numbers.request(0, 9));
    assert_eq!((behind.status, behind.kind.as_str(), behind.body.as_str()), (409, "text/x.tlog.size", "7\n"));
    assert_eq!(newest(&served, "ledger.test/2").status, 404);
    let shown = newest(&served, "ledger.test/1").body;
    assert!(shown.starts_with("ledger.test/1\n7\n"), "no refusal changed anything: {shown}");
}

#[test]
fn a_body_beyond_every_note_is_413() {
    let folder = tempfile::tempdir().unwrap();
    let served = witness(folder.path(), "w1");
    // The answer comes before the body was read, so that a client that still writes may find the connection closed.
    if let Ok(answer) = agent().post(format!("{}/add-checkpoint", served.url)).send("x".repeat(2 << 20)) {
        assert_eq!(answer.status().as_u16(), 413);
    }
    assert_eq!(add(&served, &Numbers::new("entry").request(0, 7)).status, 200, "it still answers others");
}

#[test]
fn what_was_cosigned_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = Numbers::new("entry");
    let served = witness(folder.path(), "w1");
    assert_eq!(add(&served, &numbers.request(0, 7)).status, 200);
    let shown = newest(&served, "ledger.test/1").body;
    drop(served);
    let served = witness(folder.path(), "w1");
    assert_eq!(newest(&served, "ledger.test/1").body, shown);
    assert_eq!(add(&served, &Numbers::new("other").request(0, 7)).status, 409);
    assert_eq!(add(&served, &numbers.request(7, 8)).status, 200);
}

/// Two processes with one store, both asked to go on from the same tree: the file decides, so only one may.
#[test]
fn of_two_requests_from_one_size_one_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = Numbers::new("entry");
    let open =
        || Witness::open_with_clock(&config(folder.path(), "w1"), ManualClock::new(NOW).clock()).unwrap();
    let one = open();
    let two = open();
    one.add_checkpoint(numbers.request(0, 5).to_string().as_bytes()).unwrap();
    let ask =
        |witness: &Witness, size| witness.add_checkpoint(numbers.request(5, size).to_string().as_bytes());
    let (a, b) = std::thread::scope(|scope| {
        let a = scope.spawn(|| ask(&one, 9));
        let b = scope.spawn(|| ask(&two, 20));
        (a.join().unwrap(), b.join().unwrap())
    });
    let winner = match (a, b) {
        (Ok(_), Err(NotCosigned::Refused(CosignRefusal::Behind(9)))) => 9,
        (Err(NotCosigned::Refused(CosignRefusal::Behind(20))), Ok(_)) => 20,
        other => panic!("{other:?}"),
    };
    let shown = one.newest(&Digest::of(b"ledger.test/1")).unwrap().unwrap();
    assert!(shown.starts_with(&format!("ledger.test/1\n{winner}\n")), "{shown}");
}

#[test]
fn a_key_that_signs_no_notes_is_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let vkey = ledger::samples::witness("ledger.test/1");
    let config = WitnessConfig { logs: vec![vkey], ..config(folder.path(), "w1") };
    assert!(matches!(Witness::open(&config), Err(WitnessOpenError::NotALog(_))));
}

#[test]
fn a_configuration_reads_and_refuses_what_it_does_not_know() {
    let text = format!(
        "data = 'd'\nkey = 'k'\nname = 'credit.nanning/w1'\nlogs = ['{}']\n",
        crate::testing::witnesses::log_vkey()
    );
    let config: WitnessConfig = toml::from_str(&text).unwrap();
    assert_eq!((config.listen.to_string().as_str(), config.logs.len()), ("127.0.0.1:7008", 1));
    assert!(toml::from_str::<WitnessConfig>(&format!("{text}port = 1\n")).is_err());
    assert!(toml::from_str::<WitnessConfig>(&text.replace('+', "-")).is_err());
}
