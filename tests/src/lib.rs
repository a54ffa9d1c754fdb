//! Fixtures that several crates' tests share.
#![forbid(unsafe_code)]

pub mod authority;
pub mod deploy;
pub mod nginx;
pub mod old_city;
pub mod operating;
pub mod pairing;
pub mod postgres;
pub mod small_city;
pub mod softhsm;
