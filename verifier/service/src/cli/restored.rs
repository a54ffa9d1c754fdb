//! `verifier accept-restore`: a counter goes on with an older copy of its database.

use std::path::PathBuf;

use serde_json::json;
use service::cli::{Shell, Verdict};
use service::clock::Clock;

use super::config::{Config, given_store, store_of};
use super::error::CliError;
use super::serve::DATA;
use crate::store::{AuditAction, AuditEvent, COMMAND, marker_of};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Configuration file of the service (TOML), for where its data and its marker are. Flags come before it.
    #[arg(long, env = "YONG_VERIFIER_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory of the service, which must not run meanwhile.
    #[arg(long, env = "YONG_VERIFIER_DATA")]
    data: Option<PathBuf>,
    /// Where the service remembers, if not in the data directory: a file, or `postgres://…`.
    #[arg(long, env = "YONG_VERIFIER_STORE", hide_env_values = true)]
    store: Option<String>,
    /// The marker, where the service was given one.
    #[arg(long, env = "YONG_VERIFIER_MARKER")]
    marker: Option<PathBuf>,
}

pub(super) fn run(args: &Args, shell: Shell) -> Result<Verdict, CliError> {
    let config = Config::read(args.config.as_deref())?;
    let data = args.data.clone().or(config.data).unwrap_or_else(|| DATA.into());
    let store = store_of(given_store(args.store.clone(), config.store)?, &data);
    if store.file().is_some_and(|path| !path.exists()) {
        return Err(CliError::NoService);
    }
    let marker = args.marker.clone().or(config.marker).unwrap_or_else(|| marker_of(&data));
    let store = store.open()?;
    let act = AuditAction::AcceptedRestore;
    store.note(&AuditEvent { time: Clock::system().now(), who: COMMAND, act, matter: None, number: None })?;
    let counted = store.accept_restore(&marker)?;
    shell.answer(&json!({ "counted": counted }), || {
        format!(
            "The counter goes on with {counted} counted uses. Who used a pseudonym after the copy was made can use it \
             once more: think about which matters that concerns."
        )
    })?;
    Ok(Verdict::Yes)
}
