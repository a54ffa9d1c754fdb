//! `present`.

use std::fmt::Write as _;

use ledger::digest::Digest;
use ledger::registry::Registry;
use openid4vc::vp::ReceiptNumber;
use rand::rngs::OsRng;
use serde_json::{Value, json};
use service::cli::{CommandError, Language, Shell, Verdict};

use super::consent::missing_lines;
use super::files::Folder;
use super::settings::{Settings, now};
use super::terminal::{self, Agreed};
use super::{PresentArgs, SaveArgs};
use crate::error::WalletError;
use crate::followed::View;
use crate::present::{
    ContinueAt, Decision, Ended, Executed, Missing, Preparations, PresentError, Proofs, Request, RequestLink,
    fetch_request,
};
use crate::session::Session;

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
    let link = RequestLink::read(&args.link, session.ledger.reach()).map_err(WalletError::from)?;
    if terminal::follow(&link, settings.language, agreed) == Decision::Refuse {
        shell.answer(&json!({"outcome": "not_followed", "server": link.server()}), || {
            settings.language.pick("没有打开链接。\n", "The link was not followed.\n").to_owned()
        })?;
        return Ok(Verdict::No);
    }
    let now = now()?;
    let request = fetch_request(&link, &view, now, &mut OsRng).map_err(WalletError::from)?;
    let saving = &args.saving;
    let folder = saving.save.as_ref().map(|dir| Folder::prepare(dir, saving.force, &request)).transpose()?;
    let Executed { ended, continue_at, receipt } =
        answer(settings, agreed, saving, &mut session, &view, &request, now)?;
    if let (Some(folder), Some(made)) = (&folder, made(&ended)) {
        folder.write(made, view.registry())?;
    }
    let mut json = as_json(&request, view.registry(), saving, &ended);
    if let Some(at) = &continue_at {
        json["redirect_uri"] = at.url().as_str().into();
    }
    if let Some(number) = &receipt {
        json["receipt"] = number.as_str().into();
    }
    shell.answer(&json, || {
        as_text(&ended, continue_at.as_ref(), settings.language)
            + &receipt_text(receipt.as_ref(), settings.language)
    })?;
    Ok(matches!(ended, Ended::Accepted(_) | Ended::Kept(_)).into())
}

/// Asks the owner, proves and sends. What is about to be sent is in the history on the disk before it is.
fn answer(
    settings: &Settings,
    agreed: Agreed,
    saving: &SaveArgs,
    session: &mut Session,
    view: &View,
    request: &Request,
    now: u64,
) -> Result<Executed, CommandError> {
    let wallet = &session.contents.wallet;
    let considered = wallet.consider(&session.ledger, request, view, now).map_err(WalletError::from)?;
    let decision = match terminal::consent(&considered.screen(), settings.language, agreed) {
        Decision::Agree if saving.keep => Decision::Keep,
        decision => decision,
    };
    let proving = (decision != Decision::Refuse).then(|| terminal::waiting("…"));
    let resolved = considered.resolve(decision, wallet.secrets(), &mut OsRng).map_err(WalletError::from)?;
    let reserved = session.reserve(|wallet| wallet.reserve(request, view, &resolved, now))?;
    let executed = resolved.execute(&Preparations::default(), &mut OsRng);
    drop(proving);
    let ended = executed.as_ref().map(|executed| &executed.ended);
    session.contents.wallet.remember(reserved.as_ref(), request, view, executed.as_ref(), now);
    match (session.save(), reserved) {
        (Err(WalletError::Store(source)), Some(_)) => {
            Err(WalletError::NotWritten { known: known(ended), source }.into())
        }
        (saved, _) => {
            saved?;
            Ok(executed.map_err(WalletError::from)?)
        }
    }
}

/// What is known of a proof's end, for its owner.
fn known(ended: Result<&Ended, &PresentError>) -> &'static str {
    match ended {
        Ok(Ended::Accepted(_)) => "the counter accepted the proof",
        Ok(Ended::Refused { .. }) => "the counter refused the proof",
        Err(PresentError::Answer(_)) => "the proof was sent, and the counter may have accepted it",
        Ok(Ended::Kept(_) | Ended::Declined | Ended::NotSatisfiable(_)) | Err(_) => "no proof was sent",
    }
}

fn made(ended: &Ended) -> Option<&Proofs> {
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
    if let Some(made) = made(ended).and_then(|made| made.credentials.first()) {
        let digest = Digest::from_bytes(made.presentation.key.0);
        json["key"] = digest.to_string().into();
        json["development"] = registry.key(&digest).map(|key| bool::from(key.record.key_use)).into();
    }
    if let (Some(dir), Some(_)) = (&saving.save, made(ended)) {
        json["saved"] = Value::String(dir.display().to_string());
    }
    json
}

fn as_text(ended: &Ended, continue_at: Option<&ContinueAt>, language: Language) -> String {
    let mut text = outcome_text(ended, language);
    if let Some(at) = continue_at {
        let told = language.pick("对方请您在此继续：", "Go on there: ");
        writeln!(text, "{told}{}", at.url()).expect("a string takes all text");
    }
    text
}

/// By which the counter finds its receipt again.
fn receipt_text(receipt: Option<&ReceiptNumber>, language: Language) -> String {
    let label = language.pick("回执编号：", "Receipt number: ");
    receipt.map_or_else(String::new, |number| format!("{label}{number}\n"))
}

fn outcome_text(ended: &Ended, language: Language) -> String {
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
    let part = |part: &Missing| {
        let lack = part.lack();
        match part {
            Missing::Credential { id, .. } => json!({"id": id, "lack": lack}),
            Missing::Across(failed) => json!({"across": failed.conditions("en"), "lack": lack}),
            Missing::Score(failed) => {
                let costs = failed.costs().iter();
                let costs: Vec<Value> = costs
                    .map(|cost| json!({"attribute": cost.attribute, "points": cost.points.to_string()}))
                    .collect();
                json!({"id": failed.credential(), "model": failed.model(), "lack": lack,
                    "score": failed.reached().map(|points| points.to_string()), "costs": costs})
            }
        }
    };
    missing.iter().map(part).collect()
}

/// What is missing, one line each.
pub(super) fn missing_as_text(missing: &[Missing], language: Language) -> String {
    let mut text = String::new();
    for line in missing_lines(missing, language) {
        writeln!(text, "  {line}").expect("a string takes all text");
    }
    text
}
