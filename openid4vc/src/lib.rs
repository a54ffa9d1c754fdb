//! What wallets, issuers and verifiers say to each other: OpenID4VCI, OpenID4VP, and the ways without a network.
//!
//! | module | is |
//! |---|---|
//! | [`vci`] | offers, tokens, credential requests and responses (OpenID4VCI 1.0) |
//! | [`vp`] | request objects, DCQL, `vp_token`, verdicts (OpenID4VP 1.0) |
//! | [`handover`] | the element that binds a proof to one session |
//! | [`jwe`] | encrypted responses (`direct_post.jwt`) |
//! | [`offline`] | an answer as one QR code |
//! | [`paper`] | a sealed credential on paper |
//! | [`renewal`] | a credential that took another's place, sealed to the wallet that proves the holder |
//! | [`json`], [`url`] | JSON from outside, and addresses that something private may be sent to |
#![forbid(unsafe_code)]

mod entropy;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod handover;
pub mod json;
pub mod jwe;
pub mod offline;
pub mod paper;
pub mod renewal;
pub mod url;
pub mod vci;
pub mod vp;

pub use self::entropy::Entropy;
