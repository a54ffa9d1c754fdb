//! `verifier receipt`.

mod check;
mod export;

use clap::Subcommand;

use service::cli::{Shell, Verdict};

use super::error::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Writes one JSON file with a receipt, its proofs and what the ledger says about them. Nothing that the citizen
    /// handed over is in it, unless --with-revealed asks for it.
    Export(export::Args),
    /// Checks such a file, years later and without any service. Exit code 0 if it is to be believed, 1 if not, 2 if it
    /// was not checked.
    Check(check::Args),
}

pub(super) fn run(command: &Command, shell: Shell) -> Result<Verdict, CliError> {
    match command {
        Command::Export(args) => export::run(args, shell),
        Command::Check(args) => check::run(args, shell),
    }
}
