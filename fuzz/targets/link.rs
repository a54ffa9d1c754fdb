#![no_main]

use openid4vc::vci::OfferLink;
use openid4vc::vp::Link;

// Links in QR codes: a request's, an offer's. Each has one spelling once it is read.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(link) = text.parse::<Link>() {
        let again = link.to_string().parse::<Link>().expect("what was written is read");
        assert_eq!(again.to_string(), link.to_string());
    }
    if let Ok(link) = text.parse::<OfferLink>() {
        let again = link.to_string().parse::<OfferLink>().expect("what was written is read");
        assert_eq!(again.offer_uri(), link.offer_uri());
    }
});
