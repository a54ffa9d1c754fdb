//! What the wallet reads from outside behind private doors, for the fuzz targets. Whatever the bytes are, nothing panics.

use ledger::genesis::Genesis;
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};

use crate::Ledger;
use crate::contents::Contents;
use crate::present::{Request, RequestLink};
use crate::reach::Reach;
use crate::store::Purpose;

/// A photograph or a screenshot.
pub fn picture(bytes: &[u8]) {
    let _ = crate::qr::read_picture(bytes);
}

/// A request object as it was signed, on a ledger that has published nothing.
pub fn request(link: &str, genesis: &Genesis, bytes: &[u8], now: u64) {
    let link = RequestLink::read(link, Reach::LocalToo).expect("a link of this program");
    let ledger = Ledger::new(Box::new(Silent), genesis.clone(), None);
    let _ = Request::verify(&link, None, bytes, &ledger.view(), now);
}

/// A ledger that is never asked.
struct Silent;

impl Source for Silent {
    fn get(&self, resource: &Resource, _limit: u64) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::NotFound(resource.to_string()))
    }
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
