//! Holds credentials: keys, consent, presentation and history.
//!
//! The wallet in memory ([`Wallet`]) and the wallet on disk ([`store`]) are apart, so that a program may run hundreds
//! of wallets without sealing any.

pub mod contents;
pub mod held;
pub mod history;
pub mod phrase;
pub mod store;
mod wallet;

pub use wallet::Wallet;
