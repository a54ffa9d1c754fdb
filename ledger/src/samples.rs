//! Test doubles: keys, departments, and a whole log in memory. Behind the feature `test-support`; the keys are known to
//! everybody.

use std::sync::Mutex;

use circuits::credential::DepartmentId;
use circuits::schema::Localized;

use crate::genesis::{Department, Genesis};
use crate::key::DepartmentKey;
use crate::record::{Entry, Record};
use crate::resource::Resource;
use crate::source::{FetchError, Source};
use crate::state::{Accepted, Refusal, State};

/// The key that everybody can derive from a department's or a log's name.
pub fn insecure_key(name: &str) -> DepartmentKey {
    DepartmentKey::from_seed(crate::digest::Digest::of(name.as_bytes()).as_bytes())
}

/// A department with [`insecure_key`] and no desk.
pub fn department(id: &str) -> Department {
    Department {
        id: id.parse().expect("test departments have valid names"),
        title: localized(id),
        key: insecure_key(id).public(),
        desk: None,
    }
}

/// One text in both languages.
pub fn localized(text: &str) -> Localized {
    Localized(["zh-CN", "en"].map(|language| (language.to_owned(), text.to_owned())).into())
}

/// A genesis named `ledger.test/1` of these departments.
pub fn genesis(departments: &[&str], threshold: usize) -> Genesis {
    let origin = "ledger.test/1".parse().expect("a valid key name");
    let departments = departments.iter().map(|id| department(id)).collect();
    Genesis::new(origin, insecure_key("ledger.test/1").public(), departments, threshold)
        .expect("test departments are distinct")
}

/// Signs with [`insecure_key`] of the department.
pub fn sign(record: Record, department: &str) -> Entry {
    let id: DepartmentId = department.parse().expect("test departments have valid names");
    Entry::sign(record, id.into(), &insecure_key(department)).expect("test records are small")
}

/// A log in memory that answers like a node, and remembers what it was asked.
pub struct MemoryLog {
    state: State,
    requests: Mutex<Vec<String>>,
}

impl MemoryLog {
    /// A log without entries, whose log key is [`insecure_key`] of its origin.
    pub fn new(_genesis: Genesis) -> Self {
        todo!()
    }
    /// Orders entries, closes the batch with a state root at `time` (unix seconds), and signs a checkpoint.
    pub fn submit(&mut self, _entries: &[Entry], _time: u64) -> Result<Vec<Accepted>, (usize, Refusal)> {
        todo!()
    }
    /// Serves a file by its digest.
    pub fn add_blob(&mut self, _bytes: Vec<u8>) {
        todo!()
    }
    /// The state after all entries.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// Paths asked for since the last call, in order.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().expect("no test panics while it holds the lock"))
    }
}

impl Source for MemoryLog {
    fn get(&self, _resource: &Resource, _limit: u64) -> Result<Vec<u8>, FetchError> {
        todo!()
    }
}
