//! A key of a service that runs: its device may be taken out, and put back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger::key::{PublicKey, Signature};
use ledger::signer::{DepartmentSigner, SigningError};

/// A key, and whether it signed when it was asked last. Its clones are one.
///
/// The service says so once when it stops, and once when it signs again.
#[derive(Clone)]
pub struct WatchedKey {
    key: Arc<dyn DepartmentSigner>,
    /// What was said last, if that was no signature, and when.
    failed: Arc<Mutex<Option<(SigningError, Instant)>>>,
}

impl WatchedKey {
    /// Watches a key that was opened, and therefore signs.
    pub fn new(key: Box<dyn DepartmentSigner>) -> Self {
        Self { key: key.into(), failed: Arc::new(Mutex::new(None)) }
    }

    /// Whether it signed when it was asked last.
    pub fn check(&self) -> Result<(), SigningError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.as_ref().map_or(Ok(()), |(error, _)| Err(error.clone()))
    }

    /// The same, after a key that did not sign was asked again, if it was not just asked. May block as long as a device does.
    pub fn try_again(&self) -> Result<(), SigningError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match failed {
            None => Ok(()),
            Some((error, asked)) if asked.elapsed() < SECOND => Err(error),
            Some(_) => self.sign(PROBE).map(drop),
        }
    }
}

impl DepartmentSigner for WatchedKey {
    fn public(&self) -> PublicKey {
        self.key.public()
    }
    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        let signed = self.key.sign(message);
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failed.take();
        match &signed {
            Ok(_) => {
                if before.is_some() {
                    tracing::info!(key = %self.key.public(), "the key signs again");
                }
            }
            Err(error) => {
                if before.is_none_or(|(before, _)| before != *error) {
                    tracing::error!(key = %self.key.public(), %error, "nothing is signed until the key is back");
                }
                *failed = Some((error.clone(), Instant::now()));
            }
        }
        signed
    }
}

/// What a key signs to show that it can. No record, approval or checkpoint begins like this.
const PROBE: &[u8] = b"yong/probe/v1\n";
/// So often a key that does not sign is asked.
const SECOND: Duration = Duration::from_secs(1);
