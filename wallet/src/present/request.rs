//! A verifier's request. There is one only after everything about it was checked.

mod rules;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::Fr;
use circuits::credential::Scope;
use circuits::schema::SchemaId;
use ledger::registry::{PublishedPolicy, Registry};
use openid4vc::json::JsonError;
use openid4vc::vp::{
    Link, LinkError, Matter, Nonce, Protection, REQUEST_MEDIA_TYPE, RequestMethod, RequestObject,
};
use rand::{CryptoRng, RngCore};
use url::Url;

pub(super) use rules::Addressed;

use super::jws::JwsError;
use super::question::{Question, RelyingParty, Way};
use crate::http::{Http, HttpAnswer, HttpError};

/// A request that was checked: signed by whom the QR code names, in time, to be answered where it came from, and asking
/// exactly what a policy on the ledger allows. Only [`super::fetch_request`] and [`Request::verify`] make one.
#[derive(Clone)]
pub struct Request {
    addressed: Addressed,
    policy: PublishedPolicy,
    relying_party: RelyingParty,
    proofs: Vec<RequestedProof>,
    now: u64,
    context: Fr,
}

/// The proof that a request wants of one credential.
#[derive(Clone)]
struct RequestedProof {
    /// The policy's name for it.
    credential: String,
    /// The verifier's name for the accepted proof system.
    system: String,
}

