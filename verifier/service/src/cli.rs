//! The `verifier` command line: `serve` runs a counter's service; `ask` and `policies` talk to a running one.

mod ask;
mod bench;
mod bench_http;
mod bundle;
mod clerk;
mod config;
mod failure;
mod genesis;
mod policies;
mod receipt;
mod reconcile;
mod scan;
mod serve;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use failure::{Failure, tell, usage};

/// Checks at a counter whether a citizen qualifies, and learns nothing else.
#[derive(Parser)]
#[command(name = "verifier", version, after_help = EXAMPLES)]
struct Cli {
    /// Machine output on stdout, errors as JSON on stderr.
    #[arg(long, global = true)]
    json: bool,
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
    Policies(policies::Args),
    /// Who may work at the counter's page: adds people to its password file, lists and removes them.
    Clerk(clerk::Args),
    /// Exports a receipt with everything that shows it to be true, and checks one without any service.
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Fetches what a counter needs to work without a network for a day.
    Bundle(bundle::Args),
    /// Checks one QR code without a network. Exit code 0 if passed, 1 if not, 2 on an error.
    Scan(scan::Args),
    /// Brings what was accepted without a network to the service. Exit code 1 if it does not accept all of it.
    Reconcile(reconcile::Args),
    /// Measures checking on this machine.
    Bench(bench::Args),
    /// Measures the whole service on this machine, over HTTP on loopback.
    BenchHttp(bench_http::Args),
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

/// How results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    People,
    Machine,
}

/// A command's result.
type Outcome = Result<ExitCode, Failure>;

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let talk = if cli.json { Talk::Machine } else { Talk::People };
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(args, talk),
        Command::Ask(args) => ask::run(&args, talk),
        Command::Policies(args) => policies::run(&args, talk),
        Command::Clerk(args) => clerk::run(args, talk),
        Command::Receipt(command) => receipt::run(&command, talk),
        Command::Bundle(args) => bundle::run(&args, talk),
        Command::Scan(args) => scan::run(&args, talk),
        Command::Reconcile(args) => reconcile::run(&args, talk),
        Command::Bench(args) => bench::run(&args, talk),
        Command::BenchHttp(args) => bench_http::run(&args, talk),
    };
    outcome.unwrap_or_else(|failure| tell(&failure, talk))
}

/// A QR code in half blocks; `None` if the text does not fit one.
fn picture(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// A clock before 1970 is a clock at 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
