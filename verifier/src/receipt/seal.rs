//! The counter's signature under a receipt: a compact JWS (ES256) with the certificate that its requests have.
//!
//! The certificate's period and names are not looked at: what identifies the counter is the hash of its certificate, which
//! the citizen's wallet saw and which every proof is bound to.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ledger::digest::Digest;
use openid4vc::json;
use openid4vc::vp::{MAX_MESSAGE, X509_HASH};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::DecodePublicKey;

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Digest of the ledger's genesis.
    pub genesis: Digest,
    /// Digest of receipt, session and proofs.
    pub statement: Digest,
}

/// The `typ` header, so that a seal is never a request object and no request object a seal.
pub const SEAL_TYP: &str = "yong-receipt+jwt";

/// The claims of a seal by the counter of this `client_id`; `None` for anything else.
pub(super) fn open(seal: &str, client_id: &str) -> Option<Sealed> {
    let (signed, signature) = seal.rsplit_once('.').filter(|_| seal.len() <= MAX_MESSAGE)?;
    let (header, payload) = signed.split_once('.')?;
    let header: Header = json::from_slice(&decode(header)?, MAX_MESSAGE).ok()?;
    if header.alg != "ES256" || header.typ != SEAL_TYP {
        return None;
    }
    let [leaf] = header.x5c;
    let leaf = STANDARD.decode(leaf).ok()?;
    let named = format!("{X509_HASH}{}", URL_SAFE_NO_PAD.encode(Digest::of(&leaf).as_bytes()));
    if named != client_id {
        return None;
    }
    let signature = Signature::from_slice(&decode(signature)?).ok()?;
    key(&leaf)?.verify(signed.as_bytes(), &signature).ok()?;
    json::from_slice(&decode(payload)?, MAX_MESSAGE).ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    x5c: [String; 1],
}

fn key(leaf: &[u8]) -> Option<VerifyingKey> {
    let certificate = Certificate::from_der(leaf).ok()?;
    let key = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
    VerifyingKey::from_public_key_der(&key).ok()
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
