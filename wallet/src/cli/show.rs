//! `present`.

use std::fmt::Write as _;

use ledger::digest::Digest;
use ledger::registry::Registry;
use rand::rngs::OsRng;
use serde_json::{Value, json};

use super::ask::Agreed;
use super::failure::Failure;
use super::save::Folder;
use super::session::{Session, now};
use super::settings::Settings;
use super::tell::{self, Output};
use super::{PresentArgs, Verdict, ask};
use crate::present::{Decision, Ended, Made, Request, Screen, lack};

pub(super) fn present(settings: &Settings, args: &PresentArgs, output: &Output) -> Result<Verdict, Failure> {
    let agreed = if args.yes { Agreed::OnTheCommandLine } else { Agreed::NotYet };
    ask::must_reach_owner(agreed)?;
    let mut session = Session::open(settings)?;
    if args.sync {
        session.sync()?;
        session.save_ledger()?;
    }
    let (view, now) = (session.ledger.view(), now()?);
    let request = Request::fetch(&args.link, view.registry(), now, &mut OsRng)
        .map_err(crate::present::PresentError::from)?;
    let folder =
        args.saving.save.as_ref().map(|dir| Folder::prepare(dir, args.saving.force, &request)).transpose()?;
    let mut proving = None;
    let mut consent = |screen: &Screen<'_>| {
        let decision = ask::consent(screen, settings, agreed);
        proving = (decision == Decision::Agree).then(|| tell::waiting("…"));
        if args.saving.keep && decision == Decision::Agree { Decision::Keep } else { decision }
    };
    let ended =
        session.contents.wallet.answer(&session.ledger, &view, &request, &mut consent, now, &mut OsRng);
    drop(proving);
    session.save()?;
    let ended = ended?;
    if let (Some(folder), Some(made)) = (&folder, made(&ended)) {
        folder.write(made, view.registry())?;
    }
    report(settings, args, (&request, view.registry()), &ended, output);
    Ok(if matches!(ended, Ended::Accepted(_) | Ended::Kept(_)) { Verdict::Yes } else { Verdict::No })
}

fn made(ended: &Ended) -> Option<&[Made]> {
    match ended {
        Ended::Accepted(made) | Ended::Refused { made, .. } | Ended::Kept(made) => Some(made),
        Ended::Declined | Ended::NotSatisfiable(_) => None,
    }
}

fn report(
    settings: &Settings,
    args: &PresentArgs,
    (request, registry): (&Request, &Registry),
    ended: &Ended,
    output: &Output,
) {
    let tongue = settings.tongue();
    let (outcome, mut text) = match ended {
        Ended::Accepted(_) => ("presented", tongue.pick("已通过。\n", "Accepted.\n").to_owned()),
        Ended::Refused { reason, .. } => (
            "refused",
            format!("{}{reason}\n", tongue.pick("柜台未接受：", "The counter refused the answer: ")),
        ),
        Ended::Kept(_) => {
            ("kept", tongue.pick("已生成，未发送。\n", "Made and kept; nothing was sent.\n").to_owned())
        }
        Ended::Declined => ("declined", tongue.pick("已拒绝。\n", "Declined.\n").to_owned()),
        Ended::NotSatisfiable(_) => (
            "not_satisfiable",
            tongue
                .pick("无法满足；对方只看到拒绝。\n", "Not satisfiable; they only see a refusal.\n")
                .to_owned(),
        ),
    };
    let mut json = json!({
        "outcome": outcome,
        "policy": request.policy().checked.policy().policy,
        "client_id": request.counter().client_id,
        "match_code": request.match_code(),
    });
    match ended {
        Ended::Refused { reason, .. } => json["reason"] = reason.as_str().into(),
        Ended::NotSatisfiable(missing) => {
            let one = |m: &crate::present::Missing| json!({"id": m.id, "lack": m.lack});
            json["missing"] = missing.iter().map(one).collect();
            for m in missing {
                writeln!(text, "  {}: {}", m.id, lack(m.lack, tongue)).expect("a string takes all text");
            }
        }
        Ended::Accepted(_) | Ended::Kept(_) | Ended::Declined => {}
    }
    if let Some(made) = made(ended).and_then(<[Made]>::first) {
        let digest = Digest::from_bytes(made.presentation.key.0);
        json["key"] = digest.to_string().into();
        json["development"] = registry.key(&digest).map(|key| bool::from(key.record.key_use)).into();
    }
    if let (Some(dir), Some(_)) = (&args.saving.save, made(ended)) {
        json["saved"] = Value::String(dir.display().to_string());
    }
    output.result(&json, &text);
}
