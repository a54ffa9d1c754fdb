//! What is known beforehand of each statement.

use ark_bn254::Fr;
use circuits::credential::Credential;
use circuits::{join, score, show};
use zeroize::{Zeroize, Zeroizing};

use super::{Preparable, PrepareError, Prepared};
use crate::engine::Native;
use crate::statement::{Join, Score, Show};
use crate::{CircuitProver, ProveError};

/// A credential's leaf under a root, of a holder.
#[derive(PartialEq, Zeroize)]
pub struct PreparedLeaf {
    root: Fr,
    schema: Fr,
    leaf: Fr,
    holder: Fr,
}

impl Preparable for Show {
    type Subject = PreparedLeaf;

    const KNOWN_ROWS: usize = show::LEAF_ROWS;

    fn subject(public: &show::Public, private: &show::Private) -> PreparedLeaf {
        PreparedLeaf {
            root: public.root,
            schema: public.rows.schema,
            leaf: private.credential.leaf(),
            holder: show::holder(private),
        }
    }

    fn assign_after(
        public: &show::Public,
        private: &show::Private,
        known: &[Fr],
    ) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Ok(show::assign_after_leaf(public, private, known)?)
    }
}

impl CircuitProver<Show, Native> {
    /// Does beforehand what does not depend on policy, time, session, index and blind.
    pub fn prepare(&self, private: &show::Private, root: &Fr) -> Result<Prepared<Show>, PrepareError> {
        let leaf = private.credential.leaf();
        let holder = show::holder(private);
        if private.path.root(&leaf) != *root || holder != private.credential.holder {
            return Err(PrepareError::NotUnderRoot);
        }
        let schema = private.credential.schema.element();
        let variables = show::assign_leaf(private).map_err(|_| PrepareError::Synthesis)?;
        let fixed = [(show::ROOT_INPUT, *root), (show::SCHEMA_INPUT, schema)];
        Ok(self.prepare_subject(PreparedLeaf { root: *root, schema, leaf, holder }, &fixed, variables)?)
    }
}

impl Prepared<Show> {
    /// The root that it is good for.
    pub fn root(&self) -> &Fr {
        &self.subject.root
    }

    /// The leaf of its credential.
    pub fn leaf(&self) -> &Fr {
        &self.subject.leaf
    }
}

impl Preparable for Join {
    /// What the departments committed to.
    type Subject = [Fr; join::LINKS];

    const KNOWN_ROWS: usize = join::OPENING_ROWS;

    fn subject(_: &join::Public, private: &join::Private) -> Self::Subject {
        private.openings.each_ref().map(|opening| opening.credential.inner())
    }

    fn assign_after(
        public: &join::Public,
        private: &join::Private,
        known: &[Fr],
    ) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Ok(join::assign_after_openings(public, private, known)?)
    }
}

impl CircuitProver<Join, Native> {
    /// Does beforehand what depends on the credentials alone: in the order of the links, and padded as they are.
    pub fn prepare(&self, credentials: [&Credential; join::LINKS]) -> Result<Prepared<Join>, PrepareError> {
        let subject = credentials.map(Credential::inner);
        Ok(self.prepare_subject(subject, &[], join::assign_openings(credentials))?)
    }
}

impl Preparable for Score {
    /// What the department committed to.
    type Subject = Fr;

    const KNOWN_ROWS: usize = score::OPENING_ROWS;

    fn subject(_: &score::Public, private: &score::Private) -> Fr {
        private.opening.credential.inner()
    }

    fn assign_after(
        public: &score::Public,
        private: &score::Private,
        known: &[Fr],
    ) -> Result<Zeroizing<Vec<Fr>>, ProveError> {
        Ok(score::assign_after_opening(public, private, known)?)
    }
}

impl CircuitProver<Score, Native> {
    /// Does beforehand what depends on the credential alone.
    pub fn prepare(&self, credential: &Credential) -> Result<Prepared<Score>, PrepareError> {
        Ok(self.prepare_subject(credential.inner(), &[], score::assign_opening(credential))?)
    }
}
