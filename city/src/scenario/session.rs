//! One request of a verifier in the hands of somebody who answers it as they like.

use anyhow::Context as _;
use ark_ff::UniformRand as _;
use circuits::Fr;
use circuits::show::{Private, Public};
use openid4vc::vp::KeyDigest;
use rand::rngs::OsRng;
use serde_json::Map;
use verifier_service::client::VerifierClient;
use verifier_service::relying_party::CreatedRequest;
use wallet::held::Held;
use wallet::present::{Answered, Made, Request, RequestLink, fetch_request, statement, token, wrap};

use super::context::{Context, HOLD_EVERYTHING, now};
use crate::departments::schema_id;

/// A citizen who holds an identity in good standing.
pub(super) const IN_GOOD_STANDING: usize = HOLD_EVERYTHING + 53;

/// A verifier's request, as a wallet sees it after all its checks.
pub(super) struct Session {
    request: Request,
    pub(super) asked: CreatedRequest,
}

impl Session {
    /// Asks for a policy and reads the request.
    pub(super) fn open(
        context: &Context<'_>,
        verifier: &VerifierClient,
        policy: &str,
    ) -> anyhow::Result<Self> {
        let asked = verifier.ask(&schema_id(policy))?;
        let view = context.ledger.view();
        let link = RequestLink::read(&asked.link, context.ledger.reach())?;
        let request = fetch_request(&link, &view, now(), &mut OsRng)?;
        Ok(Self { request, asked })
    }

    /// The statement that the citizen's own wallet would make.
    pub(super) fn valid_statement(
        &self,
        context: &Context<'_>,
        ledger: &wallet::Ledger,
        citizen: usize,
        id: &str,
    ) -> anyhow::Result<(Public, Private)> {
        let policy = self.request.policy().checked.policy();
        let query =
            policy.credentials.iter().find(|q| q.id == id).context("the policy has no such credential")?;
        let held = held(context, citizen, query.schema.as_str())?;
        let (path, root) = ledger.view().path(held).context("the credential is not in the tree")?;
        let secrets = context.citizens[citizen].wallet.secrets().clone();
        let index = 0;
        let public = statement(&self.request, id, &Map::new(), &root, &secrets, index)?;
        let credential = held.credential.clone();
        let private = Private { secrets, index, blind: Fr::rand(&mut OsRng), credential, path };
        Ok((public, private))
    }

    /// What the wallet of somebody in good standing would answer to a policy over an identity alone.
    pub(super) fn prove_identity(
        &self,
        context: &Context<'_>,
        ledger: &wallet::Ledger,
    ) -> anyhow::Result<[Made; 1]> {
        let (public, private) = self.valid_statement(context, ledger, IN_GOOD_STANDING, "identity")?;
        Ok([self.prove(context, "identity", public, &private)?])
    }

    /// Proves a statement, whatever it is, as the answer to one credential of the request.
    pub(super) fn prove(
        &self,
        context: &Context<'_>,
        id: &str,
        public: Public,
        private: &Private,
    ) -> anyhow::Result<Made> {
        let proof = context.setup.prover.show.prove(&public, private, &mut OsRng)?;
        let key = KeyDigest(context.setup.prover.show.verifying_key().digest());
        let presentation =
            wrap(&self.request, id, &public, Map::new(), key, proof).context("no such credential")?;
        Ok(Made { id: id.to_owned(), public, presentation })
    }

    /// Sends presentations to the verifier.
    pub(super) fn answer(&self, made: &[Made]) -> anyhow::Result<Answered> {
        Ok(wallet::present::answer(&self.request, &token(made).into(), &mut OsRng)?)
    }
}

/// The newest credential of a kind.
pub(super) fn held<'a>(context: &'a Context<'_>, citizen: usize, schema: &str) -> anyhow::Result<&'a Held> {
    let all = context.citizens[citizen].wallet.credentials();
    let newest = all.iter().rev().find(|held| held.credential.schema.as_str() == schema);
    newest.with_context(|| format!("citizen {citizen} holds no {schema}"))
}
