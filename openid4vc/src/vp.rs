//! OpenID4VP 1.0, presenting: request object, DCQL query, `vp_token`, link and transaction status.
//!
//! What a wallet reads from a verifier ignores members that it does not know, as the specification asks; what a verifier
//! reads from a wallet refuses them.

mod dcql;
mod digest;
mod link;
mod receipt_number;
mod request;
mod response;
mod status;
mod token;

pub use dcql::{
    ClaimQuery, CredentialQuery, DcqlQuery, Meta, Params, ScopeClaim, System, ZkSystem, unsupported,
};
pub use digest::{DigestError, KeyDigest, PolicyDigest};
pub use link::{Link, LinkError, RequestMethod};
pub use receipt_number::{ReceiptName, ReceiptNumber, ReceiptNumberError};
pub use request::{
    Audience, ClientMetadata, Matter, Nonce, NonceError, Protection, RequestObject, ResponseMode,
    ResponseType, VerifierInfo, match_code,
};
pub use response::{LinkedProof, VpResponse};
pub use status::{Reason, Receipt, Status, TransactionStatus};
pub use token::{Format, Presentation, VpToken};

/// The credential format: `yong-zkp+json` (media type `application/yong-zkp+json`).
pub const FORMAT: &str = "yong-zkp+json";
/// The proof system: Groth16 over BN254 with the statement `show`, version 2.
pub const SYSTEM: &str = "groth16-bn254-v2";
/// The `zkSystemId` that our verifier gives its one offer.
pub const SYSTEM_ID: &str = "show-2";
/// The `typ` header of a request object (RFC 9101); another one is refused.
pub const REQUEST_TYP: &str = "oauth-authz-req+jwt";
/// The media type of a request object.
pub const REQUEST_MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
/// `aud` of a request object for wallets that publish no metadata.
pub const AUDIENCE: &str = "https://self-issued.me/v2";
/// What `x509_hash:` client identifiers begin with; base64url of SHA-256 over the leaf's DER follows.
pub const X509_HASH: &str = "x509_hash:";
/// Bytes of a message at most, in either direction.
pub const MAX_MESSAGE: usize = 64 * 1024;
