//! A verifier's request. There is one only after everything about it was checked.

mod rules;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::Fr;
use circuits::credential::Scope;
use circuits::policy::NotStarted;
use circuits::schema::SchemaId;
use ledger::registry::{NotTheRegister, PublishedPolicy, Registry};
use openid4vc::json::JsonError;
use openid4vc::vp::{
    Link, LinkError, Matter, Nonce, Protection, REQUEST_MEDIA_TYPE, RequestMethod, RequestObject,
};
use rand::{CryptoRng, RngCore};
use url::Url;

pub(super) use rules::{Addressed, check_scope};

use super::clock::{ClockGap, Clocks};
use super::jws::JwsError;
use super::question::{Question, RelyingParty, Way};
use crate::followed::View;
use crate::http::{Http, HttpAnswer, HttpError};
use crate::reach::Reach;

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
    /// By how much the counter's clock differed when it gave the request, where it is known.
    clock_gap: Option<ClockGap>,
}

/// A counter's link that was read: which server it leads to. Nothing was sent.
#[derive(Clone, Debug)]
pub struct RequestLink {
    link: Link,
    reach: Reach,
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
    #[error("the request's times do not fit: {0}")]
    Clock(ClockGap),
    /// The answer would go to another server than the one that asks, or in the clear over a network.
    #[error("the answer would go to an address that is not the counter's own")]
    ResponseUri,
    /// There is no key on P-256 for ECDH-ES, or neither A128GCM nor A256GCM.
    #[error("the counter wants an encrypted answer but gives no key or cipher for it that this wallet knows")]
    Encryption,
    /// The policy is not on the ledger, as far as was synced.
    #[error("the policy `{0}` is not on the ledger as this wallet knows it")]
    UnknownPolicy(SchemaId),
    /// It takes proofs for which a code has no room.
    #[error(
        "the policy `{0}` asks for something across credentials or for a score under a published model: the proofs of that \
         do not fit a QR code"
    )]
    NotOffline(SchemaId),
    /// By this machine's clock the first day of the policy's scope has not come.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
    /// The uses of the policy's scope are counted elsewhere.
    #[error(transparent)]
    OtherRegister(#[from] NotTheRegister),
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

    /// Of an error about time, the clocks are the cause where they differ by so much: by the counter's clock the
    /// request may still be answered.
    fn or_clock(self, gap: Option<ClockGap>) -> Self {
        match (&self, gap) {
            (Self::Expired(late_s), Some(gap)) if gap.explains(*late_s) => Self::Clock(gap),
            (Self::Jws(JwsError::NotValidNow), Some(gap)) => Self::Clock(gap),
            _ => self,
        }
    }
}

impl RequestLink {
    /// Reads a link. One that leads further than `reach` is refused.
    pub fn read(text: &str, reach: Reach) -> Result<Self, RequestError> {
        let link: Link = text.parse()?;
        rules::check_kind(&link.client_id)?;
        // What stands before an `@` looks like the server to people.
        if !link.request_uri.username().is_empty() || link.request_uri.password().is_some() {
            return Err(LinkError::Invalid("request_uri").into());
        }
        reach.check(&link.request_uri)?;
        Ok(Self { link, reach })
    }

    /// The server that is asked when the link is followed: scheme, host and port, as the network writes them.
    pub fn server(&self) -> String {
        self.link.request_uri.origin().ascii_serialization()
    }

    /// Fetches the request, and checks it at `now` (unix seconds, the wallet's clock).
    pub(super) fn fetch<R: RngCore + CryptoRng>(
        &self,
        view: &View,
        now: u64,
        rng: &mut R,
    ) -> Result<Request, RejectedRequest> {
        let (answer, wallet_nonce) = self.ask(rng)?;
        if answer.status != 200 {
            return Err(RequestError::NotGiven(answer.status).into());
        }
        let clocks = Clocks::new(now, view).beside(answer.date);
        Request::check(self, wallet_nonce.as_ref(), &answer.body, view.registry(), clocks)
    }

    /// Asks for the request, with a nonce where the link wants one.
    fn ask<R: RngCore + CryptoRng>(&self, rng: &mut R) -> Result<(HttpAnswer, Option<Nonce>), RequestError> {
        let http = Http::new(self.reach);
        match self.link.method {
            RequestMethod::Get => Ok((http.get(&self.link.request_uri, REQUEST_MEDIA_TYPE)?, None)),
            RequestMethod::Post => {
                let nonce = wallet_nonce(rng);
                let answer = http.post_form(&self.link.request_uri, &[("wallet_nonce", nonce.as_str())])?;
                Ok((answer, Some(nonce)))
            }
        }
    }
}

impl Request {
    /// Checks a request object's bytes against the link that led to them and what is known of the ledger.
    /// `wallet_nonce` is what the wallet sent along, if it did. Nothing is sent.
    pub fn verify(
        link: &RequestLink,
        wallet_nonce: Option<&Nonce>,
        jws: &[u8],
        view: &View,
        now: u64,
    ) -> Result<Self, RequestError> {
        let clocks = Clocks::new(now, view);
        Self::check(link, wallet_nonce, jws, view.registry(), clocks).map_err(|rejected| rejected.error)
    }

    fn check(
        link: &RequestLink,
        wallet_nonce: Option<&Nonce>,
        jws: &[u8],
        registry: &Registry,
        clocks: Clocks,
    ) -> Result<Self, RejectedRequest> {
        let verified = Addressed::verify(link, wallet_nonce, jws, clocks);
        let (addressed, claims) = verified.map_err(|error| error.or_clock(clocks.gap()))?;
        match rules::check_members(&claims) {
            Ok(()) => Ok(Self::from_addressed(addressed, registry, clocks)?),
            Err(error) => Err(RejectedRequest { error, reply_to: Some(Box::new(addressed)) }),
        }
    }

    /// Checks what is asked.
    fn from_addressed(
        addressed: Addressed,
        registry: &Registry,
        clocks: Clocks,
    ) -> Result<Self, RequestError> {
        let Addressed { object, protection, .. } = &addressed;
        let (policy, params) = rules::policy(object, registry)?;
        rules::check_clock(params.now, clocks)?;
        check_scope(&policy, &object.client_id, registry, clocks.ours)?;
        let matter = object.matter();
        let relying_party = RelyingParty::new(&object.client_id, matter.as_ref(), registry, clocks.ours);
        let now = params.now;
        let proofs = rules::check_query(object, &policy)?;
        let context = object.context(protection);
        let clock_gap = clocks.gap();
        Ok(Self { addressed, policy, relying_party, proofs, now, context, clock_gap })
    }

    /// Whether it may still be answered at `now` (unix seconds, the wallet's clock).
    pub fn check_expiry(&self, now: u64) -> Result<(), RequestError> {
        rules::check_expiry(self.object(), now).map_err(|error| error.or_clock(self.clock_gap))
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

fn wallet_nonce<R: RngCore + CryptoRng>(rng: &mut R) -> Nonce {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    Nonce::try_from(URL_SAFE_NO_PAD.encode(bytes)).expect("base64url is in the alphabet of nonces")
}
