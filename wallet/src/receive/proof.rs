//! What a wallet shows when it asks for a credential: that it knows its secrets, or its identity credential.

use ark_ff::{AdditiveGroup, UniformRand};
use circuits::Fr;
use circuits::credential::{DepartmentId, Scope};
use circuits::enroll;
use circuits::policy::{Policy, PolicyError};
use circuits::schema::{IdentityBinding, SchemaId};
use circuits::show;
use circuits::tree::Path;
use openid4vc::handover;
use openid4vc::vci::{EnrollProof, IDENTITY_QUERY, IdentityProof, PERSON_ATTRIBUTE, Proofs, identity_policy};
use rand::{CryptoRng, RngCore};

use super::{ReceiveError, ShownIdentity};
use crate::followed::{Ledger, View};
use crate::held::Held;
use crate::wallet::Wallet;

/// Why the identity credential that an issuer wants cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShowIdentityError {
    /// The wallet has none of this kind that is in the tree and valid now.
    #[error("the wallet has no valid `{0}` of a department that the desk accepts")]
    None(SchemaId),
    /// It does not name a person.
    #[error("the identity credential has no `{PERSON_ATTRIBUTE}`")]
    NoPerson,
    /// It cannot be turned into a statement.
    #[error("it cannot be turned into a statement: {0}")]
    Policy(#[from] PolicyError),
}

/// What is asked for, of whom, in which exchange.
pub(super) struct ProofRequest<'a> {
    /// The department whose issuer this is, by the ledger.
    pub(super) department: &'a DepartmentId,
    /// The credential asked for.
    pub(super) schema: &'a SchemaId,
    /// The issuer's identifier.
    pub(super) issuer: &'a str,
    /// The issuer's `c_nonce`.
    pub(super) nonce: &'a str,
}

/// That the wallet knows the secrets which are to be, or are, behind a credential: an `enroll` proof.
pub(super) struct Enrolment<'a> {
    /// The department that is told.
    pub(super) department: &'a DepartmentId,
    /// Which credential of it.
    pub(super) schema: &'a SchemaId,
    /// The issuer's `c_nonce`.
    pub(super) nonce: &'a str,
    /// What the proof is made for: see [`handover`].
    pub(super) context: Fr,
}

impl Enrolment<'_> {
    /// Proves it, at `now` (unix seconds).
    pub(super) fn prove<R: RngCore + CryptoRng>(
        &self,
        wallet: &Wallet,
        ledger: &Ledger,
        now: u64,
        rng: &mut R,
    ) -> Result<EnrollProof, ReceiveError> {
        let secrets = wallet.secrets();
        let holder = secrets.holder(self.department, self.schema);
        let person = secrets.person.person(self.department);
        let public = enroll::Public {
            context: self.context,
            issuer: self.department.clone(),
            schema: self.schema.clone(),
            holder,
            person,
        };
        let proof = ledger.enroll_prover(now)?.prove(&public, secrets, rng)?;
        Ok(EnrollProof {
            nonce: self.nonce.to_owned(),
            holder: holder.into(),
            person: person.into(),
            proof: proof.to_json(),
        })
    }
}

impl ProofRequest<'_> {
    /// An `enroll` proof.
    pub(super) fn enroll<R: RngCore + CryptoRng>(
        &self,
        wallet: &Wallet,
        ledger: &Ledger,
        now: u64,
        rng: &mut R,
    ) -> Result<Proofs, ReceiveError> {
        let enrolment = Enrolment {
            department: self.department,
            schema: self.schema,
            nonce: self.nonce,
            context: self.context(),
        };
        Ok(Proofs::Enroll([enrolment.prove(wallet, ledger, now, rng)?]))
    }

    /// A `show` proof of an identity credential, whose nullifier is the new holder value.
    pub(super) fn identity<R: RngCore + CryptoRng>(
        &self,
        wallet: &Wallet,
        ledger: &Ledger,
        shown: &ShownIdentity,
        now: u64,
        rng: &mut R,
    ) -> Result<Proofs, ReceiveError> {
        let view = ledger.view();
        let IdentityBinding { schema, issuers } = &shown.binding;
        let (held, path, root) = usable(wallet, &view, &shown.binding, now)?;
        // The owner agreed to what this one says.
        if held.position != shown.position {
            return Err(ShowIdentityError::None(schema.clone()).into());
        }
        let rows = identity_rows(&identity_policy(schema, issuers), held, view.registry(), now)?;
        let secrets = wallet.secrets();
        let holder = secrets.holder(self.department, self.schema);
        let public = show::Public {
            root,
            now: now.into(),
            context: self.context(),
            // The department that is asked, and nobody else's scope.
            scope: Scope::enrolment(self.department, self.schema),
            linked: Fr::ZERO,
            nullifier: holder,
            link: Fr::ZERO,
            rows,
        };
        let private = show::Private {
            secrets: secrets.clone(),
            index: 0,
            blind: Fr::rand(rng),
            credential: held.credential.clone(),
            path,
        };
        let proof = ledger.show_prover(now)?.prove(&public, &private, rng)?.to_json();
        let nonce = self.nonce.to_owned();
        Ok(Proofs::Identity([IdentityProof { nonce, holder: holder.into(), root: root.into(), now, proof }]))
    }

    fn context(&self) -> Fr {
        handover::openid4vci(self.issuer, self.nonce, self.schema.as_str())
    }
}

/// The newest identity credential that is in the tree and valid at `now` (unix seconds), with its path.
pub(super) fn usable<'a>(
    wallet: &'a Wallet,
    view: &View,
    binding: &IdentityBinding,
    now: u64,
) -> Result<(&'a Held, Path, Fr), ShowIdentityError> {
    let fits = |held: &&Held| {
        let c = &held.credential;
        c.schema == binding.schema
            && binding.issuers.contains(&c.issuer)
            && (c.validity.from..=c.validity.until).contains(&now)
    };
    let with_path = |held| view.path(held).map(|(path, root)| (held, path, root));
    let newest_first = wallet.credentials().iter().rev();
    let found = newest_first.filter(fits).find_map(with_path);
    found.ok_or_else(|| ShowIdentityError::None(binding.schema.clone()))
}

fn identity_rows(
    policy: &Policy,
    held: &Held,
    registry: &ledger::registry::Registry,
    now: u64,
) -> Result<show::Rows, ShowIdentityError> {
    let person = held.credential.values.get(PERSON_ATTRIBUTE).ok_or(ShowIdentityError::NoPerson)?;
    let revealed = [(PERSON_ATTRIBUTE.to_owned(), person.to_json())].into_iter().collect();
    Ok(policy.check(registry)?.rows(IDENTITY_QUERY, now, &revealed)?)
}
