//! From the bytes of a request to a way back to who asks.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openid4vc::json::{self, JsonError};
use openid4vc::vp::{Link, MAX_MESSAGE, Nonce, Protection, RequestObject, X509_HASH};
use serde::Deserialize as _;
use serde_json::Value;
use url::Url;

use super::{RequestError, check_kind, rules};
use crate::present::jws;

/// A request that the link's counter signed for now, with the way on which it is to be replied to. Whether it is one that
/// a wallet answers is another question; that it is not can be said on this way too.
#[derive(Clone)]
pub(in crate::present) struct Addressed {
    pub(in crate::present) object: RequestObject,
    pub(in crate::present) response_uri: Url,
    pub(in crate::present) protection: Protection,
}

impl Addressed {
    /// Gives the claims as they were signed too: the object does not have the members that it does not know.
    pub(super) fn verify(
        link: &Link,
        wallet_nonce: Option<&Nonce>,
        jws: &[u8],
        now: u64,
    ) -> Result<(Self, Value), RequestError> {
        check_kind(&link.client_id)?;
        let signed = jws::verify(jws, now)?;
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
        rules::check_times(&object, now)?;
        let response_uri = rules::response_uri(&object, link)?;
        let protection = rules::protection(&object, &response_uri)?;
        Ok((Self { object, response_uri, protection }, claims))
    }
}
