//! `ledger serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;

use super::ServeArgs;
use crate::config::{Config, StartClock};
use crate::cosign::{CosignError, WitnessAddress};
use crate::data_dir::DataError;
use crate::engine::RecoverError;
use crate::http::serve_exposed_node;
use crate::node::{Node, OpenError};
use crate::sequencer::SequencerError;
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::http::{Endpoint, TrustedProxies};
use service::shutdown;
use service::tls::{Tls, TlsFiles};
use url::Url;

pub(super) fn serve(args: ServeArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let config = configure(args)?;
    super::trust(config.ca.as_deref())?;
    service::cli::log(LevelFilter::INFO);
    let runtime = tokio::runtime::Runtime::new().or_fail("no_runtime", "starting", "Free some memory.")?;
    runtime.block_on(serve_until_signal(config, shell))
}

fn configure(args: ServeArgs) -> Result<Config, CommandError> {
    let remedy = "Correct the file; it may have `data`, `store`, `listen`, `queue`, `witnesses`, `witness_patience_s`, `public_url`, `trusted_proxies`, `requests_per_second`, `heartbeat_s`, `ca`, and `[tls]` with `cert` and `key`.";
    let mut config = match (&args.config, &args.data) {
        (Some(path), _) => {
            Config::load(path).or_fail("bad_config", format_args!("`{}`", path.display()), remedy)?
        }
        (None, Some(data)) => Config::new(data),
        (None, None) => {
            return Err(CommandError::new(
                "no_data",
                "no data directory is given",
                "Give --data or --config.",
            ));
        }
    };
    config.data = args.data.unwrap_or(config.data);
    config.store = args.store.store.unwrap_or(config.store);
    config.listen = args.listen.unwrap_or(config.listen);
    config.public_url = args.public_url.or(config.public_url);
    config.tls = args.tls.or(config.tls);
    if args.accept_clock {
        config.start_clock = StartClock::Accepted;
    }
    if !args.trusted_proxies.is_empty() {
        config.trusted_proxies = TrustedProxies::new(args.trusted_proxies);
    }
    if !args.witnesses.is_empty() {
        config.witnesses = args.witnesses.iter().map(|given| witness(given)).collect::<Result<_, _>>()?;
    }
    Ok(config)
}

/// `NAME=URL`.
fn witness(given: &str) -> Result<WitnessAddress, CommandError> {
    let remedy = "Give NAME=URL, with the name that the genesis has.";
    let (name, url) = given
        .rsplit_once('=')
        .ok_or_else(|| CommandError::new("bad_witness", format!("`{given}` is not a witness"), remedy))?;
    let name = name.parse().or_fail("bad_witness", given, remedy)?;
    Ok(WitnessAddress { name, url: url.parse().or_fail("bad_witness", given, remedy)? })
}

async fn serve_until_signal(config: Config, shell: Shell) -> Result<Verdict, CommandError> {
    let listen = config.listen;
    let remedy = "Stop whatever listens there, or choose another address with --listen.";
    let endpoint = endpoint(listen, config.tls.as_ref(), remedy).await?;
    let address = endpoint.local_addr().or_fail("cannot_listen", listen, remedy)?;
    let remedy = "Give --public-url as https://HOST/PATH.";
    let public_url = config.public_url.as_ref().map(Url::as_str);
    endpoint.check_public_url(public_url).or_fail("bad_config", "the public address", remedy)?;
    let exposure = config.exposure(address).or_fail("bad_config", "the public address", remedy)?;
    let opened = tokio::task::spawn_blocking(move || Node::open(&config)).await;
    let opened = opened.or_fail("panicked", "opening the node", "Report this with the log above.")?;
    let node = Arc::new(opened.map_err(|error| unopened(&error))?);
    announce(&endpoint, shell)?;
    let served = serve_exposed_node(node, endpoint, exposure, shutdown::requested()).await;
    served.or_fail("ended", "the node", "Start it again; what was acknowledged is kept.")?;
    Ok(Verdict::Yes)
}

/// Listens, with TLS where a certificate is given. `remedy` is what to do if another program listens there.
pub(super) async fn endpoint(
    listen: SocketAddr,
    tls: Option<&TlsFiles>,
    remedy: &str,
) -> Result<Endpoint, CommandError> {
    let tls = tls.map(Tls::open).transpose()?;
    let listener = TcpListener::bind(listen).await.or_fail("cannot_listen", listen, remedy)?;
    Ok(Endpoint::new(listener, tls))
}

/// Says on stdout (machines) or stderr (people) that requests are answered from now on.
pub(super) fn announce(endpoint: &Endpoint, shell: Shell) -> Result<(), CommandError> {
    let address = endpoint.local_addr().or_fail("cannot_listen", "the listener", "Start it again.")?;
    let url = format!("{}://{address}", endpoint.scheme());
    if shell.is_json() {
        return shell.answer(&json!({ "listening": url }), String::new);
    }
    shell.say(&format!("正在监听 {url}"), &format!("listening on {url}"));
    Ok(())
}

fn unopened(error: &OpenError) -> CommandError {
    let (code, remedy) = match error {
        OpenError::Data(DataError::NotADataDirectory) => ("no_ledger", "Make one with `ledger init`."),
        OpenError::Data(DataError::InUse) => {
            ("in_use", "Stop the other node; one process has a data directory.")
        }
        OpenError::Sequencer(SequencerError::Absent) => {
            ("no_store", "Restore it; or, if the order is kept in PostgreSQL, give the address with --store.")
        }
        OpenError::Sequencer(SequencerError::OtherGenesis) => {
            ("other_ledger", "Give the store that was made with this data directory's genesis.")
        }
        OpenError::Sequencer(SequencerError::Store(_)) => {
            ("no_store", "Start the database, or correct the address that --store gives.")
        }
        OpenError::Recover(RecoverError::OldBackup { .. } | RecoverError::Forked) => {
            ("old_backup", "Restore the newest ledger.sqlite; a log that went back must never sign again.")
        }
        OpenError::Recover(RecoverError::Witnesses(CosignError::Ahead { .. })) => {
            ("old_backup", "Restore the newest data; a log that went back must never sign again.")
        }
        OpenError::Recover(RecoverError::Witnesses(_)) => {
            ("no_quorum", "Have the witnesses started, and give their addresses with --witness NAME=URL.")
        }
        OpenError::Witnesses(_) => {
            ("bad_witnesses", "Give --witness NAME=URL for the witnesses of the genesis.")
        }
        OpenError::Recover(RecoverError::FilesBehind { .. }) => ("files_behind", "Restore the newest files."),
        _ => ("not_opened", "Run `ledger fsck` on the data directory; it names what is damaged."),
    };
    CommandError::new(code, error, remedy)
}
