//! Fixtures that several crates' tests share.
#![forbid(unsafe_code)]

pub mod small_city;
