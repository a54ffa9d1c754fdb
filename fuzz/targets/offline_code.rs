#![no_main]

use openid4vc::offline::OfflineAnswer;

// The text of an offline answer's QR code has one spelling.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(answer) = OfflineAnswer::parse(text) {
        assert_eq!(answer.to_text().ok().as_deref(), Some(text));
    }
});
