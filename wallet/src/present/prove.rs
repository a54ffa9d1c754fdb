//! From a choice to proofs. The steps are public one by one, so that a test can go wrong at each of them.

use ark_ff::{AdditiveGroup, UniformRand};
use circuits::Fr;
use circuits::credential::HolderSecrets;
use circuits::policy::PolicyError;
use circuits::show::{Private, Public};
use groth16::Proof;
use openid4vc::vp::{Format, KeyDigest, Presentation, VpToken};
use prover::{ProveError, ShowProver};
use rand::{CryptoRng, RngCore};
use serde_json::{Map, Value};

use super::choose::{Choice, Pick};
use super::prepared::Preparations;
use super::question::Question;

/// A proof with the statement that it proves.
pub struct Made {
    /// The policy's name for the credential.
    pub id: String,
    /// All public inputs.
    pub public: Public,
    /// What is sent.
    pub presentation: Presentation,
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
}

/// The statements that answer a request, with their witnesses; independent of the wallet. Secret: no `Debug`.
pub(super) struct Witnessed(Vec<Statement>);

struct Statement {
    id: String,
    public: Public,
    private: Private,
    revealed: Map<String, Value>,
}

impl Choice<'_> {
    /// One proof for each credential, all of one holder and under the pseudonym of this index.
    pub fn prove<R: RngCore + CryptoRng>(
        &self,
        question: &dyn Question,
        secrets: &HolderSecrets,
        index: u16,
        prover: &ShowProver,
        rng: &mut R,
    ) -> Result<Vec<Made>, MakeError> {
        self.witnessed(question, secrets, index, rng)?.prove(question, prover, &Preparations::default(), rng)
    }

    /// Everything that proving needs.
    pub(super) fn witnessed<R: RngCore + CryptoRng>(
        &self,
        question: &dyn Question,
        secrets: &HolderSecrets,
        index: u16,
        rng: &mut R,
    ) -> Result<Witnessed, MakeError> {
        let statement = |pick: &Pick<'_>| {
            let id = pick.query.id.clone();
            let revealed = pick.revealed.clone();
            let public = statement(question, &id, &revealed, &self.root, secrets, index)?;
            let private = Private {
                secrets: secrets.clone(),
                index,
                blind: Fr::rand(rng),
                credential: pick.held.credential.clone(),
                path: pick.path.clone(),
            };
            Ok(Statement { id, public, private, revealed })
        };
        self.picks.iter().map(statement).collect::<Result<_, _>>().map(Witnessed)
    }
}

impl Witnessed {
    /// One proof for each statement.
    pub(super) fn prove<R: RngCore + CryptoRng>(
        self,
        question: &dyn Question,
        prover: &ShowProver,
        preparations: &Preparations,
        rng: &mut R,
    ) -> Result<Vec<Made>, MakeError> {
        self.0.into_iter().map(|statement| statement.prove(question, prover, preparations, rng)).collect()
    }
}

impl Statement {
    fn prove<R: RngCore + CryptoRng>(
        self,
        question: &dyn Question,
        prover: &ShowProver,
        preparations: &Preparations,
        rng: &mut R,
    ) -> Result<Made, MakeError> {
        let Self { id, public, private, revealed } = self;
        let proof = preparations.prove(prover, &public, &private, rng)?;
        let key = KeyDigest(prover.verifying_key().digest());
        let presentation = wrap(question, &id, &public, revealed, key, proof)
            .expect("a statement was made for a query of its question");
        Ok(Made { id, public, presentation })
    }
}

/// The public inputs that answer one query of a question, under the pseudonym of this index. What is `revealed` has exactly
/// the attributes that the policy names.
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
        // No policy speaks of a credential in another proof of the answer.
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
        revealed,
        proof,
    })
}

/// The `vp_token` of all proofs.
pub fn token(made: &[Made]) -> VpToken {
    VpToken(made.iter().map(|made| (made.id.clone(), [made.presentation.clone()])).collect())
}
