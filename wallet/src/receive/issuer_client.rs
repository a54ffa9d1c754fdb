//! Talking to an issuer (OpenID4VCI): offer, metadata, token, nonce, credential, notification.

use circuits::credential::DepartmentId;
use circuits::schema::SchemaId;
use ledger::genesis::Department;
use ledger::registry::DepartmentStatus;
use openid4vc::json;
use openid4vc::vci::{
    AUTHORIZATION_SERVER_PATH, AuthorizationServerMetadata, CredentialIssuer, CredentialOffer,
    CredentialRequest, CredentialResponse, ErrorBody, ErrorCode, IssuedCredential, IssuerMetadata,
    METADATA_PATH, NonceResponse, Notification, NotificationEvent, OfferLink, OtherDevices, ProofTypes,
    Proofs, Secret, TokenRequest, TokenResponse, TxCode,
};
use openid4vc::vp::MAX_MESSAGE;
use rand::{CryptoRng, RngCore};
use serde::de::DeserializeOwned;
use url::Url;

use super::{ReceiveError, ShownIdentity, proof};
use crate::followed::{Ledger, View};
use crate::http::{Http, HttpAnswer, same_server};
use crate::reach::Reach;
use crate::wallet::Wallet;

/// The issuer of a department on the ledger, with one offer of it.
pub(super) struct IssuerClient {
    http: Http,
    department: DepartmentId,
    issuer: CredentialIssuer,
    offer: CredentialOffer,
    schema: SchemaId,
    metadata: IssuerMetadata,
    token_endpoint: Url,
    /// What a notification needs, once there is a credential.
    receipt: Option<(Secret, String)>,
    proof: ProofSent,
}

/// Whether the issuer may have a proof of the owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProofSent {
    /// Nothing of it was sent.
    NotYet,
    /// It was sent, or its sending was begun.
    Sent,
}

impl IssuerClient {
    /// Resolves an offer. Nothing is fetched from a server that is not the issuer of a department on the ledger, and
    /// the offer must name exactly that issuer.
    pub(super) fn open(link: &OfferLink, view: &View, reach: Reach) -> Result<Self, ReceiveError> {
        let (department, issuer) = registered(view, |desk| same_server(desk, link.offer_uri()))?;
        let http = Http::new(reach);
        let offer: CredentialOffer = read(&http.get(link.offer_uri(), JSON)?, "offer")?;
        let (department, issuer) = if offer.credential_issuer == issuer {
            (department, issuer)
        } else {
            // Two departments may share a server under different paths.
            registered(view, |desk| {
                same_server(desk, link.offer_uri()) && is(desk, &offer.credential_issuer)
            })?
        };
        let [schema] = offer.credential_configuration_ids.as_slice() else {
            return Err(ReceiveError::NotOne(offer.credential_configuration_ids.len()));
        };
        let schema = schema.clone();
        let metadata = metadata(&http, &issuer)?;
        let token_endpoint = token_endpoint(&http, &issuer)?;
        let proof = ProofSent::NotYet;
        Ok(Self { http, department, issuer, offer, schema, metadata, token_endpoint, receipt: None, proof })
    }

    pub(super) fn department(&self) -> &DepartmentId {
        &self.department
    }

    pub(super) fn schema(&self) -> &SchemaId {
        &self.schema
    }

    pub(super) fn tx_code(&self) -> Option<&TxCode> {
        self.offer.grants.pre_authorized_code.tx_code.as_ref()
    }

    pub(super) fn other_devices(&self) -> Option<OtherDevices> {
        self.offer.yong_other_devices
    }

    /// What the issuer wants proved for the credential that it offers.
    pub(super) fn proof_types(&self) -> Result<&ProofTypes, ReceiveError> {
        match self.metadata.credential_configurations_supported.get(&self.schema) {
            Some(wanted) if wanted.schema == self.schema => Ok(&wanted.proof_types_supported),
            _ => Err(ReceiveError::Malformed("the offered credential is not in the metadata")),
        }
    }

    /// Whether the issuer may have a proof of the owner's by now.
    pub(super) fn proof(&self) -> ProofSent {
        self.proof
    }

    /// Token, nonce, proof, credential.
    pub(super) fn credential<R: RngCore + CryptoRng>(
        &mut self,
        wallet: &Wallet,
        ledger: &Ledger,
        identity: Option<&ShownIdentity>,
        tx_code: Option<Secret>,
        now: u64,
        rng: &mut R,
    ) -> Result<IssuedCredential, ReceiveError> {
        self.proof = ProofSent::NotYet;
        self.check_still(identity, &ledger.view())?;
        // An offer is redeemed once: that nothing can be proved with is found before it is spent.
        match identity {
            None => drop(ledger.enroll_prover(now)?),
            Some(_) => drop(ledger.show_prover(now)?),
        }
        let token = self.token(tx_code)?;
        let nonce: NonceResponse = read(&self.http.post_empty(&self.metadata.nonce_endpoint)?, "nonce")?;
        let proofs = self.prove(identity, &nonce.c_nonce, wallet, ledger, now, rng)?;
        let request = CredentialRequest { credential_configuration_id: self.schema.clone(), proofs };
        let bearer = Some(token.access_token.expose());
        self.proof = ProofSent::Sent;
        let answer = self.http.post_json(&self.metadata.credential_endpoint, bearer, &request)?;
        let CredentialResponse { credentials: [wrapper], notification_id } = read(&answer, "credential")?;
        self.receipt = notification_id.map(|id| (token.access_token, id));
        Ok(wrapper.credential)
    }

