#![no_main]

use verifier::receipt::Bundle;

// An exported receipt; what is written of it is read as the same.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(bundle) = Bundle::parse(bytes) {
        let written = bundle.to_bytes();
        assert!(Bundle::parse(&written).is_ok_and(|again| again.to_bytes() == written));
    }
});
