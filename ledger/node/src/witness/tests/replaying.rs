//! A witness that replays: what derives is cosigned, and every lie of the log's key is refused and kept.

use ledger::genesis::Genesis;
use ledger::record::{Entry, Record, Signer, StateRoot};
use ledger::resource::Resource;
use ledger::samples::{self, MemoryLog};
use ledger::source::{FetchError, Source};
use ledger::tile::TILE_WIDTH;
use ledger::witness::{REPLAY_ENTRIES, refused_path};

use super::*;
use crate::testing::witnesses::{replaying, replaying_config};
use crate::testing::{CREDIT, TAX, commit, schema, status};

fn genesis() -> Genesis {
    samples::replayed_genesis(&[CREDIT, TAX], 2, (&["w1", "w2", "w3"], 2), (&["w1"], 1))
}

/// A log of some commitments by [`CREDIT`].
fn ledger() -> MemoryLog {
    let mut log = MemoryLog::new(genesis());
    log.submit(&[], 100).unwrap();
    log.submit(&[schema("score/1"), commit("c1", 0, 3)], 101).unwrap();
    log
}

fn witness_in(folder: &Path) -> Witness {
    let config = replaying_config(folder, "w1", &genesis());
    Witness::open_with_clock(&config, ManualClock::new(NOW).clock()).unwrap()
}

/// The tiles of a log in memory.
struct Tiles<'l>(&'l MemoryLog);

impl TileReader for Tiles<'_> {
    type Error = FetchError;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, FetchError> {
        self.0.get(&Resource::Tile(path), u64::MAX)
    }
}

fn size(log: &MemoryLog) -> u64 {
    log.entries().len() as u64
}

fn note(log: &MemoryLog) -> Note {
    Note::parse(&log.get(&Resource::Checkpoint, u64::MAX).unwrap()).unwrap()
}

/// What the log sends from `from` on.
fn entries(log: &MemoryLog, from: u64) -> ReplayEntries {
    let end = size(log).min((from / TILE_WIDTH + 1) * TILE_WIDTH);
    let range = usize::try_from(from).unwrap()..usize::try_from(end).unwrap();
    let entries = log.entries()[range].iter().map(|entry| entry.bytes().to_vec()).collect();
    ReplayEntries {
        from,
        entries,
        proof: consistency_proof(end, size(log), &Tiles(log)).unwrap(),
        note: note(log),
    }
}

fn send(witness: &Witness, log: &MemoryLog, from: u64) -> Result<u64, NotCosigned> {
    witness.replay_entries(&entries(log, from).to_bytes())
}

fn ask(witness: &Witness, log: &MemoryLog, old: u64) -> Result<NoteSignature, NotCosigned> {
    let proof = consistency_proof(old, size(log), &Tiles(log)).unwrap();
    witness.add_checkpoint(AddCheckpoint { old, proof, note: note(log) }.to_string().as_bytes())
}

/// Has everything up to the log's checkpoint replayed and cosigned, from what was before.
fn cosigned(witness: &Witness, log: &MemoryLog, old: u64) {
    let mut reached = old;
    while reached < size(log) {
        reached = send(witness, log, reached).unwrap();
    }
    let mut note = note(log);
    note.push(ask(witness, log, old).unwrap());
    let name = "w1".parse().unwrap();
    verify_cosignature(&note, &name, &insecure_key("w1").public()).unwrap();
}

fn log_signed(root: StateRoot) -> Entry {
    let signer = Signer::Log(samples::origin());
    Entry::sign(&samples::origin(), Record::Root(root), signer, &insecure_key("ledger.test/1")).unwrap()
}

