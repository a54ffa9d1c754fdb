//! A verifier of the tests: a certificate, request objects, and every way to get them wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ledger::registry::Registry;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{ClientMetadata, Link, RequestMethod};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::testing::NOW;

/// A verifier with a certificate of an authority of its own.
pub(crate) struct TestRelyingParty {
    pub(crate) key: SigningKey,
    /// What answers are encrypted to.
    pub(crate) response_key: ResponseKey,
    pub(crate) leaf: Vec<u8>,
    pub(crate) authority: Vec<u8>,
    pub(crate) base: Url,
}

impl TestRelyingParty {
    pub(crate) fn new(base: &Url) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = named("Test authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_der = authority.self_signed(&authority_key).unwrap().der().to_vec();
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let leaf = named("Counter 3").signed_by(&key, &issuer).unwrap().der().to_vec();
        let key = SigningKey::from_pkcs8_der(&key.serialize_der()).unwrap();
        let response_key = ResponseKey::from_bytes(&[7; 32]).unwrap();
        Self { key, response_key, leaf, authority: authority_der, base: base.clone() }
    }

    pub(crate) fn client_id(&self) -> String {
        format!("x509_hash:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(&self.leaf)))
    }

    pub(crate) fn link(&self) -> Link {
        Link {
            client_id: self.client_id(),
            request_uri: self.base.join("/request/1").unwrap(),
            method: RequestMethod::Get,
        }
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "oauth-authz-req+jwt", "x5c": [STANDARD.encode(&self.leaf)]})
    }

    /// An honest request for a policy of the registry.
    pub(crate) fn claims(&self, registry: &Registry, policy: &str) -> Value {
        let published = registry.policy(&policy.parse().unwrap()).unwrap();
        let scope = match serde_json::to_value(&published.checked.policy().pseudonym).unwrap() {
            Value::String(word) => Value::String(word),
            named => json!({"named": {"scope": named["scope"], "department": published.publisher}}),
        };
        let params = json!({"policy": policy, "policy_digest": published.digest, "now": NOW, "scope": scope});
        let query = |q: &circuits::policy::CredentialQuery| {
            json!({"id": q.id, "format": "yong-zkp+json",
                "meta": {"vct_values": [q.schema], "zk_system_type": [
                    {"zkSystemId": "show-2", "system": "groth16-bn254-v2", "params": params}]},
                "claims": q.reveal.iter().map(|name| json!({"path": [name]})).collect::<Vec<_>>()})
        };
        json!({
            "client_id": self.client_id(), "response_type": "vp_token", "response_mode": "direct_post.jwt",
            "response_uri": self.base.join("/response").unwrap(), "nonce": "n-0123456789", "state": "s-0123456789",
            "iat": NOW, "exp": NOW + 300, "aud": "https://self-issued.me/v2",
            "dcql_query": {"credentials": published.checked.policy().credentials.iter().map(query).collect::<Vec<_>>()},
            "client_metadata": ClientMetadata::ours(&self.response_key.public()),
            "verifier_info": [{"format": "yong-matter+json", "data": {
                "name": both("Counter 3"), "matter": both("m"), "purpose": both("p"), "legal_basis": both("l"),
                "retention_days": 30, "complaint": both("12345"), "policy_entry": 5}}],
        })
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_bytes(header, claims.to_string().as_bytes())
    }

    pub(crate) fn sign_bytes(&self, header: &Value, payload: &[u8]) -> String {
        let message =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
        let signature: Signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    params
}

fn both(text: &str) -> Value {
    json!({"zh-CN": text, "en": text})
}
