//! Processes that share one register and are killed under load: no use of a pseudonym is acknowledged and lost, and none
//! counted twice.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use circuits::Fr;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use openid4vc::vp::Nonce;
use verifier::receipt::{Evidence, Session};
use verifier::{Answer, Verified};
use verifier_service::store::{
    CounterStore, Finalized, Outcome, PostgresStore, StoreAddress, Transaction, TransactionEnd, Uses,
};
use yong_tests::postgres::Server;

/// What tells this program that it is a worker: the register, the worker's name and the first batch.
const WORKER: &str = "YONG_TEST_REGISTER_WORKER";
/// Answers that are judged together.
const BATCH: u64 = 50;
/// Batches of a worker; each has the same pseudonyms, so that all but one of their answers must be refused.
/// `YONG_TEST_ATTEMPTS` asks for more answers over all workers.
const BATCHES: u64 = 25;
const WORKERS: usize = 4;

#[test]
fn processes_that_are_killed_lose_no_use_and_count_none_twice() {
    let Some(server) = Server::start() else { return };
    let batches = env::var("YONG_TEST_ATTEMPTS")
        .map_or(BATCHES, |attempts| attempts.parse::<u64>().unwrap().div_ceil(BATCH * WORKERS as u64));
    let address = server.schema("register");
    drop(store(&address));
    let (tell, told) = channel();
    let mut workers: Vec<Worker> =
        (0..WORKERS).map(|number| Worker::start(&address, number, 0, batches, &tell)).collect();
    let mut all = Acknowledged::default();
    // Each is killed once in the middle of its work, wherever it then is, and goes on where it was heard of last.
    for (round, number) in (0..WORKERS).enumerate() {
        let heard = all.listen_until(&told, batches * (round as u64 + 1) / (WORKERS as u64 + 1));
        workers[number].kill();
        let first = heard.get(&number).copied().unwrap_or(0);
        workers[number] = Worker::start(&address, number + WORKERS * (round + 1), first, batches, &tell);
    }
    drop(tell);
    all.listen_until(&told, u64::MAX);
    for worker in &mut workers {
        assert!(worker.child.wait().unwrap().success());
    }
    all.are_remembered(&server, &store(&address), batches);
}

/// Not a test: what the workers of the one above do.
#[test]
fn worker() {
    let Ok(order) = env::var(WORKER) else { return };
    let [address, name, first, batches] = *order.split(' ').collect::<Vec<_>>() else { panic!("{order}") };
    let (store, uses) = (store(address), uses());
    for batch in first.parse::<u64>().unwrap()..batches.parse().unwrap() {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let requests: Vec<_> = numbers.clone().map(|n| transaction(&format!("{name}-{n}"))).collect();
        let answers: Vec<_> = numbers.clone().map(answer).collect();
        store.insert_batch(&requests).unwrap();
        let ends: Vec<_> = (requests.iter().zip(&answers))
            .map(|(request, answer)| {
                let receipt = format!("r-{}", request.id.as_str());
                TransactionEnd::accepted(request, answer, &uses, receipt, request.made_at, |_| evidence())
            })
            .collect();
        for (number, ended) in numbers.zip(store.finalize_batch(&ends).unwrap()) {
            let ended = match ended.unwrap() {
                Finalized::Recorded => "passed",
                Finalized::NoUsesLeft => "refused",
                Finalized::AlreadyAnswered => panic!("{name}-{number} was answered once"),
            };
            println!("ended {name} {number} {ended}");
        }
    }
}

/// A process of this program that only works.
struct Worker {
    child: Child,
}

impl Worker {
    fn start(address: &str, number: usize, first: u64, batches: u64, tell: &Sender<String>) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "worker", "--nocapture", "--test-threads=1"]);
        command.env(WORKER, format!("{address} w{number} {first} {batches}"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let tell = tell.clone();
        // Ends with the process's output.
        thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child }
    }
    /// `kill -9`, and nothing is waited for but its end.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What workers said, each line after its answer was acknowledged.
#[derive(Default)]
struct Acknowledged {
    passed: BTreeMap<u64, String>,
    refused: Vec<(u64, String)>,
}

