//! Grants credentials: a department's desk and its nightly batch.
//!
//! The desk keeps its department's records, asks wallets to show who they are, commits credentials on the ledger and
//! hands them out. It never learns what its credentials are used for.
//!
//! | module | is |
//! |---|---|
//! | [`config`] | what a desk is told |
//! | [`serve`] | the running desk |
//! | [`client`], [`admin`] | the staff interface |
//! | [`rows`] | lists as CSV files |
#![forbid(unsafe_code)]

pub mod admin;
pub mod cli;
pub mod client;
pub mod config;
mod door;
mod http;
mod issuer;
mod nonce;
mod person;
pub mod rows;
mod serve;
mod store;

pub use config::Config;
pub use issuer::{Clock, Issuer, Ledger, OpenError};
pub use person::{NotAPerson, PersonId};
pub use serve::{ServeError, serve, serve_issuer};

#[cfg(test)]
mod tests;
