#![no_main]

// The CBOR under a paper's seal.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| openid4vc::fuzzing::sheet(bytes));
