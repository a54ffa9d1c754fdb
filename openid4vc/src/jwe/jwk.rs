//! Public keys as JSON (RFC 7517, RFC 7518 §6.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::PublicKey;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

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
    /// One key.
    pub fn of(key: &Jwk) -> Self {
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
    pub(super) fn of(key: &PublicKey) -> Self {
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
    pub(super) fn for_responses(self) -> Self {
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
