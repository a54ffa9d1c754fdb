//! What the wallet reads from outside behind private doors, for the fuzz targets. Whatever the bytes are, nothing panics.

use ledger::genesis::Genesis;
use ledger::registry::Registry;
use openid4vc::vp::Link;

use crate::contents::Contents;
use crate::present::Request;
use crate::store::Purpose;

/// A photograph or a screenshot.
pub fn picture(bytes: &[u8]) {
    let _ = crate::qr::read_picture(bytes);
}

/// A request object as it was signed, on a ledger that has published nothing.
pub fn request(link: &Link, genesis: &Genesis, bytes: &[u8], now: u64) {
    let _ = Request::verify(link, None, bytes, &Registry::new(genesis.clone()), now);
}

/// A wallet's file, up to where its passphrase is needed.
pub fn sealed(bytes: &[u8]) {
    for purpose in [Purpose::Wallet, Purpose::LedgerCache] {
        crate::store::split_for_fuzzing(bytes, purpose);
    }
}

/// What is under the seal.
pub fn contents(bytes: &[u8]) {
    if let Ok(contents) = Contents::from_json(bytes) {
        let again = contents.to_json();
        assert!(
            Contents::from_json(&again).is_ok_and(|read| read.to_json() == again),
            "what was written is read"
        );
    }
}

/// A configuration file.
pub fn config(text: &str) {
    crate::cli::read_config_for_fuzzing(text);
}
