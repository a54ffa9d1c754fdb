//! The afternoon of `docs/operating.md`: its commands on machines that are namespaces of this one.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use yong_tests::operating::{PAGE, blocks};

use super::deployment::PASSPHRASE;
use super::programs::{EVERYTHING, program};

/// What the page's commands need beside the city's programs, and what makes machines of namespaces.
const NEEDED: [&str; 10] = [
    "unshare",
    "ip",
    "setpriv",
    "runuser",
    "systemd-sysusers",
    "jq",
    "openssl",
    "curl",
    "promtool",
    "strace",
];

/// A city that was founded by the page.
pub(crate) struct Afternoon(tempfile::TempDir);

impl Afternoon {
    /// Follows the page; `None` where that cannot be done.
    pub(crate) fn follow() -> Option<Self> {
        if !is_possible() {
            return None;
        }
        let afternoon = Self(tempfile::tempdir().unwrap());
        afternoon.run();
        Some(afternoon)
    }

    fn run(&self) {
        let folder = self.0.path();
        fs::create_dir(folder.join("blocks")).unwrap();
        for (place, block) in blocks(PAGE).iter().enumerate() {
            let name = format!("blocks/{place:02}.{}.sh", block.machines.join(" "));
            fs::write(folder.join(name), format!("{}\n", block.commands)).unwrap();
        }
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let programs = program("ledger");
        let said = File::create(folder.join("said")).unwrap();
        let status = Command::new("unshare")
            .args(["--mount", "--net", "--uts", "--fork", "--pid", "--kill-child", "--mount-proc", "bash"])
            .arg(repository.join("tests/operating/city.sh"))
            .args([folder, repository, programs.parent().unwrap()])
            .env("SERVICES_LOG", EVERYTHING)
            .env("YONG_CLERK_PASSWORD", PASSPHRASE)
            .env("YONG_PASSPHRASE", PASSPHRASE)
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .status()
            .unwrap();
        let said = fs::read_to_string(folder.join("said")).unwrap();
        assert!(status.success() && said.ends_with("== done\n"), "{}{}", tail(&said), self.last_words());
    }

    /// What the services exported in the end.
    pub(crate) fn metrics(&self) -> String {
        self.read("admin/root/metrics.txt")
    }

    /// The log of each service on each machine.
    pub(crate) fn logs(&self) -> Vec<(PathBuf, String)> {
        self.written("log")
    }

    /// What each service asked the kernel for, by its unit's text.
    pub(crate) fn system_calls(&self) -> Vec<(String, String)> {
        let unit = |path: &Path| {
            let name = path.with_extension("service");
            let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd");
            fs::read_to_string(units.join(name.file_name().unwrap())).unwrap()
        };
        self.written("calls").into_iter().map(|(path, calls)| (unit(&path), calls)).collect()
    }

    /// Files beside the logs.
    fn written(&self, extension: &str) -> Vec<(PathBuf, String)> {
        let machines = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let folders = machines.map(|machine| machine.join("var/log/yong")).filter(|folder| folder.is_dir());
        let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap());
        let logs = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == extension));
        logs.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
    }

    /// What no log may have, by what it is.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, String)> {
        let people = self.read("gongan/root/people.csv");
        let person = people.lines().nth(1).unwrap().split(',').take(2);
        let keys = ["gongan/etc/yong/keys/staff.token", "window/etc/yong/keys/staff.token"];
        let offer: Value = serde_json::from_str(&self.read("admin/root/offer.json")).unwrap();
        let link = offer["offer"].as_str().unwrap().to_owned();
        let mut secrets = vec![("a password", PASSPHRASE.to_owned()), ("an offer", link)];
        secrets.extend(person.map(|cell| ("a person", cell.to_owned())));
        secrets.extend(keys.map(|key| ("a token", self.read(key).trim().to_owned())));
        secrets
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).unwrap()
    }

    fn last_words(&self) -> String {
        self.logs().iter().fold(String::new(), |mut text, (path, log)| {
            write!(text, "\n{}:\n{}", path.display(), tail(log)).unwrap();
            text
        })
    }
}

/// Whether this machine can be six.
fn is_possible() -> bool {
    let has = |name: &&str| {
        Command::new("which").arg(name).stdout(Stdio::null()).status().is_ok_and(|s| s.success())
    };
    let missing: Vec<&str> = NEEDED.iter().filter(|name| !has(name)).copied().collect();
    let namespaces =
        || Command::new("unshare").args(["--mount", "--net", "--uts", "true"]).stderr(Stdio::null()).status();
    let root = namespaces().is_ok_and(|status| status.success());
    if missing.is_empty() && root {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "missing: {missing:?}, may make namespaces: {root}");
    eprintln!("skipped: needs root, namespaces and {}", NEEDED.join(", "));
    false
}

/// As much as somebody reads.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
