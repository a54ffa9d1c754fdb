//! `issuer reconcile`: a desk's database that is older than the ledger.

use std::path::PathBuf;

use serde_json::json;
use service::cli::{CommandError, Shell, Verdict};

use super::error::CliError;
use crate::config::Config;
use crate::issuer::{Issuer, ReconcileError};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The desk's configuration.
    #[arg(long, env = "YONG_DESK_CONFIG", default_value = "desk.toml")]
    config: PathBuf,
    /// Revokes every credential that the department issued and the database does not know, and takes over what happened
    /// to those that it does know. Whose the unknown ones are cannot be found out: their holders come for new ones.
    #[arg(long)]
    revoke: bool,
}

/// 0 where database and ledger agree (now), 1 where they do not.
pub(super) fn run(args: &Args, shell: Shell) -> Result<Verdict, CommandError> {
    let config = Config::load(&args.config).map_err(CliError::Config)?;
    let issuer = Issuer::open(config).map_err(|e| CliError::Serve(e.into()))?;
    issuer.sync().map_err(|e| CliError::from(ReconcileError::from(e)))?;
    let strays = issuer.strays().map_err(CliError::from)?;
    if strays.records == 0 {
        shell.answer(&json!({"unknown_records": 0}), || {
            "The database knows everything that the department has on the ledger.".to_owned()
        })?;
        return Ok(Verdict::Yes);
    }
    if args.revoke {
        let done = issuer.reconcile().map_err(CliError::from)?;
        shell.answer(&json!({"taken_over": done.records, "revoked": done.revoked}), || {
            format!("Records taken over: {}. Credentials revoked: {}.", done.records, done.revoked)
        })?;
        return Ok(Verdict::Yes);
    }
    let positions: Vec<u64> = strays.credentials.iter().map(|position| position.get()).collect();
    let found = json!({"unknown_records": strays.records, "unknown_credentials": positions});
    shell.answer(&found, || {
        format!(
            "Records on the ledger that the database does not know: {}. Credentials in force among them: {}.",
            strays.records,
            positions.len()
        )
    })?;
    shell.say(
        "数据库比账本旧。请先确认没有更新的备份；确无的话，用 --revoke 撤销这些凭证并核对一致，再请本人重新领取。",
        "The database is older than the ledger. Look for a newer backup first; if there is none, --revoke revokes these \
         credentials and brings the two together, and their holders come for new ones.",
    );
    Ok(Verdict::No)
}
