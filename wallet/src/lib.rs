//! Holds credentials: keys, consent, presentation and history.
//!
//! The wallet in memory ([`Wallet`]) and the wallet on disk ([`store`]) are apart, so that a program may run hundreds
//! of wallets without sealing any.
#![forbid(unsafe_code)]

mod app;
mod assist;
pub mod cli;
pub mod contents;
mod error;
mod followed;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod held;
pub mod history;
mod http;
mod keys;
mod names;
pub mod pair;
pub mod phrase;
pub mod present;
mod qr;
mod reach;
pub mod receive;
mod renewal;
mod session;
pub mod store;
#[cfg(test)]
mod testing;
pub mod trustees;
pub mod uses;
mod wallet;

pub use assist::problem_types;
pub use followed::{Ledger, NotAState, ResumeError, View};
pub use http::HttpError;
pub use keys::{KeyFetchError, Provers};
pub use reach::Reach;
pub use wallet::{NotEmpty, PersonFrom, Wallet};
