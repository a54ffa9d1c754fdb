//! What a unit's filter lets through, and what its service asked the kernel for.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Systemd's sets of system calls by their names, which begin with `@`.
pub(crate) struct Sets(BTreeMap<String, Vec<String>>);

impl Sets {
    /// As the installed systemd has them.
    pub(crate) fn installed() -> Self {
        let said = Command::new("systemd-analyze").args(["--no-pager", "syscall-filter"]).output().unwrap();
        let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in String::from_utf8(said.stdout).unwrap().lines() {
            if line.starts_with('@') {
                line.clone_into(&mut current);
            } else if line.starts_with(' ') && !line.trim().starts_with('#') {
                sets.entry(current.clone()).or_default().push(line.trim().to_owned());
            }
        }
        Self(sets)
    }

    /// What a unit's `SystemCallFilter` lines let through: lists of sets, those with `~` taken away.
    pub(crate) fn allowed(&self, unit: &str) -> BTreeSet<String> {
        let mut allowed = BTreeSet::new();
        for list in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
            let calls =
                |names: &str| names.split(' ').flat_map(|name| self.calls(name)).collect::<BTreeSet<_>>();
            match list.strip_prefix('~') {
                Some(denied) => allowed = &allowed - &calls(denied),
                None => allowed.extend(calls(list)),
            }
        }
        allowed
    }

    fn calls(&self, name: &str) -> BTreeSet<String> {
        match self.0.get(name) {
            Some(members) => members.iter().flat_map(|member| self.calls(member)).collect(),
            None => BTreeSet::from([name.to_owned()]),
        }
    }
}

/// The names in what strace wrote, with a process before each.
pub(crate) fn traced(calls: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let (_, call) = line.trim_start().split_once(' ')?;
        let (name, _) = call.trim_start().split_once('(')?;
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_').then(|| name.to_owned())
    };
    calls.lines().filter_map(name).collect()
}

/// Whether memory was to be both written and run, which `MemoryDenyWriteExecute` forbids.
pub(crate) fn runs_what_it_wrote(calls: &str) -> bool {
    calls.lines().any(|line| line.contains("PROT_WRITE") && line.contains("PROT_EXEC"))
}
