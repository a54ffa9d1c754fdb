//! One of two wallets that are paired at the command line: what each says is passed on line by line.

#![expect(clippy::unwrap_used, reason = "fixtures of tests: a failed unwrap is a failed test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running `wallet pair`; killed when dropped.
pub struct Pairing {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Pairing {
    /// Starts `wallet --json pair` with `--offer` or `--accept`; the command has all that comes before.
    pub fn begin(mut wallet: Command, side: &str) -> Self {
        wallet.args(["--json", "pair", side]);
        wallet.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = wallet.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Both wallets, up to where the number is compared, and the number that the second one shows.
    pub fn compared(mut wallet: impl FnMut(&str) -> Command, homes: [&str; 2]) -> ([Self; 2], String) {
        let mut first = Self::begin(wallet(homes[0]), "--offer");
        let mut second = Self::begin(wallet(homes[1]), "--accept");
        second.hears(&first.says("message"));
        first.hears(&second.says("message"));
        second.hears(&first.says("message"));
        let number = second.says("number");
        ([first, second], number)
    }

    /// What it says next, under this name.
    pub fn says(&mut self, name: &str) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        said[name].as_str().unwrap_or_else(|| panic!("{name}: {line}")).to_owned()
    }

    /// Gives it a line.
    pub fn hears(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Its exit code, and what it says of an error.
    pub fn ends(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Pairing {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
