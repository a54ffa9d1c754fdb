//! The real binary as a process of its own, and writers that load it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ledger::record::{Entry, encode_batch};
use serde_json::Value;

use crate::support::{commit, get, post, schema};

/// Writers submit until the node is killed under them; gives what was acknowledged.
pub(crate) fn load(node: &mut Running, round: usize) -> Vec<(Entry, Value)> {
    let first = schema("score/1");
    let answer = accepted(&node.url, &first).unwrap();
    let count = AtomicUsize::new(0);
    let dead = AtomicBool::new(false);
    let url = node.url.clone();
    let mut all = vec![(first, answer)];
    std::thread::scope(|scope| {
        let writer = |writer: usize| {
            let url = &url;
            let count = &count;
            let dead = &dead;
            scope.spawn(move || write(url, (round, writer), count, dead))
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
    (round, writer): (usize, usize),
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

pub(crate) fn accepted(url: &str, entry: &Entry) -> Option<Value> {
    let answer = post(url, "/entries", &encode_batch(std::slice::from_ref(entry))).ok()?;
    (answer.status == 200).then(|| answer.json())
}

/// The real binary, killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Running {
    /// Starts a node and waits until it says that it listens and is ready.
    pub(crate) fn node(folder: &Path) -> Self {
        Self::node_with(folder, &[])
    }

    /// The same with more arguments.
    pub(crate) fn node_with(folder: &Path, more: &[&str]) -> Self {
        let folder = folder.to_str().unwrap();
        let args = ["--json", "serve", "--listen", "127.0.0.1:0", "--data", folder];
        Self::start(&[&args, more].concat()).unwrap()
    }

    /// Runs the command until it listens; what it said instead, if it ended.
    pub(crate) fn start(args: &[&str]) -> Result<Self, Value> {
        Self::start_with(args, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(args: &[&str], variables: &[(&str, &Path)]) -> Result<Self, Value> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ledger"))
            .args(args)
            .env("YONG_LOG", "off")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let said = child.wait_with_output().unwrap().stderr;
            return Err(serde_json::from_slice(&said).unwrap());
        }
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = said["listening"].as_str().unwrap().to_owned();
        assert_eq!(get(&url, "/readyz").unwrap().status, 200);
        Ok(Self { child, url })
    }

    /// Ends it as an operator does, so that nothing is half done.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Waits until it ends by itself, and gives what it said then.
    pub(crate) fn ended(mut self) -> (i32, Value) {
        let code = self.child.wait().unwrap().code().unwrap();
        let mut said = Vec::new();
        self.child.stderr.take().unwrap().read_to_end(&mut said).unwrap();
        (code, serde_json::from_slice(&said).unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

const WRITERS: usize = 4;
/// Submissions of a round before the node is killed, at least.
pub(crate) const FEWEST: usize = 20;
