//! `present`.

use std::fmt::Write as _;

use ledger::digest::Digest;
use ledger::registry::Registry;
use rand::rngs::OsRng;
use serde_json::{Value, json};
use service::cli::{CommandError, Language, Shell, Verdict};

use super::consent::lack;
use super::files::Folder;
use super::settings::{Settings, now};
use super::terminal::{self, Agreed};
use super::{PresentArgs, SaveArgs};
use crate::error::WalletError;
use crate::present::{Decision, Ended, Made, Missing, Request, Screen, fetch_request};

pub(super) fn present(
    settings: &Settings,
    args: &PresentArgs,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let agreed = if args.yes { Agreed::OnTheCommandLine } else { Agreed::NotYet };
    terminal::must_reach_owner(agreed)?;
    let mut session = settings.open()?;
    if args.sync {
        let waiting = terminal::waiting("ledger …");
        session.sync(now()?)?;
        drop(waiting);
        session.save_ledger()?;
    }
    let view = session.ledger.view();
    let now = now()?;
    let request = fetch_request(&args.link, view.registry(), now, &mut OsRng).map_err(WalletError::from)?;
    let saving = &args.saving;
    let folder = saving.save.as_ref().map(|dir| Folder::prepare(dir, saving.force, &request)).transpose()?;
    let mut proving = None;
    let mut consent = |screen: &Screen<'_>| {
        let decision = terminal::consent(screen, settings.language, agreed);
        proving = (decision == Decision::Agree).then(|| terminal::waiting("…"));
        if saving.keep && decision == Decision::Agree { Decision::Keep } else { decision }
    };
    let ended =
        session.contents.wallet.answer(&session.ledger, &view, &request, &mut consent, now, &mut OsRng);
    drop(proving);
    session.save()?;
    let ended = ended.map_err(WalletError::from)?;
    if let (Some(folder), Some(made)) = (&folder, made(&ended)) {
        folder.write(made, view.registry())?;
    }
    let json = as_json(&request, view.registry(), saving, &ended);
    shell.answer(&json, || as_text(&ended, settings.language))?;
    Ok(matches!(ended, Ended::Accepted(_) | Ended::Kept(_)).into())
}

fn made(ended: &Ended) -> Option<&[Made]> {
    match ended {
        Ended::Accepted(made) | Ended::Refused { made, .. } | Ended::Kept(made) => Some(made),
        Ended::Declined | Ended::NotSatisfiable(_) => None,
    }
}

fn as_json(request: &Request, registry: &Registry, saving: &SaveArgs, ended: &Ended) -> Value {
    let outcome = match ended {
        Ended::Accepted(_) => "presented",
        Ended::Refused { .. } => "refused",
        Ended::Kept(_) => "kept",
        Ended::Declined => "declined",
        Ended::NotSatisfiable(_) => "not_satisfiable",
    };
    let mut json = json!({
        "outcome": outcome,
        "policy": request.policy().checked.policy().policy,
        "client_id": request.relying_party().client_id,
        "match_code": request.match_code(),
    });
    match ended {
        Ended::Refused { reason, .. } => json["reason"] = reason.as_str().into(),
        Ended::NotSatisfiable(missing) => json["missing"] = missing_as_json(missing),
        Ended::Accepted(_) | Ended::Kept(_) | Ended::Declined => {}
    }
    if let Some(made) = made(ended).and_then(<[Made]>::first) {
        let digest = Digest::from_bytes(made.presentation.key.0);
        json["key"] = digest.to_string().into();
        json["development"] = registry.key(&digest).map(|key| bool::from(key.record.key_use)).into();
    }
    if let (Some(dir), Some(_)) = (&saving.save, made(ended)) {
        json["saved"] = Value::String(dir.display().to_string());
    }
    json
}

fn as_text(ended: &Ended, language: Language) -> String {
    match ended {
        Ended::Accepted(_) => language.pick("已通过。\n", "Accepted.\n").to_owned(),
        Ended::Refused { reason, .. } => {
            format!("{}{reason}\n", language.pick("窗口未接受：", "The counter refused the answer: "))
        }
        Ended::Kept(_) => {
            language.pick("已生成，未发送。\n", "Made and kept; nothing was sent.\n").to_owned()
        }
        Ended::Declined => language.pick("已拒绝。\n", "Declined.\n").to_owned(),
        Ended::NotSatisfiable(missing) => {
            let told =
                language.pick("无法满足；对方只看到拒绝。\n", "Not satisfiable; they only see a refusal.\n");
            told.to_owned() + &missing_as_text(missing, language)
        }
    }
}

/// What is missing, for programs.
pub(super) fn missing_as_json(missing: &[Missing]) -> Value {
    missing.iter().map(|missing| json!({"id": missing.id, "lack": missing.lack})).collect()
}

/// What is missing, one line each.
pub(super) fn missing_as_text(missing: &[Missing], language: Language) -> String {
    let mut text = String::new();
    for missing in missing {
        let reason = lack(missing.lack, language);
        writeln!(text, "  {}: {reason}", missing.id).expect("a string takes all text");
    }
    text
}
