//! Proving keys: named by the registry, fetched once, checked at every start.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use circuits::{enroll, show};
use ledger::digest::Digest;
use ledger::registry::{PublishedKey, Registry};
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};
use prover::key::{KeyError, MAX_FILE_BYTES};
use prover::statement::Statement;
use prover::{CircuitProver, EnrollProver, ShowProver};

use crate::store::file;

/// Why there is no prover.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFetchError {
    /// No such key is on the ledger, as far as was synced.
    #[error("the ledger has no key of the circuit {circuit}/{version}")]
    NotPublished {
        /// Circuit name.
        circuit: &'static str,
        /// Circuit version.
        version: u32,
    },
    /// It could not be fetched.
    #[error("the proving key cannot be fetched: {0}")]
    Fetch(#[from] FetchError),
    /// What was fetched is another file.
    #[error("the fetched proving key does not have the digest {0} that the ledger names")]
    OtherFile(Digest),
    /// It is not a key for this program.
    #[error("the proving key is refused: {0}")]
    Key(#[from] KeyError),
    /// Its verifying half is not the one on the ledger.
    #[error("the proving key belongs to another verifying key than the one on the ledger")]
    OtherVerifyingKey,
    /// It cannot be kept.
    #[error("the proving key cannot be saved: {0}")]
    Disk(#[source] io::Error),
}

/// Both provers, each made at its first use.
pub(crate) struct KeyFiles {
    folder: Option<PathBuf>,
    show: Mutex<Option<Arc<ShowProver>>>,
    enroll: Mutex<Option<Arc<EnrollProver>>>,
}

impl KeyFiles {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, show: Mutex::new(None), enroll: Mutex::new(None) }
    }

    pub(crate) fn show(
        &self,
        registry: &Registry,
        source: &dyn Source,
    ) -> Result<Arc<ShowProver>, KeyFetchError> {
        self.prover(&self.show, published(registry, show::NAME, show::VERSION)?, source)
    }

    /// Fetches the key of `show` without making a prover, so that it is there where there is no network.
    pub(crate) fn fetch_show(&self, registry: &Registry, source: &dyn Source) -> Result<(), KeyFetchError> {
        let published = published(registry, show::NAME, show::VERSION)?;
        self.file(&published.record.proving_key_digest, source).map(drop)
    }

    pub(crate) fn enroll(
        &self,
        registry: &Registry,
        source: &dyn Source,
    ) -> Result<Arc<EnrollProver>, KeyFetchError> {
        self.prover(&self.enroll, published(registry, enroll::NAME, enroll::VERSION)?, source)
    }

    pub(crate) fn put(&self, show: Arc<ShowProver>, enroll: Arc<EnrollProver>) {
        *self.show.lock().unwrap_or_else(PoisonError::into_inner) = Some(show);
        *self.enroll.lock().unwrap_or_else(PoisonError::into_inner) = Some(enroll);
    }

    /// The lock is held while the key is fetched, so that it is fetched once.
    fn prover<S: Statement>(
        &self,
        slot: &Mutex<Option<Arc<CircuitProver<S>>>>,
        published: &PublishedKey,
        source: &dyn Source,
    ) -> Result<Arc<CircuitProver<S>>, KeyFetchError> {
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prover) = slot.as_ref().filter(|p| belongs(p, published)) {
            return Ok(Arc::clone(prover));
        }
        let prover = CircuitProver::<S>::load(&self.file(&published.record.proving_key_digest, source)?)?;
        if !belongs(&prover, published) {
            return Err(KeyFetchError::OtherVerifyingKey);
        }
        Ok(Arc::clone(slot.insert(Arc::new(prover))))
    }

    /// The file of this digest: the kept one if it is still itself, else the ledger's.
    fn file(&self, digest: &Digest, source: &dyn Source) -> Result<Vec<u8>, KeyFetchError> {
        let kept = self.folder.as_ref().map(|folder| folder.join(format!("{digest}.key")));
        let sound = |bytes: &Vec<u8>| Digest::of(bytes) == *digest;
        if let Some(bytes) =
            kept.as_ref().and_then(|path| file::read(path, MAX_FILE_BYTES as u64).ok()).filter(sound)
        {
            return Ok(bytes);
        }
        let bytes = source.get(&Resource::Blob(*digest), MAX_FILE_BYTES as u64)?;
        if !sound(&bytes) {
            return Err(KeyFetchError::OtherFile(*digest));
        }
        if let (Some(folder), Some(path)) = (&self.folder, kept) {
            file::private_folder(folder).map_err(KeyFetchError::Disk)?;
            file::replace(&path, &bytes).map_err(KeyFetchError::Disk)?;
        }
        Ok(bytes)
    }
}

fn published<'a>(
    registry: &'a Registry,
    circuit: &'static str,
    version: u32,
) -> Result<&'a PublishedKey, KeyFetchError> {
    registry.key(circuit, version).ok_or(KeyFetchError::NotPublished { circuit, version })
}

fn belongs<S: Statement>(prover: &CircuitProver<S>, published: &PublishedKey) -> bool {
    prover.verifying_key().digest() == *published.record.vk_digest.as_bytes()
}
