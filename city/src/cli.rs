//! The `city` command.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::founding::found;
use crate::place::{Begin, Place, Service, write_whole};
use crate::report::Summary;
use crate::services::Services;
use crate::story;

/// Runs the whole loop in one process: departments issue, citizens prove, the counter verifies against the ledger.
#[derive(Parser)]
#[command(
    name = "city",
    version,
    after_help = "Examples:\n  \
        cargo run --release                          tell the story, then serve until Ctrl-C\n  \
        cargo run --release -- --once                tell it and end; exit code 0 when every step came out as it should\n  \
        cargo run --release -- --fresh --data /tmp/yong --ports 8000\n\n\
        Exit codes: 0 every step came out as it should, 1 some did not, 2 the city could not run."
)]
struct Arguments {
    /// End when the story is told.
    #[arg(long)]
    once: bool,
    /// Remove what an earlier run left and start anew.
    #[arg(long)]
    fresh: bool,
    /// Print the story's numbers as JSON on standard output.
    #[arg(long)]
    json: bool,
    /// The city's folder [default: `yong` in the user's data folder].
    #[arg(long, env = "YONG_DATA")]
    data: Option<PathBuf>,
    /// First port: page +0, ledger +1, desks +2 +12 +22, counters +3 +4 [default: 7000].
    #[arg(long, env = "YONG_PORTS")]
    ports: Option<u16>,
}

/// Reads the arguments and runs.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    logs();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            complain(&error, json);
            ExitCode::from(2)
        }
    }
}

/// Services say on standard error what `YONG_LOG` asks for, such as `info` or `issuer=debug`; by default only errors.
fn logs() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::ERROR.into());
    let filter = filter.with_env_var("YONG_LOG").from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}

/// Answers whether every step came out as it should.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let folder = arguments.data.clone().map_or_else(default_folder, Ok)?;
    let begin = if arguments.fresh { Begin::Fresh } else { Begin::Continue };
    let place = Place::take(&folder, arguments.ports, begin)?;
    eprintln!("邕 Yong in {}", folder.display());
    eprintln!("! development keys: proofs made here must not be relied on");
    let founded = found(&place)?;
    let services = Services::start(&place, &founded.genesis)?;
    let summary = match told(&place.at(STORY)) {
        Some(summary) => story::check_again(summary, &services),
        None => story::tell(&place, &founded, &services)?,
    };
    services.notice().post(summary.clone());
    if summary.all_ok() {
        write_whole(&place.at(STORY), &serde_json::to_vec_pretty(&summary)?)?;
    }
    summarise(&summary, arguments.json)?;
    if !arguments.once {
        announce(&place);
        services.wait_for_interrupt()?;
    }
    services.stop();
    Ok(summary.all_ok())
}

/// A story that came out as it should is told once; an unfinished one is told again from its beginning, where every
/// step finds what is done already.
fn told(path: &Path) -> Option<Summary> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn default_folder() -> anyhow::Result<PathBuf> {
    let folders = directories::BaseDirs::new();
    let folders =
        folders.ok_or_else(|| anyhow::anyhow!("there is no user data folder; choose one with --data"))?;
    Ok(folders.data_dir().join("yong"))
}

fn summarise(summary: &Summary, json: bool) -> io::Result<()> {
    eprint!("\n{summary}");
    if json {
        serde_json::to_writer_pretty(io::stdout().lock(), summary)?;
        println!();
    }
    Ok(())
}

fn announce(place: &Place) {
    eprintln!("\nserving until Ctrl-C");
    eprintln!("  page     {}", place.url(Service::Page));
    eprintln!("  ledger   {}", place.url(Service::Ledger));
    for department in &crate::departments::DEPARTMENTS {
        eprintln!("  desk     {} {}", place.url(department.desk()), department.id);
    }
    eprintln!("  counter  {}", place.url(Service::Counter));
}

fn complain(error: &anyhow::Error, json: bool) {
    if json {
        let (message, remedy) = (format!("{error:#}"), "see `city --help`");
        eprintln!("{}", serde_json::json!({ "error": "cannot_run", "message": message, "remedy": remedy }));
    } else {
        eprintln!("error: {error:#}");
    }
}

const STORY: &str = "story.json";
