//! What a long-running wallet does before anybody asks: credentials prepared for the newest root.
//!
//! Kept in memory only, for a [`Prepared`] knows the credential and the holder's secrets.

use std::sync::{Arc, PoisonError, RwLock};

use ark_ff::AdditiveGroup;
use circuits::Fr;
use circuits::show::{Private, Public};
use groth16::Proof;
use prover::{PrepareError, Prepared, ProveError, ShowProver};
use rand::{CryptoRng, RngCore};

use crate::followed::View;
use crate::held::Held;
use crate::wallet::Wallet;

/// Credentials that are prepared; empty at first. No `Debug`.
#[derive(Default)]
pub struct Preparations(RwLock<Vec<Arc<Ahead>>>);

/// A credential at its place under a root, with the holder's secrets. No `Debug`.
pub struct Witness {
    private: Private,
    root: Fr,
}

struct Ahead {
    key: [u8; 32],
    prepared: Prepared,
}

impl Wallet {
    /// What can be prepared: the newest credentials that are in the tree, each for the newest root and, where that is another
    /// one, for the root before the last full hour.
    pub fn witnesses(&self, view: &View) -> Vec<Witness> {
        let witness = |held: &Held, (path, root)| {
            let secrets = self.secrets().clone();
            let credential = held.credential.clone();
            // What is prepared depends on neither index nor blind: every proof has its own.
            Witness { private: Private { secrets, index: 0, blind: Fr::ZERO, credential, path }, root }
        };
        let witnesses = |held: &Held| {
            let Some(newest) = view.path(held) else { return Vec::new() };
            let hourly = view.hourly_path(held).filter(|(_, root)| *root != newest.1);
            [Some(newest), hourly].into_iter().flatten().map(|found| witness(held, found)).collect()
        };
        self.credentials().iter().rev().flat_map(witnesses).take(MOST).collect()
    }
}

impl Preparations {
    /// Prepares these credentials for this key, and forgets all others. What is there already is kept.
    pub fn renew(&self, witnesses: &[Witness], prover: &ShowProver) -> Result<(), PrepareError> {
        let key = prover.verifying_key().digest();
        let before = self.all();
        let ahead = |witness: &Witness| {
            let leaf = witness.private.credential.leaf();
            let fits = |ahead: &&Arc<Ahead>| ahead.key == key && ahead.is_for(&leaf, &witness.root);
            match before.iter().find(fits) {
                Some(kept) => Ok(Arc::clone(kept)),
                None => {
                    Ok(Arc::new(Ahead { key, prepared: prover.prepare(&witness.private, &witness.root)? }))
                }
            }
        };
        let now = witnesses.iter().map(ahead).collect::<Result<_, PrepareError>>()?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    /// How many proofs are prepared: of a credential, one for each root.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    /// A fresh proof, the quick way where the credential was prepared for this root and key.
    pub(super) fn prove<R: RngCore + CryptoRng>(
        &self,
        prover: &ShowProver,
        public: &Public,
        private: &Private,
        rng: &mut R,
    ) -> Result<Proof, ProveError> {
        let leaf = private.credential.leaf();
        let ahead = self.all().into_iter().find(|ahead| ahead.is_for(&leaf, &public.root));
        match ahead.map(|ahead| prover.prove_prepared(&ahead.prepared, public, private, rng)) {
            // The departments have published another key since: the ordinary way is right, only slower.
            None | Some(Err(ProveError::OtherPreparation)) => prover.prove(public, private, rng),
            Some(proof) => proof,
        }
    }

    fn all(&self) -> Vec<Arc<Ahead>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Ahead {
    fn is_for(&self, leaf: &Fr, root: &Fr) -> bool {
        self.prepared.leaf() == leaf && self.prepared.root() == root
    }
}

/// More than people have, with two roots for each credential; bounds memory.
const MOST: usize = 24;
