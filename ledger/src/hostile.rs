//! Bytes from outside, random and mutated: no parser panics, what is accepted has one encoding, and a follower that is
//! served a changed byte refuses or learns nothing else.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::checkpoint::{Checkpoint, cosign};
use crate::follow::{Follower, ShardFollower};
use crate::note::Note;
use crate::proposal::Proposal;
use crate::record::{Entry, encode_batch};
use crate::registry::Registry;
use crate::resource::Resource;
use crate::resource::changes;
use crate::samples::{
    self, MemoryLog, checks, commit, insecure_key, policy, recovery, schema, sign, status, trustee,
};
use crate::source::{FetchError, Source};
use crate::witness::{AddCheckpoint, ReplayEntries};

/// A time after everything that these tests state, unix seconds.
const NOW: u64 = 500;

/// What happens to bytes on their way.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(Index, u8),
    Remove(Index),
    Insert(Index, u8),
    Truncate(Index),
    Repeat(Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index, bytes: &Vec<u8>| index.index(bytes.len().max(1));
        match self {
            Self::Insert(index, byte) => {
                let place = index.index(bytes.len() + 1);
                bytes.insert(place, *byte);
            }
            _ if bytes.is_empty() => {}
            Self::Replace(index, byte) => {
                let place = at(index, bytes);
                bytes[place] = *byte;
            }
            Self::Remove(index) => {
                let place = at(index, bytes);
                bytes.remove(place);
            }
            Self::Truncate(index) => bytes.truncate(at(index, bytes)),
            Self::Repeat(index) => {
                let tail = bytes[at(index, bytes)..].to_vec();
                bytes.extend(tail);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        1 => any::<Index>().prop_map(Mutation::Remove),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        1 => any::<Index>().prop_map(Mutation::Truncate),
        1 => any::<Index>().prop_map(Mutation::Repeat),
    ]
}

/// One of these, with a few mutations; or anything.
fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let spoil = |(mut bytes, mutations): (Vec<u8>, Vec<Mutation>)| {
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        bytes
    };
    let seed = prop::sample::select(seeds);
    prop_oneof![
        4 => (seed, prop::collection::vec(mutation(), 1..4)).prop_map(spoil),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn entries() -> Vec<Entry> {
    let records = [
        schema("score/1"),
        policy("rule/1", "score/1", "police"),
        commit("c", "score/1", [1, 2, 3]),
        status("s", 1, "revoke"),
        trustee("t", "key"),
        recovery("r", "bundle", "police"),
    ];
    records.map(|record| sign(record, "police")).to_vec()
}

fn proposal() -> Vec<u8> {
    let mut record = recovery("r", "bundle", "police");
    record.bind(samples::terms(0));
    let registry = Registry::new(samples::genesis(&["police", "tax"], 1));
    let mut proposal = Proposal::new(&registry, record);
    let tax = "tax".parse().expect("a department");
    proposal.sign(tax, &insecure_key("tax")).expect("nobody has approved it");
    proposal.to_bytes()
}

fn cosigned() -> Note {
    let origin = samples::origin();
    let checkpoint = Checkpoint { origin, size: 7, root: crate::digest::Digest::of(b"") };
    let mut note = checkpoint.sign(&insecure_key("ledger.test/1")).expect("a key signs");
    note.push(cosign(&note, &"w1".parse().unwrap(), &insecure_key("w1"), 5).expect("a key signs"));
    note
}

fn entry_seeds() -> Vec<Vec<u8>> {
    entries().iter().map(|entry| entry.bytes().to_vec()).collect()
}

proptest! {
    #[test]
    fn entries_have_one_encoding(bytes in mutated(entry_seeds())) {
        checks::entry(&bytes);
        if let Ok(entry) = Entry::parse(&bytes) {
            let key = insecure_key("police").public();
            let said = entries().iter().any(|honest| honest.record() == entry.record());
            prop_assert!(said || entry.verify(&samples::origin(), &key).is_err(), "only what was signed verifies");
        }
    }

    #[test]
    fn batches_read_back(bytes in mutated(vec![encode_batch(&entries())])) {
        checks::batch(&bytes);
    }

    #[test]
    fn notes_have_one_encoding(bytes in mutated(vec![cosigned().to_string().into_bytes()])) {
        checks::note(&bytes);
    }

    #[test]
    fn checkpoints_have_one_encoding(bytes in mutated(vec![cosigned().text().into()])) {
        checks::checkpoint(&bytes);
    }

    #[test]
    fn a_changed_checkpoint_is_not_the_logs(bytes in mutated(vec![cosigned().to_string().into_bytes()])) {
        let opened = Checkpoint::open(&bytes, &samples::origin(), &insecure_key("ledger.test/1").public());
        if let Ok(checkpoint) = opened {
            let note = cosigned();
            prop_assert_eq!(checkpoint.text(), note.text());
        }
    }

    #[test]
    fn witness_requests_have_one_encoding(bytes in mutated(vec![
        AddCheckpoint { old: 5, proof: vec![crate::digest::Digest::of(b"")], note: cosigned() }.to_string().into_bytes(),
    ])) {
        checks::witness_request(&bytes);
    }

    #[test]
    fn entries_to_be_replayed_have_one_encoding(bytes in mutated(vec![
        ReplayEntries {
            from: 5,
            proof: vec![crate::digest::Digest::of(b"")],
            entries: vec![b"one".to_vec(), Vec::new()],
            note: cosigned(),
        }
        .to_bytes(),
    ])) {
        if let Ok(request) = ReplayEntries::parse(&bytes) {
            prop_assert_eq!(request.to_bytes(), bytes);
        }
    }

    #[test]
    fn verifier_keys_have_one_encoding(bytes in mutated(vec![samples::witness("w1").to_string().into_bytes()])) {
        checks::verifier_key(&bytes);
    }

    #[test]
    fn proposals_are_read_as_they_are_written(bytes in mutated(vec![proposal()])) {
        checks::proposal(&bytes);
    }

    #[test]
    fn paths_have_one_encoding(bytes in mutated([
        "/tile/0/x001/234.p/5", "/tile/entries/000", "/entry/7", "/credentials/shard/3/000.p/9", "/credentials/changes/3-9",
    ].map(|path| path.as_bytes().to_vec()).to_vec())) {
        checks::path(&bytes);
    }

    #[test]
    fn a_genesis_is_refused_or_consistent(bytes in mutated(vec![
        samples::witnessed_genesis(&["police", "tax"], 2, &["w1", "w2", "w3"], 2).to_bytes(),
    ])) {
        checks::genesis(&bytes);
    }

    #[test]
    fn lists_of_changes_have_one_encoding(bytes in mutated(vec![changes::encode([(3, [0; 32]), (900, [7; 32])])])) {
        checks::list_of_changes(&bytes);
    }

    #[test]
    fn tiles_of_any_bytes_make_proofs_or_errors(
        tile in prop::collection::vec(any::<u8>(), 0..9000),
        old in 0u64..70_000,
        new in 0u64..70_000,
    ) {
        checks::tiles(&tile, old, new);
    }

    #[test]
    fn shard_files_of_any_bytes_are_refused_or_the_shard(bytes in mutated(vec![shard_file()])) {
        checks::shard(&bytes);
    }
}

/// The file of the shard that [`checks::shard`] follows.
fn shard_file() -> Vec<u8> {
    let mut log = MemoryLog::new(samples::genesis(&["police"], 1));
    let entries = [schema("score/1"), commit("c", "score/1", 0..3)].map(|record| sign(record, "police"));
    log.submit(&entries, 100).unwrap();
    log.get(&"/credentials/shard/0/000.p/3".parse().unwrap(), 1 << 10).unwrap()
}

/// A log whose answer number `nth` is mutated.
struct Spoiled<'l> {
    log: &'l MemoryLog,
    nth: usize,
    mutation: Mutation,
    asked: std::cell::Cell<usize>,
}

impl Source for Spoiled<'_> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut body = self.log.get(resource, limit)?;
        if self.asked.replace(self.asked.get() + 1) == self.nth {
            self.mutation.apply(&mut body);
        }
        if body.len() as u64 > limit { Err(FetchError::TooLarge(resource.to_string())) } else { Ok(body) }
    }
}

