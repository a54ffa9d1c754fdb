//! The prepared credential: everything that depends on credential, path, secrets and root alone, done beforehand.
//!
//! Between two roots these do not change, and they fix about four fifths of the constraints. A presentation then adds only
//! what depends on policy and session. The proof is the one that ordinary proving gives for the same blinding, and the
//! blinding is fresh as always, so nobody can tell the two apart.

use ark_bn254::Fr;
use circuits::show::{self, LEAF_ROWS};
use groth16::Proof;
use rand::{CryptoRng, RngCore};
use zeroize::{Zeroize, Zeroizing};

use crate::engine::{Blinding, KnownPrefix, Native, Sums};
use crate::statement::Assignment;
use crate::statement::{Show, Statement};
use crate::{CircuitProver, ProveError};

/// Good for one key, one credential at one place, and one root. Secret: no `Debug`, zeroized on drop.
///
/// Whoever reads it from memory knows the credential and the holder's secrets.
pub struct Prepared {
    key: [u8; 32],
    root: Fr,
    schema: Fr,
    leaf: Fr,
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
    Engine(#[from] crate::engine::EngineError),
}

impl Drop for Prepared {
    fn drop(&mut self) {
        self.leaf.zeroize();
    }
}

impl Prepared {
    /// The root that it is good for.
    pub fn root(&self) -> &Fr {
        &self.root
    }

    /// The leaf of its credential.
    pub fn leaf(&self) -> &Fr {
        &self.leaf
    }
}

impl CircuitProver<Show, Native> {
    /// Does beforehand what does not depend on policy, time, session, index and blind.
    pub fn prepare(&self, private: &show::Private, root: &Fr) -> Result<Prepared, PrepareError> {
        let leaf = private.credential.leaf();
        let holder = show::holder(private);
        if private.path.root(&leaf) != *root || holder != private.credential.holder {
            return Err(PrepareError::NotUnderRoot);
        }
        let schema = private.credential.schema.element();
        let variables = show::assign_leaf(private).map_err(|_| PrepareError::Synthesis)?;
        let prefix = KnownPrefix { variables: variables.len(), constraints: LEAF_ROWS };
        let known = Assignment::from_leaf(root, &schema, &variables, self.shape().variables());
        let sums = self.engine().prepare(&known, prefix)?;
        let key = self.verifying_key().digest();
        Ok(Prepared { key, root: *root, schema, leaf, variables, sums })
    }

    /// A fresh proof from a prepared credential, of the index and the blind that `private` has; refused if another
    /// credential, holder, key, root or schema was prepared.
    pub fn prove_prepared(
        &self,
        prepared: &Prepared,
        public: &show::Public,
        private: &show::Private,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Proof, ProveError> {
        self.prove_prepared_with(prepared, public, private, &Blinding::random(rng))
    }

    pub(crate) fn prove_prepared_with(
        &self,
        prepared: &Prepared,
        public: &show::Public,
        private: &show::Private,
        blinding: &Blinding,
    ) -> Result<Proof, ProveError> {
        let Prepared { key, root, schema, leaf, variables, sums } = prepared;
        let ours = *key == self.verifying_key().digest() && *leaf == private.credential.leaf();
        if !ours || *root != public.root || *schema != public.rows.schema {
            return Err(ProveError::OtherPreparation);
        }
        let assignment = Assignment::for_show_after_leaf(public, private, variables)?;
        // The sums stand for the prepared variables: with others of the holder the proof would prove nothing.
        if !assignment.private().starts_with(variables) {
            return Err(ProveError::OtherPreparation);
        }
        if assignment.public() != Show::inputs(public) {
            return Err(ProveError::Synthesis);
        }
        Ok(self.engine().prove_prepared(sums, &assignment, blinding)?)
    }
}

#[cfg(test)]
mod tests;
