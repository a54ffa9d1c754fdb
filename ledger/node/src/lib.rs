//! Runs a ledger node: sequencer, tile files, HTTP server and fsck.
//!
//! | module | is |
//! |---|---|
//! | [`init()`], [`Config`], [`Node`] | a data directory: made, configured, opened |
//! | [`app`], [`serve`] | the node over HTTP, with the public page at `/` |
//! | [`sequencer`], [`files`] | where the order and the files are kept; each has one suite or fault table of tests |
//! | [`fsck()`] | derives everything again and names the first difference |
//! | [`Witness`] | a department's witness, which cosigns checkpoints |
//! | [`bench`] | how fast all that is here |
//! | [`cli`] | the `ledger` command |
#![forbid(unsafe_code)]

mod backup;
pub mod bench;
mod blob;
pub mod cli;
mod config;
mod cosign;
mod data_dir;
mod derived;
mod engine;
pub mod files;
mod fsck;
#[cfg(test)]
mod hostile;
mod hour;
mod http;
mod init;
mod key_file;
mod log_keys;
mod metrics;
mod mirror;
mod node;
mod public;
mod removed_leaves;
pub mod sequencer;
mod snapshot;
#[cfg(test)]
mod testing;
mod tiles;
mod witness;
mod writer;

pub use self::backup::{BeforeTheNext, LedgerBackupError, Restore, RestoredLog, backup, restore};
pub use self::blob::{BlobError, MAX_BLOB};
pub use self::config::{Config, ConfigError, DEFAULT_PORT, Heartbeat, HeartbeatError, StartClock, StartLog};
pub use self::cosign::{CosignError, WitnessAddress, WitnessesError};
pub use self::data_dir::DataError;
pub use self::engine::{ClockError, EngineError, RecoverError, SubmissionError};
pub use self::fsck::{Difference, FsckError, Progress, Report, fsck, fsck_in};
pub use self::http::{
    ServeError, app, entry_codes, exposed_app, problem_types, serve, serve_exposed_node, serve_node,
};
pub use self::init::{GenesisParameters, InitError, LogKey, SecondKey, init, init_in};
pub use self::key_file::KeyFileError;
pub use self::mirror::{
    ExportError, Manifest, MirrorConfig, MirrorError, OriginalError, export_folder, export_url,
};
pub use self::node::{Node, OpenError};
pub use self::sequencer::{InvalidSequencer, PostgresAddress, SequencerConfig};
pub use self::witness::{
    ReplayOpenError, StoreError, WITNESS_PORT, Witness, WitnessConfig, WitnessConfigError, WitnessOpenError,
    serve_witness, witness_app,
};
