//! The sandbox as whoever writes a program meets it: `city --sandbox`, its people, and the example in Python.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::programs::{Running, agent};

/// A sandbox that runs, with everybody in it.
pub(crate) struct Sandbox {
    city: Running,
    page: String,
    counter: String,
}

impl Sandbox {
    /// Starts it in a folder of its own.
    pub(crate) fn start(folder: &Path) -> Self {
        let ports = free_ports();
        let data = folder.join("sandbox");
        let arguments = ["--sandbox", "--data", data.to_str().unwrap(), "--ports", &ports.to_string()];
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
        let asked = post(&format!("{}/requests", self.counter), json!({ "policy": policy }));
        let link = json!({ "link": asked["link"] });
        post(&format!("{}/people/{person}/present", self.page), link);
        let transaction = asked["transaction"].as_str().unwrap();
        let mut answer =
            agent().get(format!("{}/transactions/{transaction}?wait=25", self.counter)).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }

    /// Everything begins again.
    pub(crate) fn reset(&mut self) {
        assert_eq!(post(&format!("{}/reset", self.page), json!({}))["outcome"], "resetting");
        self.wait_until_ready(2);
    }

    /// The exit code and output of the example; `None` where there is no Python.
    pub(crate) fn example(&self, policy: &str, person: &str) -> Option<(Option<i32>, String)> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/python/ask.py");
        let arguments = [script, policy, person, "--counter", &self.counter, "--sandbox", &self.page];
        let Ok(output) = Command::new("python3").args(arguments).output() else {
            assert!(std::env::var_os("CI").is_none(), "CI has no python3");
            eprintln!("skipped: needs python3");
            return None;
        };
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        Some((output.status.code(), text))
    }

    /// As Ctrl-C does.
    pub(crate) fn stop(&mut self) {
        self.city.stop();
    }
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
