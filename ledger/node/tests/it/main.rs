//! A node over real HTTP, the real binary, and what `kill -9` leaves behind.

#![allow(clippy::unwrap_used)] // A failed unwrap is a failed test, in its helpers too.

mod by_hand;
mod cli;
mod crash;
mod device;
mod follow;
mod full_disk;
mod http;
mod mirror;
mod refusals;
mod running;
mod second_key;
mod shared;
mod support;
