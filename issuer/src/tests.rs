//! The desk against a log in memory, with real proofs; one rejection test per rule.

mod credential;
mod failures;
mod http;
mod lists;
mod offer;
mod pages;
mod quiet;
mod status;
mod world;
