//! Grants credentials: a department's issuer and its nightly batch.
//!
//! The issuer keeps its department's records, asks wallets to show who they are, commits credentials on the ledger and
//! hands them out. It never learns what its credentials are used for.
//!
//! | module | is |
//! |---|---|
//! | [`config`] | what an issuer is told |
//! | [`serve`] | the running issuer |
//! | [`client`], [`admin`] | the staff interface |
//! | [`rows`] | lists as CSV files |
#![forbid(unsafe_code)]

pub mod admin;
pub mod cli;
pub mod client;
pub mod config;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod http;
mod issuer;
mod person;
pub mod rows;
mod serve;
mod store;
mod tokens;

pub use config::Config;
pub use http::{WalletErrorType, problem_types, wallet_error_types};
pub use issuer::{
    Asked, BindingError, Comparison, Issuer, Ledger, OpenError, ReconcileError, Reconciled, Strays,
};
pub use person::{IdNumbers, PersonId, PersonIdError};
pub use serve::{ServeError, serve, serve_issuer};

#[cfg(test)]
mod tests;
