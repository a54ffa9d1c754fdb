//! The demonstration: runs the whole loop in one process over real HTTP on loopback. Wiring only.
#![forbid(unsafe_code)]

#[cfg(test)]
mod additive;
pub mod cli;
mod data_dir;
mod departments;
mod fixtures;
mod genesis;
mod page;
mod report;
mod sandbox;
mod scenario;
pub mod secrets;
mod services;

pub use sandbox::problem_types;
