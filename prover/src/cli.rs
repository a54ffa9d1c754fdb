//! The `prover` command.

/// Calls a function of the statement that a [`Circuit`] names.
macro_rules! of_circuit {
    ($circuit:expr, $($function:ident)::+($($argument:expr),*)) => {
        match $circuit {
            $crate::cli::Circuit::Show => $($function)::+::<$crate::statement::Show>($($argument),*),
            $crate::cli::Circuit::Enroll => $($function)::+::<$crate::statement::Enroll>($($argument),*),
            $crate::cli::Circuit::Join => $($function)::+::<$crate::statement::Join>($($argument),*),
            $crate::cli::Circuit::Score => $($function)::+::<$crate::statement::Score>($($argument),*),
        }
    };
}

mod ceremony;
mod error;
mod export;
mod files;
mod measure;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use rand::rngs::OsRng;
use service::cli::{CommandError, Options, Shell, Verdict};

use crate::setup::{self, Existing, Written};

/// Runs the command line: exit code 0 done, 1 a ceremony is refused, 2 error.
pub fn main() -> ExitCode {
    service::cli::run(execute)
}

#[expect(clippy::needless_pass_by_value, reason = "the shell hands the arguments over")]
fn execute(cli: Cli, shell: Shell) -> Result<Verdict, CommandError> {
    match &cli.command {
        Command::Setup(args) => set_up(args, shell),
        Command::Ceremony(command) => ceremony::run(command, shell),
        Command::Export(command) => export::run(command, shell),
        Command::Bench(args) => measure::bench(args, shell),
        Command::FirstProof(args) => measure::first_proof(args, shell),
    }?;
    Ok(Verdict::Yes)
}

/// Keys for the statements, and how fast this machine proves them.
#[derive(Parser)]
#[command(name = "prover", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

impl service::cli::Command for Cli {
    fn options(&self) -> &Options {
        &self.options
    }
}

#[derive(Subcommand)]
enum Command {
    /// Makes the proving and verifying keys of all circuits.
    Setup(SetupArgs),
    /// Makes keys together, so that nobody can forge with them; in the files of snarkjs.
    #[command(subcommand, after_help = ceremony::EXAMPLES)]
    Ceremony(ceremony::Command),
    /// Writes circuits, keys and witnesses for other programs.
    #[command(subcommand, after_help = export::EXAMPLES)]
    Export(export::Command),
    /// Measures how long a proof takes here.
    Bench(measure::BenchArgs),
    /// Makes one proof and says how much memory that took; `bench` starts it to measure a cold start.
    #[command(hide = true)]
    FirstProof(measure::FirstProofArgs),
}

/// Which statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Circuit {
    /// Presentations.
    Show,
    /// New holders.
    Enroll,
    /// Conditions over several credentials.
    Join,
    /// Published models.
    Score,
}

#[derive(Args)]
struct SetupArgs {
    /// Development keys: whoever ran this can forge proofs with them. Other keys come from `prover ceremony`.
    #[arg(long)]
    dev: bool,
    /// Directory for the keys; made if it is not there.
    #[arg(long, value_name = "DIR", env = "YONG_KEYS")]
    out: PathBuf,
    /// Replace keys that are there: everything proved with them stops verifying.
    #[arg(long)]
    force: bool,
}

fn set_up(args: &SetupArgs, shell: Shell) -> Result<(), CommandError> {
    if !args.dev {
        return Err(CommandError::new(
            "no_ceremony",
            "One machine alone can only make development keys.",
            "Run a ceremony with `prover ceremony`, or add --dev and use the keys for nothing that matters.",
        ));
    }
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    let spinner = spinner("making development keys");
    let written = setup::run_with(&args.out, existing, &mut OsRng);
    spinner.finish_and_clear();
    let written = written?;
    eprintln!("DEVELOPMENT KEYS: whoever made them can forge proofs. Not for real use.");
    shell.answer(&written, || written.iter().map(describe).collect::<Vec<_>>().join("\n"))
}

fn describe(written: &Written) -> String {
    format!(
        "{} {}: {} constraints, {} ({} bytes), {}, verifying key {}",
        written.circuit,
        written.version,
        written.constraints,
        written.key.display(),
        written.key_bytes,
        written.vk.display(),
        written.vk_digest,
    )
}

/// Moves on a terminal only.
fn spinner(message: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

const EXAMPLES: &str = "\
Examples:
  prover setup --dev --out keys      development keys in keys/
  prover ceremony verify --circuit show --ptau F show.zkey
                                     who made a key together, and whether it is theirs
  prover export solidity --vk keys/show-2.vk.json Show.sol
                                     a contract that checks proofs
  prover bench                       how fast this machine proves
  prover bench --circuit join        the same for conditions over several credentials
  prover bench --json --keys keys    with these keys, for programs

Exit code: 0 done, 1 a ceremony is refused, 2 error.";
