//! `assist`.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use ledger::client::Client;
use ledger::registry::Development;
use serde_json::json;
use tokio::net::TcpListener;

use super::Verdict;
use super::failure::Failure;
use super::found::read_genesis;
use super::settings::Settings;
use super::tell::{self, Output};
use crate::assist::{Assistant, follow_all, now, router};
use crate::followed::Ledger;

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

pub(super) fn assist(settings: &Settings, args: &AssistArgs, output: &Output) -> Result<Verdict, Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::new(
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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::new("no_threads", e, "Close other programs and try again."))?;
    let assistant = Arc::new(Assistant::new(ledger));
    runtime.block_on(serve(args, assistant, output, ended()))?;
    Ok(Verdict::Yes)
}

async fn serve(
    args: &AssistArgs,
    assistant: Arc<Assistant>,
    output: &Output,
    ended: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let cannot = |e: std::io::Error| {
        Failure::new("port_taken", e, "Close the other program, or choose another port with --listen.")
    };
    let listener = TcpListener::bind(args.listen).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    output.result(&json!({"address": format!("http://{address}")}), &format!("http://{address}\n"));
    let following = tokio::spawn(follow(Arc::clone(&assistant), Duration::from_secs(args.every)));
    let served = axum::serve(listener, router(assistant)).with_graceful_shutdown(ended).await;
    following.abort();
    served.map_err(cannot)
}

/// Follows the tree, and fetches the proving key before the first citizen comes.
async fn follow(assistant: Arc<Assistant>, every: Duration) {
    loop {
        let assistant = Arc::clone(&assistant);
        let round = tokio::task::spawn_blocking(move || {
            follow_all(assistant.ledger(), now()).map_err(|e| e.to_string())?;
            assistant.ledger().show_prover(now()).map(drop).map_err(|e| e.to_string())
        });
        if let Err(trouble) = round.await.unwrap_or_else(|e| Err(e.to_string())) {
            tell::say(&format!("following the ledger: {trouble}"));
        }
        tokio::time::sleep(every).await;
    }
}

async fn ended() {
    // Without signals there is no other way to end than to be ended.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
