//! Proving keys: named by the registry, fetched once, checked at every start. Of several that are valid the newest
//! that can be had is used.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use circuits::policy::CheckedPolicy;
use circuits::{enroll, join, score, show};
use groth16::VerifyingKey;
use ledger::digest::Digest;
use ledger::registry::{Development, KeyUseError, PublishedKey, Registry};
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};
use prover::key::{KeyError, MAX_FILE_BYTES};
use prover::statement::{Enroll, Join, Score, Show, Statement};
use prover::{CircuitProver, EnrollProver, JoinProver, ScoreProver, ShowProver};
use service::durable::{self, Readers};

use crate::store::file;

/// Why there is no prover.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFetchError {
    /// There is no key that is used at this time, as far as was synced.
    #[error("circuit {circuit}/{version}: {why}")]
    NotUsable {
        /// Circuit name.
        circuit: &'static str,
        /// Circuit version.
        version: u32,
        /// Why the newest is not.
        why: KeyUseError,
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

/// The provers that the answer to a policy takes.
#[derive(Clone)]
pub struct Provers {
    /// For each credential.
    pub show: Arc<ShowProver>,
    /// For the condition across credentials; `None` where the policy has none.
    pub join: Option<Arc<JoinProver>>,
    /// For the scores; `None` where the policy has none.
    pub score: Option<Arc<ScoreProver>>,
}

impl Provers {
    /// The keys that verify their proofs.
    pub(crate) fn verifying_keys(&self) -> impl Iterator<Item = &VerifyingKey> {
        let join = self.join.as_ref().map(|prover| prover.verifying_key());
        let score = self.score.as_ref().map(|prover| prover.verifying_key());
        [Some(self.show.verifying_key()), join, score].into_iter().flatten()
    }
}

/// The provers of all circuits, each made at its first use.
pub(crate) struct KeyFiles {
    folder: Option<PathBuf>,
    /// Whether development keys are used.
    development: AtomicBool,
    show: Slot<Show>,
    enroll: Slot<Enroll>,
    join: Slot<Join>,
    score: Slot<Score>,
}

type Slot<S> = Mutex<Option<Arc<CircuitProver<S>>>>;

impl KeyFiles {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            development: AtomicBool::new(false),
            show: Mutex::new(None),
            enroll: Mutex::new(None),
            join: Mutex::new(None),
            score: Mutex::new(None),
        }
    }

    pub(crate) fn accept_development(&self) {
        self.development.store(true, Ordering::Relaxed);
    }

    /// A prover with a key that is used at `now` (unix seconds).
    pub(crate) fn show(
        &self,
        registry: &Registry,
        source: &dyn Source,
        now: u64,
    ) -> Result<Arc<ShowProver>, KeyFetchError> {
        newest(self.usable(registry, SHOW, now)?, |key| self.prover(&self.show, key, source))
    }

    /// The same for `enroll`.
    pub(crate) fn enroll(
        &self,
        registry: &Registry,
        source: &dyn Source,
        now: u64,
    ) -> Result<Arc<EnrollProver>, KeyFetchError> {
        newest(self.usable(registry, ENROLL, now)?, |key| self.prover(&self.enroll, key, source))
    }

    /// Those that the answer to a policy takes. Where it asks for nothing across credentials and for no score, whether there
    /// are keys for that does not matter.
    pub(crate) fn answering(
        &self,
        policy: &CheckedPolicy,
        registry: &Registry,
        source: &dyn Source,
        now: u64,
    ) -> Result<Provers, KeyFetchError> {
        let policy = policy.policy();
        let join = || self.join(registry, source, now);
        let score = || self.score(registry, source, now);
        Ok(Provers {
            show: self.show(registry, source, now)?,
            join: policy.across.as_ref().map(|_| join()).transpose()?,
            score: policy.models.first().map(|_| score()).transpose()?,
        })
    }

    /// [`Self::show`] for `join`.
    pub(crate) fn join(
        &self,
        registry: &Registry,
        source: &dyn Source,
        now: u64,
    ) -> Result<Arc<JoinProver>, KeyFetchError> {
        newest(self.usable(registry, JOIN, now)?, |key| self.prover(&self.join, key, source))
    }

    /// [`Self::show`] for `score`.
    pub(crate) fn score(
        &self,
        registry: &Registry,
        source: &dyn Source,
        now: u64,
    ) -> Result<Arc<ScoreProver>, KeyFetchError> {
        newest(self.usable(registry, SCORE, now)?, |key| self.prover(&self.score, key, source))
    }

    /// Fetches the files of the newest keys that are used at `now` (unix seconds), so that nothing has to be fetched
    /// when a proof is wanted. A ledger without keys for `join` and `score` has no policy that needs them.
    pub(crate) fn fetch(
        &self,
        registry: &Registry,
        source: &dyn Source,
        now: u64,
    ) -> Result<(), KeyFetchError> {
        let fetch = |keys| {
            newest(keys, |key: &PublishedKey| self.file(&key.record.proving_key_digest, source).map(drop))
        };
        for circuit in [SHOW, ENROLL] {
            fetch(self.usable(registry, circuit, now)?)?;
        }
        for circuit in [JOIN, SCORE] {
            if let Ok(keys) = self.usable(registry, circuit, now) {
                fetch(keys)?;
            }
        }
        Ok(())
    }

    fn usable<'r>(
        &self,
        registry: &'r Registry,
        circuit: Circuit,
        now: u64,
    ) -> Result<Vec<&'r PublishedKey>, KeyFetchError> {
        let development = Development::from(self.development.load(Ordering::Relaxed));
        let Circuit { name, version } = circuit;
        let usable = registry.usable_keys(name, version, now, development);
        usable.map_err(|why| KeyFetchError::NotUsable { circuit: name, version, why })
    }

    pub(crate) fn put(&self, show: Arc<ShowProver>, enroll: Arc<EnrollProver>) {
        self.put_show(show);
        *self.enroll.lock().unwrap_or_else(PoisonError::into_inner) = Some(enroll);
    }

    pub(crate) fn put_show(&self, show: Arc<ShowProver>) {
        *self.show.lock().unwrap_or_else(PoisonError::into_inner) = Some(show);
    }

    /// The lock is held while the key is fetched, so that it is fetched once.
    fn prover<S: Statement>(
        &self,
        slot: &Slot<S>,
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
            let written = durable::replace(&path, &bytes, Readers::Owner);
            written.map_err(|error| KeyFetchError::Disk(error.into()))?;
        }
        Ok(bytes)
    }
}

/// The first that can be had of some keys, of which there is at least one; else why the newest cannot.
fn newest<T>(
    keys: Vec<&PublishedKey>,
    mut get: impl FnMut(&PublishedKey) -> Result<T, KeyFetchError>,
) -> Result<T, KeyFetchError> {
    let mut keys = keys.into_iter().map(&mut get);
    let first = keys.next().expect("the registry gives at least one key");
    first.or_else(|error| keys.find_map(Result::ok).ok_or(error))
}

fn belongs<S: Statement>(prover: &CircuitProver<S>, published: &PublishedKey) -> bool {
    prover.verifying_key().digest() == *published.record.vk_digest.as_bytes()
}

/// A circuit as the registry names it.
#[derive(Clone, Copy)]
struct Circuit {
    name: &'static str,
    version: u32,
}

const SHOW: Circuit = Circuit { name: show::NAME, version: show::VERSION };
const ENROLL: Circuit = Circuit { name: enroll::NAME, version: enroll::VERSION };
const JOIN: Circuit = Circuit { name: join::NAME, version: join::VERSION };
const SCORE: Circuit = Circuit { name: score::NAME, version: score::VERSION };
