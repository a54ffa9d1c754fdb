//! Making a request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::schema::SchemaId;
use ledger::record::KeyUse;
use ledger::registry::PublishedPolicy;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{KeyDigest, Link, Nonce, RequestMethod, match_code};
use rand::RngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::{NotReady, followed};
use super::program::{IdempotencyKey, ProgramRequest, Redirect};
use super::{RelyingParty, RelyingPartyError};
use crate::store::{AskedOnce, Inserted, NotifyAt, Outcome, Transaction};
use crate::wire_schema;
use utoipa::ToSchema;
use verifier::CircuitKey;

/// A request that was made; the answer of `POST /requests`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatedRequest {
    /// Who has it may read the result.
    pub transaction: String,
    /// The text of the QR code.
    pub link: String,
    /// Where the request object is; also in the link.
    #[schema(value_type = String, format = "uri")]
    pub request_uri: Url,
    /// Four digits that the wallet must show too.
    #[schema(pattern = "^[0-9]{4}$")]
    pub match_code: String,
    /// Until when it may be answered, unix seconds.
    pub expires_at: u64,
    /// What is asked.
    #[schema(value_type = wire_schema::SchemaId)]
    pub policy: SchemaId,
    /// The newest verifying key that an answer may name.
    #[schema(value_type = wire_schema::Sha256)]
    pub key: KeyDigest,
    /// Whether that is a development key.
    pub development: bool,
}

impl RelyingParty {
    /// Makes a request for a program, if an answer could be judged now. With the same `key` it is made once.
    pub fn ask_for_program(
        &self,
        asked: ProgramRequest,
        key: Option<&IdempotencyKey>,
        notify: Notify,
    ) -> Result<CreatedRequest, RelyingPartyError> {
        let once = key.map(|key| AskedOnce { key: *key.digest(), asked: asked.digest() });
        let transaction = self.prepare(&asked.policy)?;
        let redirect = asked.return_to.map(|to| Redirect { to, response_code: fresh() });
        let transaction = Transaction { reference: asked.reference, redirect, ..transaction };
        let notify = match notify {
            Notify::Nobody => NotifyAt::Never,
            Notify::Webhook => NotifyAt::EndOr(transaction.expires_at + JUDGED_WITHIN_S),
        };
        let inserted = self.store().insert_asked_by_program(&transaction, once, notify)?;
        match inserted {
            Inserted::New => {
                self.askers.note(&transaction, None);
                self.metrics.requested();
                Ok(self.asked(&transaction))
            }
            Inserted::Before(before) => Ok(self.asked(&before)),
            Inserted::KeyReused => Err(RelyingPartyError::KeyReused),
        }
    }

    /// The same for a person. It stands in the audit list either way.
    pub(super) fn ask_by(&self, policy: &SchemaId, by: &str) -> Result<CreatedRequest, RelyingPartyError> {
        let transaction = self.prepare(policy)?;
        self.store().insert_asked_by(&transaction, by)?;
        self.askers.note(&transaction, Some(by));
        self.metrics.requested();
        Ok(self.asked(&transaction))
    }

    /// A transaction that is not kept yet.
    fn prepare(&self, policy: &SchemaId) -> Result<Transaction, RelyingPartyError> {
        let now = self.now();
        let snapshot = self.following.snapshot();
        let published = snapshot.registry().policy(policy).ok_or_else(|| self.no_policy(policy))?;
        followed(&snapshot, now, published.checked.policy().max_root_age_s)
            .map_err(RelyingPartyError::NotReady)?;
        published.checked.check_start(now)?;
        snapshot.registry().may_ask(self.certificate.client_id(), &published.checked, now)?;
        let key = snapshot.keys().newest_for(&published.checked, now);
        let key = key.map_err(|why| RelyingPartyError::NotReady(NotReady::Key(why)))?;
        Ok(self.new_transaction(published, key, now))
    }

    /// A registry that was never filled has no policies; that is not the caller's fault.
    fn no_policy(&self, policy: &SchemaId) -> RelyingPartyError {
        let never_followed = self.not_ready().into_iter().find(|why| *why == NotReady::NeverFollowed);
        never_followed
            .map_or_else(|| RelyingPartyError::UnknownPolicy(policy.clone()), RelyingPartyError::NotReady)
    }

    fn new_transaction(&self, published: &PublishedPolicy, key: &CircuitKey, now: u64) -> Transaction {
        let policy = published.checked.policy();
        let nonce = fresh();
        let response_key = ResponseKey::generate(&mut |bytes| OsRng.fill_bytes(bytes));
        let context = self.context(&nonce, &response_key.public().thumbprint());
        let expires_at = now + self.about.lifetime.seconds();
        Transaction {
            id: fresh().into(),
            request: fresh().into(),
            state: fresh(),
            nonce,
            policy: policy.policy.clone(),
            policy_digest: published.digest,
            key_digest: *key.digest(),
            key_use: key.key_use(),
            made_at: now,
            expires_at,
            keep_until: expires_at + (u64::from(policy.retention_days) * DAY_S).max(READABLE_S),
            match_code: match_code(&context),
            response_key: Some(response_key),
            reference: None,
            redirect: None,
            outcome: Outcome::Pending,
        }
    }

    pub(super) fn asked(&self, transaction: &Transaction) -> CreatedRequest {
        let request_uri: Url = self
            .at(&format!("/request/{}", transaction.request.as_str()))
            .parse()
            .expect("a web address with a path of URL-safe characters is a web address");
        let link = Link {
            client_id: self.certificate.client_id().to_owned(),
            request_uri: request_uri.clone(),
            method: RequestMethod::Get,
        };
        CreatedRequest {
            transaction: transaction.id.as_str().to_owned(),
            link: link.to_string(),
            request_uri,
            match_code: transaction.match_code.clone(),
            expires_at: transaction.expires_at,
            policy: transaction.policy.clone(),
            key: KeyDigest(*transaction.key_digest.as_bytes()),
            development: transaction.key_use == KeyUse::Development,
        }
    }
}

/// Who is told that a program's request has ended, beside whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// Nobody.
    Nobody,
    /// The counter's webhook.
    Webhook,
}

/// 256 random bits in base64url.
pub(super) fn fresh() -> Nonce {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    Nonce::try_from(URL_SAFE_NO_PAD.encode(bytes)).expect("base64url keeps to the alphabet of a nonce")
}

/// 10 to 300 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(u64);

/// A lifetime outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request lives {MIN_S} to {MAX_S} seconds, not {0}")]
pub struct LifetimeError(pub u64);

impl Lifetime {
    /// Checks a number of seconds.
    pub fn new(seconds: u64) -> Result<Self, LifetimeError> {
        if (MIN_S..=MAX_S).contains(&seconds) { Ok(Self(seconds)) } else { Err(LifetimeError(seconds)) }
    }
    /// The seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl Default for Lifetime {
    /// As long as is allowed.
    fn default() -> Self {
        Self(MAX_S)
    }
}

/// Seconds that a verdict stays readable even where the policy keeps nothing.
const READABLE_S: u64 = 3600;
const DAY_S: u64 = 86_400;
/// Seconds after its end in which an answer that came in time is judged for certain; then nobody has answered.
const JUDGED_WITHIN_S: u64 = 60;
/// Seconds at most: a photographed QR code must soon be worthless.
const MAX_S: u64 = 300;
/// Seconds at least: a citizen has to read what is asked.
const MIN_S: u64 = 10;