/// Why a request is not answered. The verifier is told so only where OpenID4VP demands it, see
/// [`RequestError::code`]; in all other cases nothing is sent to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The link is not one.
    #[error("the link is not usable: {0}")]
    Link(#[from] LinkError),
    /// The verifier is not identified by its certificate.
    #[error("the link does not identify the counter by its certificate (x509_hash:…)")]
    ClientIdKind,
    /// The request cannot be fetched.
    #[error("the request cannot be fetched: {0}")]
    Http(#[from] HttpError),
    /// The verifier does not give it, for example because it was answered or is too old.
    #[error("the counter does not give the request (status {0})")]
    NotGiven(u16),
    /// The signature is not sound.
    #[error("the request is not signed as it must be: {0}")]
    Jws(#[from] JwsError),
    /// Signed with another certificate than the link names.
    #[error("the request is signed by somebody else than the link names")]
    OtherCertificate,
    /// The claims are not a request.
    #[error("the request is malformed: {0}")]
    Claims(#[from] JsonError),
    /// `client_id` in the request is not, byte for byte, the one in the link.
    #[error("the request names another counter than the link")]
    OtherClientId,
    /// The value the wallet sent did not come back.
    #[error("the request was not made for this wallet's question")]
    WalletNonce,
    /// It asks for an answer that stands for a transaction too, of which this wallet knows no kind.
    #[error("the request wants consent to a transaction (`transaction_data`), which this wallet cannot show")]
    TransactionData,
    /// It names a second address for the answer.
    #[error("the request names a `redirect_uri` beside its `response_uri`")]
    RedirectUri,
    /// Too late.
    #[error("the request expired {0} s ago")]
    Expired(u64),
    /// It may be answered for longer than five minutes.
    #[error("the request may be answered for more than five minutes")]
    LongLived,
    /// Made in the future, or its time differs from the wallet's by more than five minutes.
    #[error("the counter's clock differs from this wallet's by {0} s")]
    Clock(u64),
    /// The answer would go to another server than the one that asks, or in the clear over a network.
    #[error("the answer would go to an address that is not the counter's own")]
    ResponseUri,
    /// There is no key on P-256 for ECDH-ES, or neither A128GCM nor A256GCM.
    #[error("the counter wants an encrypted answer but gives no key or cipher for it that this wallet knows")]
    Encryption,
    /// The policy is not on the ledger, as far as was synced.
    #[error("the policy `{0}` is not on the ledger as this wallet knows it")]
    UnknownPolicy(SchemaId),
    /// The policy on the ledger is another.
    #[error("the policy `{0}` on the ledger is not the one that the counter asks with")]
    OtherPolicy(SchemaId),
    /// The query asks something else than its policy.
    #[error("the request asks something else than its policy: {0}")]
    OtherQuery(&'static str),
}

impl RequestError {
    /// OpenID4VP's code for it, where a wallet must tell the verifier (§8.2 and §8.5). What the wallet holds or knows
    /// of the ledger has no part in these.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::TransactionData => Some("invalid_transaction_data"),
            Self::RedirectUri => Some("invalid_request"),
            _ => None,
        }
    }
}

impl Request {
    /// Fetches the request that a link names, and checks it at `now` (unix seconds, the wallet's clock).
    pub(super) fn fetch<R: RngCore + CryptoRng>(
        link: &str,
        registry: &Registry,
        now: u64,
        rng: &mut R,
    ) -> Result<Self, RejectedRequest> {
        let link: Link = link.parse().map_err(RequestError::from)?;
        let (answer, wallet_nonce) = ask(&link, rng)?;
        match answer.status {
            200 => Self::check(&link, wallet_nonce.as_ref(), &answer.body, registry, now),
            status => Err(RequestError::NotGiven(status).into()),
        }
    }

    /// Checks a request object's bytes against the link that led to them and the registry. `wallet_nonce` is what the
    /// wallet sent along, if it did. Nothing is sent.
    pub fn verify(
        link: &Link,
        wallet_nonce: Option<&Nonce>,
        jws: &[u8],
        registry: &Registry,
        now: u64,
    ) -> Result<Self, RequestError> {
        Self::check(link, wallet_nonce, jws, registry, now).map_err(|rejected| rejected.error)
    }

    fn check(
        link: &Link,
        wallet_nonce: Option<&Nonce>,
        jws: &[u8],
        registry: &Registry,
        now: u64,
    ) -> Result<Self, RejectedRequest> {
        let (addressed, claims) = Addressed::verify(link, wallet_nonce, jws, now)?;
        match rules::check_members(&claims) {
            Ok(()) => Ok(Self::from_addressed(addressed, registry, now)?),
            Err(error) => Err(RejectedRequest { error, reply_to: Some(Box::new(addressed)) }),
        }
    }

    /// Checks what is asked.
    fn from_addressed(addressed: Addressed, registry: &Registry, now: u64) -> Result<Self, RequestError> {
        let Addressed { object, protection, .. } = &addressed;
        let (policy, params) = rules::policy(object, registry)?;
        rules::check_clock(params.now, now)?;
        let relying_party = RelyingParty::new(&object.client_id, object.matter().as_ref(), registry, now);
        let now = params.now;
        let proofs = rules::check_query(object, &policy)?;
        let context = object.context(protection);
        Ok(Self { addressed, policy, relying_party, proofs, now, context })
    }

    /// Who signed it, and how the answer travels.
    pub(super) fn addressed(&self) -> &Addressed {
        &self.addressed
    }

    /// What was signed.
    pub fn object(&self) -> &RequestObject {
        &self.addressed.object
    }

    /// The policy on the ledger, with who published it.
    pub fn policy(&self) -> &PublishedPolicy {
        &self.policy
    }

    /// Who asks.
    pub fn relying_party(&self) -> &RelyingParty {
        &self.relying_party
    }

    /// What the verifier says about the matter; the policy on the ledger decides.
    pub fn matter(&self) -> Option<Matter> {
        self.addressed.object.matter()
    }

    /// The verifier's time: the `now` row.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Binds proofs to this session.
    pub fn context(&self) -> &Fr {
        &self.context
    }

    /// What the pseudonym is for.
    pub fn scope(&self) -> Scope {
        Question::scope(self)
    }

    /// The four digits that the verifier's screen shows too.
    pub fn match_code(&self) -> String {
        Question::match_code(self)
    }

    /// Where the answer goes.
    pub fn response_uri(&self) -> &Url {
        &self.addressed.response_uri
    }

    /// How the answer travels.
    pub fn protection(&self) -> &Protection {
        &self.addressed.protection
    }
}

impl Question for Request {
    fn way(&self) -> Way {
        Way::Online
    }
    fn policy(&self) -> &PublishedPolicy {
        self.policy()
    }
    fn relying_party(&self) -> &RelyingParty {
        self.relying_party()
    }
    fn matter(&self) -> Option<Matter> {
        self.matter()
    }
    fn now(&self) -> u64 {
        self.now()
    }
    fn context(&self) -> &Fr {
        self.context()
    }
    fn system(&self, credential: &str) -> Option<&str> {
        let proof = self.proofs.iter().find(|proof| proof.credential == credential)?;
        Some(&proof.system)
    }
}

/// A request that is not answered, and the way on which the verifier can be told so, where it is to be told.
pub(super) struct RejectedRequest {
    pub(super) error: RequestError,
    pub(super) reply_to: Option<Box<Addressed>>,
}

impl From<RequestError> for RejectedRequest {
    fn from(error: RequestError) -> Self {
        Self { error, reply_to: None }
    }
}

/// Asks for the request, with a nonce where the link wants one.
fn ask<R: RngCore + CryptoRng>(
    link: &Link,
    rng: &mut R,
) -> Result<(HttpAnswer, Option<Nonce>), RequestError> {
    rules::check_kind(&link.client_id)?;
    let http = Http::new();
    match link.method {
        RequestMethod::Get => Ok((http.get(&link.request_uri, REQUEST_MEDIA_TYPE)?, None)),
        RequestMethod::Post => {
            let nonce = wallet_nonce(rng);
            let answer = http.post_form(&link.request_uri, &[("wallet_nonce", nonce.as_str())])?;
            Ok((answer, Some(nonce)))
        }
    }
}

fn wallet_nonce<R: RngCore + CryptoRng>(rng: &mut R) -> Nonce {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    Nonce::try_from(URL_SAFE_NO_PAD.encode(bytes)).expect("base64url is in the alphabet of nonces")
}
