//! `app` and `assist`: commands that serve until they are asked to end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use ledger::client::Client;
use ledger::registry::Development;
use serde_json::json;
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::clock::Clock;
use service::http::Limits;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

use super::AppArgs;
use super::init::read_genesis;
use super::settings::Settings;
use crate::app::{self, AppConfig, Browser};
use crate::assist::{Assistant, follow_all, router};
use crate::followed::Ledger;
use crate::store::Cost;

pub(super) fn app(settings: Settings, args: &AppArgs, shell: Shell) -> Result<Verdict, CommandError> {
    shell.log(LevelFilter::ERROR);
    let genesis = args.trust.genesis.as_deref().map(read_genesis).transpose()?;
    let config = AppConfig {
        ledger: settings.ledger_or_default(),
        home: settings.home,
        ledger_override: settings.ledger,
        genesis,
        development: settings.development,
        cost: Cost::STANDARD,
        idle_s: args.idle * 60,
    };
    let browser = if args.no_open || shell.is_json() { Browser::OwnersOwn } else { Browser::Opened };
    let tell = move |address: &str| {
        // Where nobody reads the address, nobody uses it.
        shell.answer(&json!({"address": address}), || address.to_owned()).ok();
        shell.say(
            "这个地址只能用一次。按回车键得到新地址，按 Ctrl-C 结束。",
            "This address works once. Press Enter for a new one, Ctrl-C to stop.",
        );
    };
    let port = args.port;
    runtime()?.block_on(app::serve(config, port, browser, tell)).or_fail(
        "port_taken",
        format!("port {port} of this machine cannot be used"),
        "Close the other program, or choose another port with --port; 0 takes a free one.",
    )?;
    Ok(Verdict::Yes)
}

#[derive(Args)]
pub(super) struct AssistArgs {
    /// Where it listens: a loopback address.
    #[arg(long, env = "YONG_ASSIST_LISTEN", default_value = "127.0.0.1:7005")]
    listen: SocketAddr,
    /// The genesis file that the counter trusts.
    #[arg(long, env = "YONG_GENESIS")]
    genesis: PathBuf,
    /// Folder for the proving keys, which are public; without it they are fetched at every start.
    #[arg(long)]
    keys: Option<PathBuf>,
    /// Seconds between two rounds of following the ledger.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
}

pub(super) fn assist(settings: &Settings, args: &AssistArgs, shell: Shell) -> Result<Verdict, CommandError> {
    shell.log(LevelFilter::WARN);
    if !args.listen.ip().is_loopback() {
        return Err(CommandError::new(
            "not_loopback",
            format!("{} is not an address of this machine alone", args.listen),
            "Give a loopback address with --listen, such as 127.0.0.1:7005.",
        ));
    }
    let genesis = read_genesis(&args.genesis)?;
    let client = Client::new(settings.ledger_or_default());
    let ledger = Ledger::new(Box::new(client), genesis, args.keys.clone());
    if settings.development == Development::Accepted {
        ledger.accept_development_keys();
    }
    // Whoever may ask here is a program of this machine and could go to its services by itself; the counter is one.
    ledger.reach_local_services();
    let assistant = Arc::new(Assistant::new(ledger, Clock::system()));
    runtime()?.block_on(serve_assistant(args, assistant, shell))?;
    Ok(Verdict::Yes)
}

async fn serve_assistant(
    args: &AssistArgs,
    assistant: Arc<Assistant>,
    shell: Shell,
) -> Result<(), CommandError> {
    let listener = TcpListener::bind(args.listen).await.or_fail(
        "port_taken",
        format!("{} cannot be used", args.listen),
        "Close the other program, or choose another port with --listen.",
    )?;
    let address = listener.local_addr().map_or(args.listen, |address| address);
    shell.answer(&json!({"address": format!("http://{address}")}), || format!("http://{address}"))?;
    let following = tokio::spawn(follow(Arc::clone(&assistant), Duration::from_secs(args.every)));
    service::http::serve(listener, router(assistant), Limits::new(), service::shutdown::requested()).await;
    following.abort();
    Ok(())
}

/// Follows the tree, and fetches the proving key before the first citizen comes.
async fn follow(assistant: Arc<Assistant>, every: Duration) {
    loop {
        let assistant = Arc::clone(&assistant);
        let round = tokio::task::spawn_blocking(move || {
            let now = assistant.now();
            follow_all(assistant.ledger(), now).map_err(|e| e.to_string())?;
            assistant.ledger().show_prover(now).map(drop).map_err(|e| e.to_string())
        });
        if let Err(error) = round.await.unwrap_or_else(|e| Err(e.to_string())) {
            tracing::warn!("following the ledger: {error}");
        }
        tokio::time::sleep(every).await;
    }
}

fn runtime() -> Result<Runtime, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.or_fail("no_threads", "starting threads", "Close other programs and try again.")
}
