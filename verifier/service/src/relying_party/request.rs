//! The request object of a transaction, signed each time that it is fetched.

use circuits::policy::{CredentialQuery as Query, Pseudonym};
use ledger::registry::PublishedPolicy;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{
    Audience, ClaimQuery, ClientMetadata, CredentialQuery, DcqlQuery, Format, Matter, Meta, Nonce, Params,
    PolicyDigest, RequestObject, ResponseMode, ResponseType, SYSTEM_ID, ScopeClaim, System, VerifierInfo,
    ZkSystem,
};

use super::error::NotReady;
use super::{RelyingParty, RelyingPartyError};
use crate::following::Snapshot;
use crate::store::{RequestId, Transaction};

impl RelyingParty {
    /// The signed request object, as long as it may be answered; with the wallet's nonce if it sent one.
    pub fn request_object(
        &self,
        request: &str,
        wallet_nonce: Option<Nonce>,
    ) -> Result<String, RelyingPartyError> {
        let request =
            RequestId::from(Nonce::try_from(request.to_owned()).map_err(|_| RelyingPartyError::NotFound)?);
        let transaction = self.store().by_request(&request)?.ok_or(RelyingPartyError::NotFound)?;
        if !transaction.is_alive_at(self.now()) || !self.store().fetch(&request, wallet_nonce.as_ref())? {
            return Err(RelyingPartyError::Gone);
        }
        let snapshot = self.following.snapshot();
        let published = policy_of(&transaction, &snapshot)?;
        let key = transaction.response_key.as_ref().ok_or(RelyingPartyError::Gone)?;
        Ok(self.certificate.sign(&self.claims(&transaction, key, published, wallet_nonce)))
    }

    fn claims(
        &self,
        transaction: &Transaction,
        key: &ResponseKey,
        published: &PublishedPolicy,
        wallet_nonce: Option<Nonce>,
    ) -> RequestObject {
        RequestObject {
            client_id: self.certificate.client_id().to_owned(),
            response_type: ResponseType::VpToken,
            response_mode: ResponseMode::DirectPostJwt,
            response_uri: self.response_uri(),
            nonce: transaction.nonce.clone(),
            state: Some(transaction.state.clone()),
            iat: transaction.made_at,
            exp: transaction.expires_at,
            aud: Audience::SelfIssuedV2,
            dcql_query: dcql(published, transaction.made_at),
            client_metadata: ClientMetadata::ours(&key.public()),
            verifier_info: vec![VerifierInfo::from(&self.matter(published))],
            wallet_nonce,
        }
    }

    fn matter(&self, published: &PublishedPolicy) -> Matter {
        let policy = published.checked.policy();
        Matter {
            name: self.about.name.clone(),
            matter: policy.title.clone(),
            purpose: policy.purpose.clone(),
            legal_basis: published.checked.legal_basis(),
            retention_days: policy.retention_days,
            complaint: self.about.complaint.clone(),
            policy_entry: published.index,
        }
    }
}

/// The policy of a transaction, which must be the text that it was made for.
pub(super) fn policy_of<'a>(
    transaction: &Transaction,
    snapshot: &'a Snapshot,
) -> Result<&'a PublishedPolicy, RelyingPartyError> {
    let published = snapshot.registry().policy(&transaction.policy);
    published
        .filter(|published| published.digest == transaction.policy_digest)
        .ok_or(RelyingPartyError::NotReady(NotReady::PolicyChanged))
}

fn dcql(published: &PublishedPolicy, now: u64) -> DcqlQuery {
    let policy = published.checked.policy();
    let params = Params {
        policy: policy.policy.clone(),
        policy_digest: PolicyDigest(*published.digest.as_bytes()),
        now,
        scope: scope(published),
    };
    DcqlQuery {
        credentials: policy.credentials.iter().map(|query| credential(query, params.clone())).collect(),
    }
}

fn scope(published: &PublishedPolicy) -> ScopeClaim {
    match &published.checked.policy().pseudonym {
        Pseudonym::Session(_) => ScopeClaim::Session,
        Pseudonym::Named { scope, .. } => {
            ScopeClaim::Named { scope: scope.clone(), department: published.publisher.clone() }
        }
    }
}

fn credential(query: &Query, params: Params) -> CredentialQuery {
    CredentialQuery {
        id: query.id.clone(),
        format: Format::YongZkp,
        meta: Meta {
            vct_values: vec![query.schema.clone()],
            zk_system_type: vec![ZkSystem {
                id: SYSTEM_ID.to_owned(),
                system: System::Groth16Bn254V2,
                params,
            }],
        },
        claims: query.reveal.iter().map(|name| ClaimQuery::attribute(name)).collect(),
    }
}
