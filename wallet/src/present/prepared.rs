//! What a long-running wallet does before anybody asks: credentials prepared for the newest root, and the openings that
//! policies on the ledger would ask for.
//!
//! Kept in memory only, for a [`Prepared`] knows the credential and the holder's secrets.

use std::sync::{Arc, PoisonError, RwLock};

use ark_ff::AdditiveGroup;
use circuits::credential::Credential;
use circuits::opening::Opening;
use circuits::policy::CheckedPolicy;
use circuits::show::{Private, Public};
use circuits::{Fr, join, score};
use groth16::Proof;
use prover::statement::{Join, Score, Show};
use prover::{
    CircuitProver, JoinProver, Preparable, PrepareError, Prepared, ProveError, ScoreProver, ShowProver,
};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::followed::View;
use crate::held::{CredentialStatus, Held};
use crate::wallet::Wallet;

/// What is prepared; nothing at first. No `Debug`.
#[derive(Default)]
pub struct Preparations {
    credentials: Kept<Show>,
    joined: Kept<Join>,
    scored: Kept<Score>,
}

/// A credential at its place under a root, with the holder's secrets. No `Debug`.
pub struct Witness {
    private: Private,
    root: Fr,
}

/// Credentials that conditions across credentials, and on scores, of policies on the ledger would be proved of. No `Debug`.
#[derive(Default)]
pub struct Openings {
    /// In the order of the links, and padded as they are.
    joined: Vec<[Credential; join::LINKS]>,
    scored: Vec<Credential>,
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

    /// The newest credentials that are in the tree, as the policies of the ledger put them together.
    pub fn openings(&self, view: &View) -> Openings {
        let mut openings = Openings::default();
        for published in view.registry().policies() {
            let checked = &published.checked;
            let newest = |id: &str| self.newest(checked, id, view);
            let joined: Option<Vec<Credential>> = checked.joined().into_iter().map(newest).collect();
            openings.joined.extend(joined.and_then(|joined| padded(&joined)));
            let models = checked.policy().models.iter();
            openings.scored.extend(models.filter_map(|condition| newest(&condition.credential)));
        }
        openings
    }

    /// The newest credential that fits a query but for its condition.
    fn newest(&self, checked: &CheckedPolicy, id: &str, view: &View) -> Option<Credential> {
        let query = checked.policy().credentials.iter().find(|query| query.id == id)?;
        let fits = |held: &&Held| {
            held.credential.schema == query.schema
                && query.issuers.contains(&held.credential.issuer)
                && view.status(held) == CredentialStatus::Active
        };
        self.credentials().iter().rev().find(fits).map(|held| held.credential.clone())
    }
}

/// `None` for a policy without a condition across credentials.
fn padded(credentials: &[Credential]) -> Option<[Credential; join::LINKS]> {
    let last = credentials.last()?;
    Some(std::array::from_fn(|i| credentials.get(i).unwrap_or(last).clone()))
}

impl Openings {
    /// Whether some are for `join`.
    pub fn need_join(&self) -> bool {
        !self.joined.is_empty()
    }

    /// Whether some are for `score`.
    pub fn need_score(&self) -> bool {
        !self.scored.is_empty()
    }
}

impl Preparations {
    /// Prepares these credentials for this key, and forgets all others. What is there already is kept.
    pub fn renew(&self, witnesses: &[Witness], prover: &ShowProver) -> Result<(), PrepareError> {
        let about = |witness: &Witness| vec![witness.private.credential.leaf(), witness.root];
        self.credentials
            .renew(prover, witnesses, about, |witness| prover.prepare(&witness.private, &witness.root))
    }

    /// The same for conditions across credentials.
    pub fn renew_joined(&self, openings: &Openings, prover: &JoinProver) -> Result<(), PrepareError> {
        let about = |joined: &[Credential; join::LINKS]| joined.iter().map(Credential::inner).collect();
        self.joined.renew(prover, &openings.joined, about, |joined| prover.prepare(joined.each_ref()))
    }