    /// Tells the issuer what became of the credential. That it may not hear it changes nothing here.
    pub(super) fn notify(&self, kept: bool) {
        let Some((token, id)) = &self.receipt else { return };
        let event =
            if kept { NotificationEvent::CredentialAccepted } else { NotificationEvent::CredentialFailure };
        let notification = Notification { notification_id: id.clone(), event };
        let endpoint = &self.metadata.notification_endpoint;
        self.http.post_json(endpoint, Some(token.expose()), &notification).ok();
    }

    /// What was true when the offer was looked at may not be so any more.
    fn check_still(&self, identity: Option<&ShownIdentity>, view: &View) -> Result<(), ReceiveError> {
        check_active(&self.department, view)?;
        identity.map_or(Ok(()), |identity| identity.check(self, view))
    }

    fn token(&self, tx_code: Option<Secret>) -> Result<TokenResponse, ReceiveError> {
        let grant = &self.offer.grants.pre_authorized_code;
        let given = match &grant.tx_code {
            None => None,
            Some(wanted) => {
                // What can be seen to be no such number is not sent: a wrong one costs a try.
                let given = tx_code.and_then(|given| wanted.read(given.expose()));
                Some(given.ok_or_else(|| ReceiveError::NoTxCode(wanted.clone()))?)
            }
        };
        let request = TokenRequest::new(grant.code.clone(), given);
        read(&self.http.post_form(&self.token_endpoint, &request.form())?, "token")
    }

    fn prove<R: RngCore + CryptoRng>(
        &self,
        identity: Option<&ShownIdentity>,
        nonce: &str,
        wallet: &Wallet,
        ledger: &Ledger,
        now: u64,
        rng: &mut R,
    ) -> Result<Proofs, ReceiveError> {
        let request = proof::ProofRequest {
            department: &self.department,
            schema: &self.schema,
            issuer: self.issuer.as_str(),
            nonce,
        };
        match identity {
            None => request.enroll(wallet, ledger, now, rng),
            Some(identity) => request.identity(wallet, ledger, identity, now, rng),
        }
    }
}

/// The first department that may act and whose issuer is as wanted.
fn registered(
    view: &View,
    wanted: impl Fn(&Url) -> bool,
) -> Result<(DepartmentId, CredentialIssuer), ReceiveError> {
    let desk = |d: &Department| d.desk.clone().filter(&wanted).map(|desk| (d.id.clone(), desk));
    let mut why = ReceiveError::UnknownIssuer;
    for (id, desk) in view.registry().departments().filter_map(desk) {
        match check_active(&id, view) {
            Ok(()) => return Ok((id, CredentialIssuer::try_from(desk)?)),
            Err(refused) => why = refused,
        }
    }
    Err(why)
}

pub(super) fn check_active(id: &DepartmentId, view: &View) -> Result<(), ReceiveError> {
    match view.registry().status(id) {
        Some(DepartmentStatus::Active) => Ok(()),
        Some(DepartmentStatus::Suspended) => Err(ReceiveError::Suspended(id.clone())),
        None => Err(ReceiveError::UnknownIssuer),
    }
}

fn is(desk: &Url, issuer: &CredentialIssuer) -> bool {
    CredentialIssuer::try_from(desk.clone()).is_ok_and(|desk| desk == *issuer)
}

/// The issuer's own description; all its endpoints must be on its own server.
pub(super) fn metadata(http: &Http, issuer: &CredentialIssuer) -> Result<IssuerMetadata, ReceiveError> {
    let metadata: IssuerMetadata = read(&http.get(&issuer.well_known(METADATA_PATH), JSON)?, "metadata")?;
    if metadata.credential_issuer != *issuer {
        return Err(ReceiveError::Malformed("the metadata is of another desk"));
    }
    let endpoints =
        [&metadata.credential_endpoint, &metadata.nonce_endpoint, &metadata.notification_endpoint];
    endpoints.into_iter().try_for_each(|endpoint| check_own(issuer, endpoint))?;
    Ok(metadata)
}

fn token_endpoint(http: &Http, issuer: &CredentialIssuer) -> Result<Url, ReceiveError> {
    let url = issuer.well_known(AUTHORIZATION_SERVER_PATH);
    let metadata: AuthorizationServerMetadata = read(&http.get(&url, JSON)?, "authorization metadata")?;
    if metadata.issuer != *issuer {
        return Err(ReceiveError::Malformed("the authorization metadata is of another desk"));
    }
    check_own(issuer, &metadata.token_endpoint)?;
    Ok(metadata.token_endpoint)
}

pub(super) fn check_own(issuer: &CredentialIssuer, endpoint: &Url) -> Result<(), ReceiveError> {
    let own = same_server(&issuer.endpoint(""), endpoint);
    if own { Ok(()) } else { Err(ReceiveError::Malformed("an endpoint is on another server")) }
}

/// Whether the issuer says yes, whatever else it says.
pub(super) fn accepted(answer: &HttpAnswer) -> Result<(), ReceiveError> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let said: Option<ErrorBody> = serde_json::from_slice(&answer.body).ok();
    Err(match said.as_ref().and_then(|said| said.tries_left) {
        Some(0) => ReceiveError::UsedUp,
        Some(left) => ReceiveError::WrongNumber { left },
        None => ReceiveError::Refused {
            status: answer.status,
            code: said.map_or(ErrorCode::Other, |said| said.error),
        },
    })
}

pub(super) fn read<T: DeserializeOwned>(answer: &HttpAnswer, what: &'static str) -> Result<T, ReceiveError> {
    accepted(answer)?;
    json::from_slice(&answer.body, MAX_MESSAGE).map_err(|_| ReceiveError::Malformed(what))
}

const JSON: &str = "application/json";
