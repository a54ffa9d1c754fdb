//! Remembers the statement: records, registry, audit log, credential tree and the light client.
//!
//! This is the light half of the ledger, the part that wallets, verifiers and desks link. It reads and checks; it keeps
//! no files of its own besides key files, and it never learns an attribute value. Storage, sequencing and the HTTP
//! server are the crate `ledger_node`, which shares every rule below.
//!
//! | module | is |
//! |---|---|
//! | [`key`], [`canonical`], [`digest`] | signing keys, the one JSON encoding, SHA-256 |
//! | [`sm2`] | a second signature of the log under its checkpoints |
//! | [`signer`] | whatever signs: a key file, or a device behind the same trait |
//! | [`record`], [`proposal`] | what a department says, signed; and what several agree to first |
//! | [`genesis`], [`registry`], [`credentials`], [`state`] | the rules, and the state that entries derive |
//! | [`merkle`], [`tile`], [`note`], [`checkpoint`] | the append-only log in the C2SP tile format |
//! | [`rehearsal`] | what a ledger would say of a record that nobody has signed yet |
//! | [`witness`] | who cosigns checkpoints, and how many must |
//! | [`resource`], [`source`], [`client`] | what a node serves, and how it is fetched |
//! | [`follow`] | the light client: verifies everything |
#![forbid(unsafe_code)]

pub mod canonical;
pub mod checkpoint;
pub mod client;
pub mod credentials;
pub mod digest;
pub mod follow;
pub mod genesis;
#[cfg(test)]
mod hostile;
pub mod key;
pub mod merkle;
pub mod note;
pub mod proposal;
pub mod record;
pub mod registry;
pub mod rehearsal;
pub mod resource;
#[cfg(any(test, feature = "test-support"))]
pub mod samples;
pub mod signer;
pub mod sm2;
pub mod source;
pub mod state;
pub mod tile;
pub mod witness;
