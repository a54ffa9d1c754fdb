#![no_main]

// A photograph or a screenshot with a QR code.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wallet::fuzzing::picture(bytes));
