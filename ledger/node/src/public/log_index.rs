//! What the log says, read from its beginning: the registry, when each thing was published, and counts of credentials.

use std::collections::BTreeMap;
use std::io;

use circuits::credential::DepartmentId;
use ledger::genesis::Genesis;
use ledger::key::PublicKey;
use ledger::record::{Entry, EntryError, Part, ReasonCode, Record};
use ledger::registry::{Moment, Registry, RegistryError};
use ledger::resource::Resource;
use ledger::tile::{Numbered, TILE_WIDTH, TileWidth};

use super::counts::Counts;
use crate::http::read::{ReadError, read};
use crate::node::Node;
use crate::tiles;

/// The log as far as it was read.
pub(super) struct LogIndex {
    read: u64,
    registry: Registry,
    /// When each entry of the registry was ordered, unix seconds.
    times: BTreeMap<u64, u64>,
    /// Entries of the registry whose batch is not read to its end.
    untimed: Vec<u64>,
    history: BTreeMap<DepartmentId, Vec<Event>>,
    counts: Counts,
}

/// Something that happened to a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Index of the entry.
    pub(super) index: u64,
    pub(super) what: Happened,
}

/// What happened to a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    Admitted(PublicKey),
    Rotated(PublicKey),
    Suspended(ReasonCode),
    Reinstated(ReasonCode),
    /// Credentials of it were withdrawn by the others.
    Withdrawn(ReasonCode),
}

/// Why the log cannot be read again.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogIndexError {
    #[error("bundle {0} of entries is not there")]
    Missing(u64),
    #[error("bundle {0} of entries is damaged")]
    Damaged(u64),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("entry {0}: {1}")]
    Entry(u64, #[source] EntryError),
    #[error("entry {0}: {1}")]
    Registry(u64, #[source] RegistryError),
}

impl From<io::Error> for LogIndexError {
    fn from(error: io::Error) -> Self {
        Self::Read(error.into())
    }
}

impl LogIndex {
    /// The index of a log of which nothing was read yet.
    pub(super) fn new(genesis: &Genesis) -> Self {
        Self {
            read: 0,
            registry: Registry::new(genesis.clone()),
            times: BTreeMap::new(),
            untimed: Vec::new(),
            history: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    /// Reads on up to `size` entries, at most [`AT_A_TIME`] bytes of them and a bundle more.
    pub(super) fn catch_up(&mut self, node: &Node, size: u64) -> Result<(), LogIndexError> {
        let mut bytes = 0;
        while self.read < size && bytes < AT_A_TIME {
            bytes += self.take_bundle(node, size)?;
        }
        Ok(())
    }

    /// Takes in the next entry.
    pub(super) fn apply(&mut self, entry: &Entry) -> Result<(), LogIndexError> {
        let index = self.read;
        match entry.record().part() {
            Part::Registry => {
                let applied = self.registry.apply(Moment::in_log(index), entry);
                applied.map_err(|error| LogIndexError::Registry(index, error))?;
                self.untimed.push(index);
                self.remember(index, entry.record());
                self.counts.apply(entry);
            }
            Part::Credentials => self.counts.apply(entry),
            Part::Root => self.stamp(entry.record()),
        }
        self.read = index + 1;
        Ok(())
    }

    /// How many entries were read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }
    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }
    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
    /// When an entry of the registry was ordered, unix seconds.
    pub(super) fn time(&self, index: u64) -> Option<u64> {
        self.times.get(&index).copied()
    }
    /// What happened to a department since the genesis, in order.
    pub(super) fn history(&self, department: &DepartmentId) -> &[Event] {
        self.history.get(department).map_or(&[], Vec::as_slice)
    }

    fn take_bundle(&mut self, node: &Node, size: u64) -> Result<usize, LogIndexError> {
        let index = self.read / TILE_WIDTH;
        let missing = || LogIndexError::Missing(index);
        let width = TileWidth::at(index, size).ok_or_else(missing)?;
        let bytes = read(node, &Resource::Entries(Numbered { index, width }))?.ok_or_else(missing)?;
        let entries = tiles::split_bundle(&bytes).ok_or(LogIndexError::Damaged(index))?;
        let known = (self.read % TILE_WIDTH) as usize;
        for entry in entries.get(known..).unwrap_or_default() {
            let entry = Entry::parse(entry).map_err(|error| LogIndexError::Entry(self.read, error))?;
            self.apply(&entry)?;
        }
        Ok(bytes.len())
    }

    /// A batch ends with its state root, which has the time.
    fn stamp(&mut self, record: &Record) {
        let Some(root) = record.state_root() else { return };
        let untimed = std::mem::take(&mut self.untimed);
        self.times.extend(untimed.into_iter().map(|index| (index, root.time)));
    }

    fn remember(&mut self, index: u64, record: &Record) {
        let (id, what) = match record {
            Record::Admit(r) => (&r.department.id, Happened::Admitted(r.department.key)),
            Record::Rotate(r) => (&r.department, Happened::Rotated(r.key)),
            Record::Suspend(r) => (&r.department, Happened::Suspended(r.reason.clone())),
            Record::Reinstate(r) => (&r.department, Happened::Reinstated(r.reason.clone())),
            Record::Withdraw(r) => (&r.department, Happened::Withdrawn(r.reason.clone())),
            Record::Schema(_)
            | Record::Policy(_)
            | Record::Model(_)
            | Record::Key(_)
            | Record::Retire(_)
            | Record::Commit(_)
            | Record::Status(_)
            | Record::Verifier(_)
            | Record::Trustee(_)
            | Record::Recovery(_)
            | Record::Disclosure(_)
            | Record::Root(_) => return,
        };
        self.history.entry(id.clone()).or_default().push(Event { index, what });
    }
}

/// Bytes of entries that one reader reads on, so that the first one after a start need not wait for the whole log.
const AT_A_TIME: usize = 64 << 20;

#[cfg(test)]
mod tests {
    use ledger::samples::{self, insecure_key, sign, sign_approved};
    use serde_json::json;

    use super::*;
    use crate::testing::{CREDIT, TAX};

    #[test]
    fn a_departments_keys_and_standing_are_remembered_in_order() {
        let new = insecure_key("new").public();
        let (rotate, suspend) = (
            json!({"kind": "department.rotate", "id": "r", "department": TAX, "key": new, "approvals": []}),
            json!({"kind": "department.suspend", "id": "s", "department": TAX, "reason": "audit", "approvals": []}),
        );
        let mut log_index = LogIndex::new(&samples::genesis(&[CREDIT, TAX], 1));
        for (entries, record) in (0..).zip([rotate, suspend]) {
            let mut record = samples::record(record);
            record.bind(samples::terms(entries));
            log_index.apply(&sign_approved(record, &[CREDIT])).unwrap();
        }
        let tax = TAX.parse().unwrap();
        let happened: Vec<_> =
            log_index.history(&tax).iter().map(|event| (event.index, event.what.clone())).collect();
        let reason = "audit".parse().unwrap();
        assert_eq!(happened, [(0, Happened::Rotated(new)), (1, Happened::Suspended(reason))]);
        assert!(log_index.history(&CREDIT.parse().unwrap()).is_empty());
    }

    #[test]
    fn what_the_registry_refuses_is_not_taken_in() {
        let mut log_index = LogIndex::new(&samples::genesis(&[CREDIT, TAX], 1));
        assert!(log_index.apply(&sign(samples::schema("score/1"), "stranger")).is_err());
        assert_eq!(log_index.read(), 0);
    }
}
