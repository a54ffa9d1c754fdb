//! A PostgreSQL server of the test's own: a free port, a folder that goes with it, and, where asked for, a synchronous
//! standby or TLS. Never run by root, which the server refuses: as root, it runs as the user `postgres` of the package.

#![expect(clippy::unwrap_used, reason = "fixtures of tests: a failed unwrap is a failed test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::authority::Pair;

/// A primary, and perhaps its standby. Dropping it stops them and removes their folder.
pub struct Server {
    bin: PathBuf,
    folder: String,
    primary: u16,
    standby: Option<u16>,
}

impl Server {
    /// A server, or a word on why there is none: without PostgreSQL a test is skipped, but never on CI.
    pub fn start() -> Option<Self> {
        let Some(bin) = installed() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is missing: install 15 or newer");
            eprintln!("skipped: needs PostgreSQL");
            return None;
        };
        let folder = run(command("mktemp").args(["-d", "/tmp/yong-postgres.XXXXXX"]));
        let server = Self { bin, folder: folder.trim().to_owned(), primary: free_port(), standby: None };
        let to = server.at("primary");
        run(server.tool("initdb").args(["--no-sync", "-A", "trust", "-U", "postgres", "-D", &to]));
        server.launch("primary", server.primary, "");
        Some(server)
    }

    /// The same with a certificate, which nobody has to use.
    pub fn start_with_tls(pair: &Pair) -> Option<Self> {
        let server = Self::start()?;
        for (file, name) in [(&pair.cert, "server.crt"), (&pair.key, "server.key")] {
            server.put(&format!("{}/{name}", server.at("primary")), &std::fs::read(file).unwrap());
        }
        run(server.tool("pg_ctl").args(["stop", "-m", "fast", "-w", "-D", &server.at("primary")]));
        server.launch("primary", server.primary, "-c ssl=on");
        Some(server)
    }

    /// The same with a standby that has every commit on its disk before the primary acknowledges it.
    pub fn start_with_standby() -> Option<Self> {
        let mut server = Self::start()?;
        let port = free_port();
        let primary = server.primary.to_string();
        let to = server.at("standby");
        let mut copy = server.tool("pg_basebackup");
        copy.args([
            "-R",
            "-U",
            "postgres",
            "-h",
            "127.0.0.1",
            "-p",
            &primary,
            "-D",
            &to,
            "--checkpoint=fast",
        ]);
        run(&mut copy);
        server.launch("standby", port, "");
        server.standby = Some(port);
        let mut client = server.client();
        client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").unwrap();
        client.batch_execute("SELECT pg_reload_conf()").unwrap();
        let sync = "SELECT count(*) FROM (SELECT pg_sleep(0.05)) wait, pg_stat_replication WHERE sync_state = 'sync'";
        while client.query_one(sync, &[]).unwrap().get::<_, i64>(0) == 0 {}
        Some(server)
    }

    /// Leads to whichever server takes writes.
    pub fn address(&self) -> String {
        let standby = self.standby.map_or(String::new(), |port| format!(",127.0.0.1:{port}"));
        let primary = self.primary;
        format!("postgresql://postgres@127.0.0.1:{primary}{standby}/postgres?target_session_attrs=read-write")
    }

    /// A connection to whichever server takes writes.
    pub fn client(&self) -> postgres::Client {
        postgres::Client::connect(&self.address(), postgres::NoTls).unwrap()
    }

    /// The port of the primary on loopback.
    pub fn port(&self) -> u16 {
        self.primary
    }

    /// Leads to a new, empty schema.
    pub fn schema(&self, name: &str) -> String {
        let mut client = self.client();
        client.batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
        format!("{}&options=-csearch_path%3D{name}", self.address())
    }

    /// Kills the primary and all its processes at once, as a power cut would.
    pub fn kill_primary(&self) {
        let file = format!("{}/postmaster.pid", self.at("primary"));
        let first = run(command("head").args(["-n", "1", &file]));
        let postmaster = first.trim();
        let children = run(command("ps").args(["-o", "pid=", "--ppid", postmaster]));
        let all = std::iter::once(postmaster).chain(children.split_whitespace());
        // A child may end by itself in between; that the postmaster is gone is what counts.
        let _ = command("kill").arg("-9").args(all).output();
    }

    /// The standby takes writes from now on.
    pub fn promote(&self) {
        run(self.tool("pg_ctl").args(["promote", "-w", "-D", &self.at("standby")]));
    }

    fn launch(&self, name: &str, port: u16, more: &str) {
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} {more}",
            self.folder
        );
        let folder = self.at(name);
        let log = format!("{}.log", self.at(name));
        run(self.tool("pg_ctl").args(["start", "-w", "-D", &folder, "-l", &log, "-o", &options]));
    }
    /// Writes a file that the server alone may read.
    fn put(&self, path: &str, content: &[u8]) {
        let mut writing = command("sh");
        writing.args(["-c", "umask 077 && cat > \"$1\"", "sh", path]).stdin(Stdio::piped());
        let mut writing = writing.spawn().unwrap();
        writing.stdin.take().unwrap().write_all(content).unwrap();
        assert!(writing.wait().unwrap().success(), "{path} in {} cannot be written", self.folder);
    }
    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
    fn tool(&self, name: &str) -> Command {
        command(self.bin.join(name).to_str().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for name in ["standby", "primary"] {
            let mut stop = self.tool("pg_ctl");
            // One of them may have been killed by the test.
            let _ = stop.args(["stop", "-m", "immediate", "-w", "-D", &self.at(name)]).output();
        }
        let _ = command("rm").args(["-rf", "--", &self.folder]).output();
    }
}

/// The programs of the newest installed version from 15 on.
fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let found = versions.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = found.filter(|path| version(path) >= Some(15)).max_by_key(|path| version(path))?;
    Some(newest.join("bin")).filter(|bin| bin.join("initdb").exists())
}

/// A command as a user that PostgreSQL runs as.
fn command(program: &str) -> Command {
    let uid = Command::new("id").arg("-u").output().unwrap();
    let mut command = if uid.stdout.trim_ascii() == b"0" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/tmp").env("LC_ALL", "C");
    command
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
