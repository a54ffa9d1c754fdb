//! The verifier's service: a service counter (窗口) over OpenID4VP, its store, pages and command.
//!
//! What an answer proves is decided by the crate `verifier`, which has no clock, no file and no network.
#![forbid(unsafe_code)]

pub mod bench;
pub mod certificate;
pub mod cli;
pub mod client;
pub mod following;
pub mod http;
pub mod metrics;
pub mod offline;
#[cfg(test)]
mod receipt_tests;
pub mod relying_party;
pub mod store;
pub mod webhook;
mod wire_schema;
