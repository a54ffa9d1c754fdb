#![no_main]

use openid4vc::jwe::{self, ResponseKey};

// An encrypted answer, for a key that everybody knows.
libfuzzer_sys::fuzz_target!(|text: &str| {
    let key =
        ResponseKey::from_bytes(&[1; 32]).expect("one is a scalar of the curve, repeated it is another");
    let _ = jwe::kid(text);
    let _ = jwe::open(text, &key);
});
