#![no_main]

use prover::ceremony;
use prover::iden3::zkey::Zkey;

// A key in a ceremony; it has one encoding.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(zkey) = Zkey::from_bytes(bytes) {
        let again = Zkey::from_bytes(&zkey.to_bytes()).expect("what was written is read");
        assert!(again == zkey);
        let _ = ceremony::transcript_digest(&zkey.record);
    }
});
