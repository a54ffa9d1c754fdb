//! What of each statement is measured beforehand and afterwards.

use rand::rngs::OsRng;

use super::{BenchError, Sample, timed};
use crate::statement::{Enroll, Join, Score, Show};
use crate::{CircuitProver, Preparable, PrepareError, Prepared};

/// A statement whose proofs are measured, prepared ones too where there are any.
pub trait Measured: Sample {
    /// Prepares and proves once; nothing where nothing can be known beforehand.
    fn prepared(
        prover: &CircuitProver<Self>,
        public: &Self::Public,
        private: &Self::Private,
    ) -> Result<Option<PreparedTimes>, BenchError>;
}

/// Times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreparedTimes {
    /// Preparing.
    pub prepare: f64,
    /// The proof of what was prepared.
    pub prove: f64,
}

impl Measured for Show {
    fn prepared(
        prover: &CircuitProver<Self>,
        public: &Self::Public,
        private: &Self::Private,
    ) -> Result<Option<PreparedTimes>, BenchError> {
        both(prover, public, private, || prover.prepare(private, &public.root))
    }
}

/// Everything of it changes with the session.
impl Measured for Enroll {
    fn prepared(
        _: &CircuitProver<Self>,
        _: &Self::Public,
        _: &Self::Private,
    ) -> Result<Option<PreparedTimes>, BenchError> {
        Ok(None)
    }
}

impl Measured for Join {
    fn prepared(
        prover: &CircuitProver<Self>,
        public: &Self::Public,
        private: &Self::Private,
    ) -> Result<Option<PreparedTimes>, BenchError> {
        let credentials = private.openings.each_ref().map(|opening| &opening.credential);
        both(prover, public, private, || prover.prepare(credentials))
    }
}

impl Measured for Score {
    fn prepared(
        prover: &CircuitProver<Self>,
        public: &Self::Public,
        private: &Self::Private,
    ) -> Result<Option<PreparedTimes>, BenchError> {
        both(prover, public, private, || prover.prepare(&private.opening.credential))
    }
}

fn both<S: Preparable>(
    prover: &CircuitProver<S>,
    public: &S::Public,
    private: &S::Private,
    prepare: impl FnOnce() -> Result<Prepared<S>, PrepareError>,
) -> Result<Option<PreparedTimes>, BenchError> {
    let (prepared, prepare) = timed(prepare)?;
    let (_, prove) = timed(|| prover.prove_prepared(&prepared, public, private, &mut OsRng))?;
    Ok(Some(PreparedTimes { prepare, prove }))
}
