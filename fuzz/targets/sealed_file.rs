#![no_main]

// A wallet's file, up to where its passphrase is needed.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wallet::fuzzing::sealed(bytes));
