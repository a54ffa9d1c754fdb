//! Questions to the owner, on the terminal.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use openid4vc::vci::{Secret, TxCode};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::settings::Settings;
use crate::phrase::Phrase;
use crate::present::{Able, Decision, Screen, Tongue, printable, render};
use crate::store::Passphrase;

/// The passphrase of a wallet that is there: from the environment, else asked for once.
pub(super) fn passphrase(tongue: Tongue) -> Result<Passphrase, Failure> {
    match from_environment() {
        Some(text) => Passphrase::new(&text).ok_or_else(empty),
        None => Passphrase::new(&hidden(tongue.pick("口令：", "Passphrase: "))?).ok_or_else(empty),
    }
}

/// The passphrase of a wallet to be made: from the environment, else asked for twice.
pub(super) fn new_passphrase(tongue: Tongue) -> Result<Passphrase, Failure> {
    if let Some(text) = from_environment() {
        return Passphrase::new(&text).ok_or_else(empty);
    }
    let once = hidden(tongue.pick("新口令：", "New passphrase: "))?;
    let again = hidden(tongue.pick("再输入一次：", "The same again: "))?;
    if *once != *again {
        return Err(Failure::new("passphrases_differ", "the two passphrases differ", "Start again."));
    }
    Passphrase::new(&once).ok_or_else(empty)
}

/// The recovery phrase, from the terminal or from a pipe.
pub(super) fn phrase(tongue: Tongue) -> Result<Phrase, Failure> {
    if std::io::stdin().is_terminal() {
        eprintln!(
            "{}",
            tongue.pick(
                "请输入 24 个助记词（一行）：",
                "Type the 24 words of the recovery phrase, in one line:"
            )
        );
    }
    let mut line = Zeroizing::new(String::with_capacity(MAX_LINE));
    let stdin = std::io::stdin().lock();
    let mut bounded = std::io::Read::take(stdin, MAX_LINE as u64);
    bounded
        .read_line(&mut line)
        .map_err(|e| Failure::new("no_phrase", e, "Give the phrase on the terminal or by a pipe."))?;
    Ok(Phrase::parse(&line)?)
}

/// The clerk's number: the one given on the command line, else asked for.
pub(super) fn tx_code(given: Option<&str>, wanted: &TxCode) -> Option<Secret> {
    if let Some(given) = given {
        return Some(Secret::from(given.trim().to_owned()));
    }
    let what =
        wanted.description.as_deref().map_or_else(|| "The number from the clerk".to_owned(), printable);
    let typed = rpassword::prompt_password(format!("{what} ({} digits): ", wanted.length)).ok()?;
    Some(Secret::from(typed.trim().to_owned()))
}

/// Shows the screen and asks. Both answers are equally easy to give; anything else asks again.
pub(super) fn consent(screen: &Screen<'_>, settings: &Settings, agreed: Agreed) -> Decision {
    let tongue = settings.tongue();
    eprint!("{}", render(screen, tongue));
    if agreed == Agreed::OnTheCommandLine {
        return Decision::Agree;
    }
    let question = match screen.able() {
        Able::Yes(_) => tongue.pick("输入 同意(y) 或 拒绝(n)：", "Type yes (同意) or no (拒绝): "),
        Able::No(_) => tongue.pick("按回车键拒绝：", "Press Enter to refuse: "),
    };
    loop {
        eprint!("{question}");
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().take_line(&mut line);
        match (screen.able(), decision(&line)) {
            (Able::No(_), _) => return Decision::Refuse,
            (Able::Yes(_), Some(decision)) => return decision,
            // The terminal is gone: nobody agreed.
            (Able::Yes(_), None) if !read => return Decision::Refuse,
            (Able::Yes(_), None) => {}
        }
    }
}

/// Whether the owner agreed beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    /// `--yes`.
    OnTheCommandLine,
    /// To be asked.
    NotYet,
}

/// Fails where a question could not be answered, before anything is fetched.
pub(super) fn must_reach_owner(agreed: Agreed) -> Result<(), Failure> {
    if agreed == Agreed::OnTheCommandLine || std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(
        "nobody_to_ask",
        "there is no terminal on which the owner could be asked",
        "Run the command on a terminal, or agree beforehand with --yes.",
    ))
}

fn decision(line: &str) -> Option<Decision> {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" | "同意" => Some(Decision::Agree),
        "n" | "no" | "拒绝" => Some(Decision::Refuse),
        _ => None,
    }
}

fn from_environment() -> Option<Zeroizing<String>> {
    std::env::var("YONG_PASSPHRASE").ok().map(Zeroizing::new)
}

fn hidden(question: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(|_| {
        Failure::new(
            "no_passphrase",
            "there is no terminal on which the passphrase could be asked for",
            "Run the command on a terminal, or set YONG_PASSPHRASE.",
        )
    })
}

fn empty() -> Failure {
    Failure::new("empty_passphrase", "the passphrase is empty", "Choose one of several words.")
}

/// A line of bounded length.
trait TakeLine {
    /// Whether there was a line.
    fn take_line(self, line: &mut String) -> bool;
}

impl<R: std::io::BufRead> TakeLine for R {
    fn take_line(self, line: &mut String) -> bool {
        let mut bounded = std::io::Read::take(self, MAX_LINE as u64);
        bounded.read_line(line).is_ok_and(|bytes| bytes > 0)
    }
}

const MAX_LINE: usize = 4096;