fn refusal(refused: Result<u64, NotCosigned>) -> ReplayRefusal {
    match refused {
        Err(NotCosigned::NotReplayed(NotReplayed::Refused(refusal))) => *refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_derives_is_cosigned_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = ledger();
    let witness = witness_in(folder.path());
    let unsent = ask(&witness, &log, 0).unwrap_err();
    assert!(matches!(unsent, NotCosigned::NotReplayed(NotReplayed::Reached(0))), "{unsent}");
    cosigned(&witness, &log, 0);
    log.submit(&(0..600).map(|i| commit(&format!("m{i}"), 10 + i, 1)).collect::<Vec<_>>(), 102).unwrap();
    cosigned(&witness, &log, 4);
    drop(witness);
    let witness = witness_in(folder.path());
    let elsewhere = send(&witness, &log, 0).unwrap_err();
    assert!(matches!(elsewhere, NotCosigned::NotReplayed(NotReplayed::Reached(605))), "{elsewhere}");
    ask(&witness, &log, 605).unwrap();
    log.submit(&[status("s1", 2, "revoke")], 103).unwrap();
    cosigned(&witness, &log, 605);
}

/// What a log that lies by `lie` after [`ledger`] is refused for; what is true instead is cosigned afterwards.
fn refused(lie: impl Fn(&mut MemoryLog)) -> ReplayRefusal {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(folder.path());
    cosigned(&witness, &ledger(), 0);
    let mut lying = ledger();
    lie(&mut lying);
    let found = refusal(send(&witness, &lying, 4));
    for _ in 0..2 {
        assert!(ask(&witness, &lying, 4).is_err(), "no checkpoint over it is cosigned");
        assert_eq!(refusal(send(&witness, &lying, 4)).reason, found.reason, "nor when it is asked again");
    }
    let log = Digest::of(b"ledger.test/1");
    assert_eq!(witness.refusals(&log).unwrap().unwrap(), std::slice::from_ref(&found));
    assert!(witness.newest(&log).unwrap().unwrap().starts_with("ledger.test/1\n4\n"));
    let mut honest = ledger();
    honest.submit(&[commit("honest", 50, 1)], 102).unwrap();
    cosigned(&witness, &honest, 4);
    drop(witness);
    assert_eq!(
        witness_in(folder.path()).refusals(&log).unwrap().unwrap(),
        std::slice::from_ref(&found),
        "it is durable"
    );
    let kept = Checkpoint::open(
        found.checkpoint.as_bytes(),
        &samples::origin(),
        &insecure_key("ledger.test/1").public(),
    );
    assert_eq!(kept.unwrap().size, size(&lying), "what is kept is what the log's key signed");
    found
}

#[test]
fn a_forged_root_is_refused() {
    let refusal = refused(|log| {
        let root = circuits::Fr::from(12345_u64).into();
        let forged = StateRoot { root, ..log.state().state_root(200) };
        log.append_unchecked(log_signed(forged));
    });
    assert_eq!(refusal.entry, 4);
    assert!(refusal.reason.contains("the state root says root = 12345"), "{}", refusal.reason);
    assert!(refusal.record.contains("state.root"), "{}", refusal.record);
}

#[test]
fn leaves_that_no_entry_commits_are_refused() {
    let refusal = refused(|log| {
        let honest = log.state().state_root(200);
        log.append_unchecked(log_signed(StateRoot { leaves: honest.leaves + 1, ..honest }));
    });
    assert!(refusal.reason.contains("leaves = 4"), "{}", refusal.reason);
}

#[test]
fn a_forged_registry_chain_is_refused() {
    let refusal = refused(|log| {
        let forged = StateRoot { registry: Digest::of(b"another registry"), ..log.state().state_root(200) };
        log.append_unchecked(log_signed(forged));
    });
    assert!(refusal.reason.contains("the state root says registry"), "{}", refusal.reason);
}

/// A log whose next batch commits the same number in the name of [`TAX`].
fn as_tax() -> MemoryLog {
    let mut log = ledger();
    log.submit(&[samples::sign(samples::commit("x", "score/1", [77]), TAX)], 200).unwrap();
    log
}

#[test]
fn a_leaf_under_another_department_is_refused() {
    let refusal = refused(|log| {
        log.append_unchecked(samples::sign(samples::commit("x", "score/1", [77]), CREDIT));
        log.append_unchecked(as_tax().entries().last().unwrap().clone());
    });
    assert_eq!(refusal.entry, 5);
    assert!(refusal.reason.contains("the state root says root"), "{}", refusal.reason);
}

#[test]
fn a_commitment_in_the_name_of_a_department_that_did_not_sign_it_is_refused() {
    let refusal = refused(|log| {
        let record = samples::commit("x", "score/1", [77]);
        let signer = Signer::Department(TAX.parse().unwrap());
        let forged = Entry::sign(&samples::origin(), record, signer, &insecure_key("ledger.test/1"));
        log.append_unchecked(forged.unwrap());
        log.append_unchecked(as_tax().entries().last().unwrap().clone());
    });
    assert_eq!(refusal.entry, 4);
    assert!(refusal.record.contains(TAX), "{}", refusal.record);
}

#[test]
fn a_status_by_another_department_is_refused() {
    let refusal = refused(|log| {
        log.append_unchecked(samples::sign(samples::status("s", 0, "revoke"), TAX));
        log.append_unchecked(log_signed(StateRoot { entries: 5, ..log.state().state_root(200) }));
    });
    assert_eq!(refusal.entry, 4);
}

#[test]
fn a_lie_in_a_later_batch_is_refused_and_what_was_before_it_derives() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(folder.path());
    let mut lying = ledger();
    lying.submit(&[commit("c2", 20, 2)], 102).unwrap();
    let forged = StateRoot { leaves: 9, ..lying.state().state_root(200) };
    lying.append_unchecked(log_signed(forged));
    assert_eq!(refusal(send(&witness, &lying, 0)).entry, 6);
    let mut honest = ledger();
    honest.submit(&[commit("c2", 20, 2)], 102).unwrap();
    honest.submit(&[commit("c3", 30, 2)], 103).unwrap();
    assert!(matches!(send(&witness, &honest, 0), Err(NotCosigned::NotReplayed(NotReplayed::Reached(6)))));
    assert_eq!(send(&witness, &honest, 6).unwrap(), 8);
    ask(&witness, &honest, 0).unwrap();
}

