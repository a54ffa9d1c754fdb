//! The sandbox as whoever writes a program meets it: `city --sandbox`, its people, and the examples.

use std::io::{BufRead, BufReader, Lines};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::foreign::script;
use super::programs::{Running, agent};

/// A sandbox that runs, with everybody in it.
pub(crate) struct Sandbox {
    city: Running,
    page: String,
    counter: String,
}

impl Sandbox {
    /// Starts it in a folder of its own, with somebody to tell of ended requests.
    pub(crate) fn start(folder: &Path, receiver: Option<&Receiver>) -> Self {
        let ports = free_ports().to_string();
        let data = folder.join("sandbox");
        let mut arguments = vec!["--sandbox", "--data", data.to_str().unwrap(), "--ports", &ports];
        if let Some(receiver) = receiver {
            let secret = receiver.secret.to_str().unwrap();
            arguments.extend(["--webhook", &receiver.url, "--webhook-secret-file", secret]);
        }
        let ports: u16 = ports.parse().unwrap();
        let city = Running::start("city", &arguments, folder.join("city.log"));
        let at = |offset: u16| format!("http://127.0.0.1:{}", ports + offset);
        let mut sandbox = Self { city, page: at(0), counter: at(3) };
        sandbox.wait_until_ready(1);
        sandbox
    }

    /// Until everybody has moved in for the so-manieth time.
    fn wait_until_ready(&mut self, time: usize) {
        let page = format!("{}/people", self.page);
        let log = self.city.log().to_owned();
        self.city.until(|| {
            let said = std::fs::read_to_string(&log).unwrap();
            said.matches("ready, until").count() == time && agent().get(&page).call().is_ok()
        });
    }

    /// Who there is.
    pub(crate) fn people(&self) -> Vec<Value> {
        let mut answer = agent().get(format!("{}/people", self.page)).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }

    /// The counter's verdict on somebody's answer to a policy.
    pub(crate) fn verdict(&self, person: &str, policy: &str) -> Value {
        let asked = self.ask(json!({ "policy": policy }));
        self.present(person, &asked);
        self.result(&asked, "?wait=25").1
    }

    /// Everything begins again.
    pub(crate) fn reset(&mut self) {
        assert_eq!(post(&format!("{}/reset", self.page), json!({}))["outcome"], "resetting");
        self.wait_until_ready(2);
    }

    /// What a program asks, with what it adds to a request.
    pub(crate) fn ask(&self, asked: Value) -> Value {
        post(&format!("{}/requests", self.counter), asked)
    }

    /// What a wallet comes back with.
    pub(crate) fn present(&self, person: &str, asked: &Value) -> Value {
        post(&format!("{}/people/{person}/present", self.page), json!({ "link": asked["link"] }))
    }

    /// Status and body of a result.
    pub(crate) fn result(&self, asked: &Value, query: &str) -> (u16, Value) {
        let transaction = asked["transaction"].as_str().unwrap();
        let mut answer =
            agent().get(format!("{}/transactions/{transaction}{query}", self.counter)).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }

    /// The exit code and output of the example in Python; `None` where there is none.
    pub(crate) fn python(&self, policy: &str, person: &str) -> Option<(Option<i32>, String)> {
        let arguments = [policy, person, "--counter", &self.counter, "--sandbox", &self.page];
        let mut command = Command::new(python()?);
        Some(output(command.arg(example("python/ask.py")).args(arguments)))
    }

    /// The same of the example in TypeScript, compiled first; `None` where there is no compiler.
    pub(crate) fn typescript(
        &self,
        folder: &Path,
        policy: &str,
        person: &str,
    ) -> Option<(Option<i32>, String)> {
        let compiler = script("openapi", "node_modules/.bin/tsc")?;
        let mut compile = Command::new(compiler);
        compile.args([
            "--strict",
            "--target",
            "es2022",
            "--module",
            "nodenext",
            "--lib",
            "es2022,dom",
            "--outDir",
        ]);
        assert_eq!(output(compile.arg(folder).arg(example("typescript/ask.ts"))), (Some(0), String::new()));
        let mut command = Command::new("node");
        command.arg(folder.join("ask.js")).args([policy, person]);
        Some(output(command.env("COUNTER", &self.counter).env("SANDBOX", &self.page)))
    }

    /// As Ctrl-C does.
    pub(crate) fn stop(&mut self) {
        self.city.stop();
    }
}

/// The example that takes the counter's messages. It ends with the test.
pub(crate) struct Receiver {
    program: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
    secret: PathBuf,
}

impl Receiver {
    /// `None` where there is no Python.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let secret = folder.join("secret");
        std::fs::write(&secret, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n").unwrap();
        let mut command = Command::new(python()?);
        command.arg(example("python/webhook.py")).arg(&secret).args(["--port", "0"]);
        let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut receiver = Self { program, lines, url: String::new(), secret };
        receiver.next()["listening"].as_str().unwrap().clone_into(&mut receiver.url);
        Some(receiver)
    }

    /// The next message that was believed.
    pub(crate) fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// What it says of a message that somebody else made up.
    pub(crate) fn answers_a_forger(&self) -> u16 {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let forged = agent().post(&self.url).header("webhook-id", "msg_1").header("webhook-timestamp", time);
        let forged = forged.header("webhook-signature", "v1,AAAA").send(r#"{"data": {}}"#).unwrap();
        forged.status().as_u16()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path)
}

fn python() -> Option<&'static str> {
    let there = Command::new("python3").arg("--version").output().is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "CI has no python3");
    if !there {
        eprintln!("skipped: needs python3");
    }
    there.then_some("python3")
}

fn output(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

fn post(url: &str, body: Value) -> Value {
    let mut answer = agent().post(url).send_json(body).unwrap();
    answer.body_mut().read_json().unwrap()
}

/// The first of forty ports that nobody listens at.
fn free_ports() -> u16 {
    let all_free =
        |first: &u16| (*first..first + 40).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    (20_000..30_000).step_by(40).find(all_free).unwrap()
}
