//! Runs a ledger node: sequencer, tile files, HTTP server and fsck.

pub mod sequencer;
pub mod storage;
