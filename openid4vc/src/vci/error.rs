//! Error bodies: the standard's code, words for people, no internals.

use serde::{Deserialize, Serialize};

use circuits::schema::Localized;

/// The body of every 4xx and 5xx answer of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorCode,
    /// For people, in `zh-CN` and `en`.
    pub message: Localized,
    /// For programmers, in English; never a value, code or token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many wrong numbers (`tx_code`) the desk still takes for this offer; none at zero. Only where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
}

/// Error codes of OAuth 2.0, OpenID4VCI 1.0 and of the desk's own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// A parameter is missing or malformed.
    InvalidRequest,
    /// The code or `tx_code` is wrong, used or expired.
    InvalidGrant,
    /// Only the pre-authorized code grant is offered.
    UnsupportedGrantType,
    /// The access token is wrong, used or expired.
    InvalidToken,
    /// The credential request is malformed.
    InvalidCredentialRequest,
    /// The token does not cover the credential asked for, or the desk does not issue it.
    UnknownCredentialConfiguration,
    /// The proof does not prove what was asked.
    InvalidProof,
    /// The nonce is unknown, used or expired: get a new one and prove again.
    InvalidNonce,
    /// The root that the identity was shown under is unknown or too old: sync and prove again.
    StaleRoot,
    /// An encrypted answer is asked for, and this desk encrypts none.
    InvalidEncryptionParameters,
    /// The department refuses.
    CredentialRequestDenied,
    /// No such notification.
    InvalidNotificationId,
    /// The notification is malformed.
    InvalidNotificationRequest,
    /// No such page, offer, person or credential.
    NotFound,
    /// The request conflicts with what is recorded.
    Conflict,
    /// Staff endpoints need a token, and this machine's own address.
    Unauthorized,
    /// Not from this page or host.
    Forbidden,
    /// The body is larger than allowed.
    TooLarge,
    /// Too many requests from one address.
    TooManyRequests,
    /// The ledger cannot be reached or has not been followed yet: try again.
    TemporarilyUnavailable,
    /// A fault of the desk.
    ServerError,
    /// A code this version does not know.
    #[serde(other)]
    Other,
}
