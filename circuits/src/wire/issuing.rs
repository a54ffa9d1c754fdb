//! OpenID4VCI 1.0: offer, metadata, token, nonce, credential request and response.
//! The types are filled in by whoever builds the issuer; the wallet uses the same ones.
