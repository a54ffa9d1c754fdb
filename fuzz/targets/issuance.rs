#![no_main]

use openid4vc::json;
use openid4vc::renewal::{Renewal, RenewalRequest, RenewalResponse};
use openid4vc::vci::{
    CredentialOffer, CredentialResponse, IssuerMetadata, Notification, PostedRequest, TokenRequest,
    TokenResponse,
};
use openid4vc::vp::MAX_MESSAGE;

// What wallet and desk read from each other.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = json::from_slice::<CredentialOffer>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<IssuerMetadata>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<TokenResponse>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<CredentialResponse>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<Notification>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<RenewalRequest>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<RenewalResponse>(bytes, MAX_MESSAGE);
    let _ = json::from_slice::<Renewal>(bytes, MAX_MESSAGE);
    let _ = TokenRequest::from_form(bytes);
    if let Ok(posted) = json::from_slice::<PostedRequest>(bytes, MAX_MESSAGE) {
        let _ = posted.request();
    }
});
