//! Public keys as JSON (RFC 7517, RFC 7518 §6.2), secret keys, and what two sides agree on.

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::JweError;
use super::header::Header;

/// A public key on P-256. The coordinates are checked when the key is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    kty: Kty,
    crv: Crv,
    x: String,
    y: String,
    /// What a message to this key names it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
}

/// `jwks`: keys of any kind; [`Jwks::response_key`] finds the one to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    keys: Vec<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kty {
    #[serde(rename = "EC")]
    Ec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Crv {
    #[serde(rename = "P-256")]
    P256,
}

impl Jwks {
    /// A set of one key.
    pub fn new(key: &Jwk) -> Self {
        Self { keys: vec![serde_json::to_value(key).expect("a struct of texts is JSON")] }
    }

    /// The first key that a response can be encrypted to: on P-256, for ECDH-ES, for encryption, a point of the curve.
    pub fn response_key(&self) -> Option<Jwk> {
        let keys = self.keys.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        keys.into_iter().find(|key| key.is_for_responses() && key.point().is_some())
    }
}

impl Jwk {
    /// A key without a name or a use.
    fn new(key: &PublicKey) -> Self {
        let point = key.to_sec1_point(false);
        // A public key is never the point at infinity, the one without coordinates.
        let encode = |coordinate: Option<_>| {
            coordinate.map_or_else(String::new, |c: &p256::FieldBytes| URL_SAFE_NO_PAD.encode(c))
        };
        Self {
            kty: Kty::Ec,
            crv: Crv::P256,
            x: encode(point.x()),
            y: encode(point.y()),
            kid: None,
            usage: None,
            alg: None,
        }
    }

    /// Named by its thumbprint, for encryption with ECDH-ES.
    fn for_responses(self) -> Self {
        let kid = URL_SAFE_NO_PAD.encode(self.thumbprint());
        Self { kid: Some(kid), usage: Some("enc".to_owned()), alg: Some("ECDH-ES".to_owned()), ..self }
    }

    /// The key alone.
    pub(super) fn bare(self) -> Self {
        Self { kid: None, usage: None, alg: None, ..self }
    }

    /// RFC 7638 thumbprint with SHA-256: over the required members in lexicographic order.
    pub fn thumbprint(&self) -> [u8; 32] {
        let Self { x, y, .. } = self;
        let text = |value: &str| serde_json::to_string(value).expect("a text is JSON");
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, text(x), text(y));
        Sha256::digest(members).into()
    }

    /// The point, if the coordinates are one.
    pub(super) fn point(&self) -> Option<PublicKey> {
        let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
        let uncompressed = [&[4][..], &coordinate(&self.x)?, &coordinate(&self.y)?].concat();
        PublicKey::from_sec1_bytes(&uncompressed).ok()
    }

    fn is_for_responses(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "enc")
            && self.alg.as_deref().is_none_or(|alg| alg == "ECDH-ES")
    }
}

/// The secret half of a key that one response is encrypted to; made for one request and wiped with it. No `Debug`,
/// zeroized on drop, compared in constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseKey(SecretKey);

impl ResponseKey {
    /// A fresh key from `random`, which fills bytes from the system's generator.
    pub fn generate(random: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            random(bytes.as_mut());
            // All but one in 2^32 of the strings are scalars of the group.
            if let Some(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    /// From 32 big-endian bytes; `None` for zero and beyond the group's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        SecretKey::from_slice(bytes).ok().map(Self)
    }

    /// For the store.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public half, named by its thumbprint.
    pub fn public(&self) -> Jwk {
        let point = self.working().compute_public_key().ok();
        let point = point.and_then(|point| PublicKey::from_sec1_bytes(point.as_ref()).ok());
        Jwk::new(&point.expect("a scalar that is not zero has a point")).for_responses()
    }

    /// The content encryption key: Concat KDF (NIST SP 800-56A §5.8.1 as RFC 7518 §4.6.2 uses it) over the shared point's x.
    pub(super) fn agree(&self, other: &Jwk, header: &Header) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let point = other.point().ok_or(JweError::Decrypt)?.to_sec1_point(false);
        let [apu, apv] = header.parties()?;
        let bytes = header.enc.key_bytes();
        let mut hash = Sha256::new_with_prefix(1u32.to_be_bytes());
        let point = UnparsedPublicKey::new(&ECDH_P256, point.as_bytes());
        agreement::agree(&self.working(), point, JweError::Decrypt, |shared| {
            hash.update(shared);
            Ok(())
        })?;
        for field in [header.enc.name().as_bytes(), &apu, &apv] {
            hash.update(u32::try_from(field.len()).map_err(|_| JweError::Malformed)?.to_be_bytes());
            hash.update(field);
        }
        hash.update((8 * bytes as u32).to_be_bytes());
        let digest = Zeroizing::new(<[u8; 32]>::from(hash.finalize()));
        Ok(Zeroizing::new(digest.iter().take(bytes).copied().collect()))
    }

    /// The key for AWS-LC, which multiplies on the curve in much less time than p256.
    fn working(&self) -> PrivateKey {
        PrivateKey::from_private_key(&ECDH_P256, self.to_bytes().as_ref())
            .expect("a scalar that is not zero is a key")
    }
}
