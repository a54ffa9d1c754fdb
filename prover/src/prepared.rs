//! Prepared proofs: everything that depends on what a holder has, and not on policy and session, done beforehand.
//!
//! Of `show` that is credential, path, secrets and root: between two roots these do not change, and they fix about four fifths
//! of the constraints. Of `join` and `score` it is the credentials alone. A presentation then adds only what depends on policy
//! and session. The proof is the one that ordinary proving gives for the same blinding, and the blinding is fresh as always, so
//! nobody can tell the two apart.

mod statements;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use groth16::Proof;
use rand::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

use crate::engine::{Blinding, EngineError, KnownPrefix, Native, Sums};
use crate::statement::{Assignment, Show, Statement};
use crate::{CircuitProver, ProveError};

pub use statements::PreparedLeaf;

/// A statement whose first private variables and rows follow from what a holder has.
pub trait Preparable: Statement {
    /// What they follow from, by values that no other one has. A preparation serves no other subject.
    type Subject: PartialEq + Zeroize + Send + Sync;

    /// The first rows, which use nothing but these variables and public inputs that [`Self::Subject`] fixes.
    const KNOWN_ROWS: usize;

    /// What a proof is about.
    fn subject(public: &Self::Public, private: &Self::Private) -> Self::Subject;

    /// [`Statement::assign`] with the known variables of the same subject.
    fn assign_after(
        public: &Self::Public,
        private: &Self::Private,
        known: &[Fr],
    ) -> Result<Zeroizing<Vec<Fr>>, ProveError>;
}

/// Good for one key and one subject. Secret: no `Debug`, zeroized on drop.
///
/// Whoever reads it from memory knows the credential and, where the statement is `show`, the holder's secrets.
pub struct Prepared<S: Preparable = Show> {
    key: [u8; 32],
    subject: S::Subject,
    variables: Zeroizing<Vec<Fr>>,
    sums: Sums,
}

/// Why a credential cannot be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The credential is not at this place under this root: the path is of another time, or the root is.
    #[error("the credential does not lie under the root")]
    NotUnderRoot,
    /// The circuit refused it: a defect of this program.
    #[error("the circuit disagrees with the statement")]
    Synthesis,
    /// The engine refused it: a defect of this program.
    #[error("the sums could not be computed")]
    Engine(#[from] EngineError),
}

impl<S: Preparable> Drop for Prepared<S> {
    fn drop(&mut self) {
        self.subject.zeroize();
    }
}

impl<S: Preparable> CircuitProver<S, Native> {
    /// A fresh proof of what was prepared; refused if it was prepared for another key or subject, such as another credential,
    /// holder or root.
    pub fn prove_prepared(
        &self,
        prepared: &Prepared<S>,
        public: &S::Public,
        private: &S::Private,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Proof, ProveError> {
        self.prove_prepared_with(prepared, public, private, &Blinding::random(rng))
    }

    pub(crate) fn prove_prepared_with(
        &self,
        prepared: &Prepared<S>,
        public: &S::Public,
        private: &S::Private,
        blinding: &Blinding,
    ) -> Result<Proof, ProveError> {
        let Prepared { key, subject, variables, sums } = prepared;
        // The sums stand for the prepared variables: with those of another subject the proof would prove nothing.
        if *key != self.verifying_key().digest() || *subject != S::subject(public, private) {
            return Err(ProveError::OtherPreparation);
        }
        let values = S::assign_after(public, private, variables)?;
        let assignment = Assignment::fitting::<S>(public, values)?;
        Ok(self.engine().prove_prepared(sums, &assignment, blinding)?)
    }

    /// Sums what follows from the subject: its private variables, and the public inputs that it fixes with their places.
    fn prepare_subject(
        &self,
        subject: S::Subject,
        fixed: &[(usize, Fr)],
        variables: Zeroizing<Vec<Fr>>,
    ) -> Result<Prepared<S>, EngineError> {
        let prefix = KnownPrefix { variables: variables.len(), constraints: S::KNOWN_ROWS };
        let mut values = Zeroizing::new(vec![Fr::ZERO; self.shape().variables()]);
        values[0] = Fr::ONE;
        for &(input, x) in fixed {
            values[1 + input] = x;
        }
        let private = values.get_mut(1 + S::PUBLIC_INPUTS..).and_then(|all| all.get_mut(..variables.len()));
        private.ok_or(EngineError::Shape)?.copy_from_slice(&variables);
        let sums = self.engine().prepare(&Assignment::unfinished::<S>(values), prefix)?;
        Ok(Prepared { key: self.verifying_key().digest(), subject, variables, sums })
    }
}

#[cfg(test)]
mod tests;
