//! What the log says, read from its beginning: the registry, when each thing was published, and counts of credentials.

use std::collections::BTreeMap;
use std::io;

use circuits::credential::DepartmentId;
use ledger::genesis::Genesis;
use ledger::key::PublicKey;
use ledger::record::{Entry, EntryError, Part, ReasonCode, Record};
use ledger::registry::{Registry, RegistryError};
use ledger::resource::Resource;
use ledger::tile::{Numbered, TILE_WIDTH, TileWidth};

use super::counts::Counts;
use crate::http::read::{ReadError, read};
use crate::node::Node;
use crate::tiles;

/// The log as far as it was read.
pub(super) struct Gazette {
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
}

/// Why the log cannot be read again.
#[derive(Debug, thiserror::Error)]
pub(super) enum GazetteError {
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

impl From<io::Error> for GazetteError {
    fn from(error: io::Error) -> Self {
        Self::Read(error.into())
    }
}

impl Gazette {
    /// The gazette of a log of which nothing was read yet.
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
    pub(super) fn catch_up(&mut self, node: &Node, size: u64) -> Result<(), GazetteError> {
        let mut bytes = 0;
        while self.read < size && bytes < AT_A_TIME {
            bytes += self.take_bundle(node, size)?;
        }
        Ok(())
    }

    /// Takes in the next entry.
    pub(super) fn take_in(&mut self, entry: &Entry) -> Result<(), GazetteError> {
        let index = self.read;
        match entry.record().part() {
            Part::Registry => {
                self.registry.apply(index, entry).map_err(|error| GazetteError::Registry(index, error))?;
                self.untimed.push(index);
                self.remember(index, entry.record());
            }
            Part::Credentials => self.counts.take_in(entry.record()),
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

    fn take_bundle(&mut self, node: &Node, size: u64) -> Result<usize, GazetteError> {
        let index = self.read / TILE_WIDTH;
        let missing = || GazetteError::Missing(index);
        let width = TileWidth::of(index, size).ok_or_else(missing)?;
        let bytes = read(node, &Resource::Entries(Numbered { index, width }))?.ok_or_else(missing)?;
        let entries = tiles::split_bundle(&bytes).ok_or(GazetteError::Damaged(index))?;
        let known = (self.read % TILE_WIDTH) as usize;
        for entry in entries.get(known..).unwrap_or_default() {
            let entry = Entry::parse(entry).map_err(|error| GazetteError::Entry(self.read, error))?;
            self.take_in(&entry)?;
        }
        Ok(bytes.len())
    }

    /// A batch ends with its state root, which has the time.
    fn stamp(&mut self, record: &Record) {
        let Record::Root(root) = record else { return };
        let untimed = std::mem::take(&mut self.untimed);
        self.times.extend(untimed.into_iter().map(|index| (index, root.time)));
    }

    fn remember(&mut self, index: u64, record: &Record) {
        let (id, what) = match record {
            Record::Admit(r) => (&r.department.id, Happened::Admitted(r.department.key)),
            Record::Rotate(r) => (&r.department, Happened::Rotated(r.key)),
            Record::Suspend(r) => (&r.department, Happened::Suspended(r.reason.clone())),
            Record::Reinstate(r) => (&r.department, Happened::Reinstated(r.reason.clone())),
            _ => return,
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
        let mut gazette = Gazette::new(&samples::genesis(&[CREDIT, TAX], 1));
        for record in [rotate, suspend] {
            gazette.take_in(&sign_approved(samples::record(record), &[CREDIT])).unwrap();
        }
        let tax = TAX.parse().unwrap();
        let happened: Vec<_> =
            gazette.history(&tax).iter().map(|event| (event.index, event.what.clone())).collect();
        let reason = "audit".parse().unwrap();
        assert_eq!(happened, [(0, Happened::Rotated(new)), (1, Happened::Suspended(reason))]);
        assert!(gazette.history(&CREDIT.parse().unwrap()).is_empty());
    }

    #[test]
    fn what_the_registry_refuses_is_not_taken_in() {
        let mut gazette = Gazette::new(&samples::genesis(&[CREDIT, TAX], 1));
        assert!(gazette.take_in(&sign(samples::schema("score/1"), "stranger")).is_err());
        assert_eq!(gazette.read(), 0);
    }
}
