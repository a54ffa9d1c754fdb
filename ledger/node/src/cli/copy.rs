//! `ledger export` and `ledger mirror`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tracing::level_filters::LevelFilter;

use super::run::{announce, endpoint};
use super::{ExportArgs, MirrorArgs};
use crate::engine::{EngineError, RecoverError};
use crate::http::{ServeError, serve_exposed_node};
use crate::mirror::{
    ExportError, Manifest, MirrorConfig, MirrorError, OriginalError, export_folder, export_url,
};
use crate::node::Node;
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::http::{Exposure, TrustedProxies};
use service::shutdown;
use url::Url;

pub(super) fn export(args: ExportArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let ExportArgs { data, url, genesis, out } = args;
    let made = match (data, url) {
        (Some(data), _) => export_folder(&data, &out),
        (None, Some(url)) => export_url(url, &out, genesis),
        (None, None) => {
            return Err(CommandError::new("no_ledger", "no ledger is given", "Give --data or --url."));
        }
    };
    let manifest = made.map_err(|error| unexported(&error))?;
    let Manifest { genesis, size, leaves, .. } = &manifest;
    let people =
        || format!("{}: {size} entries, {leaves} leaves, all proved; genesis {genesis}", out.display());
    shell.answer(&manifest, people)?;
    Ok(Verdict::Yes)
}

pub(super) fn mirror(args: MirrorArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let MirrorArgs { url, data, genesis, serve, public_url, trusted_proxies, tls, every_ms, once } = args;
    let config = MirrorConfig { url, data, genesis, every: Duration::from_millis(every_ms) };
    service::cli::log(LevelFilter::INFO);
    let node = Arc::new(Node::open_mirror(&config).map_err(|error| unmirrored(&error))?);
    if once {
        let status = node.status();
        shell.answer(&status, || format!("{} entries, {} leaves, all proved", status.size, status.leaves))?;
        return Ok(Verdict::Yes);
    }
    let runtime = tokio::runtime::Runtime::new().or_fail("no_runtime", "starting", "Free some memory.")?;
    runtime.block_on(async {
        let Some(listen) = serve else { return follow(&node, shell).await };
        let remedy = "Stop whatever listens there, or choose another address with --serve.";
        let endpoint = endpoint(listen, tls.or(None).as_ref(), remedy).await?;
        let address = endpoint.local_addr().or_fail("cannot_listen", listen, remedy)?;
        let public_url = public_url.as_ref().map(Url::as_str);
        let exposure = Exposure::new(address, public_url, TrustedProxies::new(trusted_proxies));
        let remedy = "Give --public-url as https://HOST/PATH.";
        endpoint.check_public_url(public_url).or_fail("bad_config", "the public address", remedy)?;
        let exposure = exposure.or_fail("bad_config", "the public address", remedy)?;
        announce(&endpoint, shell)?;
        match serve_exposed_node(node.clone(), endpoint, exposure, shutdown::requested()).await {
            Err(ServeError::Engine(fatal)) => Err(ended(&fatal)),
            served => served.or_fail("ended", "the mirror", "Start it again.").map(|()| Verdict::Yes),
        }
    })
}

async fn follow(node: &Node, shell: Shell) -> Result<Verdict, CommandError> {
    shell.answer(&json!({ "following": node.status().size }), || "following".to_owned())?;
    tokio::select! {
        () = shutdown::requested() => Ok(Verdict::Yes),
        fatal = node.failed() => Err(ended(&fatal)),
    }
}

fn ended(fatal: &EngineError) -> CommandError {
    match fatal {
        EngineError::Behind(error) => unproved(error),
        fatal => CommandError::new("ended", fatal, "Free some space or repair the disk, and start it again."),
    }
}

fn unproved(error: &RecoverError) -> CommandError {
    match error {
        RecoverError::Original(split @ OriginalError::SplitView { .. }) => {
            let remedy = "Two histories were signed in one name: give both checkpoints to the departments that cosign.";
            CommandError::refused("split_view", split, remedy)
        }
        RecoverError::Original(error) if error.is_passing() => CommandError::new(
            "unreachable",
            error,
            "Start the ledger, or give its address; then start this again.",
        ),
        RecoverError::Original(error) => {
            let remedy = "Ask whoever runs the ledger; nothing of what cannot be proved was copied.";
            CommandError::refused("not_proved", error, remedy)
        }
        error => {
            let remedy = "Run `ledger fsck` on the folder; a mirror can also be deleted and begun anew.";
            CommandError::new("not_copied", error, remedy)
        }
    }
}

fn unmirrored(error: &MirrorError) -> CommandError {
    match error {
        MirrorError::Genesis(_) => CommandError::new(
            "unreachable",
            error,
            "Start the ledger, or give its address; then start this again.",
        ),
        MirrorError::OtherGenesis { .. } => CommandError::refused(
            "other_genesis",
            error,
            "Give the address of the ledger whose genesis you trust.",
        ),
        MirrorError::NotAMirror => CommandError::new("not_a_mirror", error, "Give a new folder with --data."),
        MirrorError::Recover(error) => unproved(error),
        _ => CommandError::new("not_copied", error, "Stop whatever uses the folder, or give another one."),
    }
}

fn unexported(error: &ExportError) -> CommandError {
    match error {
        ExportError::Setup(error) => unmirrored(error),
        ExportError::Recover(error) => unproved(error),
        ExportError::Exists(_) => CommandError::new("exists", error, "Give the name of a new folder."),
        ExportError::Data(_) => {
            CommandError::new("no_ledger", error, "Stop the node, or copy from it while it runs with --url.")
        }
        _ => CommandError::new(
            "not_written",
            error,
            "Choose a folder that you may write to, on a disk with room.",
        ),
    }
}
