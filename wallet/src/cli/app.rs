//! `app`.

use serde_json::json;

use super::failure::Failure;
use super::found::read_genesis;
use super::settings::Settings;
use super::tell::{self, Output};
use super::{AppArgs, Verdict};
use crate::app::{Browser, Place, serve};
use crate::store::Cost;

pub(super) fn app(settings: Settings, args: &AppArgs, output: &Output) -> Result<Verdict, Failure> {
    let genesis = args.trust.genesis.as_deref().map(read_genesis).transpose()?;
    let (tongue, ledger) = (settings.tongue(), settings.ledger_or_default());
    let place = Place {
        home: settings.home,
        instead: settings.ledger,
        ledger,
        genesis,
        development: settings.development,
        cost: Cost::STANDARD,
        idle_s: args.idle * 60,
    };
    let browser = if args.no_open || output.is_json() { Browser::OwnersOwn } else { Browser::Opened };
    let tell = move |address: &str, json: bool| {
        Output::new(json).result(&json!({"address": address}), &format!("{address}\n"));
        tell::say(tongue.pick(
            "这个地址只能用一次。按回车键得到新地址，按 Ctrl-C 结束。",
            "This address works once. Press Enter for a new one, Ctrl-C to stop.",
        ));
    };
    let json = output.is_json();
    serve(place, args.port, browser, move |address| tell(address, json))?;
    Ok(Verdict::Yes)
}
