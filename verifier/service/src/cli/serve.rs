//! `verifier serve`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use circuits::schema::Localized;
use serde_json::json;
use service::cli::{Shell, Verdict, log};
use service::http::{Endpoint, Network, TrustedProxies};
use service::shutdown;
use service::tls::{Tls, TlsArgs};
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::config::{Config, FirstContact, trusted};
use super::error::CliError;
use crate::http::{LedgerAddress, ServeError, Settings, VerifierToken, serve};
use crate::relying_party::Lifetime;
use verifier::Development;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Configuration file (TOML). Flags and environment come before it.
    #[arg(long, env = "YONG_VERIFIER_CONFIG")]
    config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:7003].
    #[arg(long, env = "YONG_VERIFIER_LISTEN")]
    listen: Option<SocketAddr>,
    /// The ledger [default: <http://127.0.0.1:7001>].
    #[arg(long, env = "YONG_LEDGER")]
    ledger: Option<Url>,
    /// Data directory: database, certificate, what was followed.
    #[arg(long, env = "YONG_VERIFIER_DATA")]
    data: Option<PathBuf>,
    /// File that remembers outside of the database how many uses of pseudonyms were counted, so that an older copy of the
    /// database is noticed; keep it out of backups [default: the data directory's name with `.uses`, beside it].
    #[arg(long, env = "YONG_VERIFIER_MARKER")]
    marker: Option<PathBuf>,
    /// The genesis file of the ledger to trust; handed over, never downloaded.
    #[arg(long, env = "YONG_GENESIS", conflicts_with = "trust_ledger_genesis")]
    genesis: Option<PathBuf>,
    /// Believes the ledger's own genesis the first time and keeps to it. For demonstrations.
    #[arg(long)]
    trust_ledger_genesis: bool,
    /// Where wallets reach the service [default: the address listened on].
    #[arg(long, env = "YONG_VERIFIER_PUBLIC_URL")]
    public_url: Option<Url>,
    /// Networks of proxies whose word on a client's address counts, such as 10.0.0.0/8, with commas between.
    #[arg(long, env = "YONG_VERIFIER_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<Network>,
    /// Who asks, as `中文/English`.
    #[arg(long, env = "YONG_VERIFIER_NAME", value_parser = both_languages)]
    name: Option<Localized>,
    /// Accepts development keys, whose proofs can be forged; marks everything that rests on them.
    #[arg(long, env = "YONG_DEVELOPMENT")]
    development: bool,
    /// Seconds that a request may be answered, 10 to 300 [default: 300].
    #[arg(long, env = "YONG_VERIFIER_LIFETIME")]
    lifetime_s: Option<u64>,
    /// File with the token that making a request asks for.
    #[arg(long, env = "YONG_VERIFIER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Password file of the counter's page, made by `verifier clerk` [default: `clerks` in the data directory].
    #[arg(long, env = "YONG_VERIFIER_CLERKS")]
    clerks: Option<PathBuf>,
    /// Where sealed papers are opened: the address of `wallet assist` on this machine.
    #[arg(long, env = "YONG_VERIFIER_ASSISTANT")]
    assistant: Option<Url>,
    #[command(flatten)]
    tls: TlsArgs,
}

pub(super) fn run(mut args: Box<Args>, shell: Shell) -> Result<Verdict, CliError> {
    let mut config = Config::read(args.config.as_deref())?;
    ledger::client::trust(config.ca.as_deref()).map_err(CliError::Authority)?;
    let tls = std::mem::take(&mut args.tls).or(config.tls.take());
    let tls = tls.as_ref().map(Tls::open).transpose().map_err(CliError::Tls)?;
    let listen = args.listen.or(config.listen).unwrap_or_else(|| LISTEN.parse().expect("a constant address"));
    let settings = settings(args, config)?;
    log(LevelFilter::INFO);
    let runtime = tokio::runtime::Runtime::new().map_err(ServeError::Network)?;
    runtime.block_on(until_shutdown(settings, listen, tls, shell))?;
    Ok(Verdict::Yes)
}

