//! `recover`: a new wallet of a person who lost all others.
//!
//! The same command is run twice: before the desk, where it shows a key, and after it, when the departments have asked on the
//! ledger that their shares be given to that key.

use ledger::record::HpkePublicKey;
use rand::rngs::OsRng;
use serde_json::json;
use service::cli::{CommandError, Language, Shell, Verdict};

use super::settings::{Settings, now};
use super::{terminal, trustees};
use crate::error::WalletError;
use crate::followed::View;
use crate::qr::Code;
use crate::session::Session;
use crate::trustees::{Fault, Reason, RecoverError, Unhelpful};

pub(super) fn recover(settings: &Settings, shell: Shell) -> Result<Verdict, CommandError> {
    let mut session = settings.open()?;
    if session.contents.wallet.recovery_key().is_none() {
        return begin(&mut session, shell);
    }
    let waiting = terminal::waiting("ledger …");
    let now = now()?;
    session.sync(now)?;
    drop(waiting);
    session.save_ledger()?;
    finish(&mut session, now, shell)
}

/// The key is on the disk before anybody sees it: a trustee gives its share to one key, once.
fn begin(session: &mut Session, shell: Shell) -> Result<Verdict, CommandError> {
    let key = session.contents.wallet.begin_recovery(&mut OsRng).map_err(WalletError::from)?;
    session.save()?;
    show(&key, shell)?;
    shell.say(
        "请带身份证件和这个钥匙（二维码或上面一行）到本人登记部门的窗口，说明所有钱包都丢失了，要求“由受托部门找回”。窗口和\
         第二个部门都确认是您本人之后，请再运行一次 `wallet recover`。在这之前不要删除这个钱包。",
        "Take your document and this key (the code, or the line above) to the desk that enrolled you, say that every wallet is \
         lost, and ask for a recovery with the trustees. When that desk and a second department have seen that it is you, run \
         `wallet recover` again. Do not delete this wallet before.",
    );
    Ok(Verdict::Yes)
}

fn finish(session: &mut Session, now: u64, shell: Shell) -> Result<Verdict, CommandError> {
    let view = session.ledger.view();
    let wallet = &session.contents.wallet;
    let recovery = match wallet.requested_recovery(&view) {
        Ok(recovery) => recovery,
        Err(RecoverError::NotRequested) => {
            if let Some(key) = wallet.recovery_key() {
                show(&key.public(), shell)?;
            }
            shell.say(
                "账本上还没有为这个钱包办理的申请。请带证件和上面的钥匙到窗口；两个部门都同意之后再运行一次。",
                "The ledger has no request for this wallet yet. Go to the desk with your document and the key above, and run \
                 this again after both departments have agreed.",
            );
            return Ok(Verdict::No);
        }
        Err(error) => return Err(WalletError::from(error).into()),
    };
    let waiting = terminal::waiting("…");
    let asked = recovery.ask(session.ledger.reach());
    drop(waiting);
    let recovered = match asked {
        Ok(recovered) => recovered,
        Err(error) => {
            tell_error(&error, &view, shell);
            return Err(WalletError::from(error).into());
        }
    };
    tell_unhelpful(recovered.unhelpful(), &view, shell);
    let json = json!({"recovered": true, "from": recovered.from(),
        "unhelpful": recovered.unhelpful().iter().map(|one| &one.department).collect::<Vec<_>>()});
    session.contents.wallet.finish_recovery(recovered, now).map_err(WalletError::from)?;
    session.save()?;
    shell.say(
        "个人密钥已经找回：这个钱包现在就是您。请向本人登记部门领取身份证凭证（说明替换其他设备），再到其他部门重新领取。这个\
         钱包的助记词找不回个人密钥：请用 `wallet backup` 保存备份文件。",
        "Your person secret is back: this wallet is you now. Collect the identity credential at the desk that enrolled you (say \
         that it replaces your other devices), and then the others. The recovery phrase of this wallet does not bring the person \
         secret back: keep a file of `wallet backup` too.",
    );
    shell.answer(&json, String::new)?;
    Ok(Verdict::Yes)
}

/// Text on standard output, a code on standard error.
fn show(key: &HpkePublicKey, shell: Shell) -> Result<(), CommandError> {
    let text = key.to_string();
    if !shell.is_json()
        && let Some(code) = Code::new(&text)
    {
        eprintln!("{}", code.terminal());
    }
    let digest = key.digest().in_groups();
    shell.say(
        &format!("两个窗口的屏幕上应当显示同样的数字：{digest}"),
        &format!("The screens of both departments must show the same: {digest}"),
    );
    shell.answer(&json!({"key": text, "digest": key.digest()}), || text)
}

fn tell_error(error: &RecoverError, view: &View, shell: Shell) {
    match error {
        RecoverError::NoneAnswered(unhelpful) | RecoverError::TooFew { unhelpful, .. } => {
            tell_unhelpful(unhelpful, view, shell);
        }
        RecoverError::NotEmpty(_) | RecoverError::NotBegun | RecoverError::NotRequested => {}
    }
}

/// Who did not help, by name.
fn tell_unhelpful(unhelpful: &[Unhelpful], view: &View, shell: Shell) {
    for Unhelpful { department, why } in unhelpful {
        let [chinese, english] = [Language::Chinese, Language::English]
            .map(|language| trustees::named(department, view, language));
        let (said, meant) = match why {
            Fault::NotListed => ("账本上已没有它的地址", "is not on the ledger as a trustee any more"),
            Fault::Silent(Reason::Http(_)) => ("没有回应", "did not answer"),
            Fault::Silent(Reason::Refused { .. } | Reason::Malformed | Reason::OtherBundle) => {
                ("没有交出份额", "did not give its share")
            }
            Fault::Lies(_) => (
                "交出的不是当初分存的份额，请告诉窗口",
                "gave something else than it was dealt; tell the desk",
            ),
        };
        shell.say(&format!("{chinese}：{said}（{why}）"), &format!("{english} {meant} ({why})"));
    }
}
