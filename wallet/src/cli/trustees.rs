//! `trustees`: which departments keep shares of the person secret, and dealing it; and warnings of requests for them.

use circuits::credential::DepartmentId;
use serde_json::{Value, json};
use service::civil_time::minute;
use service::cli::{CommandError, Language, Shell, Verdict};

use super::settings::{Settings, now};
use super::{TrusteesArgs, terminal};
use crate::error::WalletError;
use crate::followed::View;
use crate::present::printable;
use crate::session::Session;
use crate::trustees::{AfterReceiving, DealError, ForeignRequest, Kept, NotKept};

pub(super) fn trustees(
    settings: &Settings,
    args: &TrusteesArgs,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let mut session = settings.open()?;
    let waiting = terminal::waiting("ledger …");
    let now = now()?;
    session.sync(now)?;
    drop(waiting);
    session.save_ledger()?;
    let view = session.ledger.view();
    warn(&session.contents.wallet.foreign_requests(&view), shell, settings.language);
    let due = session.contents.wallet.needs_dealing(&view).is_some();
    if args.list || !(due || args.again) {
        // Where nothing can be dealt, why not is what there is to say.
        if !args.list {
            session.contents.wallet.may_deal(&view).map_err(WalletError::from)?;
        }
        return list(&session, due, shell, settings.language);
    }
    let kept = dealt(&mut session, now).inspect_err(|error| tell_not_dealt(error, &view, shell))?;
    tell_dealt(&kept, &view, shell);
    shell.answer(&described(&kept, "done"), || names(&kept, &view, settings.language) + "\n")?;
    Ok(Verdict::Yes)
}

/// What a credential that came in asks for. It never fails: what did not work is told, and can be done again. Gives what a
/// program is told, where there is something.
pub(super) fn after_receiving(session: &mut Session, after: AfterReceiving, shell: Shell) -> Option<Value> {
    match after {
        AfterReceiving::Nothing => None,
        AfterReceiving::FirstDevice => {
            shell.say(
                "个人密钥由您的第一台设备分存到各部门，这台设备不用做。",
                "Your first device shares the person secret among departments; this one need not.",
            );
            Some(json!({"stage": "first_device"}))
        }
        AfterReceiving::Deal => {
            let view = session.ledger.view();
            let dealt = now().and_then(|now| dealt(session, now));
            Some(match dealt {
                Ok(kept) => {
                    tell_dealt(&kept, &view, shell);
                    described(&kept, "done")
                }
                Err(error) => {
                    tell_not_dealt(&error, &view, shell);
                    json!({"stage": "failed", "error": error.code()})
                }
            })
        }
    }
}

/// Warns of requests that this wallet did not make.
pub(super) fn warn(foreign: &[ForeignRequest], shell: Shell, language: Language) {
    for request in foreign {
        let title = request.title.as_ref().map_or_else(
            || request.desk.to_string(),
            |title| format!("{} ({})", printable(title.text(language.tag())), request.desk),
        );
        let day = minute(request.time);
        shell.say(
            &format!(
                "警告：{day}，有人在“{title}”窗口以您的名义申请找回个人密钥。如果不是您本人，请立即带身份证件到该窗口，\
                 要求重置；如果是您本人，请改用恢复后的新钱包。"
            ),
            &format!(
                "WARNING: on {day}, at the desk of {title}, somebody asked in your name for your person secret. If it was \
                 not you, go to that desk at once with your document and have it reset. If it was you, use the new wallet."
            ),
        );
    }
}

/// The same for programs.
pub(super) fn foreign(foreign: &[ForeignRequest]) -> Value {
    foreign.iter().map(|request| json!({"desk": request.desk, "time": request.time})).collect()
}

/// A department as its title and its identifier.
pub(super) fn named(department: &DepartmentId, view: &View, language: Language) -> String {
    let title =
        view.registry().department(department).map(|known| printable(known.title.text(language.tag())));
    title.map_or_else(|| department.to_string(), |title| format!("{title} ({department})"))
}

fn dealt(session: &mut Session, now: u64) -> Result<Kept, WalletError> {
    let waiting = terminal::waiting("…");
    let dealt = session.deal(now);
    drop(waiting);
    dealt
}

fn list(session: &Session, due: bool, shell: Shell, language: Language) -> Result<Verdict, CommandError> {
    let view = session.ledger.view();
    let Some(kept) = session.contents.wallet.dealings().newest_done() else {
        let none = language
            .pick("没有部门保管您的个人密钥份额。\n", "No department keeps shares of your person secret.\n");
        shell.answer(&json!({"stage": "none", "due": due}), || none.to_owned())?;
        return Ok(Verdict::No);
    };
    let mut json = described(kept, "done");
    json["due"] = due.into();
    shell.answer(&json, || names(kept, &view, language) + "\n")?;
    if due {
        shell.say(
            "受托部门有变化，请运行 `wallet trustees` 重新分存。",
            "The departments have changed since: run `wallet trustees` to share anew.",
        );
    }
    Ok(if due { Verdict::No } else { Verdict::Yes })
}

fn described(kept: &Kept, stage: &str) -> Value {
    let departments: Vec<_> = kept.keepers.iter().map(|keeper| &keeper.department).collect();
    json!({"stage": stage, "trustees": departments, "needed": kept.needed, "time": kept.time, "bundle": kept.bundle})
}

fn names(kept: &Kept, view: &View, language: Language) -> String {
    let names = kept.keepers.iter().map(|keeper| named(&keeper.department, view, language));
    names.collect::<Vec<_>>().join("\n")
}

fn tell_dealt(kept: &Kept, view: &View, shell: Shell) {
    let (n, t) = (kept.keepers.len(), kept.needed);
    let listed = |language| {
        let names = kept.keepers.iter().map(|keeper| named(&keeper.department, view, language));
        names.collect::<Vec<_>>().join(language.pick("、", ", "))
    };
    shell.say(
        &format!(
            "您的个人密钥已分存到 {n} 个部门：{}。丢失全部钱包时，其中 {t} 个部门合起来可以把它还给您；少于 {t} 个部门什么也不知道。",
            listed(Language::Chinese)
        ),
        &format!(
            "Your person secret is shared among {n} departments: {}. If every wallet is lost, {t} of them together can give \
             it back to you; fewer than {t} know nothing of it.",
            listed(Language::English)
        ),
    );
}

fn tell_not_dealt(error: &WalletError, view: &View, shell: Shell) {
    if let WalletError::Deal(DealError::NotKept(refused)) = error {
        for NotKept { department, why } in refused {
            shell.say(
                &format!("没有保管份额：{}（{why}）", named(department, view, Language::Chinese)),
                &format!("Keeps no share: {} ({why})", named(department, view, Language::English)),
            );
        }
    }
    shell.say(
        &format!("凭证不受影响。个人密钥没有分存好（{error}）；稍后可以运行 `wallet trustees` 重新分存。"),
        &format!(
            "Your credentials are not touched. The person secret is not shared yet ({error}); `wallet trustees` does it anew."
        ),
    );
}
