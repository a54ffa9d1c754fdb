//! `kill -9` under load: whatever was acknowledged is there, and the log is whole.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ledger::record::{Entry, encode_batch};
use ledger_node::fsck;
use serde_json::Value;

use crate::support::{commit, data, get, post, schema};

#[test]
fn killed_nodes_lose_nothing_that_they_acknowledged() {
    let folder = data();
    let mut acknowledged: Vec<(Entry, Value)> = Vec::new();
    let rounds = rounds();
    for round in 0..rounds {
        let mut node = Running::start(folder.path());
        for (entry, answer) in &acknowledged {
            assert_eq!(accepted(&node.url, entry).as_ref(), Some(answer), "a retry gets the first answer");
        }
        acknowledged.extend(load(&mut node, round));
        drop(node);
        drop(Running::start(folder.path()));
        let report = fsck(folder.path(), &mut |_, _| {}).unwrap();
        assert_eq!(report.difference, None, "round {round}");
    }
    assert!(acknowledged.len() >= rounds * FEWEST);
}

/// Writers submit until the node is killed under them; gives what was acknowledged.
fn load(node: &mut Running, round: usize) -> Vec<(Entry, Value)> {
    let first = schema("score/1");
    let answer = accepted(&node.url, &first).unwrap();
    let (count, dead, url) = (AtomicUsize::new(0), AtomicBool::new(false), node.url.clone());
    let mut all = vec![(first, answer)];
    std::thread::scope(|scope| {
        let writer = |writer: usize| {
            let (url, count, dead) = (&url, &count, &dead);
            scope.spawn(move || write(url, round, writer, count, dead))
        };
        let writers: Vec<_> = (0..WRITERS).map(writer).collect();
        // Another number in each round, so that the node dies at another moment.
        let enough = FEWEST + round * 37 % 61;
        while count.load(Ordering::SeqCst) < enough
            && !writers.iter().all(std::thread::ScopedJoinHandle::is_finished)
        {
            std::thread::yield_now();
        }
        node.child.kill().unwrap();
        dead.store(true, Ordering::SeqCst);
        all.extend(writers.into_iter().flat_map(|writer| writer.join().unwrap()));
    });
    all
}

fn write(
    url: &str,
    round: usize,
    writer: usize,
    count: &AtomicUsize,
    dead: &AtomicBool,
) -> Vec<(Entry, Value)> {
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let first = ((round * WRITERS + writer) * 100_000 + n * 10) as u64;
        let entry = commit(&format!("r{round}-w{writer}-{n}"), first, 3);
        match accepted(url, &entry) {
            Some(answer) => acknowledged.push((entry, answer)),
            None if dead.load(Ordering::SeqCst) => break,
            None => {}
        }
        count.fetch_add(1, Ordering::SeqCst);
    }
    acknowledged
}

fn accepted(url: &str, entry: &Entry) -> Option<Value> {
    let answer = post(url, "/entries", &encode_batch(std::slice::from_ref(entry))).ok()?;
    (answer.status == 200).then(|| answer.json())
}

/// The real binary, killed when dropped.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    /// Starts the node and waits until it says that it listens and is ready.
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ledger"))
            .args(["--json", "serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = said["listening"].as_str().unwrap().to_owned();
        assert_eq!(get(&url, "/readyz").unwrap().status, 200);
        Self { child, url }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// Rounds, unless `YONG_CRASH_ROUNDS` says another number.
fn rounds() -> usize {
    std::env::var("YONG_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5)
}

const WRITERS: usize = 4;
/// Submissions of a round before the node is killed, at least.
const FEWEST: usize = 20;
