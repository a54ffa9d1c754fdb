//! The `trustee` command line: `keygen` makes a key, `serve` runs a trustee.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use ledger::client::Client;
use rand::rngs::OsRng;
use serde_json::json;
use service::cli::{Authority, CommandError, Options, OrFail as _, Shell, Verdict};
use service::clock::Clock;
use service::http::{Endpoint, Exposure};
use service::tls::{Tls, TlsArgs};
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;
use trustee::HpkePrivateKey;

use crate::config::Config;
use crate::http::{TrusteeService, serve};
use crate::key_file::{load_key, save_key};

/// Keeps a department's shares of person secrets, and gives each to one new wallet.
#[derive(Parser)]
#[command(name = "trustee", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    authority: Authority,
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
    /// Makes a private key, and says what to publish of it.
    Keygen {
        /// The new file; it is never overwritten.
        #[arg(long)]
        out: PathBuf,
    },
    /// Says what to publish of a key.
    Key {
        /// A file that `trustee keygen` wrote.
        file: PathBuf,
    },
    /// Runs a trustee until Ctrl-C.
    #[command(after_help = concat!("A configuration:\n\n", include_str!("../trustee.example.toml")))]
    Serve {
        /// The trustee's configuration.
        #[arg(long, env = "YONG_TRUSTEE_CONFIG", default_value = "trustee.toml")]
        config: PathBuf,
        /// Instead of `listen` in the configuration.
        #[arg(long, env = "YONG_TRUSTEE_LISTEN")]
        listen: Option<SocketAddr>,
        #[command(flatten)]
        tls: TlsArgs,
    },
}

/// Reads the arguments, executes the command, and says how it ended: 0 yes, 1 no, 2 error.
pub fn main() -> ExitCode {
    service::cli::run(|cli: Cli, shell| {
        trust(cli.authority.file())?;
        execute(cli.command, shell)
    })
}

fn execute(command: Command, shell: Shell) -> Result<Verdict, CommandError> {
    match command {
        Command::Keygen { out } => keygen(&out, shell),
        Command::Key { file } => {
            let key = load_key(&file);
            let named = format_args!("`{}`", file.display());
            show(&key.or_fail("bad_key", named, "Give a file that `trustee keygen` wrote.")?, shell)
        }
        Command::Serve { config, listen, tls } => run(&config, listen, tls, shell),
    }
}

/// Whom this process believes.
fn trust(ca: Option<&Path>) -> Result<(), CommandError> {
    ledger::client::trust(ca).or_fail("bad_ca", "certificate authorities", Authority::REMEDY)
}

fn keygen(out: &Path, shell: Shell) -> Result<Verdict, CommandError> {
    let key = HpkePrivateKey::generate(&mut OsRng);
    let remedy = "Choose a new file; keys are never overwritten.";
    save_key(&key, out).or_fail("not_written", format_args!("`{}`", out.display()), remedy)?;
    show(&key, shell)
}

/// The public half: the `key` of a `trustee.publish`.
fn show(key: &HpkePrivateKey, shell: Shell) -> Result<Verdict, CommandError> {
    let public = key.public();
    shell.answer(&json!({ "key": public, "digest": public.digest() }), || public.to_string())?;
    Ok(Verdict::Yes)
}

fn run(path: &Path, listen: Option<SocketAddr>, tls: TlsArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let remedy = "Correct the file; `trustee serve --help` shows one.";
    let mut config =
        Config::load(path).or_fail("bad_config", format_args!("`{}`", path.display()), remedy)?;
    config.listen = listen.unwrap_or(config.listen);
    config.tls = tls.or(config.tls);
    trust(config.ca.as_deref())?;
    let tls = config.tls.as_ref().map(Tls::open).transpose()?;
    service::cli::log(LevelFilter::INFO);
    let source = Arc::new(Client::new(config.ledger.clone()));
    let remedy = "Correct the configuration, or restore the files that it names.";
    let trustee = TrusteeService::open(&config, source, Clock::system());
    let trustee = Arc::new(trustee.or_fail("not_opened", "opening the trustee", remedy)?);
    let runtime = tokio::runtime::Runtime::new().or_fail("no_runtime", "starting", "Free some memory.")?;
    runtime.block_on(async {
        let remedy = "Stop whatever listens there, or choose another address.";
        let listener =
            TcpListener::bind(config.listen).await.or_fail("cannot_listen", config.listen, remedy)?;
        let address = listener.local_addr().or_fail("cannot_listen", config.listen, remedy)?;
        let endpoint = Endpoint::new(listener, tls);
        let public_url = config.public_url.as_deref();
        let remedy = "Correct the configuration.";
        endpoint.check_public_url(public_url).or_fail("bad_config", "the address", remedy)?;
        let exposure = Exposure::new(address, public_url, config.trusted_proxies.clone());
        let exposure = exposure.or_fail("bad_config", "the address", remedy)?;
        let department = &config.department;
        let scheme = endpoint.scheme();
        shell.say(
            &format!("{department} 的受托服务在 {scheme}://{address} 上。"),
            &format!("The trustee of {department} listens on {scheme}://{address}."),
        );
        let every = Duration::from_secs(config.sync_seconds);
        serve(trustee, endpoint, exposure, every, service::shutdown::requested()).await;
        Ok(Verdict::Yes)
    })
}

const EXAMPLES: &str = "\
Examples:
  trustee keygen --out trustee.key
  trustee serve --config trustee.toml

Publish the key with `ledger publish`, from a record `trustee.publish` of the department.

Exit code: 0 yes, 1 no, 2 error.";