#[test]
fn an_entry_of_a_stranger_is_refused() {
    let refusal = refused(|log| {
        let unknown = samples::sign(samples::commit("x", "score/1", [77]), "stranger.nanning");
        log.append_unchecked(unknown);
        log.append_unchecked(log_signed(StateRoot { entries: 5, ..log.state().state_root(200) }));
    });
    assert_eq!(refusal.entry, 4);
}

#[test]
fn nobody_else_fills_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(folder.path());
    let log = ledger();
    let mut other = ledger();
    other.submit(&[commit("other", 60, 1)], 102).unwrap();
    let honest = entries(&log, 0);
    let unproved = |request: ReplayEntries| witness.replay_entries(&request.to_bytes());
    let mut changed = honest.clone();
    changed.entries[1] = other.entries()[4].bytes().to_vec();
    let mut cut = honest.clone();
    cut.entries.pop();
    let longer = ReplayEntries { note: note(&log), ..entries(&other, 0) };
    for bad in [changed, cut, longer] {
        let refused = unproved(bad).unwrap_err();
        assert!(matches!(refused, NotCosigned::NotReplayed(NotReplayed::NotProved)), "{refused}");
    }
    let mut forged = honest.clone();
    forged.note = Note::new(honest.note.text().to_owned()).unwrap();
    forged.note.sign(&samples::origin(), &insecure_key("somebody")).unwrap();
    assert!(matches!(unproved(forged), Err(NotCosigned::Refused(CosignRefusal::NotSigned))));
    assert_eq!(
        witness.refusals(&Digest::of(b"ledger.test/1")).unwrap(),
        Some(vec![]),
        "nothing is kept of it"
    );
    cosigned(&witness, &log, 0);
}

#[test]
fn half_a_batch_and_another_history_are_not_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(folder.path());
    let mut log = ledger();
    cosigned(&witness, &log, 0);
    log.append_unchecked(commit("open", 60, 1));
    assert_eq!(send(&witness, &log, 4).unwrap(), 5, "the rest of the batch may follow");
    let half = ask(&witness, &log, 4).unwrap_err();
    assert!(matches!(half, NotCosigned::NotReplayed(NotReplayed::Reached(5))), "{half}");
    let mut other = ledger();
    other.submit(&[commit("other", 70, 1)], 102).unwrap();
    assert!(send(&witness, &other, 5).is_err(), "half a batch of another history is forgotten");
    assert_eq!(send(&witness, &other, 4).unwrap(), 6);
    let mut second = ledger();
    second.submit(&[commit("second", 80, 1)], 102).unwrap();
    let refused = ask(&witness, &second, 4).unwrap_err();
    assert!(matches!(refused, NotCosigned::NotReplayed(NotReplayed::OtherEntries)), "{refused}");
    ask(&witness, &other, 4).unwrap();
}

