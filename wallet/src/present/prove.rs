//! From a choice to proofs. The steps are public one by one, so that a test can go wrong at each of them.

use std::collections::BTreeMap;

use ark_ff::{AdditiveGroup, Field, UniformRand};
use circuits::credential::HolderSecrets;
use circuits::opening::Opening;
use circuits::policy::{CheckedPolicy, PolicyError, PolicyErrorKind};
use circuits::show::{Private, Public};
use circuits::{Fr, join, score};
use groth16::Proof;
use openid4vc::vp::{Format, KeyDigest, LinkedProof, Presentation, VpResponse, VpToken};
use prover::statement::Statement as Circuit;
use prover::{CircuitProver, ProveError};
use rand::{CryptoRng, RngCore};
use serde_json::{Map, Value};

use super::choose::{Choice, Pick};
use super::prepared::Preparations;
use super::question::Question;
use crate::keys::Provers;

/// All proofs of an answer. They stand or fall together.
pub struct Proofs {
    /// One for each credential, in the order of the policy.
    pub credentials: Vec<Made>,
    /// That of the condition across credentials, if the policy has one.
    pub across: Option<Proved<join::Public>>,
    /// One for each score, in the order of the policy.
    pub models: Vec<Proved<score::Public>>,
}

impl Proofs {
    /// What is sent.
    pub fn response(&self) -> VpResponse {
        VpResponse {
            vp_token: token(&self.credentials),
            across: self.across.as_ref().map(Proved::linked),
            models: self.models.iter().map(Proved::linked).collect(),
        }
    }
}

/// A proof about a credential, with the statement that it proves.
pub struct Made {
    /// The policy's name for the credential.
    pub id: String,
    /// All public inputs.
    pub public: Public,
    /// What is sent.
    pub presentation: Presentation,
}

/// A proof about credentials behind links, with the statement that it proves.
pub struct Proved<P> {
    /// All public inputs.
    pub public: P,
    /// The verifying key that it was made for.
    pub key: KeyDigest,
    /// What is sent.
    pub proof: Proof,
}

impl<P> Proved<P> {
    fn linked(&self) -> LinkedProof {
        LinkedProof { key: self.key, proof: self.proof.clone() }
    }
}

/// Why there is no proof though there is a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The policy does not compile for these values; the registry takes in only policies that do.
    #[error("the policy cannot be turned into a statement: {0}")]
    Policy(#[from] PolicyError),
    /// The statement does not hold, or the prover failed.
    #[error("the proof cannot be made: {0}")]
    Prove(#[from] ProveError),
    /// The provers were fetched for a policy that asks less.
    #[error("the provers are those of another policy")]
    OtherProvers,
}

/// The statements that answer a request, with their witnesses; independent of the wallet. Secret: no `Debug`.
pub(super) struct Witnessed {
    credentials: Vec<Statement>,
    across: Option<(join::Public, join::Private)>,
    models: Vec<(score::Public, score::Private)>,
}

struct Statement {
    id: String,
    public: Public,
    private: Private,
    revealed: Map<String, Value>,
}

impl Choice<'_> {
    /// One proof for each credential, all of one holder and under the pseudonym of this index, and those of the conditions
    /// across them and of scores.
    pub fn prove<R: RngCore + CryptoRng>(
        &self,
        question: &dyn Question,
        secrets: &HolderSecrets,
        index: u16,
        provers: &Provers,
        rng: &mut R,
    ) -> Result<Proofs, MakeError> {
        self.witnessed(question, secrets, index, rng)?.prove(question, provers, &Preparations::default(), rng)
    }

    /// Everything that proving needs. Each credential gets a new blind, so that no link is ever seen twice.
    pub(super) fn witnessed<R: RngCore + CryptoRng>(
        &self,
        question: &dyn Question,
        secrets: &HolderSecrets,
        index: u16,
        rng: &mut R,
    ) -> Result<Witnessed, MakeError> {
        let mut credentials = Vec::new();
        let mut openings = BTreeMap::new();
        for pick in &self.picks {
            let opening = Opening { blind: Fr::rand(rng), credential: pick.held.credential.clone() };
            credentials.push(self.shown(pick, &opening, question, secrets, index)?);
            openings.insert(pick.query.id.as_str(), opening);
        }
        Ok(Witnessed {
            credentials,
            across: across(question, &openings)?,
            models: models(question, &openings)?,
        })
    }

    fn shown(
        &self,
        pick: &Pick<'_>,
        opening: &Opening,
        question: &dyn Question,
        secrets: &HolderSecrets,
        index: u16,
    ) -> Result<Statement, PolicyError> {
        let id = pick.query.id.clone();
        let revealed = pick.revealed.clone();
        let mut public = statement(question, &id, &revealed, &self.root, secrets, index)?;
        if question.policy().checked.is_linked(&id) {
            public.linked = Fr::ONE;
            public.link = opening.link();
        }
        let private = Private {
            secrets: secrets.clone(),
            index,
            blind: opening.blind,
            credential: opening.credential.clone(),
            path: pick.path.clone(),
        };
        Ok(Statement { id, public, private, revealed })
    }
}

