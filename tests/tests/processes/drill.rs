//! The drill: everything is backed up while it runs, more happens, everything is lost, and everything comes back.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::deployment::{Deployment, PEOPLE, Services, ready};
use super::persons::{self, Helpers};
use super::programs::{Finished, Running, run};

/// Whoever is issued a credential after the backup.
const LATER: &str = PEOPLE[1].0;
/// Folders that are lost.
const FOLDERS: [&str; 6] = ["ledger", "desk", "other-desk", "counter", "credit-trustee", "archive-trustee"];

/// The backups, and what an operator keeps beside them: the keys.
pub(crate) struct Drill<'d> {
    deployment: &'d Deployment,
    /// Follows the ledger, and is not lost.
    mirror: Running,
    mirror_url: String,
}

impl<'d> Drill<'d> {
    /// Backs everything up. All services run, and so does a mirror.
    pub(crate) fn back_up(deployment: &'d Deployment) -> Self {
        for (key, kept) in
            [("ledger/log.key", "log.kept"), ("counter/certificate/counter.key", "counter.kept")]
        {
            fs::copy(deployment.file(key), deployment.file(kept)).unwrap();
        }
        let drill = Self::with_mirror(deployment);
        for (program, of, to) in backups(deployment) {
            let to = deployment.file(to);
            let of = of.each_ref().map(String::as_str);
            let made =
                killed_or_ended(drill.deployment, program, &[&["backup", "--to", &to], &of[..]].concat());
            assert!(!made.left, "{program} left something of a backup that was killed");
            // Where it was quick enough it is there, and whole: nothing is written over it.
            if Path::new(&to).exists() {
                fs::remove_file(&to).unwrap();
            }
            let back_up = ["backup", "--to", &to, "--json"];
            let back_up = [&back_up[..], &of].concat();
            let made = run(program, &back_up, &[]).yes_json();
            assert_eq!(made["service"], program, "{made}");
            assert!(run(program, &back_up, &[]).error().everything().contains("backup_exists"));
        }
        drill
    }

    /// Everything ends at once, and every disk is gone but the mirror's, and the counter's marker.
    pub(crate) fn lose(&self, services: &mut Services, helpers: &mut Helpers) {
        self.mirror_has_everything();
        services.kill();
        helpers.kill();
        for folder in FOLDERS {
            fs::remove_dir_all(self.deployment.file(folder)).unwrap();
        }
    }

    /// The ledger from the backup and the mirror. From the backup alone it does not go on: more was seen of it.
    pub(crate) fn restore_ledger(&self) {
        let file = |name: &str| self.deployment.file(name);
        let (from, data, key) = (file("ledger.backup"), file("ledger"), file("log.kept"));
        let restore = ["restore-backup", "--from", &from, "--data", &data, "--key", &key, "--json"];
        let killed = killed_or_ended(self.deployment, "ledger", &restore);
        assert!(!killed.left, "the ledger left something of a restore that was killed");
        fs::remove_dir_all(&data).ok();
        let restored = run("ledger", &restore, &[]).yes_json();
        assert_eq!(restored["before_the_next"], "operator", "{restored}");
        assert!(run("ledger", &restore, &[]).error().everything().contains("not_empty"));
        run("ledger", &["fsck", &data], &[]).yes();
        let serve = ["serve", "--data", &data, "--listen", "127.0.0.1:0", "--json"];
        let refused = run("ledger", &serve, &[]).error();
        assert!(refused.everything().contains("\"restored\""), "{}", refused.everything());

        fs::remove_dir_all(&data).unwrap();
        let restore = [&restore[..], &["--catch-up", &self.mirror_url]].concat();
        let restored = run("ledger", &restore, &[]).yes_json();
        assert_eq!(restored["size"], size(&self.mirror_url), "{restored}");
        assert!(restored["size"].as_u64() > restored["backed_up"].as_u64(), "{restored}");
        run("ledger", &["fsck", &data], &[]).yes();
    }

