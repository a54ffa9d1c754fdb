//! `show --offline`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rand::rngs::OsRng;
use serde_json::json;

use super::ask::Agreed;
use super::code::Code;
use super::failure::Failure;
use super::session::{Session, now};
use super::settings::Settings;
use super::tell::{self, Output};
use super::{ShowArgs, Verdict, ask};
use crate::present::{Screen, ShownOffline, lack};
use crate::store::file;

/// Pixels of a module of the picture.
const SCALE: usize = 8;

pub(super) fn show(settings: &Settings, args: &ShowArgs, output: &Output) -> Result<Verdict, Failure> {
    let agreed = if args.yes { Agreed::OnTheCommandLine } else { Agreed::NotYet };
    ask::must_reach_owner(agreed)?;
    if let Some(taken) = [&args.svg, &args.png].into_iter().flatten().find(|path| path.exists()) {
        return Err(exists(taken));
    }
    let mut session = Session::open(settings)?;
    let clock = Clock::new()?;
    let mut proving = None;
    let mut consent = |screen: &Screen<'_>| {
        let decision = ask::consent(screen, settings, agreed);
        proving = Some(tell::waiting("…"));
        decision
    };
    let wallet = &mut session.contents.wallet;
    let ledger = &session.ledger;
    let shown =
        wallet.show_offline(ledger, &args.offline, &args.counter, &mut consent, &|| clock.now(), &mut OsRng);
    drop(proving);
    session.save()?;
    report(settings, args, &shown?, output)
}

/// The wallet's clock, which was seen to work; a clock that stops working stands still.
struct Clock(u64);

impl Clock {
    fn new() -> Result<Self, Failure> {
        now().map(Self)
    }
    fn now(&self) -> u64 {
        now().unwrap_or(self.0)
    }
}

fn report(
    settings: &Settings,
    args: &ShowArgs,
    shown: &ShownOffline,
    output: &Output,
) -> Result<Verdict, Failure> {
    let tongue = settings.tongue();
    let mut json = json!({ "policy": args.offline, "counter": args.counter });
    let (outcome, text, verdict) = match shown {
        ShownOffline::Code(text) => {
            json["text"] = text.as_str().into();
            json["saved"] = json!(save(args, text)?);
            picture(text, settings, output);
            ("shown", format!("{text}\n"), Verdict::Yes)
        }
        ShownOffline::Declined => {
            ("declined", tongue.pick("已拒绝。\n", "Declined.\n").to_owned(), Verdict::No)
        }
        ShownOffline::NotSatisfiable(missing) => {
            json["missing"] = missing.iter().map(|m| json!({ "id": m.id, "lack": m.lack })).collect();
            let mut text = tongue.pick("无法满足。\n", "Not satisfiable.\n").to_owned();
            for m in missing {
                writeln!(text, "  {}: {}", m.id, lack(m.lack, tongue)).expect("a string takes all text");
            }
            ("not_satisfiable", text, Verdict::No)
        }
    };
    json["outcome"] = outcome.into();
    output.result(&json, &text);
    Ok(verdict)
}

/// On stderr, for people; the text on stdout is for programs.
fn picture(text: &str, settings: &Settings, output: &Output) {
    if output.is_json() {
        return;
    }
    if let Some(code) = Code::new(text) {
        tell::say(&code.terminal());
    }
    tell::say(settings.tongue().pick(
        "请让窗口扫描此码；约两分钟内有效，只能用一次。",
        "Let the counter scan this code; it is good for about two minutes, and once.",
    ));
}

fn save(args: &ShowArgs, text: &str) -> Result<Vec<PathBuf>, Failure> {
    let code = || {
        Code::new(text).ok_or_else(|| {
            Failure::new("too_long", "the answer does not fit a QR code", "Present it over the network.")
        })
    };
    let mut saved = Vec::new();
    if let Some(path) = &args.svg {
        put(path, code()?.svg().as_bytes())?;
        saved.push(path.clone());
    }
    if let Some(path) = &args.png {
        put(path, &code()?.png(SCALE).map_err(|e| disk(path, &e))?)?;
        saved.push(path.clone());
    }
    Ok(saved)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    file::create_new(path, bytes).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => disk(path, &e),
    })
}

fn exists(path: &Path) -> Failure {
    Failure::new("file_exists", format!("{} already exists", path.display()), "Choose another file name.")
}

fn disk(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let what = format!("{}: {error}", path.display());
    Failure::new("disk", what, "Choose a file that can be written with --svg or --png.")
}
