//! Acts on one person's credential.

use openid4vc::vci::Secret;
use serde_json::json;
use service::cli::{CommandError, Shell, Verdict};

use super::error::CliError;
use super::{ChangeArgs, Of};
use crate::admin::{Act, Change, Done, Enrolment};
use crate::client::IssuerClient;

pub(super) fn offer(
    desk: &IssuerClient,
    of: &Of,
    enrolment: Enrolment,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let offered = desk.offer_to(&of.schema, &of.person, enrolment).map_err(CliError::from)?;
    let link = &offered.offer;
    let tx_code = Secret::expose(&offered.tx_code);
    let until = offered.expires_at;
    shell.answer(&json!({"offer": link, "tx_code": tx_code, "expires_at": until}), || link.clone())?;
    shell.say(
        &format!("请口头告知市民这个数字：{tx_code}。领取码在 unix 时间 {until} 失效。"),
        &format!("Tell the citizen this number: {tx_code}. The offer ends at unix time {until}."),
    );
    Ok(Verdict::Yes)
}

pub(super) fn change(args: &ChangeArgs, act: Act, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = args.desk.open()?;
    let done = desk.change_status(&args.of.schema, &args.of.person, act, &args.reason);
    answer(done.map_err(CliError::from)?, shell)
}

pub(super) fn reset(args: &ChangeArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let desk = args.desk.open()?;
    let done = desk.reset(&args.of.schema, &args.of.person, &args.reason);
    answer(done.map_err(CliError::from)?, shell)
}

pub(super) fn correct(
    args: &ChangeArgs,
    set: Vec<(String, String)>,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let desk = args.desk.open()?;
    let set = set.into_iter().collect();
    let done = desk.correct(&args.of.schema, &args.of.person, set, &args.reason);
    answer(done.map_err(CliError::from)?, shell)
}

fn answer(done: Done, shell: Shell) -> Result<Verdict, CommandError> {
    shell.answer(&done, || match (done.outcome, done.position) {
        (Change::Changed, Some(position)) => format!("Done; the credential is at position {position}."),
        (Change::Changed, None) => "Done.".to_owned(),
        (Change::Unchanged, _) => "Nothing to do: it is so already.".to_owned(),
    })?;
    Ok(Verdict::Yes)
}
