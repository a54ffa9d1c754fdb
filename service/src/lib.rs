//! What every binary shares: pages and staff.
#![forbid(unsafe_code)]

pub mod staff;
pub mod web;
