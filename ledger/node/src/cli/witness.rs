//! `ledger witness`.

use std::path::Path;
use std::sync::Arc;

use ledger::note::{NoteKey, NoteKind};
use serde_json::json;
use tokio::net::TcpListener;

use super::failure::{Failure, OrFail as _};
use super::found::new_key;
use super::run::{announce, log_to_stderr, signal};
use super::{Output, Verdict, WitnessArgs, WitnessCommand, WitnessKeygenArgs};
use crate::witness::{Witness, WitnessConfig, serve_witness};

pub(super) fn witness(args: WitnessArgs, output: Output) -> Result<Verdict, Failure> {
    match (args.command, args.config) {
        (Some(WitnessCommand::Keygen(args)), _) => keygen(&args, output),
        (None, Some(config)) => run(&config, output),
        (None, None) => {
            Err(Failure::new("no_config", "no configuration is given", "Give --config FILE.toml."))
        }
    }
}

fn keygen(args: &WitnessKeygenArgs, output: Output) -> Result<Verdict, Failure> {
    let (key, _) = new_key(&args.out)?;
    let vkey = NoteKey { name: args.name.clone(), kind: NoteKind::Cosignature, key: key.public() };
    output.answer(&json!({ "name": args.name, "vkey": vkey, "secret": args.out }), || vkey.to_string());
    Ok(Verdict::Yes)
}

fn run(config: &Path, output: Output) -> Result<Verdict, Failure> {
    let remedy = "Correct the file; it has `data`, `key`, `name`, `logs` and may have `listen`.";
    let config = WitnessConfig::load(config).or_fail("bad_config", config.display(), remedy)?;
    log_to_stderr();
    let remedy = "Correct the configuration, or restore the files that it names.";
    let witness = Arc::new(Witness::open(&config).or_fail("not_opened", "opening the witness", remedy)?);
    let runtime = tokio::runtime::Runtime::new().or_fail("no_runtime", "starting", "Free some memory.")?;
    runtime.block_on(async {
        let remedy = "Stop whatever listens there, or choose another address.";
        let listener =
            TcpListener::bind(config.listen).await.or_fail("cannot_listen", config.listen, remedy)?;
        let address = listener.local_addr().or_fail("cannot_listen", config.listen, remedy)?;
        announce(address, output);
        let served = serve_witness(witness, listener, signal()).await;
        served.or_fail("ended", "the witness", "Start it again.")?;
        Ok(Verdict::Yes)
    })
}