/// A log of which every answer of some kinds is mutated.
struct SpoiledKind<'l> {
    log: &'l MemoryLog,
    kind: fn(&Resource) -> bool,
    mutations: Vec<Mutation>,
}

impl Source for SpoiledKind<'_> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut body = self.log.get(resource, limit)?;
        if (self.kind)(resource) {
            self.mutations.iter().for_each(|mutation| mutation.apply(&mut body));
        }
        Ok(body)
    }
}

/// A log with every kind of change, before and after a wallet's first sync.
fn history() -> [MemoryLog; 2] {
    let make = |more: bool| {
        let mut log = MemoryLog::new(samples::genesis(&["police", "tax"], 1));
        log.submit(&[sign(schema("score/1"), "police")], 100).unwrap();
        log.submit(&[sign(commit("c", "score/1", 0..300), "police")], 200).unwrap();
        if more {
            log.submit(&[sign(status("s", 7, "suspend"), "police")], 300).unwrap();
            log.submit(
                &[sign(schema("more/1"), "tax"), sign(commit("d", "score/1", 900..930), "police")],
                400,
            )
            .unwrap();
        }
        log
    };
    [make(false), make(true)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_follower_learns_the_truth_or_nothing(nth in 0usize..14, mutation in mutation()) {
        let [before, log] = history();
        let mut follower = Follower::light(before.state().registry().genesis().clone());
        let mut shard = ShardFollower::of(circuits::tree::Position::new(7).unwrap());
        shard.sync(&before, &mut follower, NOW).unwrap();
        let mut honest = follower.clone();
        let mut honest_shard = shard.clone();
        honest_shard.sync(&log, &mut honest, NOW).unwrap();
        let first = serde_json::to_string(&shard).unwrap();
        let spoiled = Spoiled { log: &log, nth, mutation, asked: std::cell::Cell::new(0) };
        let result = shard.sync(&spoiled, &mut follower, NOW);
        let told = |follower: &Follower| follower.newest().map(|root| (root.entries, root.root));
        if result.is_ok() {
            prop_assert_eq!(told(&follower), told(&honest));
            prop_assert_eq!(serde_json::to_string(&shard).unwrap(), serde_json::to_string(&honest_shard).unwrap());
            prop_assert_eq!(follower.registry().chain(), honest.registry().chain());
        } else {
            prop_assert_eq!(serde_json::to_string(&shard).unwrap(), first);
        }
    }

    #[test]
    fn a_changed_shard_or_cap_is_refused_or_means_the_same(
        kind in prop::sample::select(vec![
            (|r: &Resource| matches!(r, Resource::Shard(_) | Resource::ShardTile(..))) as fn(&Resource) -> bool,
            |r| matches!(r, Resource::Cap),
        ]),
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let [log, _] = history();
        let new = || {
            let follower = Follower::light(log.state().registry().genesis().clone());
            (follower, ShardFollower::of(circuits::tree::Position::new(7).unwrap()))
        };
        let (mut honest, mut whole) = new();
        whole.sync(&log, &mut honest, NOW).unwrap();
        let (mut follower, mut shard) = new();
        if shard.sync(&SpoiledKind { log: &log, kind, mutations }, &mut follower, NOW).is_ok() {
            prop_assert_eq!(serde_json::to_string(&shard).unwrap(), serde_json::to_string(&whole).unwrap());
        } else {
            prop_assert!(shard.root().is_none(), "nothing of it was taken in");
        }
    }

    #[test]
    fn a_spoiled_saved_state_is_refused_or_read(mutations in prop::collection::vec(mutation(), 1..3)) {
        let [log, _] = history();
        let mut follower = Follower::new(log.state().registry().genesis().clone());
        follower.sync(&log, NOW).unwrap();
        let mut bytes = serde_json::to_vec(&follower).unwrap();
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        let _ = serde_json::from_slice::<Follower>(&bytes);
    }
}
