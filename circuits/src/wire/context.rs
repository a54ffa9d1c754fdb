//! `context`: the element that binds a proof to one session.

use ark_bn254::Fr;

/// First 31 bytes, big endian, of SHA-256 over the CBOR `SessionTranscript` of OpenID4VP App. B.2.6.
pub fn openid4vp(
    _client_id: &str,
    _nonce: &str,
    _jwk_thumbprint: Option<&[u8; 32]>,
    _response_uri: &str,
) -> Fr {
    todo!()
}

/// The context of a credential request: first 31 bytes, big endian, of SHA-256 over CBOR
/// `["yong/issuing/v1", credential_issuer, c_nonce, schema]`.
pub fn openid4vci(_credential_issuer: &str, _c_nonce: &str, _schema: &str) -> Fr {
    todo!()
}
