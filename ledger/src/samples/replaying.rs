//! A path to a ledger in somebody's hand.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::resource::Resource;
use crate::source::{FetchError, Source};

/// A path to a ledger that remembers every answer, and from some moment on repeats them for ever: checkpoints, tiles,
/// everything. It needs no key.
pub struct Replaying<S> {
    source: S,
    recorded: Mutex<BTreeMap<String, Vec<u8>>>,
    repeats: AtomicBool,
}

impl<S> Replaying<S> {
    /// Passes everything on, as yet.
    pub fn new(source: S) -> Self {
        Self { source, recorded: Mutex::default(), repeats: AtomicBool::new(false) }
    }
    /// From now on the ledger is not asked any more.
    pub fn repeat(&self) {
        self.repeats.store(true, Ordering::SeqCst);
    }
    /// From now on the ledger is asked again.
    pub fn pass_on(&self) {
        self.repeats.store(false, Ordering::SeqCst);
    }
}

impl<S: Source> Source for Replaying<S> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = resource.to_string();
        let mut recorded = self.recorded.lock().expect("no test panics while it holds the lock");
        if self.repeats.load(Ordering::SeqCst) {
            return recorded.get(&path).cloned().ok_or(FetchError::NotFound(path));
        }
        let body = self.source.get(resource, limit)?;
        recorded.insert(path, body.clone());
        Ok(body)
    }
}
