//! Runs the whole loop in one process over real HTTP on loopback. Wiring only.
#![forbid(unsafe_code)]

pub mod cli;
mod departments;
mod founding;
mod page;
mod people;
mod place;
mod report;
pub mod secrets;
mod services;
mod story;
