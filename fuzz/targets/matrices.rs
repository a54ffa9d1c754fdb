#![no_main]

use prover::matrices::Matrices;

// A circuit's matrices as a key file holds them; they have one encoding.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(matrices) = Matrices::from_bytes(bytes) {
        assert_eq!(matrices.to_bytes(), bytes);
    }
});
