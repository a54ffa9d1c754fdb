#![no_main]

use ledger::samples::checks;

/// Sizes stay below what tiles of one file can prove in a moment.
const LARGEST: u64 = 70_000;

libfuzzer_sys::fuzz_target!(|input: (u64, u64, Vec<u8>)| {
    let (old, new, bytes) = input;
    checks::tiles(&bytes, old % LARGEST, new % LARGEST);
});
