//! Verification of answers: bytes in, a [`Verified`] answer or the first reason against it out. Pure: no clock, no file, no network.
#![forbid(unsafe_code)]

mod error;
mod keys;
mod links;
mod offline;
pub mod receipt;
#[cfg(test)]
mod tests;
mod verified;
mod verify;

pub use error::VerifyError;
pub use keys::{Circuit, CircuitKey, CircuitKeys, KeyError, Keys};
pub use ledger::registry::Development;
pub use offline::{VerifiedOffline, verify_offline};
pub use verified::{Answer, Verified};
pub use verify::{Checked, LedgerView, SessionRequest, check, verify, verify_batch};
