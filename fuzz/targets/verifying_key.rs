#![no_main]

use groth16::VerifyingKey;

// A verifying key as snarkjs writes it, and as a record carries a large one.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = VerifyingKey::from_compressed(bytes) {
        assert_eq!(key.to_compressed(), bytes, "a key has one encoding");
    }
    let Ok(json) = serde_json::from_slice(bytes) else { return };
    if let Ok(key) = VerifyingKey::from_json(&json) {
        let again = VerifyingKey::from_json(&key.to_json()).expect("what was written is read");
        assert_eq!(again.digest(), key.digest());
    }
});
