//! The signature of a request object: compact JWS, ES256, with the signer's certificate in `x5c`.
//!
//! The certificate's names are not relied on here. What identifies the signer is the hash of the leaf, which the QR
//! code also has; whether somebody vouches for that hash is a question for the registry.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openid4vc::json;
use openid4vc::vp::{MAX_MESSAGE, REQUEST_TYP};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::DecodePublicKey;

/// What a verified signature gives: the claims' bytes and who signed them.
pub(super) struct Signed {
    pub(super) payload: Vec<u8>,
    pub(super) leaf_sha256: [u8; 32],
}

/// Why bytes are not a signed request object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// More than 64 KiB.
    #[error("it is longer than 64 KiB")]
    TooLarge,
    /// Not three base64url parts, or a header that is not one.
    #[error("it is not a compact JWS")]
    Malformed,
    /// `typ` is another: a token made for another use.
    #[error("its type is not `{REQUEST_TYP}`")]
    Typ,
    /// `alg` is not ES256.
    #[error("its algorithm is not ES256")]
    Algorithm,
    /// The header demands an extension, which this wallet does not have.
    #[error("it demands extensions that this wallet does not have")]
    Critical,
    /// `x5c` is missing, too long, or holds something that is not a certificate.
    #[error("its certificate chain is malformed")]
    Certificates,
    /// The leaf vouches for itself, the anchor is in the chain, or the links do not fit.
    #[error("its certificate chain does not have the shape of one")]
    Chain,
    /// The leaf is not valid now.
    #[error("its certificate is not valid now")]
    NotValidNow,
    /// The leaf's key is not on P-256.
    #[error("the key of its certificate is not a P-256 key")]
    Key,
    /// The signature is not the leaf's.
    #[error("its signature does not verify")]
    Signature,
}

/// Verifies a request object's signature at `now` (unix seconds).
pub(super) fn verify(jws: &[u8], now: u64) -> Result<Signed, JwsError> {
    if jws.len() > MAX_MESSAGE {
        return Err(JwsError::TooLarge);
    }
    let parts = Parts::split(jws)?;
    let chain = chain(&parts.header()?)?;
    let leaf = chain.first().ok_or(JwsError::Certificates)?;
    valid_at(&leaf.certificate, now)?;
    key(&leaf.certificate)?
        .verify(parts.signed.as_bytes(), &parts.signature()?)
        .map_err(|_| JwsError::Signature)?;
    Ok(Signed { payload: decode(parts.payload)?, leaf_sha256: Sha256::digest(&leaf.der).into() })
}

struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    /// Header and payload with the dot between: what is signed.
    signed: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
    #[serde(default)]
    x5c: Vec<String>,
}

struct Link {
    der: Vec<u8>,
    certificate: Certificate,
}

impl<'a> Parts<'a> {
    fn split(jws: &'a [u8]) -> Result<Self, JwsError> {
        let text = std::str::from_utf8(jws).map_err(|_| JwsError::Malformed)?;
        let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        if payload.contains('.') {
            return Err(JwsError::Malformed);
        }
        Ok(Self { header, payload, signature, signed })
    }

    fn header(&self) -> Result<Header, JwsError> {
        let json = decode(self.header)?;
        let header: Header = json::from_slice(&json, MAX_MESSAGE).map_err(|_| JwsError::Malformed)?;
        if header.typ.as_deref() != Some(REQUEST_TYP) {
            return Err(JwsError::Typ);
        }
        if header.alg != "ES256" {
            return Err(JwsError::Algorithm);
        }
        if header.crit.is_some() { Err(JwsError::Critical) } else { Ok(header) }
    }

    fn signature(&self) -> Result<Signature, JwsError> {
        Signature::from_slice(&decode(self.signature)?).map_err(|_| JwsError::Signature)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed)
}

/// Leaf first, each issued under the name of the next, none by itself: the anchor is never sent along.
fn chain(header: &Header) -> Result<Vec<Link>, JwsError> {
    if !(1..=MAX_CHAIN).contains(&header.x5c.len()) {
        return Err(JwsError::Certificates);
    }
    let chain = header.x5c.iter().map(|text| link(text)).collect::<Result<Vec<_>, _>>()?;
    let name_self =
        |c: &Link| c.certificate.tbs_certificate().issuer() == c.certificate.tbs_certificate().subject();
    let fits = |pair: &[Link]| match pair {
        [lower, upper] => {
            lower.certificate.tbs_certificate().issuer() == upper.certificate.tbs_certificate().subject()
        }
        _ => true,
    };
    if chain.iter().any(name_self) || !chain.windows(2).all(fits) {
        return Err(JwsError::Chain);
    }
    Ok(chain)
}

fn link(text: &str) -> Result<Link, JwsError> {
    let der = STANDARD.decode(text).map_err(|_| JwsError::Certificates)?;
    let certificate = Certificate::from_der(&der).map_err(|_| JwsError::Certificates)?;
    Ok(Link { der, certificate })
}

fn valid_at(leaf: &Certificate, now: u64) -> Result<(), JwsError> {
    let validity = leaf.tbs_certificate().validity();
    let from = validity.not_before.to_unix_duration().as_secs();
    let until = validity.not_after.to_unix_duration().as_secs();
    if (from..=until).contains(&now) { Ok(()) } else { Err(JwsError::NotValidNow) }
}

fn key(leaf: &Certificate) -> Result<VerifyingKey, JwsError> {
    let spki = leaf.tbs_certificate().subject_public_key_info().to_der().map_err(|_| JwsError::Key)?;
    VerifyingKey::from_public_key_der(&spki).map_err(|_| JwsError::Key)
}

const MAX_CHAIN: usize = 4;