/// The condition across credentials over their openings.
fn across(
    question: &dyn Question,
    openings: &BTreeMap<&str, Opening>,
) -> Result<Option<(join::Public, join::Private)>, PolicyError> {
    let checked = &question.policy().checked;
    let Some(rows) = checked.join_rows(question.now())? else { return Ok(None) };
    let joined: Vec<Opening> = checked
        .joined()
        .iter()
        .map(|id| opening(openings, id))
        .collect::<Option<_>>()
        .ok_or_else(no_query)?;
    let private = join::Private::padded(&joined).ok_or_else(no_query)?;
    let links = private.openings.each_ref().map(Opening::link);
    Ok(Some((join::Public { context: *question.context(), links, rows }, private)))
}

/// Each score over the opening of its credential.
fn models(
    question: &dyn Question,
    openings: &BTreeMap<&str, Opening>,
) -> Result<Vec<(score::Public, score::Private)>, PolicyError> {
    let checked: &CheckedPolicy = &question.policy().checked;
    let scores = checked.score_rows().map(|(condition, rows)| {
        let opening = opening(openings, &condition.credential).ok_or_else(no_query)?;
        let public = score::Public { context: *question.context(), link: opening.link(), rows: rows.clone() };
        Ok((public, score::Private { opening }))
    });
    scores.collect()
}

fn opening(openings: &BTreeMap<&str, Opening>, id: &str) -> Option<Opening> {
    openings.get(id).cloned()
}

/// A checked policy speaks of the credentials that it asks for.
fn no_query() -> PolicyError {
    PolicyError { path: "$.credentials".to_owned(), kind: PolicyErrorKind::UnknownCredential }
}

impl Witnessed {
    /// One proof for each statement.
    pub(super) fn prove<R: RngCore + CryptoRng>(
        self,
        question: &dyn Question,
        provers: &Provers,
        preparations: &Preparations,
        rng: &mut R,
    ) -> Result<Proofs, MakeError> {
        let mut credentials = Vec::new();
        for statement in self.credentials {
            credentials.push(statement.prove(question, provers, preparations, rng)?);
        }
        let across = match self.across {
            None => None,
            Some((public, private)) => {
                let prover = provers.join.as_ref().ok_or(MakeError::OtherProvers)?;
                let proof = preparations.prove_join(prover, &public, &private, rng)?;
                Some(proved(prover, public, proof))
            }
        };
        let mut models = Vec::new();
        for (public, private) in self.models {
            let prover = provers.score.as_ref().ok_or(MakeError::OtherProvers)?;
            let proof = preparations.prove_score(prover, &public, &private, rng)?;
            models.push(proved(prover, public, proof));
        }
        Ok(Proofs { credentials, across, models })
    }
}

fn proved<S: Circuit>(prover: &CircuitProver<S>, public: S::Public, proof: Proof) -> Proved<S::Public> {
    Proved { public, key: KeyDigest(prover.verifying_key().digest()), proof }
}

impl Statement {
    fn prove<R: RngCore + CryptoRng>(
        self,
        question: &dyn Question,
        provers: &Provers,
        preparations: &Preparations,
        rng: &mut R,
    ) -> Result<Made, MakeError> {
        let Self { id, public, private, revealed } = self;
        let proof = preparations.prove(&provers.show, &public, &private, rng)?;
        let key = KeyDigest(provers.show.verifying_key().digest());
        let presentation = wrap(question, &id, &public, revealed, key, proof)
            .expect("a statement was made for a query of its question");
        Ok(Made { id, public, presentation })
    }
}

/// The public inputs that answer one query of a question, under the pseudonym of this index, without a link. What is
/// `revealed` has exactly the attributes that the policy names.
pub fn statement(
    question: &dyn Question,
    id: &str,
    revealed: &Map<String, Value>,
    root: &Fr,
    secrets: &HolderSecrets,
    index: u16,
) -> Result<Public, PolicyError> {
    let scope = question.scope();
    Ok(Public {
        root: *root,
        now: question.now().into(),
        context: *question.context(),
        scope,
        linked: Fr::ZERO,
        nullifier: secrets.nullifier(&scope, index),
        link: Fr::ZERO,
        rows: question.policy().checked.rows(id, question.now(), revealed)?,
    })
}

/// A proof as it travels; `None` if the question has no such query. Does not ask whether the proof proves anything.
pub fn wrap(
    question: &dyn Question,
    id: &str,
    public: &Public,
    revealed: Map<String, Value>,
    key: KeyDigest,
    proof: Proof,
) -> Option<Presentation> {
    let queries = &question.policy().checked.policy().credentials;
    let query = queries.iter().find(|query| query.id == id)?;
    Some(Presentation {
        format: Format::YongZkp,
        vct: query.schema.clone(),
        zk_system_id: question.system(id)?.to_owned(),
        key,
        root: public.root.into(),
        nullifier: public.nullifier.into(),
        link: (public.linked != Fr::ZERO).then(|| public.link.into()),
        revealed,
        proof,
    })
}

/// The `vp_token` of all proofs about credentials.
pub fn token(made: &[Made]) -> VpToken {
    VpToken(made.iter().map(|made| (made.id.clone(), [made.presentation.clone()])).collect())
}
