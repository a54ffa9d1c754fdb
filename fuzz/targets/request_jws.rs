#![no_main]

use std::sync::LazyLock;

use ledger::genesis::Genesis;

const LINK: &str = "openid4vp://?client_id=x509_hash%3ARzoYRORQFNxJjIhT45kRMuqvLzyfxPZOeSjTDwaTkyo\
                    &request_uri=http%3A%2F%2F127.0.0.1%3A7003%2Fr%2F1&request_uri_method=post";

// A request object as it was signed: header, certificates, signature, claims.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    static GENESIS: LazyLock<Genesis> = LazyLock::new(|| ledger::samples::genesis(&["police"], 1));
    wallet::fuzzing::request(LINK, &GENESIS, bytes, 1_796_083_200);
});