async fn until_shutdown(
    settings: Settings,
    address: SocketAddr,
    tls: Option<Tls>,
    shell: Shell,
) -> Result<(), CliError> {
    let listener = TcpListener::bind(address).await.map_err(|source| CliError::Listen { address, source })?;
    let address = listener.local_addr().map_err(|source| CliError::Listen { address, source })?;
    let endpoint = Endpoint::new(listener, tls);
    let public_url = settings.public_url.as_ref().map(Url::as_str);
    endpoint.check_public_url(public_url).map_err(|error| CliError::Usage(error.to_string()))?;
    announce(&format!("{}://{address}", endpoint.scheme()), &settings, shell);
    Ok(serve(settings, endpoint, shutdown::requested()).await?)
}

/// Printed at once: who started the service may be waiting for the address.
fn announce(address: &str, settings: &Settings, shell: Shell) {
    let development = settings.development == Development::Accepted;
    if shell.is_json() {
        println!("{}", json!({ "listening": address, "development": development }));
        return;
    }
    eprintln!("The counter listens on {address}. Ctrl-C ends it.");
    if development {
        eprintln!("Development keys are accepted: whoever kept the setup's secrets can forge proofs.");
    }
}

fn settings(args: Box<Args>, mut config: Config) -> Result<Settings, CliError> {
    let data = args.data.or(config.data).unwrap_or_else(|| DATA.into());
    let ledger = args.ledger.or(config.ledger).unwrap_or_else(|| LEDGER.parse().expect("a constant address"));
    let first = if args.trust_ledger_genesis { FirstContact::Believe } else { FirstContact::Refuse };
    let given = args.genesis.or(config.genesis);
    let genesis = trusted(given.as_deref(), &data, &ledger, first)?;
    let mut settings = Settings::new(genesis, LedgerAddress::Http(ledger), data);
    settings.marker = args.marker.or(config.marker);
    settings.public_url = args.public_url.or(config.public_url);
    if !args.trusted_proxies.is_empty() {
        config.trusted_proxies = TrustedProxies::new(args.trusted_proxies);
    }
    settings.trusted_proxies = config.trusted_proxies;
    settings.name = args.name.or(config.name).unwrap_or(settings.name);
    settings.complaint = config.complaint.unwrap_or(settings.complaint);
    if args.development || config.development == Some(true) {
        settings.development = Development::Accepted;
    }
    if let Some(seconds) = args.lifetime_s.or(config.lifetime_s) {
        settings.lifetime = Lifetime::new(seconds).map_err(|error| CliError::Usage(error.to_string()))?;
    }
    settings.ready_within_s = config.ready_within_s.unwrap_or(settings.ready_within_s);
    settings.requests_per_s = config.requests_per_s.unwrap_or(settings.requests_per_s);
    settings.clerks = args.clerks.or(config.clerks);
    settings.assistant = args.assistant.or(config.assistant);
    settings.token = args.token_file.or(config.token_file).map(|path| token(&path)).transpose()?;
    Ok(settings)
}

fn token(path: &Path) -> Result<VerifierToken, CliError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    VerifierToken::new(&text).map_err(|error| CliError::Usage(error.to_string()))
}

/// Without a slash the text stands for both languages.
fn both_languages(text: &str) -> Result<Localized, String> {
    let (chinese, english) = text.split_once('/').unwrap_or((text, text));
    let chinese = chinese.trim();
    let english = english.trim();
    if chinese.is_empty() || english.is_empty() {
        return Err("a name has a Chinese and an English part, such as 公租房窗口/Housing".to_owned());
    }
    Localized::bilingual(chinese, english).map_err(|error| error.to_string())
}

const LISTEN: &str = "127.0.0.1:7003";
pub(super) const LEDGER: &str = "http://127.0.0.1:7001";
pub(super) const DATA: &str = "verifier-data";
