//! From a statement and its witness to a proof.

use std::fs;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use circuits::{join, score, show};
use groth16::{Proof, VerifyingKey};
use rand::{CryptoRng, RngCore};

use crate::engine::{Blinding, Engine, EngineError, Native};
use crate::key::{Key, KeyError, MAX_FILE_BYTES, Origin};
use crate::matrices::Shape;
use crate::statement::{Assignment, Enroll, Join, Score, Show, Statement};

/// The provers of a directory that `prover setup` filled.
pub struct Prover {
    /// For presentations.
    pub show: ShowProver,
    /// For new holders.
    pub enroll: EnrollProver,
    /// For conditions over several credentials.
    pub join: JoinProver,
    /// For published models.
    pub score: ScoreProver,
}

/// Proves `show`.
pub type ShowProver = CircuitProver<Show>;

/// Proves `enroll`.
pub type EnrollProver = CircuitProver<Enroll>;

/// Proves `join`.
pub type JoinProver = CircuitProver<Join>;

/// Proves `score`.
pub type ScoreProver = CircuitProver<Score>;

/// Proves one statement with one key, which stays in memory.
pub struct CircuitProver<S, E = Native> {
    engine: E,
    verifying: VerifyingKey,
    origin: Origin,
    shape: Shape,
    statement: PhantomData<fn() -> S>,
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The statement `show` does not hold for this witness: this clause is the first that fails.
    #[error("the statement does not hold: clause {0:?}")]
    Violated(show::Clause),
    /// The statement `join` does not hold for this witness: this clause is the first that fails.
    #[error("the statement over several credentials does not hold: clause {0:?}")]
    JoinViolated(join::Clause),
    /// The statement `score` does not hold for this witness: this clause is the first that fails.
    #[error("the statement about a model does not hold: clause {0:?}")]
    ScoreViolated(score::Clause),
    /// The statement `enroll` does not hold: the holder value or the person is not of these secrets.
    #[error("the holder value or the person is not of these secrets")]
    OtherHolder,
    /// The credential was prepared for another key, root or schema, or it is another credential or holder: prepare it again, or
    /// prove without.
    #[error("the credential was prepared for something else")]
    OtherPreparation,
    /// The circuit refused what the native check accepted: a defect of this program.
    #[error("the circuit disagrees with the statement")]
    Synthesis,
    /// The engine could not finish.
    #[error("the proof could not be computed")]
    Engine(#[from] EngineError),
}

/// Why a key cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a key for this program.
    #[error("{path} is refused: {source}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

impl Prover {
    /// Opens `show-2.key`, `enroll-2.key`, `join-1.key` and `score-1.key` in `dir`.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            show: ShowProver::open(&dir.join(key_file::<Show>()))?,
            enroll: EnrollProver::open(&dir.join(key_file::<Enroll>()))?,
            join: JoinProver::open(&dir.join(key_file::<Join>()))?,
            score: ScoreProver::open(&dir.join(key_file::<Score>()))?,
        })
    }
}

impl<S: Statement, E: Engine> CircuitProver<S, E> {
    /// From the bytes of a key file.
    pub fn load(bytes: &[u8]) -> Result<Self, KeyError> {
        Key::from_bytes::<S>(bytes).map(Self::new)
    }

    /// From a key file.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let bytes = read_bounded(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
        Self::load(&bytes).map_err(|source| OpenError::Key { path: path.to_owned(), source })
    }

    /// A fresh proof, blinded with `rng`, which must be the system's generator outside tests.
    pub fn prove(
        &self,
        public: &S::Public,
        private: &S::Private,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Proof, ProveError> {
        let assignment = Self::assign(public, private)?;
        Ok(self.engine.prove(&assignment, &Blinding::random(rng))?)
    }

    /// The native check and the witness.
    pub fn assign(public: &S::Public, private: &S::Private) -> Result<Assignment, ProveError> {
        Assignment::new::<S>(public, private)
    }

    /// The engine, for measurements.
    pub fn engine(&self) -> &E {
        &self.engine
    }

    /// What verifiers need; its digest names the key.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Where the key's randomness came from: whoever shows a proof made with it must say so.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Counts of the circuit.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// From a key that was just made.
    pub fn of(key: Key) -> Result<Self, KeyError> {
        if key.is_for::<S>() {
            Ok(Self::new(key))
        } else {
            Err(KeyError::OtherCircuit(key.circuit().to_owned()))
        }
    }

    /// Takes over a key. Private, since only reading and `setup` tie a key to its statement.
    fn new(key: Key) -> Self {
        Self {
            verifying: key.verifying().clone(),
            origin: key.origin(),
            shape: key.shape(),
            engine: E::new(key),
            statement: PhantomData,
        }
    }
}

impl<S: Statement> CircuitProver<S, Native> {
    /// Makes every later proof quicker, for memory of several times the key's size. Takes a second or less of the calling
    /// thread: for one in the background, after the first proof or beside preparing.
    pub fn derive_multiples(&self) {
        self.engine.derive_multiples();
    }
}

/// `show-2.key` and the like.
pub fn key_file<S: Statement>() -> String {
    format!("{}-{}.key", S::NAME, S::VERSION)
}

/// `show-2.vk.json` and the like.
pub fn verifying_key_file<S: Statement>() -> String {
    format!("{}-{}.vk.json", S::NAME, S::VERSION)
}

/// One byte more than allowed is enough to be refused as too long.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
