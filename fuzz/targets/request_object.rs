#![no_main]

use openid4vc::json;
use openid4vc::vp::{MAX_MESSAGE, RequestObject, match_code};

// The claims of a request object, and the smaller objects in it.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(object) = json::from_slice::<RequestObject>(bytes, MAX_MESSAGE) {
        let _ = object.matter();
        if let Some(protection) = object.protection() {
            let _ = match_code(&object.context(&protection));
        }
    }
});
