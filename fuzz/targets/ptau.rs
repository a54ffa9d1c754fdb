#![no_main]

use prover::iden3::ptau::Ptau;

// Powers of tau, and the record of the ceremony that made them.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(ptau) = Ptau::parse(bytes) else { return };
    let _ = ptau.beta2();
    for contribution in ptau.contributions().unwrap_or_default() {
        let _ = contribution.response_hash();
    }
});
