//! The issuer against a log in memory, with real proofs; one rejection test per rule.

mod agreeing;
mod binding;
mod bundles;
mod credential;
mod device_walks;
mod devices;
mod faults;
mod http;
mod keys;
mod lists;
mod logs;
mod offer;
mod pages;
mod persons;
mod proxies;
mod recovery;
mod renewal;
mod restore;
mod second_uses;
mod status;
mod world;
