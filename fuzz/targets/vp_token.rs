#![no_main]

use openid4vc::vp::VpToken;

/// A presentation has one meaning: what is written of it is read as the same.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(token) = VpToken::parse(bytes) {
        assert_eq!(VpToken::parse(token.to_json().as_bytes()).ok().as_ref(), Some(&token));
    }
});
