//! The `verifier` command line: `serve` runs a counter's service; `ask` and `policies` talk to a running one.

mod ask;
mod bench;
mod clerk;
mod config;
mod failure;
mod genesis;
mod policies;
mod receipt;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Measures checking on this machine.
    Bench(bench::Args),
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
  verifier bench --json

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
        Command::Bench(args) => bench::run(&args, talk),
    };
    outcome.unwrap_or_else(|failure| tell(&failure, talk))
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
