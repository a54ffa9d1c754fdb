//! From what a wallet posts to what it says: transaction known, fresh, unused; then decrypted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::digest::Digest;
use openid4vc::json;
use openid4vc::jwe::{self, MAX_JWE};
use openid4vc::vp::{Nonce, Reason};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::{Response, Tell};
use crate::relying_party::request::policy_of;
use crate::relying_party::{RelyingParty, RelyingPartyError};
use crate::store::{Outcome, Store, Transaction, Uses};
use verifier::SessionRequest;
use verifier::receipt::Session;

/// A response that was read.
pub(super) struct Opened {
    /// Which of those that came.
    pub(super) index: usize,
    pub(super) transaction: Transaction,
    pub(super) said: Said,
}

/// What a response says.
pub(super) enum Said {
    Declined,
    /// Boxed: it is much larger than a refusal.
    Answered(Box<Answered>),
}

impl Said {
    /// What there is to judge.
    pub(super) fn answered(&self) -> Option<&Answered> {
        match self {
            Self::Declined => None,
            Self::Answered(answered) => Some(answered),
        }
    }
}

/// An answer with everything that it is judged by.
pub(super) struct Answered {
    pub(super) session: SessionRequest,
    pub(super) uses: Uses,
    /// The session as it is kept with the receipt.
    pub(super) shown_in: Session,
    /// A `vp_token` without a repeated key.
    pub(super) token: Value,
}

/// What was encrypted. Members that are not known are ignored, as OAuth asks; a repeated one is refused at any depth.
#[derive(Deserialize)]
struct Payload {
    state: Nonce,
    #[serde(default)]
    vp_token: Option<Value>,
    #[serde(default)]
    error: Option<String>,
}

impl Payload {
    fn parse(bytes: &[u8]) -> Option<Self> {
        json::from_slice(bytes, MAX_JWE).ok()
    }
}

impl RelyingParty {
    /// Reads each; tells what cannot be read. The database is asked for all of them before the first is decrypted.
    pub(super) fn open_all(&self, responses: &[Response], tell: Tell<'_>) -> Vec<Opened> {
        let found: Vec<_> = {
            let store = self.store();
            responses.iter().map(|response| self.pending(&store, response)).collect()
        };
        let said: Vec<_> = (found.into_par_iter().zip(responses))
            .map(|(found, response)| {
                let (transaction, kid) = found?;
                Ok((self.read(response, &transaction, kid.as_deref())?, transaction))
            })
            .collect();
        let mut opened = Vec::with_capacity(said.len());
        for (index, said) in said.into_iter().enumerate() {
            match said {
                Ok((said, transaction)) => opened.push(Opened { index, transaction, said }),
                Err(trouble) => tell(index, Err(trouble)),
            }
        }
        opened
    }

    /// Known, fresh, unused; and the name of the key that it is encrypted to, if it is. A transaction that is not known is
    /// answered like one that has expired.
    fn pending(
        &self,
        store: &Store,
        response: &Response,
    ) -> Result<(Transaction, Option<String>), RelyingPartyError> {
        let (found, kid) = match response {
            Response::Declined(state) => (store.by_state(state)?, None),
            Response::Encrypted(jwe) => {
                let kid = jwe::kid(jwe).ok().flatten().ok_or_else(malformed)?;
                (store.by_kid(&kid)?, Some(kid))
            }
        };
        let expired = RelyingPartyError::Refused(Reason::Expired);
        let transaction = found.filter(|found| found.is_alive_at(self.now())).ok_or(expired)?;
        match transaction.outcome {
            Outcome::Pending => Ok((transaction, kid)),
            _ => Err(RelyingPartyError::Refused(Reason::AlreadyUsed)),
        }
    }

    fn read(
        &self,
        response: &Response,
        transaction: &Transaction,
        kid: Option<&str>,
    ) -> Result<Said, RelyingPartyError> {
        let Response::Encrypted(jwe) = response else { return Ok(Said::Declined) };
        let key = transaction.response_key.as_ref().ok_or(RelyingPartyError::Refused(Reason::Expired))?;
        let payload = jwe::open(jwe, key).map_err(|_| malformed())?;
        let payload = Payload::parse(&payload).filter(|payload| payload.state == transaction.state);
        match payload.ok_or_else(malformed)? {
            Payload { vp_token: Some(token), error: None, .. } => {
                let thumbprint = kid.and_then(thumbprint).ok_or_else(malformed)?;
                let (session, uses) = self.session(transaction, &thumbprint)?;
                let shown_in = self.shown_in(transaction, thumbprint);
                Ok(Said::Answered(Box::new(Answered { session, uses, shown_in, token })))
            }
            Payload { vp_token: None, error: Some(_), .. } => Ok(Said::Declined),
            _ => Err(malformed()),
        }
    }

    /// What the transaction asked, rebuilt from the ledger's policy and the transaction's nonce.
    fn session(
        &self,
        transaction: &Transaction,
        thumbprint: &[u8; 32],
    ) -> Result<(SessionRequest, Uses), RelyingPartyError> {
        let snapshot = self.following.snapshot();
        let published = policy_of(transaction, &snapshot)?;
        let session = SessionRequest {
            policy: published.checked.clone(),
            publisher: published.publisher.clone(),
            context: self.context(&transaction.nonce, thumbprint),
            now: transaction.made_at,
            expires_at: transaction.expires_at,
        };
        let uses = Uses::of(&published.checked, &published.publisher);
        Ok((session, uses))
    }

    fn shown_in(&self, transaction: &Transaction, thumbprint: [u8; 32]) -> Session {
        Session {
            client_id: self.certificate.client_id().to_owned(),
            nonce: transaction.nonce.clone(),
            thumbprint: Digest::from_bytes(thumbprint),
            response_uri: self.response_uri(),
            asked_at: transaction.made_at,
            expires_at: transaction.expires_at,
        }
    }
}

/// Our keys are named by their thumbprints, and the transaction was found by this name; to compute it from the key would take
/// a multiplication on the curve.
fn thumbprint(kid: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(kid).ok()?.try_into().ok()
}

fn malformed() -> RelyingPartyError {
    RelyingPartyError::Refused(Reason::Malformed)
}