    /// Desks, counter and trustees, each of which has forgotten something. The ledger runs.
    pub(crate) fn restore_the_rest(&self) {
        self.refused();
        let file = |name: &str| self.deployment.file(name);
        let desk = |name: &str, config: &str| {
            let restore = ["restore-backup", "--from", &file(name), "--config", &file(config), "--json"];
            run("issuer", &restore, &[]).yes_json()["unknown_records"].as_u64().unwrap()
        };
        assert_eq!(desk("other-desk.backup", "other-desk.toml"), 0);
        assert!(desk("desk.backup", "desk.toml") > 0, "it issued something after the backup");
        let reconcile = ["reconcile", "--config", &file("desk.toml"), "--json"];
        run("issuer", &reconcile, &[]).no();
        run("issuer", &[&reconcile[..], &["--revoke"]].concat(), &[]).yes();

        let counter = self.restore_counter(&file("counter.backup"), "log.kept");
        assert!(counter.error().everything().contains("usage"), "a key of somebody else");
        let restored = self.restore_counter(&file("counter.backup"), "counter.kept").yes_json();
        assert_eq!(restored["since_the_backup"], "uses_lost", "{restored}");
        let (data, genesis, ledger) =
            (file("counter"), file("ledger/genesis.json"), self.deployment.ledger_url());
        let serve = ["serve", "--data", &data, "--genesis", &genesis, "--ledger", &ledger];
        let serve = [&serve[..], &["--listen", "127.0.0.1:0", "--development", "--json"]].concat();
        let refused = run("verifier", &serve, &[]).error();
        assert!(refused.everything().contains("older_database"), "{}", refused.everything());
        run("verifier", &["accept-restore", "--data", &data], &[]).yes();

        for department in ["credit", "archive"] {
            let (from, config) =
                (file(&format!("{department}-trustee.backup")), file(&format!("{department}-trustee.toml")));
            let restore = ["restore-backup", "--from", &from, "--config", &config, "--json"];
            run("trustee", &restore, &[]).yes();
        }
        assert!(
            !fs::read_dir(self.deployment.folder()).unwrap().any(|entry| is_left(&entry.unwrap().path())),
            "something is left of a restore"
        );
    }

    /// What was issued after the backup is revoked, and issued anew.
    pub(crate) fn goes_on(&self) {
        self.deployment.wallet_at("other-wallet", &["sync"]).yes();
        self.deployment.answers("other-wallet", "adult/1").no();
        persons::receive(self.deployment, "other-wallet", LATER);
        self.deployment.answers("other-wallet", "adult/1").yes();
    }

    /// No mirror is needed any more.
    pub(crate) fn end(mut self) {
        self.mirror.stop();
    }

    fn with_mirror(deployment: &'d Deployment) -> Self {
        let (url, data) = (deployment.ledger_url(), deployment.file("mirror"));
        let mirror =
            ["--json", "mirror", &url, "--data", &data, "--serve", "127.0.0.1:0", "--every-ms", "50"];
        let mut mirror = Running::start("ledger", &mirror, deployment.log("mirror"));
        let listening: Value = serde_json::from_str(&mirror.line()).unwrap();
        let mirror_url = listening["listening"].as_str().unwrap().to_owned();
        ready(&mirror_url);
        let start = Instant::now();
        while !Path::new(&deployment.file("mirror/checkpoint")).exists() {
            assert!(start.elapsed() < Duration::from_secs(60), "the mirror keeps no checkpoint");
        }
        Self { deployment, mirror, mirror_url }
    }

