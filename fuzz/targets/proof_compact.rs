#![no_main]

use groth16::{PROOF_BYTES, Proof, UncheckedProof};

// 128 bytes are one proof or none.
libfuzzer_sys::fuzz_target!(|bytes: [u8; PROOF_BYTES]| {
    if let Ok(proof) = Proof::from_bytes(&bytes) {
        assert_eq!(proof.to_bytes(), bytes);
    }
    let _ = UncheckedProof::from_bytes(&bytes);
});
