//! `show --offline`.

use std::path::PathBuf;

use rand::rngs::OsRng;
use serde_json::json;
use service::cli::{CommandError, Shell, Verdict};
use service::clock::Clock;

use super::ShowArgs;
use super::files::{create, disk, exists};
use super::present::{missing_as_json, missing_as_text};
use super::settings::{Settings, now};
use super::terminal::{self, Agreed};
use crate::error::WalletError;
use crate::present::{Screen, ShownOffline};
use crate::qr::Code;

pub(super) fn show(settings: &Settings, args: &ShowArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let agreed = if args.yes { Agreed::OnTheCommandLine } else { Agreed::NotYet };
    terminal::must_reach_owner(agreed)?;
    if let Some(taken) = [&args.svg, &args.png].into_iter().flatten().find(|path| path.exists()) {
        return Err(exists(taken, "Choose a new file name."));
    }
    let mut session = settings.open()?;
    let started = now()?;
    let clock = Clock::system();
    // A clock that stops working stands still.
    let time = || clock.now().max(started);
    let mut proving = None;
    let mut consent = |screen: &Screen<'_>| {
        let decision = terminal::consent(screen, settings.language, agreed);
        proving = Some(terminal::waiting("…"));
        decision
    };
    let wallet = &mut session.contents.wallet;
    let ledger = &session.ledger;
    let shown = wallet.show_offline(ledger, &args.offline, &args.counter, &mut consent, &time, &mut OsRng);
    drop(proving);
    session.save()?;
    report(settings, args, &shown.map_err(WalletError::from)?, shell)
}

fn report(
    settings: &Settings,
    args: &ShowArgs,
    shown: &ShownOffline,
    shell: Shell,
) -> Result<Verdict, CommandError> {
    let language = settings.language;
    let mut json = json!({ "policy": args.offline, "counter": args.counter });
    let (outcome, text, verdict) = match shown {
        ShownOffline::Code(text) => {
            json["text"] = text.as_str().into();
            json["saved"] = json!(save(args, text)?);
            draw(text, shell);
            ("shown", format!("{text}\n"), Verdict::Yes)
        }
        ShownOffline::Declined => {
            ("declined", language.pick("已拒绝。\n", "Declined.\n").to_owned(), Verdict::No)
        }
        ShownOffline::NotSatisfiable(missing) => {
            json["missing"] = missing_as_json(missing);
            let told = language.pick("无法满足。\n", "Not satisfiable.\n").to_owned();
            ("not_satisfiable", told + &missing_as_text(missing, language), Verdict::No)
        }
    };
    json["outcome"] = outcome.into();
    shell.answer(&json, || text)?;
    Ok(verdict)
}

/// On stderr, for people; the text on stdout is for programs.
fn draw(text: &str, shell: Shell) {
    if shell.is_json() {
        return;
    }
    if let Some(code) = Code::new(text) {
        eprintln!("{}", code.terminal());
    }
    shell.say(
        "请让窗口扫描此码；约两分钟内有效，只能用一次。",
        "Let the counter scan this code; it is good for about two minutes, and once.",
    );
}

fn save(args: &ShowArgs, text: &str) -> Result<Vec<PathBuf>, CommandError> {
    let code = || {
        Code::new(text).ok_or_else(|| {
            CommandError::new("too_long", "the answer does not fit a QR code", "Present it over the network.")
        })
    };
    let mut saved = Vec::new();
    if let Some(path) = &args.svg {
        create(path, code()?.svg().as_bytes(), UNWRITABLE)?;
        saved.push(path.clone());
    }
    if let Some(path) = &args.png {
        let png = code()?.png(SCALE).map_err(|error| disk(path, &error, UNWRITABLE))?;
        create(path, &png, UNWRITABLE)?;
        saved.push(path.clone());
    }
    Ok(saved)
}

const UNWRITABLE: &str = "Choose a file that can be written with --svg or --png.";
/// Pixels of a module of the picture.
const SCALE: usize = 8;
