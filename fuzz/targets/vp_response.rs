#![no_main]

use openid4vc::vp::VpResponse;

// All proofs of an answer. It has one meaning: what is written of it is read as the same.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(response) = VpResponse::parse(bytes) {
        assert_eq!(VpResponse::parse(response.to_json().as_bytes()).ok().as_ref(), Some(&response));
    }
});