impl Acknowledged {
    /// Until somebody works at this batch, or nobody is left. Returns the batch of each of the first workers.
    fn listen_until(&mut self, told: &Receiver<String>, batch: u64) -> BTreeMap<usize, u64> {
        let mut heard = BTreeMap::new();
        while let Ok(line) = told.recv() {
            // The harness writes its own words, also before the first of ours.
            let Some((_, ended)) = line.split_once("ended ") else { continue };
            let [name, number, how] = *ended.split(' ').collect::<Vec<_>>() else { continue };
            let number: u64 = number.parse().unwrap();
            match how {
                "passed" => {
                    let before = self.passed.insert(number, name.to_owned());
                    assert_eq!(before, None, "pseudonym {number} was accepted twice");
                }
                "refused" => self.refused.push((number, name.to_owned())),
                _ => continue,
            }
            heard.insert(name[1..].parse().unwrap(), number / BATCH);
            if number / BATCH >= batch {
                break;
            }
        }
        heard
    }

    fn are_remembered(&self, server: &Server, store: &PostgresStore, batches: u64) {
        let pseudonyms = i64::try_from(batches * BATCH).unwrap();
        let mut client = server.client();
        let mut count = |query: &str| client.query_one(query, &[]).unwrap().get::<_, i64>(0);
        assert_eq!(count("SELECT count(*) FROM register.uses WHERE used = 1"), pseudonyms, "each is used");
        assert_eq!(count("SELECT sum(used)::bigint FROM register.uses"), pseudonyms, "and once");
        let twice = "SELECT count(DISTINCT nullifier) - count(*) FROM register.receipts WHERE passed";
        assert_eq!(count(twice), 0, "no pseudonym has two receipts that passed");
        assert_eq!(count("SELECT count(*) FROM register.receipts WHERE passed"), pseudonyms);
        let ends = |number: u64, name: &str| {
            let id = transaction(&format!("{name}-{number}")).id;
            store.transaction(&id).unwrap().expect("what was acknowledged is kept").outcome
        };
        for (number, name) in &self.passed {
            assert!(matches!(ends(*number, name), Outcome::Passed { .. }), "{name}-{number} was lost");
        }
        for (number, name) in &self.refused {
            assert!(matches!(ends(*number, name), Outcome::Refused { .. }), "{name}-{number} was lost");
        }
        let attempts = self.passed.len() + self.refused.len();
        eprintln!(
            "{attempts} answers acknowledged over {WORKERS} processes that were all killed, {pseudonyms} uses"
        );
    }
}

fn store(address: &str) -> PostgresStore {
    match address.parse().unwrap() {
        StoreAddress::Postgres(address) => PostgresStore::open(&address).unwrap(),
        StoreAddress::Sqlite(path) => panic!("{} is a file", path.display()),
    }
}

fn uses() -> Uses {
    Uses::Named { publisher: "credit.nanning".parse().unwrap(), scope: "survey-2026".into(), limit: 1 }
}

fn word(text: &str) -> Nonce {
    Nonce::try_from(text.to_owned()).unwrap()
}

fn transaction(name: &str) -> Transaction {
    Transaction {
        id: word(&format!("{name}-id")).into(),
        request: word(&format!("{name}-request")).into(),
        state: word(&format!("{name}-state")),
        nonce: word(&format!("{name}-nonce")),
        policy: "survey/1".parse().unwrap(),
        policy_digest: Digest::of(b"policy"),
        key_digest: Digest::of(b"key"),
        key_use: KeyUse::Ceremony,
        made_at: 1_760_000_000,
        expires_at: 1_760_000_300,
        keep_until: 1_760_086_400,
        match_code: "0042".into(),
        response_key: None,
        reference: None,
        redirect: None,
        outcome: Outcome::Pending,
    }
}

fn answer(nullifier: u64) -> Verified<Answer> {
    Verified::assumed_for_tests_only(Answer {
        root: Fr::from(7_u64).into(),
        nullifier: Fr::from(nullifier).into(),
        revealed: BTreeMap::new(),
        proofs: Vec::new(),
        across: None,
        models: Vec::new(),
        key_digest: Digest::of(b"key"),
        key_use: KeyUse::Ceremony,
    })
}

fn evidence() -> Evidence {
    let session = Session {
        client_id: "x509_hash:counter".into(),
        nonce: word("nonce"),
        thumbprint: Digest::of(b"key"),
        response_uri: "http://127.0.0.1:7003/response".into(),
        asked_at: 1_760_000_000,
        expires_at: 1_760_000_300,
    };
    let nullifier = Fr::from(1_u64).into();
    let seal = "unsigned".into();
    Evidence {
        session,
        nullifier,
        shown: Vec::new(),
        across: None,
        models: Vec::new(),
        root_entry: None,
        seal,
    }
}
