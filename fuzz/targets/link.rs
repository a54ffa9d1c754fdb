#![no_main]

use openid4vc::vci::OfferLink;
use openid4vc::vp::Link;
use wallet::pair::{Offer, SealedSecret};

// What a QR code holds for a wallet: a request's link, a desk's offer, a message of a wallet that is paired. Each has one
// spelling once it is read.
libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(link) = text.parse::<Link>() {
        let again = link.to_string().parse::<Link>().expect("what was written is read");
        assert_eq!(again.to_string(), link.to_string());
    }
    if let Ok(link) = text.parse::<OfferLink>() {
        let again = link.to_string().parse::<OfferLink>().expect("what was written is read");
        assert_eq!(again.offer_uri(), link.offer_uri());
    }
    if let Ok(offer) = text.parse::<Offer>() {
        assert_eq!(offer.to_string().parse(), Ok(offer));
    }
    if let Ok(sealed) = text.parse::<SealedSecret>() {
        assert_eq!(sealed.to_string().parse(), Ok(sealed));
    }
});
