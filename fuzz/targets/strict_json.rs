#![no_main]

use openid4vc::json;
use openid4vc::vp::MAX_MESSAGE;

// The strict reader accepts no more than the lenient one, and reads the same.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = json::value(bytes, MAX_MESSAGE) {
        assert_eq!(serde_json::from_slice::<serde_json::Value>(bytes).ok(), Some(value));
    }
});
