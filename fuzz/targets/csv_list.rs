#![no_main]

// A list of people in whatever encoding a spreadsheet wrote it.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| issuer::fuzzing::list(bytes));
