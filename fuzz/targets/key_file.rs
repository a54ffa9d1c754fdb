#![no_main]

use prover::key::Key;
use prover::statement::{Enroll, Show};

// A proving key's file.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Key::from_bytes::<Enroll>(bytes);
    let _ = Key::from_bytes::<Show>(bytes);
});
