//! Who asks: the counter's certificate, its key, and the request objects signed with it.
//!
//! A citizen's wallet knows a counter by the SHA-256 of its leaf certificate (`x509_hash:…`), which a department registers
//! on the ledger. Whoever steals `counter.key` can ask in the counter's name until that registration is replaced. The
//! authority's key signs one leaf and is then forgotten, so there is nothing of it to steal.

mod files;

use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ledger::digest::Digest;
use openid4vc::vp::{REQUEST_TYP, RequestObject, X509_HASH};
use p256::ecdsa::SigningKey;
use p256::pkcs8::DecodePrivateKey;
use serde::Serialize;
use zeroize::Zeroizing;

use verifier::receipt::{SEAL_TYP, Sealed};

pub(crate) use files::{AUTHORITY, KEY, LEAF};

/// Why there is no certificate to ask with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder could not be written.
    #[error(transparent)]
    Write(#[from] service::durable::WriteError),
    /// The name cannot stand in a certificate, or the key could not be made.
    #[error("the certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// A file does not hold what it should.
    #[error("{0} does not hold a key or certificate")]
    Malformed(PathBuf),
    /// The key is not the certificate's.
    #[error("the key in {0} is not the certificate's")]
    OtherKey(PathBuf),
}

/// The counter's certificate with its key. No `Debug`; AWS-LC, which signs in much less time than p256, zeroizes
/// the key on drop.
pub struct VerifierCertificate {
    key: EcdsaKeyPair,
    leaf: Vec<u8>,
    authority: String,
    client_id: String,
}

impl VerifierCertificate {
    /// Opens the certificate in `dir`, or makes one for `name`, valid from the day of `now` (unix seconds).
    pub fn open_or_make(dir: &Path, name: &str, now: u64) -> Result<Self, CertificateError> {
        if !dir.exists() {
            files::write(dir, &files::make(name, now)?)?;
        }
        Self::open(dir)
    }

    /// Opens the certificate in `dir`.
    pub fn open(dir: &Path) -> Result<Self, CertificateError> {
        let files = files::read(dir)?;
        let malformed = |file: &str| CertificateError::Malformed(dir.join(file));
        let key = SigningKey::from_pkcs8_pem(&files.key).map_err(|_| malformed(KEY))?;
        let leaf = files::der(&files.leaf).ok_or_else(|| malformed(LEAF))?;
        let point = key.verifying_key().to_sec1_point(false);
        if !contains(&leaf, point.as_bytes()) {
            return Err(CertificateError::OtherKey(dir.join(KEY)));
        }
        let scalar = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
        let key = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            scalar.as_ref(),
            point.as_bytes(),
        );
        let key = key.map_err(|_| malformed(KEY))?;
        let client_id = format!("{X509_HASH}{}", URL_SAFE_NO_PAD.encode(Digest::of(&leaf).as_bytes()));
        Ok(Self { key, leaf, authority: files.authority.clone(), client_id })
    }

    /// `x509_hash:` and base64url of SHA-256 over the leaf.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }
    /// The leaf in DER.
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }
    /// The leaf in PEM.
    pub fn leaf_pem(&self) -> String {
        files::pem(&self.leaf)
    }
    /// The authority that signed the leaf, in PEM. Never part of a request object.
    pub fn authority_pem(&self) -> &str {
        &self.authority
    }

    /// The request object as a compact JWS (ES256): `typ`, `x5c` with the leaf alone, no `iss`.
    pub fn sign(&self, claims: &RequestObject) -> String {
        self.jws(REQUEST_TYP, claims)
    }

    /// The seal of a receipt, likewise.
    pub(crate) fn seal(&self, claims: &Sealed) -> String {
        self.jws(SEAL_TYP, claims)
    }

    fn jws(&self, typ: &str, claims: &impl Serialize) -> String {
        let header = serde_json::json!({ "alg": "ES256", "typ": typ, "x5c": [STANDARD.encode(&self.leaf)] });
        let claims = serde_json::to_vec(claims).expect("claims are structs with string keys");
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes());
        let signature = signature.expect("the system's generator gives a number for each signature");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The uncompressed point stands in the certificate as it is.
fn contains(der: &[u8], point: &[u8]) -> bool {
    der.windows(point.len()).any(|window| window == point)
}

#[cfg(test)]
mod tests;
