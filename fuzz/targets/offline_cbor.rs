#![no_main]

use openid4vc::offline::{OfflineAnswer, PREFIX};

// The CBOR in an offline answer's QR code.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = format!("{PREFIX}{}", base45::encode(bytes));
    if let Ok(answer) = OfflineAnswer::parse(&text) {
        assert_eq!(answer.to_text().ok(), Some(text));
    }
});
