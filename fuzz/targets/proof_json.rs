#![no_main]

use groth16::{Proof, UncheckedProof, public_from_json, public_to_json};

// A proof and its public inputs as snarkjs writes them.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = serde_json::from_slice(bytes) else { return };
    if let Ok(proof) = Proof::from_json(&json) {
        assert_eq!(Proof::from_json(&proof.to_json()), Ok(proof));
    }
    let _ = UncheckedProof::from_json(&json);
    if let Ok(inputs) = public_from_json(&json) {
        assert_eq!(public_from_json(&public_to_json(&inputs)).ok(), Some(inputs));
    }
});
