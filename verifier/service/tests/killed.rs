//! Two processes of one counter with real answers, of which one is killed under load.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use ureq::Agent;
use verifier_service::bench::LoadSample;
use yong_tests::postgres::Server;

/// Answers of the sample, each of which comes to both processes.
const ANSWERS: usize = 256;
/// Wallets at the same time.
const WALLETS: usize = 16;

#[test]
fn a_process_that_is_killed_loses_no_answer_and_the_other_takes_none_again() {
    let Some(server) = Server::start() else { return };
    let store = server.schema("register");
    let (mut one, other) = (Serving::start(&store, ANSWERS), Serving::start(&store, 0));
    let bodies = LoadSample::built_in().bodies();
    let next = AtomicUsize::new(0);
    let (tell, told) = channel();
    let mut all: BTreeMap<usize, Vec<Option<u16>>> = BTreeMap::new();
    thread::scope(|scope| {
        let addresses = [one.address.clone(), other.address.clone()];
        for _ in 0..WALLETS {
            let (tell, addresses, bodies, next) = (tell.clone(), addresses.clone(), &bodies, &next);
            scope.spawn(move || {
                let agent = agent();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(body) = bodies[..ANSWERS].get(number) else { return };
                    for address in [&addresses[number % 2], &addresses[(number + 1) % 2]] {
                        tell.send((number, post(&agent, address, body))).unwrap();
                    }
                }
            });
        }
        drop(tell);
        for (heard, (number, answered)) in told.iter().enumerate() {
            all.entry(number).or_default().push(answered);
            if heard == ANSWERS {
                one.kill();
            }
        }
    });
    let mut unsaid = 0;
    for (number, answered) in &all {
        let taken = answered.iter().filter(|answered| **answered == Some(200)).count();
        let cut_off = answered.iter().filter(|answered| answered.is_none()).count();
        assert!(taken <= 1, "answer {number} was taken twice: {answered:?}");
        assert!(taken == 1 || cut_off == 1, "answer {number} was never taken: {answered:?}");
        unsaid += cut_off;
    }
    assert!(unsaid > 0, "it was killed under load");
    let mut client = server.client();
    let mut count = |query: &str| client.query_one(query, &[]).unwrap().get::<_, i64>(0);
    let answers = i64::try_from(ANSWERS).unwrap();
    assert_eq!(count("SELECT count(*) FROM register.transactions WHERE status = 'passed'"), answers);
    assert_eq!(count("SELECT count(*) FROM register.receipts WHERE passed"), answers, "each has one receipt");
}

/// A process of the counter.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    /// One that has made so many requests.
    fn start(store: &str, requests: usize) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verifier"));
        command.args(["bench-http", "--serve", &requests.to_string()]).env("YONG_VERIFIER_STORE", store);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned() }
    }
    /// `kill -9`.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The test may have ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(60))).build().into()
}

/// What the service said; `None` if it went away.
fn post(agent: &Agent, address: &str, body: &str) -> Option<u16> {
    let request = agent.post(format!("http://{address}/response"));
    let sent = request.header("content-type", "application/x-www-form-urlencoded").send(body);
    sent.ok().map(|response| response.status().as_u16())
}
