//! A node over real HTTP, the real binary, and what `kill -9` leaves behind.

mod cli;
mod crash;
mod http;
mod refusals;
mod support;
