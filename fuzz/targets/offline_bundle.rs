#![no_main]

// What an offline counter takes along.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = serde_json::from_slice::<verifier_service::offline::Bundle>(bytes);
});
