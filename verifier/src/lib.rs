//! Believes the statement: bytes in, a verified answer or a reason out; and the counter's service.
//!
//! [`believe`] is pure: no clock, no file, no network. The other modules are the service around it.

pub mod believe;
pub mod bench;
pub mod certificate;
pub mod cli;
pub mod client;
pub mod counter;
pub mod following;
pub mod metrics;
mod nanning;
pub mod offline;
pub mod receipt;
pub mod service;
pub mod store;

#[cfg(test)]
mod world;
