//! `history`.

use std::fmt::Write as _;
use std::io::ErrorKind;

use serde_json::json;

use super::failure::Failure;
use super::session::Session;
use super::settings::Settings;
use super::tell::{Output, civil};
use super::{HistoryArgs, Verdict};
use crate::history::{Act, Asked, Event, Outcome};
use crate::present::{Tongue, printable};
use crate::store::file;

pub(super) fn history(settings: &Settings, args: &HistoryArgs, output: &Output) -> Result<Verdict, Failure> {
    let mut session = Session::open(settings)?;
    let events = session.contents.wallet.history().to_vec();
    if let Some(target) = &args.export {
        let bytes = serde_json::to_vec_pretty(&events).expect("events have text keys only");
        file::create_new(target, &bytes).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(
                "file_exists",
                format!("{} already exists", target.display()),
                "Choose a new file name.",
            ),
            _ => Failure::new(
                "disk",
                format!("{}: {error}", target.display()),
                "Choose another file with --export.",
            ),
        })?;
    }
    if args.delete {
        session.contents.wallet.forget_history();
        session.save()?;
    }
    let json = json!({"events": events, "exported": args.export, "deleted": args.delete});
    let text = events.iter().fold(String::new(), |text, event| text + &line(event, settings.tongue()));
    output.result(&json, &text);
    Ok(Verdict::Yes)
}

fn line(event: &Event, tongue: Tongue) -> String {
    let time = civil(event.time);
    match &event.act {
        Act::Received { issuer, schema } => {
            format!("{time}  {} {schema} ({issuer})\n", tongue.pick("收到", "received"))
        }
        Act::Asked(asked) => format!("{time}  {}", paragraph(asked, tongue)),
    }
}

fn paragraph(asked: &Asked, tongue: Tongue) -> String {
    let name = printable(asked.named(tongue.tag()));
    let vouched = match &asked.registered_by {
        Some(department) => department.to_string(),
        None => tongue.pick("仅自称", "only claimed").to_owned(),
    };
    let outcome = match &asked.outcome {
        Outcome::Presented => tongue.pick("已通过", "accepted").to_owned(),
        Outcome::Refused { reason } => {
            format!("{} ({reason})", tongue.pick("未接受", "refused by the counter"))
        }
        Outcome::Kept => tongue.pick("已生成，未发送", "made, not sent").to_owned(),
        Outcome::Shown => tongue.pick("已出示二维码", "shown as a code").to_owned(),
        Outcome::Declined => tongue.pick("本人拒绝", "declined").to_owned(),
        Outcome::NotSatisfiable => tongue.pick("无法满足", "not satisfiable").to_owned(),
        Outcome::Failed => tongue.pick("中途失败", "failed on the way").to_owned(),
    };
    let mut text = format!("{name} ({vouched}), {}: {outcome}\n", asked.policy);
    for credential in &asked.credentials {
        let tested = credential.tested.join(", ");
        writeln!(text, "    {}: {}", credential.schema, tested).expect("a string takes all text");
        if !credential.revealed.is_empty() {
            let label = tongue.pick("交出", "handed over");
            writeln!(text, "    {label}: {}", credential.revealed.join(", "))
                .expect("a string takes all text");
        }
    }
    text
}
