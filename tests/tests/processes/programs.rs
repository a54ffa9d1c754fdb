//! Runs the workspace's own programs, built once for this test's profile.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use yong_tests::authority::Authority;

/// A program's path.
pub(crate) fn program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).join(name)
}

/// Cargo builds only the binaries of the package under test, so those of the workspace are asked for here. With the tests among the
/// targets, features are the same as in a test of the whole workspace, and what that has built is not built again. For the
/// same reason this package's own variables are taken away: build scripts that look at them would run again.
fn build() -> PathBuf {
    let folder = profile_folder();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--workspace", "--bins", "--tests", "--quiet"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    let own =
        |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|own| name.starts_with(own));
    for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
        cargo.env_remove(name);
    }
    cargo.env("CARGO_TARGET_DIR", folder.parent().unwrap());
    assert!(cargo.status().unwrap().success(), "the programs do not build");
    folder
}

/// Where Cargo puts the programs of this profile: above the folder that this test runs from.
fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().to_owned()
}

/// Services say all that they ever say, so that a test that searches their logs searches the longest ones.
const EVERYTHING: &str = "debug,axum=trace,circuits=trace,ledger=trace,ledger_node=trace,issuer=trace,service=trace,verifier=trace,verifier_service=trace,wallet=trace";

/// A program that ended.
pub(crate) struct Finished {
    code: Option<i32>,
    stdout: String,
    pub(crate) stderr: String,
    what: String,
}

impl Finished {
    /// Exit code 0.
    pub(crate) fn yes(self) -> Self {
        self.with_code(0)
    }
    /// Exit code 1.
    pub(crate) fn no(self) -> Self {
        self.with_code(1)
    }
    /// Exit code 2.
    pub(crate) fn error(self) -> Self {
        self.with_code(2)
    }
    /// Any exit code but 0.
    pub(crate) fn not_yes(self) {
        assert_ne!(self.code, Some(0), "{} should have failed: {}", self.what, self.everything());
    }
    /// Whether the exit code is 0.
    pub(crate) fn is_yes(&self) -> bool {
        self.code == Some(0)
    }
    /// Exit code 0 and one JSON document.
    pub(crate) fn yes_json(self) -> Value {
        self.yes().json()
    }
    /// Exit code 1 and one JSON document.
    pub(crate) fn no_json(self) -> Value {
        self.no().json()
    }
    /// Both outputs.
    pub(crate) fn everything(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{}: {e}: {}", self.what, self.everything()))
    }
    fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}: {}", self.what, self.everything());
        self
    }
}

/// The certificates of the services, and whom they are from. One for the whole test; what needs none is none the worse.
pub(crate) fn authority() -> &'static (Authority, PathBuf) {
    static AUTHORITY: OnceLock<(Authority, PathBuf)> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let authority = Authority::new();
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ca-{}.pem", std::process::id()));
        std::fs::write(&file, authority.pem()).unwrap();
        ledger::client::trust(Some(&file)).unwrap();
        (authority, file)
    })
}

/// This test's own client, which knows that authority.
pub(crate) fn agent() -> ureq::Agent {
    authority();
    ledger::client::agent_builder().build().into()
}

/// A program that knows that authority.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    command.env("YONG_CA", &authority().1);
    command
}

/// Runs a program to its end.
pub(crate) fn run(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    ended(command(name), name, arguments, environment)
}

/// The same for a program to which nobody named the authority.
pub(crate) fn run_unaware(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    ended(Command::new(program(name)), name, arguments, environment)
}

fn ended(mut command: Command, name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let output =
        command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        what: format!("{name} {}", arguments.join(" ")),
    }
}

/// A program that is running; killed when dropped.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
    out: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a program whose standard error goes to a file.
    pub(crate) fn start(name: &str, arguments: &[&str], log: PathBuf) -> Self {
        let stderr = std::fs::File::create(&log).unwrap();
        let mut child = command(name)
            .args(arguments)
            .env("YONG_LOG", EVERYTHING)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let out = child.stdout.take().map(BufReader::new);
        Self { child, log, out }
    }

    /// The next line of its standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        let mut stdout = String::new();
        self.out.take().unwrap().read_to_string(&mut stdout).unwrap();
        let code = self.child.wait().unwrap().code();
        Finished { code, stdout, stderr: self.said(), what: self.log.display().to_string() }
    }

    /// Where its standard error goes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// What it said on standard error so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Returns as soon as something has happened; it must happen while the program runs.
    pub(crate) fn until(&mut self, happened: impl Fn() -> bool) {
        while !happened() {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended before: {}", self.said());
            std::thread::yield_now();
        }
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn stop(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
