#![no_main]

// What is under a wallet's seal: another version, or another program, may have written it.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wallet::fuzzing::contents(bytes));
