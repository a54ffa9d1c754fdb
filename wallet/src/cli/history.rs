//! `history`.

use std::fmt::Write as _;

use serde_json::json;
use service::civil_time::minute;
use service::cli::{CommandError, Language, Shell, Verdict};

use super::HistoryArgs;
use super::files::create;
use super::settings::Settings;
use crate::history::{Act, DealtRecord, Event, Outcome, PairSide, RequestRecord, ShownRecord};
use crate::names::Names;
use crate::present::printable;

pub(super) fn history(
    settings: &Settings,
    args: &HistoryArgs,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let mut session = settings.open()?;
    let events = session.contents.wallet.history().to_vec();
    if let Some(target) = &args.export {
        let bytes = serde_json::to_vec_pretty(&events).expect("events have text keys only");
        create(target, &bytes, "Choose another file with --export.")?;
    }
    if args.delete {
        session.contents.wallet.forget_history();
        session.save()?;
    }
    let view = session.ledger.view();
    let json = json!({"events": events, "exported": args.export, "deleted": args.delete});
    shell.answer(&json, || {
        let names = Names::new(view.registry(), settings.language.tag());
        events.iter().map(|event| line(event, &names, settings.language)).collect()
    })?;
    Ok(Verdict::Yes)
}

fn line(event: &Event, names: &Names<'_>, language: Language) -> String {
    let time = minute(event.time);
    match &event.act {
        Act::Received { issuer, schema, title } => {
            let (title, issuer) = (names.credential(schema, title.as_ref()), names.department(issuer, None));
            format!("{time}  {} {title} ({issuer})\n", language.pick("收到", "received"))
        }
        Act::ShownToDesk(shown) => format!("{time}  {}", to_desk(shown, names, language)),
        Act::Asked(request) => format!("{time}  {}", paragraph(request, names, language)),
        Act::Paired { side } => format!("{time}  {}\n", paired(*side, language)),
        Act::Dealt(record) => format!("{time}  {}\n", dealt(record, names, language)),
        Act::Recovered { from } => {
            let said = language.pick("受托部门交还了个人密钥", "person secret given back by trustees");
            format!("{time}  {said}: {}\n", names.departments(from))
        }
    }
}

fn dealt(record: &DealtRecord, names: &Names<'_>, language: Language) -> String {
    let said = language.pick("把个人密钥分存到部门", "person secret shared among departments");
    let needed = language.pick("找回所需份数", "needed to give it back");
    let ended = match &record.outcome {
        Outcome::Presented => language.pick("已完成", "done"),
        Outcome::Refused { .. }
        | Outcome::Kept
        | Outcome::Shown
        | Outcome::Declined
        | Outcome::NotSatisfiable
        | Outcome::Failed
        | Outcome::Unfinished
        | Outcome::NotSent => language.pick("没有完成", "did not come to its end"),
    };
    format!("{said}: {} ({needed}: {}): {ended}", names.departments(&record.trustees), record.needed)
}

fn paired(side: PairSide, language: Language) -> &'static str {
    match side {
        PairSide::Gave => {
            language.pick("把个人密钥交给了另一台设备", "person secret given to another device")
        }
        PairSide::Took => {
            language.pick("从另一台设备得到了个人密钥", "person secret taken from another device")
        }
    }
}

fn paragraph(request: &RequestRecord, names: &Names<'_>, language: Language) -> String {
    let name = printable(request.named(language.tag()));
    let vouched = match &request.registered_by {
        Some(department) => names.department(department, request.registrar.as_ref()),
        None => language.pick("仅自称", "only claimed").to_owned(),
    };
    let outcome = ended(&request.outcome, language);
    let mut text = format!("{name} ({vouched}), {}: {outcome}\n", names.matter(request));
    for credential in &request.credentials {
        let tested = names.attributes(credential, &credential.tested);
        let title = names.credential(&credential.schema, credential.title.as_ref());
        writeln!(text, "    {title}: {tested}").expect("a string takes all text");
        if !credential.revealed.is_empty() {
            let label = language.pick("交出", "handed over");
            writeln!(text, "    {label}: {}", names.attributes(credential, &credential.revealed))
                .expect("a string takes all text");
        }
    }
    if let Some(number) = &request.receipt {
        let label = language.pick("回执编号", "receipt number");
        writeln!(text, "    {label}: {number}").expect("a string takes all text");
    }
    text
}

/// What a desk was shown, to receive a credential.
fn to_desk(shown: &ShownRecord, names: &Names<'_>, language: Language) -> String {
    let ShownRecord { name, schema, shown, outcome, .. } = shown;
    let name = printable(name.text(language.tag()));
    let said = language.pick("向部门窗口出示身份", "identity shown to a desk");
    let (revealed, outcome) = (names.attributes(shown, &shown.revealed), ended(outcome, language));
    let wanted = names.credential(schema, None);
    let from = names.credential(&shown.schema, shown.title.as_ref());
    format!("{said}: {name}, {wanted}: {outcome}\n    {from}: {revealed}\n")
}

fn ended(outcome: &Outcome, language: Language) -> String {
    match outcome {
        Outcome::Presented => language.pick("已通过", "accepted").to_owned(),
        Outcome::Refused { reason } => {
            format!("{} ({reason})", language.pick("未接受", "refused by the counter"))
        }
        Outcome::Kept => language.pick("已生成，未发送", "made, not sent").to_owned(),
        Outcome::Shown => language.pick("已出示二维码", "shown as a code").to_owned(),
        Outcome::Declined => language.pick("本人拒绝", "declined").to_owned(),
        Outcome::NotSatisfiable => language.pick("无法满足", "not satisfiable").to_owned(),
        Outcome::Failed => language.pick("中途失败", "failed on the way").to_owned(),
        Outcome::Unfinished => language
            .pick("已准备发送，结果没有记下", "was about to be sent; how it ended was not written down")
            .to_owned(),
        Outcome::NotSent => language.pick("已同意，没有发送", "agreed to, and not sent").to_owned(),
    }
}
