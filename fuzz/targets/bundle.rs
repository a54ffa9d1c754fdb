#![no_main]

use trustee::{Bundle, HpkePrivateKey, SealedShare};

// A bundle reads back under its identifier, and a share of any bytes opens for nobody.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(bundle) = serde_json::from_slice::<Bundle>(bytes) else { return };
    let written = serde_json::to_vec(&bundle).expect("a bundle has a JSON form");
    let read: Bundle = serde_json::from_slice(&written).expect("what was written is read");
    assert_eq!((read.id(), &read), (bundle.id(), &bundle));
    let key = HpkePrivateKey::from_bytes(&[7; 32]);
    let sealed = SealedShare::try_from(format!("{}==", "A".repeat(150))).expect("112 bytes");
    for seat in bundle.seats() {
        assert!(seat.check_deposit(&sealed, &key).is_err());
    }
});
