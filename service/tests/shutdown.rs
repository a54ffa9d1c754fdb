//! A process that is asked to end, from outside.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::future::pending;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use service::shutdown;

/// Runs in a process of its own, which the tests below start.
#[tokio::test]
#[ignore = "waits for signals"]
async fn waits_for_signals() {
    tokio::select! {
        biased;
        () = shutdown::requested() => println!("asked"),
        () = says("listening") => {}
    }
    // A request that does not end.
    pending::<()>().await;
}

/// Everything before it has been polled once.
async fn says(what: &str) {
    println!("{what}");
    pending::<()>().await;
}

#[test]
fn the_first_signal_asks_and_the_second_ends_the_process_at_once() {
    for (signals, exit_code) in [(["-TERM", "-TERM"], 143), (["-INT", "-INT"], 130), (["-INT", "-TERM"], 143)]
    {
        let mut process = Waiting::start();
        process.hears("listening");
        process.send(signals[0]);
        process.hears("asked");
        process.send(signals[1]);
        assert_eq!(process.child.wait().unwrap().code(), Some(exit_code), "{signals:?}");
    }
}

struct Waiting {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Waiting {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "waits_for_signals", "--nocapture"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    fn hears(&mut self, what: &str) {
        let mut line = String::new();
        while !line.contains(what) {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the process ended before it said {what}");
        }
    }

    fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