    /// Nothing is restored from what is damaged, somebody else's, or unknown to the ledger that answers.
    fn refused(&self) {
        let file = |name: &str| self.deployment.file(name);
        let whole = fs::read(file("counter.backup")).unwrap();
        fs::write(file("cut.backup"), &whole[..whole.len() / 2]).unwrap();
        let mut flipped = whole;
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        fs::write(file("flipped.backup"), flipped).unwrap();
        for (backup, code) in [
            ("cut.backup", "damaged_backup"),
            ("flipped.backup", "damaged_backup"),
            ("desk.backup", "other_service"),
            ("counter.kept", "not_a_backup"),
            ("none.backup", "backup_file"),
        ] {
            let refused = self.restore_counter(&file(backup), "counter.kept").error();
            assert!(refused.everything().contains(code), "{backup}: {}", refused.everything());
        }
        let desk = [
            "restore-backup",
            "--from",
            &file("other-desk.backup"),
            "--config",
            &file("desk.toml"),
            "--json",
        ];
        let refused = run("issuer", &desk, &[]).error();
        assert!(refused.everything().contains("somebody_elses_backup"), "{}", refused.everything());
        let nobody = ["restore-backup", "--from", &file("counter.backup"), "--data", &file("counter")];
        let nobody =
            [&nobody[..], &["--key", &file("counter.kept"), "--ledger", "http://127.0.0.1:9", "--json"]];
        let refused = run("verifier", &nobody.concat(), &[]).error();
        assert!(refused.everything().contains("ledger_not_compared"), "{}", refused.everything());
        for folder in ["desk", "counter"] {
            assert!(!Path::new(&file(folder)).exists(), "{folder}");
        }
    }

    fn restore_counter(&self, from: &str, key: &str) -> Finished {
        let (data, key, ledger) =
            (self.deployment.file("counter"), self.deployment.file(key), self.deployment.ledger_url());
        let restore = ["restore-backup", "--from", from, "--data", &data, "--key", &key, "--ledger", &ledger];
        run("verifier", &[&restore[..], &["--json"]].concat(), &[])
    }

    fn mirror_has_everything(&self) {
        let start = Instant::now();
        while size(&self.mirror_url) != size(&self.deployment.ledger_url()) {
            assert!(start.elapsed() < Duration::from_secs(60), "the mirror does not follow");
        }
    }
}

/// Program, arguments, and the file, of every service.
fn backups(deployment: &Deployment) -> [(&'static str, [String; 2], &'static str); 6] {
    let file = |name: &str| deployment.file(name);
    let data = |name| ["--data".to_owned(), file(name)];
    let config = |name| ["--config".to_owned(), file(name)];
    [
        ("ledger", data("ledger"), "ledger.backup"),
        ("issuer", config("desk.toml"), "desk.backup"),
        ("issuer", config("other-desk.toml"), "other-desk.backup"),
        ("verifier", data("counter"), "counter.backup"),
        ("trustee", config("credit-trustee.toml"), "credit-trustee.backup"),
        ("trustee", config("archive-trustee.toml"), "archive-trustee.backup"),
    ]
}

/// One person has a credential, shares with two trustees, and has answered the survey.
pub(crate) fn before(deployment: &Deployment) {
    deployment.wallet(&["init"]).yes();
    let received = persons::receive(deployment, "wallet", PEOPLE[0].0);
    assert_eq!(received["shares"]["stage"], "done", "{received}");
    deployment.until_asked("survey-2026/1");
    deployment.answers("wallet", "survey-2026/1").yes();
}

/// After the backup another person gets a credential and answers the survey.
pub(crate) fn after(deployment: &Deployment) {
    deployment.wallet_at("other-wallet", &["init"]).yes();
    persons::receive(deployment, "other-wallet", LATER);
    deployment.answers("other-wallet", "survey-2026/1").yes();
}

fn size(url: &str) -> Value {
    run("ledger", &["status", "--json", "--url", url], &[]).yes_json()["size"].clone()
}

/// What a program leaves that is killed in the middle.
struct Killed {
    /// Whether a later run of the same left something of the earlier one.
    left: bool,
}

/// Kills a program as soon as it works at something, unless it has ended by then. The place is free or whole afterwards, and
/// the next one removes what was left.
fn killed_or_ended(deployment: &Deployment, program: &str, arguments: &[&str]) -> Killed {
    let is_at_work =
        || fs::read_dir(deployment.folder()).unwrap().any(|entry| is_left(&entry.unwrap().path()));
    let mut running = Running::start(program, arguments, deployment.log("killed-backup"));
    running.kill_when(is_at_work);
    // The same again, elsewhere or refused: in both cases it looks at what is there first.
    let probe = deployment.file("probe.backup");
    run("ledger", &["backup", "--data", &deployment.file("mirror"), "--to", &probe], &[]).yes();
    fs::remove_file(probe).unwrap();
    Killed { left: is_at_work() }
}

fn is_left(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.starts_with(".yong-backup-")
}
