//! The service of a trustee: keeps one share of each bundle for its department, and gives it to one new wallet.
//!
//! A wallet brings its share at enrolment ([`Keeper::take`]); a new wallet gets it when a `recovery.request` for its bundle
//! and its key is on the ledger ([`Keeper::answer`]). What is on the ledger two departments have looked at; so nobody works
//! at this service, and whoever asks need not say who they are: what they get is sealed to the key that the ledger names.
//!
//! | kept | trusted | the worst a thief or a vandal can do |
//! |---|---|---|
//! | key files | yes, secret | with the database: open this department's share of every bundle; t such thefts rebuild secrets |
//! | `trustee.sqlite` | yes | learn who keeps shares with whom; an older copy answers once more, for the key that the ledger has |
//! | `followed.json` | yes | make the trustee believe in requests that are not in the log, until the next checkpoint does not fit |
//! | genesis file | yes | the same, for ever: it was handed over, never downloaded |
//!
//! A share is durable before it is said to be taken, and an answer before it is given.
#![forbid(unsafe_code)]

mod backup;
pub mod cli;
mod config;
mod following;
mod http;
mod keeper;
mod key_file;
#[cfg(test)]
mod samples;
mod store;

pub use self::config::{Config, ConfigError, TRUSTEE_PORT};
pub use self::following::{CatchUpError, Followed, FollowedError, Following, LedgerSource};
pub use self::http::{OpenError, TrusteeService, problem_types, serve, trustee_app};
pub use self::keeper::{Keeper, NotAnswered, NotTaken};
pub use self::key_file::{KeyFileError, load_key, save_key};
pub use self::store::StoreError;
