#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger::samples::checks::proposal(bytes));
