//! The `city` command.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use service::cli::{self, Command, CommandError, Options, Shell, Verdict};
use service::durable::{self, Readers};
use tracing_subscriber::filter::LevelFilter;

use crate::data_dir::{DataDir, OpenMode, Service};
use crate::departments::DEPARTMENTS;
use crate::genesis;
use crate::page::{self, Links, ScenarioStatus};
use crate::report::Summary;
use crate::sandbox;
use crate::scenario;
use crate::services::{Purpose, Services};

/// Runs the whole loop in one process: departments issue, citizens prove, the counter verifies against the ledger.
#[derive(Parser)]
#[command(
    name = "city",
    version,
    after_help = "Examples:\n  \
        cargo run --release                          tell the story, then serve until Ctrl-C\n  \
        cargo run --release -- --once                tell it and end; exit code 0 when every step came out as it should\n  \
        cargo run --release -- --fresh --data /tmp/yong --ports 8000\n  \
        cargo run --release -- --sandbox             six people who are not real, to try programs against\n\n\
        Exit codes: 0 every step came out as it should, 1 some did not, 2 the city could not run."
)]
struct Arguments {
    /// End when the story is told.
    #[arg(long)]
    once: bool,
    /// Serve a sandbox instead: six people who are not real, whose wallets answer by HTTP.
    #[arg(long, conflicts_with = "once")]
    sandbox: bool,
    /// Remove what an earlier run left and start anew.
    #[arg(long)]
    fresh: bool,
    /// The city's folder [default: `yong`, or `yong-sandbox`, in the user's data folder].
    #[arg(long, env = "YONG_DATA")]
    data: Option<PathBuf>,
    /// First port: page +0, ledger +1, desks +2 +12 +22, counters +3 +4, witnesses +8 +9 [default: 7000,
    /// 7100 for a sandbox].
    #[arg(long, env = "YONG_PORTS")]
    ports: Option<u16>,
    #[command(flatten)]
    options: Options,
}

impl Command for Arguments {
    fn options(&self) -> &Options {
        &self.options
    }
}

/// Reads the arguments, runs the city and answers whether every step came out as it should.
pub fn main() -> ExitCode {
    cli::run(|arguments: Arguments, shell| {
        cli::log(LevelFilter::ERROR);
        run(&arguments, shell).map(Verdict::from).map_err(|error| {
            CommandError::new("cannot_run", format!("{error:#}"), "See `city --help`.")
                .in_chinese(format!("城市无法运行：{error:#}"), "请看 `city --help`。")
        })
    })
}

fn run(arguments: &Arguments, shell: Shell) -> anyhow::Result<bool> {
    let mode = if arguments.fresh { OpenMode::Fresh } else { OpenMode::Continue };
    if arguments.sandbox {
        let folder = folder(arguments, "yong-sandbox")?;
        sandbox::serve(&folder, arguments.ports, mode)?;
        return Ok(true);
    }
    let folder = folder(arguments, "yong")?;
    let data_dir = DataDir::open(&folder, arguments.ports, mode)?;
    data_dir.refuse_taken_ports()?;
    eprintln!("邕 Yong in {}", folder.display());
    eprintln!("! development keys: proofs made here must not be relied on");
    let setup = genesis::create_or_open(&data_dir)?;
    let status = ScenarioStatus::default();
    let page = page::app(status.clone(), Links::new(&data_dir));
    let services = Services::start(&data_dir, &setup.genesis, Purpose::Demonstration, page)?;
    let summary = match earlier_run(&data_dir.path(SUMMARY)) {
        Some(summary) => scenario::check_again(summary, &services),
        None => scenario::run(&data_dir, &setup, &services)?,
    };
    status.set(summary.clone());
    if summary.all_ok() {
        durable::replace(&data_dir.path(SUMMARY), &serde_json::to_vec_pretty(&summary)?, Readers::Everybody)?;
    }
    print_summary(&summary, shell)?;
    if !arguments.once {
        print_addresses(&data_dir);
        services.wait_for_shutdown();
    }
    services.stop();
    Ok(summary.all_ok())
}

/// The summary of a scenario in which every step came out as it should, which is not run again. Any other is run again
/// from its beginning: every step finds what is done already.
fn earlier_run(path: &Path) -> Option<Summary> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// The folder that was asked for, or one of this name in the user's data folder.
fn folder(arguments: &Arguments, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &arguments.data {
        return Ok(folder.clone());
    }
    let folders = directories::BaseDirs::new();
    let folders = folders.context("there is no user data folder; choose one with --data")?;
    Ok(folders.data_dir().join(name))
}

/// For people on standard error, where the steps are; for programs on standard output.
fn print_summary(summary: &Summary, shell: Shell) -> io::Result<()> {
    eprint!("\n{summary}");
    if shell.is_json() {
        serde_json::to_writer_pretty(io::stdout().lock(), summary)?;
        println!();
    }
    Ok(())
}

fn print_addresses(data_dir: &DataDir) {
    eprintln!("\nserving until Ctrl-C");
    eprintln!("  page     {}", data_dir.url(Service::Page));
    eprintln!("  ledger   {}", data_dir.url(Service::Ledger));
    for department in &DEPARTMENTS {
        if let Some(desk) = department.issuer() {
            eprintln!("  desk     {} {}", data_dir.url(desk), department.id);
        }
    }
    eprintln!("  counter  {}", data_dir.url(Service::Verifier));
}

const SUMMARY: &str = "story.json";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
