//! Libraries of devices: loaded once in a process, and begun anew when a device that was taken out does not show again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use crate::error::KeyError;

/// Whoever calls into a library holds this: while a library is begun anew nobody may be in it.
pub(super) struct Inside(
    #[expect(dead_code, reason = "it is held, and not read")] RwLockReadGuard<'static, ()>,
);

/// Which time the libraries were begun. A session of an earlier time is none any more, though its number may be in use again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning(u64);

/// Waits until no library is being begun anew.
pub(super) fn enter() -> Inside {
    Inside(GATE.read().unwrap_or_else(PoisonError::into_inner))
}

impl Inside {
    /// Which time it is. It does not change while this is held.
    #[expect(clippy::unused_self, reason = "outside it may change at any moment")]
    pub(super) fn beginning(&self) -> Beginning {
        Beginning(BEGINNINGS.load(Ordering::Acquire))
    }

    /// The library at this path, loaded and initialised.
    #[expect(clippy::unused_self, reason = "nobody calls a library from outside")]
    pub(super) fn library(&self, path: &Path) -> Result<Pkcs11, KeyError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        let library = match loaded.get(path) {
            Some(library) => library.clone(),
            None => Pkcs11::new(path).map_err(|error| unusable(path, &error))?,
        };
        initialize(path, &library)?;
        loaded.insert(path.to_path_buf(), library.clone());
        Ok(library)
    }
}

/// Ends a library and begins it anew: many look for their tokens only then. Every session of this process with its tokens
/// ends too, and is opened again by whoever has it.
pub(super) fn restart(path: &Path) -> Result<(), KeyError> {
    let _alone = GATE.write().unwrap_or_else(PoisonError::into_inner);
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(library) = loaded.as_ref().and_then(|loaded| loaded.get(path)) else { return Ok(()) };
    BEGINNINGS.fetch_add(1, Ordering::AcqRel);
    match library.clone().finalize() {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiNotInitialized, _)) => {}
        Err(error) => return Err(unusable(path, &error)),
    }
    initialize(path, library)
}

fn initialize(path: &Path, library: &Pkcs11) -> Result<(), KeyError> {
    match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &Error) -> KeyError {
    KeyError::Module { path: path.to_path_buf(), error: error.to_string() }
}

static GATE: RwLock<()> = RwLock::new(());
static BEGINNINGS: AtomicU64 = AtomicU64::new(0);
static LOADED: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);
