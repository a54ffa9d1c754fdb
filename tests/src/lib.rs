//! Fixtures that several crates' tests share.
#![forbid(unsafe_code)]

pub mod authority;
pub mod nginx;
pub mod old_city;
pub mod pairing;
pub mod small_city;