/// What is public is enough for a request: it must not make the witness forget what the log sent it.
#[test]
fn a_stranger_does_not_make_half_a_batch_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(folder.path());
    let mut half = ledger();
    cosigned(&witness, &half, 0);
    half.append_unchecked(commit("one", 60, 1));
    half.append_unchecked(commit("two", 61, 1));
    assert_eq!(send(&witness, &half, 4).unwrap(), 6);
    let unproved = ReplayEntries { from: 6, ..entries(&half, 4) };
    let known = ReplayEntries { from: 6, ..entries(&ledger(), 3) };
    let mut shorter = entries(&half, 4);
    shorter.entries.pop();
    shorter.proof = consistency_proof(5, 6, &Tiles(&half)).unwrap();
    for (request, reached) in [(unproved, 4), (known, 4), (shorter, 6)] {
        let refused = witness.replay_entries(&request.to_bytes()).unwrap_err();
        let NotCosigned::NotReplayed(NotReplayed::Reached(said)) = refused else { panic!("{refused}") };
        assert_eq!(said, reached);
    }
    let mut whole = ledger();
    whole.submit(&[commit("one", 60, 1), commit("two", 61, 1)], 102).unwrap();
    assert_eq!(send(&witness, &whole, 6).unwrap(), 7, "the rest of the batch follows");
    ask(&witness, &whole, 4).unwrap();
}

#[test]
fn a_time_in_the_future_is_not_cosigned_now() {
    let folder = tempfile::tempdir().unwrap();
    let witness = witness_in(folder.path());
    let mut log = ledger();
    cosigned(&witness, &log, 0);
    log.submit(&[], NOW + 9000).unwrap();
    let early = send(&witness, &log, 4).unwrap_err();
    assert!(
        matches!(early, NotCosigned::NotReplayed(NotReplayed::Early { entry: 4, ahead: 9000 })),
        "{early}"
    );
    assert!(ask(&witness, &log, 4).is_err());
}

#[test]
fn refusals_are_shown_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let served = replaying(folder.path(), "w1", &genesis());
    let mut log = ledger();
    let forged = StateRoot { leaves: 9, ..log.state().state_root(200) };
    log.append_unchecked(log_signed(forged));
    let post = |body: Vec<u8>| {
        read(agent().post(format!("{}{REPLAY_ENTRIES}", served.url)).send(&body[..]).unwrap())
    };
    let path = refused_path(&samples::origin());
    let shown = || read(agent().get(format!("{}{path}", served.url)).call().unwrap()).body;
    assert_eq!(shown(), "[]");
    assert_eq!(post(b"nonsense".to_vec()).status, 400);
    let answer = post(entries(&log, 0).to_bytes());
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("entry 4 does not derive"), "{}", answer.body);
    let shown: Vec<ReplayRefusal> = serde_json::from_str(&shown()).unwrap();
    assert_eq!((shown.len(), shown[0].entry), (1, 4));
    let proof = consistency_proof(0, 5, &Tiles(&log)).unwrap();
    let refused = add(&served, &AddCheckpoint { old: 0, proof, note: note(&log) });
    assert_eq!(refused.status, 422, "{}", refused.body);
    let answer = post(entries(&ledger(), 0).to_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (409, "4\n"), "what came before the lie was replayed");
}

#[test]
fn a_log_that_is_not_replayed_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "w1");
    let witness = Witness::open_with_clock(&config, ManualClock::new(NOW).clock()).unwrap();
    assert!(matches!(send(&witness, &ledger(), 0), Err(NotCosigned::DoesNotReplay)));
    assert_eq!(witness.refusals(&Digest::of(b"ledger.test/1")).unwrap(), None);
}

#[test]
fn a_genesis_that_contradicts_the_configuration_or_the_copy_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(witness_in(folder.path()));
    let other = samples::genesis(&[CREDIT], 1);
    let config = replaying_config(folder.path(), "w1", &other);
    let refused = Witness::open(&config).err();
    assert!(
        matches!(refused, Some(WitnessOpenError::Replay(ReplayOpenError::OtherGenesis(_)))),
        "{refused:?}"
    );
    std::fs::write(&config.replay[0], "{}").unwrap();
    assert!(matches!(Witness::open(&config), Err(WitnessOpenError::Genesis { .. })));
    let mut config = replaying_config(folder.path(), "w1", &genesis());
    drop(Witness::open(&config).unwrap());
    let edited = [&genesis().to_bytes()[..], b"\n"].concat();
    std::fs::write(&config.replay[0], edited).unwrap();
    assert!(matches!(Witness::open(&config), Err(WitnessOpenError::Genesis { .. })));
    std::fs::write(&config.replay[0], genesis().to_bytes()).unwrap();
    config.logs[0].key = insecure_key("somebody").public();
    assert!(matches!(Witness::open(&config), Err(WitnessOpenError::TwoKeys(_))));
}
