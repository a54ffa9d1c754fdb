//! The rules that the bytes of a request and its claims must keep.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::policy::{CredentialQuery, Policy, Pseudonym};
use ledger::registry::{PublishedPolicy, Registry};
use openid4vc::json::{self, JsonError};
use openid4vc::url::{is_loopback, is_private};
use openid4vc::vp::{
    self, ClaimQuery, Link, MAX_MESSAGE, Nonce, Params, Protection, RequestObject, ScopeClaim, X509_HASH,
};
use serde::Deserialize as _;
use serde_json::Value;
use url::Url;

use super::{RequestError, RequestLink, RequestedProof};
use crate::http::same_server;
use crate::present::clock::Clocks;
use crate::present::jws;
use crate::reach::Reach;

/// A request that the link's verifier signed for now, with the way on which it is to be replied to. Whether it is one
/// that a wallet answers is another question; that it is not can be said on this way too.
#[derive(Clone)]
pub(in crate::present) struct Addressed {
    pub(in crate::present) object: RequestObject,
    pub(in crate::present) response_uri: Url,
    pub(in crate::present) protection: Protection,
    /// How far the wallet goes to reply.
    pub(in crate::present) reach: Reach,
}

impl Addressed {
    /// Gives the claims as they were signed too: the object does not have the members that it does not know.
    pub(super) fn verify(
        RequestLink { link, reach }: &RequestLink,
        wallet_nonce: Option<&Nonce>,
        jws: &[u8],
        clocks: Clocks,
    ) -> Result<(Self, Value), RequestError> {
        let signed = jws::verify(jws, clocks.ours)?;
        if format!("{X509_HASH}{}", URL_SAFE_NO_PAD.encode(signed.leaf_sha256)) != link.client_id {
            return Err(RequestError::OtherCertificate);
        }
        let claims: Value = json::from_slice(&signed.payload, MAX_MESSAGE)?;
        let object = RequestObject::deserialize(&claims).map_err(|_| JsonError::Shape)?;
        if object.client_id != link.client_id {
            return Err(RequestError::OtherClientId);
        }
        if object.wallet_nonce.as_ref() != wallet_nonce {
            return Err(RequestError::WalletNonce);
        }
        check_times(&object, clocks)?;
        let response_uri = response_uri(&object, link)?;
        let protection = protection(&object, &response_uri)?;
        Ok((Self { object, response_uri, protection, reach: *reach }, claims))
    }
}

/// The verifier is identified by its certificate's hash.
pub(super) fn check_kind(client_id: &str) -> Result<(), RequestError> {
    if client_id.starts_with(X509_HASH) { Ok(()) } else { Err(RequestError::ClientIdKind) }
}

/// Whether it may be answered at `now`.
pub(super) fn check_expiry(object: &RequestObject, now: u64) -> Result<(), RequestError> {
    match now.checked_sub(object.exp) {
        None | Some(0) => Ok(()),
        Some(late_s) => Err(RequestError::Expired(late_s)),
    }
}

fn check_times(object: &RequestObject, clocks: Clocks) -> Result<(), RequestError> {
    check_expiry(object, clocks.ours)?;
    if object.exp.saturating_sub(object.iat) > MAX_LIFE_S {
        return Err(RequestError::LongLived);
    }
    check_clock(object.iat, clocks)
}

/// A time of the counter's beside this machine's clock.
pub(super) fn check_clock(theirs: u64, clocks: Clocks) -> Result<(), RequestError> {
    let differ = theirs.abs_diff(clocks.ours) > MAX_SKEW_S;
    if differ { Err(RequestError::Clock(clocks.gap_to(theirs))) } else { Ok(()) }
}

/// Members that a wallet must not pass over (OpenID4VP 1.0 §5.1 and §8.2); others that it does not know change nothing.
pub(super) fn check_members(claims: &Value) -> Result<(), RequestError> {
    match claims {
        claims if claims.get("transaction_data").is_some() => Err(RequestError::TransactionData),
        claims if claims.get("redirect_uri").is_some() => Err(RequestError::RedirectUri),
        claims => {
            vp::unsupported(&claims["dcql_query"]).map_or(Ok(()), |what| Err(RequestError::OtherQuery(what)))
        }
    }
}

