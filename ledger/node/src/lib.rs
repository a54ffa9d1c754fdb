//! Runs a ledger node: sequencer, tile files, HTTP server and fsck.
