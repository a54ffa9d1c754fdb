//! The service as several processes of this program, over one database, that end when nobody holds their input open.

use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::sample::LoadSample;
use super::serving::{Serving, accepted_of};
use crate::store::{
    CounterStore as _, Outcome, PostgresAddress, PostgresStore, ScratchSchema, StoreAddress, Transaction,
};

/// How many processes there are, and over which database.
pub struct Processes {
    /// How many.
    pub count: NonZero<u8>,
    /// Where a schema is made for each round, and deleted after it.
    pub register: PostgresAddress,
    /// The folder of the sample, if it is not the built-in one.
    pub samples: Option<PathBuf>,
}

/// Running processes with open requests.
pub(super) struct ServingApart {
    children: Vec<Child>,
    pub(super) addresses: Vec<SocketAddr>,
    requests: Vec<Transaction>,
    schema: ScratchSchema,
}

impl ServingApart {
    /// Starts them. The first has made the requests of the sample just now.
    pub(super) fn start(of: &Processes, sample: &LoadSample, count: usize) -> Result<Self, String> {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let name = format!("yong_bench_{}_{since}", std::process::id());
        let schema = ScratchSchema::make(&of.register, name).map_err(|error| error.to_string())?;
        let requests = sample.scene.transactions(count);
        let mut serving = Self { children: Vec::new(), addresses: Vec::new(), requests, schema };
        for number in 0..of.count.get() {
            serving.add(of, if number == 0 { count } else { 0 })?;
        }
        Ok(serving)
    }

    fn add(&mut self, of: &Processes, requests: usize) -> Result<(), String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.args(["bench-http", "--serve", &requests.to_string()]);
        if let Some(samples) = &of.samples {
            command.arg("--samples").arg(samples);
        }
        // Not an argument: it may hold a password.
        command.env(STORE, self.schema.address().expose());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let said = child.stdout.take();
        self.children.push(child);
        let mut line = String::new();
        BufReader::new(said.ok_or("no output")?).read_line(&mut line).map_err(|error| error.to_string())?;
        let address = line.trim().parse::<SocketAddr>();
        self.addresses.push(address.map_err(|_| "a process of the service did not start".to_owned())?);
        Ok(())
    }

    /// How many requests have passed, as the database has it.
    pub(super) fn passed(&self) -> Result<usize, String> {
        let store = PostgresStore::open(self.schema.address()).map_err(|error| error.to_string())?;
        accepted_of(&self.requests, |request| {
            let found = store.transaction(&request.id).map_err(|error| error.to_string())?;
            Ok(found.is_some_and(|found| matches!(found.outcome, Outcome::Passed { .. })))
        })
    }
}

/// Before the schema is deleted: what they still write has a place.
impl Drop for ServingApart {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.stdin.take());
        }
        for child in &mut self.children {
            // It was asked to end, and holds nothing that is needed.
            let _ = child.wait();
        }
    }
}

/// One of the processes: serves on loopback until its input ends. It has made the first so many requests just now.
pub fn serve_apart(sample: &LoadSample, register: PostgresAddress, requests: usize) -> Result<(), String> {
    let requests = sample.scene.transactions(requests);
    let serving = Serving::start(sample, Some(StoreAddress::Postgres(register)), requests)?;
    writeln!(stdout(), "{}", serving.address()).map_err(|error| error.to_string())?;
    stdin().lock().lines().map_while(Result::ok).for_each(drop);
    Ok(())
}

/// Where a process is told its database.
const STORE: &str = "YONG_VERIFIER_STORE";