    /// The same for scores.
    pub fn renew_scored(&self, openings: &Openings, prover: &ScoreProver) -> Result<(), PrepareError> {
        let about = |credential: &Credential| vec![credential.inner()];
        self.scored.renew(prover, &openings.scored, about, |credential| prover.prepare(credential))
    }

    /// How many proofs are prepared: of a credential, one for each root; and one for each condition across credentials and
    /// each score.
    pub fn count(&self) -> usize {
        self.credentials.all().len() + self.joined.all().len() + self.scored.all().len()
    }

    /// A fresh proof, the quick way where the credential was prepared for this root and key.
    pub(super) fn prove<R: RngCore + CryptoRng>(
        &self,
        prover: &ShowProver,
        public: &Public,
        private: &Private,
        rng: &mut R,
    ) -> Result<Proof, ProveError> {
        let about = [private.credential.leaf(), public.root];
        self.credentials.prove(&about, prover, public, private, rng)
    }

    /// The same of a condition across credentials.
    pub(super) fn prove_join<R: RngCore + CryptoRng>(
        &self,
        prover: &JoinProver,
        public: &join::Public,
        private: &join::Private,
        rng: &mut R,
    ) -> Result<Proof, ProveError> {
        let inner = |opening: &Opening| opening.credential.inner();
        self.joined.prove(&private.openings.each_ref().map(inner), prover, public, private, rng)
    }

    /// The same of a score.
    pub(super) fn prove_score<R: RngCore + CryptoRng>(
        &self,
        prover: &ScoreProver,
        public: &score::Public,
        private: &score::Private,
        rng: &mut R,
    ) -> Result<Proof, ProveError> {
        self.scored.prove(&[private.opening.credential.inner()], prover, public, private, rng)
    }
}

/// What is prepared of one statement.
struct Kept<S: Preparable>(RwLock<Vec<Arc<Ahead<S>>>>);

struct Ahead<S: Preparable> {
    key: [u8; 32],
    /// What it is for: hashes that nothing else has.
    about: Zeroizing<Vec<Fr>>,
    prepared: Prepared<S>,
}

impl<S: Preparable> Default for Kept<S> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<S: Preparable> Kept<S> {
    /// Prepares the first of `wanted`, and forgets all else. What is there already is kept, and nothing is there twice.
    fn renew<W>(
        &self,
        prover: &CircuitProver<S>,
        wanted: &[W],
        about: impl Fn(&W) -> Vec<Fr>,
        prepare: impl Fn(&W) -> Result<Prepared<S>, PrepareError>,
    ) -> Result<(), PrepareError> {
        let key = prover.verifying_key().digest();
        let before = self.all();
        let mut now: Vec<Arc<Ahead<S>>> = Vec::new();
        for one in wanted {
            let about = Zeroizing::new(about(one));
            let same = |ahead: &&Arc<Ahead<S>>| ahead.key == key && ahead.about == about;
            if now.len() == MOST || now.iter().any(|ahead| same(&ahead)) {
                continue;
            }
            let kept = before.iter().find(same).cloned();
            now.push(match kept {
                Some(kept) => kept,
                None => Arc::new(Ahead { key, prepared: prepare(one)?, about }),
            });
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = now;
        Ok(())
    }

    fn prove<R: RngCore + CryptoRng>(
        &self,
        about: &[Fr],
        prover: &CircuitProver<S>,
        public: &S::Public,
        private: &S::Private,
        rng: &mut R,
    ) -> Result<Proof, ProveError> {
        let ahead = self.all().into_iter().find(|ahead| **ahead.about == *about);
        match ahead.map(|ahead| prover.prove_prepared(&ahead.prepared, public, private, rng)) {
            // The departments have published another key since: the ordinary way is right, only slower.
            None | Some(Err(ProveError::OtherPreparation)) => prover.prove(public, private, rng),
            Some(proof) => proof,
        }
    }

    fn all(&self) -> Vec<Arc<Ahead<S>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// More than people have, with two roots for each credential; bounds memory.
const MOST: usize = 24;
