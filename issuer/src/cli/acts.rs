//! Acts on one person's credential.

use std::process::ExitCode;

use openid4vc::vci::Secret;
use serde_json::json;

use super::failure::Failure;
use super::{ChangeArgs, Of, Talk};
use crate::admin::{Act, Change, Done};
use crate::client::IssuerClient;

pub(super) fn offer(desk: &IssuerClient, of: &Of, talk: Talk) -> Result<ExitCode, Failure> {
    let offered = desk.offer(&of.schema, &of.person)?;
    let (link, tx_code) = (&offered.offer, Secret::expose(&offered.tx_code));
    match talk {
        Talk::Machine => {
            println!("{}", json!({"offer": link, "tx_code": tx_code, "expires_at": offered.expires_at}));
        }
        Talk::People => {
            println!("{link}");
            eprintln!(
                "Tell the citizen this number: {tx_code}. The offer ends at unix time {}.",
                offered.expires_at
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn change(args: &ChangeArgs, act: Act, talk: Talk) -> Result<ExitCode, Failure> {
    let desk = args.desk.open()?;
    let done = desk.change_status(&args.of.schema, &args.of.person, act, &args.reason)?;
    Ok(say(done, talk))
}

pub(super) fn correct(
    args: &ChangeArgs,
    set: Vec<(String, String)>,
    talk: Talk,
) -> Result<ExitCode, Failure> {
    let desk = args.desk.open()?;
    let set = set.into_iter().collect();
    let done = desk.correct(&args.of.schema, &args.of.person, set, &args.reason)?;
    Ok(say(done, talk))
}

fn say(done: Done, talk: Talk) -> ExitCode {
    match (talk, done.outcome) {
        (Talk::Machine, _) => println!("{}", json!(done)),
        (Talk::People, Change::Changed) => println!("Done; the credential is at position {}.", done.position),
        (Talk::People, Change::Unchanged) => println!("Nothing to do: it is so already."),
    }
    ExitCode::SUCCESS
}
