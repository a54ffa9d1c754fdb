//! The `verifier` command line: `serve` runs a verifier's service; `ask` and `policies` talk to a running one.

mod ask;
mod bench;
mod clerk;
mod config;
mod error;
mod offline;
mod receipt;
mod restored;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use service::cli::{Authority, Options, Shell, Verdict};

#[cfg(feature = "fuzzing")]
pub use config::read_config_for_fuzzing;
use error::CliError;

/// Runs the command line.
pub fn main() -> ExitCode {
    service::cli::run(execute)
}

/// Checks at a counter whether a citizen qualifies, and learns nothing else.
#[derive(Parser)]
#[command(name = "verifier", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    authority: Authority,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a counter's service until Ctrl-C.
    Serve(Box<serve::Args>),
    /// Asks one citizen: shows a QR code, waits for the answer. Exit code 0 if passed, 1 if not, 2 on an error.
    ///
    /// With --json two lines come: the request at once, how it ended later.
    Ask(ask::Args),
    /// Lists the policies that can be asked.
    Policies(ask::PoliciesArgs),
    /// Who may work at the counter's page: adds people to its password file, lists and removes them.
    Clerk(clerk::Args),
    /// Accepts that a counter's database was restored from an older copy, and that uses of pseudonyms were lost.
    AcceptRestore(restored::Args),
    /// Exports a receipt with everything that shows it to be true, and checks one without any service.
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Fetches what a counter needs to work without a network for a day.
    Bundle(offline::BundleArgs),
    /// Checks one QR code without a network. Exit code 0 if passed, 1 if not, 2 on an error.
    Scan(offline::ScanArgs),
    /// Brings what was accepted without a network to the service. Exit code 1 if it does not accept all of it.
    Reconcile(offline::ReconcileArgs),
    /// Measures checking on this machine.
    Bench(bench::Args),
    /// Measures the whole service on this machine, over HTTP on loopback.
    BenchHttp(bench::HttpArgs),
}

impl service::cli::Command for Cli {
    fn options(&self) -> &Options {
        &self.options
    }
}

fn execute(cli: Cli, shell: Shell) -> Result<Verdict, CliError> {
    ledger::client::trust(cli.authority.file()).map_err(CliError::Authority)?;
    match cli.command {
        Command::Serve(args) => serve::run(args, shell),
        Command::Ask(args) => ask::run(&args, shell),
        Command::Policies(args) => ask::policies(&args, shell),
        Command::Clerk(args) => clerk::run(args, shell),
        Command::AcceptRestore(args) => restored::run(&args, shell),
        Command::Receipt(command) => receipt::run(&command, shell),
        Command::Bundle(args) => offline::bundle(&args, shell),
        Command::Scan(args) => offline::scan(&args, shell),
        Command::Reconcile(args) => offline::reconcile(&args, shell),
        Command::Bench(args) => bench::run(&args, shell),
        Command::BenchHttp(args) => bench::run_http(&args, shell),
    }
}

/// A QR code in half blocks; `None` if the text does not fit one.
fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

const EXAMPLES: &str = "\
Examples:
  verifier serve --data ./counter --genesis genesis.json --ledger http://127.0.0.1:7001
  verifier serve --data ./counter --trust-ledger-genesis --development --name 公租房窗口/Housing
  verifier policies
  verifier ask adult/1
  verifier ask adult/1 --json --no-wait
  verifier clerk add 韦秀英 --role clerk --data ./counter
  verifier receipt export 3q2-7wAAvu8AAcrw --data ./counter --out receipt.json
  verifier receipt check receipt.json --genesis genesis.json
  verifier bundle --data ./counter --out today.bundle --window window-3
  verifier scan 'yong:1:…' --bundle today.bundle
  verifier reconcile --bundle today.bundle
  verifier bench --json
  verifier bench-http --json

Exit codes: 0 yes, 1 no, 2 error.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