/// An answer in the clear goes to this very machine only.
fn protection(object: &RequestObject, to: &Url) -> Result<Protection, RequestError> {
    match object.protection() {
        None => Err(RequestError::Encryption),
        Some(Protection::Clear) if !is_loopback(to) => Err(RequestError::ResponseUri),
        Some(protection) => Ok(protection),
    }
}

/// The same server that gave the request: scheme, host and port.
fn response_uri(object: &RequestObject, link: &Link) -> Result<Url, RequestError> {
    let plain = |u: &Url| u.fragment().is_none() && u.username().is_empty() && u.password().is_none();
    Url::parse(&object.response_uri)
        .ok()
        .filter(|u| plain(u) && is_private(u) && same_server(u, &link.request_uri))
        .ok_or(RequestError::ResponseUri)
}

pub(super) fn policy<'a>(
    object: &'a RequestObject,
    registry: &Registry,
) -> Result<(PublishedPolicy, &'a Params), RequestError> {
    let systems = object.dcql_query.credentials.first().map(|c| c.meta.zk_system_type.as_slice());
    let params = match systems {
        Some([first, ..]) => &first.params,
        _ => return Err(RequestError::OtherQuery("it asks for nothing")),
    };
    let published = registry.policy(&params.policy);
    let published = published.ok_or_else(|| RequestError::UnknownPolicy(params.policy.clone()))?;
    if params.policy_digest.0 != *published.digest.as_bytes() {
        return Err(RequestError::OtherPolicy(params.policy.clone()));
    }
    Ok((published.clone(), params))
}

/// Whether the scope of the policy has begun at `now`, and this verifier counts its uses. A use that is given too early or
/// elsewhere could be counted twice.
pub(in crate::present) fn check_scope(
    policy: &PublishedPolicy,
    client_id: &str,
    registry: &Registry,
    now: u64,
) -> Result<(), RequestError> {
    policy.checked.check_start(now)?;
    Ok(registry.may_ask(client_id, &policy.checked, now)?)
}

/// Every credential of the query against the same credential of the policy, in its order.
pub(super) fn check_query(
    object: &RequestObject,
    policy: &PublishedPolicy,
) -> Result<Vec<RequestedProof>, RequestError> {
    let queries = &object.dcql_query.credentials;
    let wanted = &policy.checked.policy().credentials;
    if queries.len() != wanted.len() {
        return Err(RequestError::OtherQuery("another number of credentials"));
    }
    let first = queries.first().and_then(|q| q.meta.zk_system_type.first()).map(|s| &s.params);
    queries.iter().zip(wanted).map(|(query, wanted)| check_credential(query, wanted, policy, first)).collect()
}

fn check_credential(
    query: &vp::CredentialQuery,
    wanted: &CredentialQuery,
    policy: &PublishedPolicy,
    first: Option<&Params>,
) -> Result<RequestedProof, RequestError> {
    let other = |what| Err(RequestError::OtherQuery(what));
    let Some(system) = query.meta.zk_system_type.first() else {
        return other("no proof system");
    };
    if query.id != wanted.id {
        return other("another credential");
    }
    if !query.meta.vct_values.contains(&wanted.schema) {
        return other("another schema");
    }
    if Some(&system.params) != first {
        return other("parameters that differ between credentials");
    }
    if system.params.scope != scope_claim(policy) {
        return other("another scope");
    }
    if query.claims != wanted.reveal.iter().map(|name| ClaimQuery::attribute(name)).collect::<Vec<_>>() {
        return other("other attributes to hand over");
    }
    Ok(RequestedProof { credential: wanted.id.clone(), system: system.id.clone() })
}

fn scope_claim(policy: &PublishedPolicy) -> ScopeClaim {
    let Policy { pseudonym, .. } = policy.checked.policy();
    match pseudonym {
        Pseudonym::Session(_) => ScopeClaim::Session,
        Pseudonym::Named { scope, .. } => {
            ScopeClaim::Named { scope: scope.clone(), department: policy.publisher.clone() }
        }
    }
}

/// A request may be answered this long, seconds.
const MAX_LIFE_S: u64 = 300;
/// Clocks may differ by this much, seconds.
const MAX_SKEW_S: u64 = 300;
