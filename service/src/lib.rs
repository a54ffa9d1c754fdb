//! What every binary of the city shares, and no crate of the statements does.
//!
//! - [`clock`]: what time it is, as an argument that tests replace; [`civil_time`]: that time as the city
//!   writes it.
//! - [`durable`]: files that are whole or not there.
//! - [`spreadsheet`]: cells that a spreadsheet does not run, and texts without what an editor adds.
//! - `cli` (feature `cli`): arguments, answers and errors of a command.
//! - `http`, `metrics`, `shutdown` (feature `server`): what listens, what it counts, how it ends.
//! - `tls` (feature `server`): a service's certificate, read again when its files change.
//! - `web`, `staff` (feature `server`): pages, and who may use those of a department.
//!
//! Without features it links neither tokio, axum nor hyper, so that a wallet in a browser can use the rest.

#![forbid(unsafe_code)]

pub mod civil_time;
#[cfg(feature = "cli")]
pub mod cli;
pub mod clock;
#[cfg(not(target_family = "wasm"))]
pub mod durable;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod metrics;
#[cfg(feature = "server")]
pub mod shutdown;
pub mod spreadsheet;
#[cfg(feature = "server")]
pub mod staff;
#[cfg(feature = "server")]
pub mod tls;
#[cfg(feature = "server")]
pub mod web;
