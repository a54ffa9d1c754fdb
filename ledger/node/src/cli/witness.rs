//! `ledger witness`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::note::{NoteKey, NoteKind};
use serde_json::json;
use tracing::level_filters::LevelFilter;

use super::init::new_key;
use super::run::{announce, endpoint};
use super::{WitnessArgs, WitnessCommand, WitnessKeygenArgs};
use crate::witness::{Witness, WitnessConfig, serve_witness};
use service::cli::{CommandError, OrFail as _, Shell, Verdict};
use service::http::Exposure;
use service::shutdown;
use service::tls::TlsArgs;

pub(super) fn witness(args: WitnessArgs, shell: Shell) -> Result<Verdict, CommandError> {
    match (args.command, args.config) {
        (Some(WitnessCommand::Keygen(args)), _) => keygen(&args, shell),
        (None, Some(config)) => run(&config, args.replay, args.tls, shell),
        (None, None) => {
            Err(CommandError::new("no_config", "no configuration is given", "Give --config FILE.toml."))
        }
    }
}

fn keygen(args: &WitnessKeygenArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let (key, _) = new_key(&args.out)?;
    let vkey = NoteKey { name: args.name.clone(), kind: NoteKind::Cosignature, key: key.public() };
    shell.answer(&json!({ "name": args.name, "vkey": vkey, "secret": args.out }), || vkey.to_string())?;
    Ok(Verdict::Yes)
}

fn run(config: &Path, replay: Vec<PathBuf>, tls: TlsArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let remedy = "Correct the file; it has `data`, `key`, `name`, and `logs` or `replay`, and may have `listen`, \
                  `trusted_proxies`, and `[tls]` with `cert` and `key`.";
    let named = format_args!("`{}`", config.display());
    let mut config = WitnessConfig::load(config).or_fail("bad_config", named, remedy)?;
    config.replay.extend(replay);
    config.tls = tls.or(config.tls);
    service::cli::log(LevelFilter::INFO);
    let remedy = "Correct the configuration, or restore the files that it names.";
    let witness = Arc::new(Witness::open(&config).or_fail("not_opened", "opening the witness", remedy)?);
    let runtime = tokio::runtime::Runtime::new().or_fail("no_runtime", "starting", "Free some memory.")?;
    runtime.block_on(async {
        let remedy = "Stop whatever listens there, or choose another address.";
        let endpoint = endpoint(config.listen, config.tls.as_ref(), remedy).await?;
        let address = endpoint.local_addr().or_fail("cannot_listen", config.listen, remedy)?;
        let remedy = "Correct the configuration.";
        let exposure = Exposure::new(address, None, config.trusted_proxies.clone());
        let exposure = exposure.or_fail("bad_config", "the address", remedy)?;
        announce(&endpoint, shell)?;
        serve_witness(witness, endpoint, exposure, shutdown::requested()).await;
        Ok(Verdict::Yes)
    })
}
