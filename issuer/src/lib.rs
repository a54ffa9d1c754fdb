//! Grants credentials: a department's desk and its nightly batch.

pub mod config;
mod door;
mod nonce;
mod office;
mod person;
mod store;

pub use config::Config;
pub use person::{NotAPerson, PersonId};
