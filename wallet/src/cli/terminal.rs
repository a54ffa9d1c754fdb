//! The owner at the terminal: questions, and a sign that the wallet is working.

use std::io::{self, BufRead, IsTerminal as _, Write as _};
use std::time::Duration;

use circuits::typed;
use indicatif::ProgressBar;
use openid4vc::vci::{Secret, TxCode};
use service::cli::{CommandError, Language, OrFail as _};
use zeroize::Zeroizing;

use super::consent::{offer_text, render};
use crate::error::WalletError;
use crate::followed::View;
use crate::phrase::Phrase;
use crate::present::{Decision, RequestLink, Screen, Selection, printable};
use crate::receive::Offer;
use crate::store::Passphrase;

/// The passphrase of a wallet that is there: from the environment, else asked for once.
pub(super) fn passphrase(language: Language) -> Result<Passphrase, CommandError> {
    match from_environment() {
        Some(text) => Passphrase::new(&text).ok_or_else(empty),
        None => Passphrase::new(&hidden(language.pick("口令：", "Passphrase: "))?).ok_or_else(empty),
    }
}

/// The passphrase of a wallet to be made: from the environment, else asked for twice.
pub(super) fn new_passphrase(language: Language) -> Result<Passphrase, CommandError> {
    if let Some(text) = from_environment() {
        return Passphrase::new(&text).ok_or_else(empty);
    }
    let once = hidden(language.pick("新口令：", "New passphrase: "))?;
    let again = hidden(language.pick("再输入一次：", "The same again: "))?;
    if *once != *again {
        return Err(CommandError::new("passphrases_differ", "the two passphrases differ", "Start again."));
    }
    Passphrase::new(&once).ok_or_else(empty)
}

/// The recovery phrase, from the terminal or from a pipe.
pub(super) fn phrase(language: Language) -> Result<Phrase, CommandError> {
    if io::stdin().is_terminal() {
        eprintln!(
            "{}",
            language.pick(
                "请输入 24 个助记词（一行）：",
                "Type the 24 words of the recovery phrase, in one line:"
            )
        );
    }
    let mut line = Zeroizing::new(String::with_capacity(MAX_LINE));
    let stdin = io::stdin().lock();
    let mut bounded = io::Read::take(stdin, MAX_LINE as u64);
    let read = bounded.read_line(&mut line);
    read.or_fail("no_phrase", "reading the phrase", "Give the phrase on the terminal or by a pipe.")?;
    Ok(Phrase::parse(&line).map_err(WalletError::from)?)
}

/// The clerk's number: the one given on the command line, else asked for.
pub(super) fn tx_code(given: Option<&str>, wanted: &TxCode) -> Option<Secret> {
    if let Some(given) = given {
        return Some(Secret::from(given.to_owned()));
    }
    let what =
        wanted.description.as_deref().map_or_else(|| "The number from the clerk".to_owned(), printable);
    let typed = rpassword::prompt_password(format!("{what} ({} digits): ", wanted.length)).ok()?;
    Some(Secret::from(typed))
}

/// Shows which server a link leads to, and asks whether to go there.
pub(super) fn follow(link: &RequestLink, language: Language, agreed: Agreed) -> Decision {
    if agreed == Agreed::OnTheCommandLine {
        return Decision::Agree;
    }
    eprintln!("{}: {}", language.pick("链接通向", "The link leads to"), link.server());
    yes_or_no(language.pick("要去那里吗？输入 是(y) 或 否(n)：", "Go there? Type yes or no: "))
}

/// Shows who offers what, and what the desk is shown for it. Asks where it is shown anything.
pub(super) fn offer(offer: &Offer, view: &View, language: Language, agreed: Agreed) -> Decision {
    eprint!("{}", offer_text(offer, view, language));
    if agreed == Agreed::OnTheCommandLine || offer.identity().is_none() {
        return Decision::Agree;
    }
    yes_or_no(language.pick("输入 同意(y) 或 拒绝(n)：", "Type yes (同意) or no (拒绝): "))
}

/// Asks until there is an answer; a terminal that is gone has not agreed.
fn yes_or_no(question: &str) -> Decision {
    loop {
        eprint!("{question}");
        // Where nobody sees the question, nobody answers it.
        io::stderr().flush().ok();
        let mut line = String::new();
        let read = read_line(&mut line);
        match decision(&line) {
            Some(decision) => return decision,
            None if !read => return Decision::Refuse,
            None => {}
        }
    }
}

/// Shows the screen and asks. Both answers are equally easy to give; anything else asks again.
pub(super) fn consent(screen: &Screen<'_>, language: Language, agreed: Agreed) -> Decision {
    eprint!("{}", render(screen, language));
    if agreed == Agreed::OnTheCommandLine {
        return Decision::Agree;
    }
    match screen.selection() {
        Selection::Complete(_) => {
            yes_or_no(language.pick("输入 同意(y) 或 拒绝(n)：", "Type yes (同意) or no (拒绝): "))
        }
        Selection::Incomplete(_) => {
            eprint!("{}", language.pick("按回车键拒绝：", "Press Enter to refuse: "));
            // Where nobody sees the question, nobody answers it.
            io::stderr().flush().ok();
            read_line(&mut String::new());
            Decision::Refuse
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
pub(super) fn must_reach_owner(agreed: Agreed) -> Result<(), CommandError> {
    if agreed == Agreed::OnTheCommandLine || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CommandError::new(
        "nobody_to_ask",
        "there is no terminal on which the owner could be asked",
        "Run the command on a terminal, or agree beforehand with --yes.",
    ))
}

fn decision(line: &str) -> Option<Decision> {
    match typed::compact(line).to_lowercase().as_str() {
        "y" | "yes" | "同意" | "是" => Some(Decision::Agree),
        "n" | "no" | "拒绝" | "否" => Some(Decision::Refuse),
        _ => None,
    }
}

fn from_environment() -> Option<Zeroizing<String>> {
    std::env::var("YONG_PASSPHRASE").ok().map(Zeroizing::new)
}

fn hidden(question: &str) -> Result<Zeroizing<String>, CommandError> {
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(|_| {
        CommandError::new(
            "no_passphrase",
            "there is no terminal on which the passphrase could be asked for",
            "Run the command on a terminal, or set YONG_PASSPHRASE.",
        )
    })
}

fn empty() -> CommandError {
    CommandError::new("empty_passphrase", "the passphrase is empty", "Choose one of several words.")
}

/// The next line that somebody types, pastes or pipes in; `None` at the end.
pub(super) fn line() -> Option<String> {
    let mut line = String::new();
    read_line(&mut line).then_some(line)
}

/// Reads a line of bounded length; whether there was one.
fn read_line(line: &mut String) -> bool {
    let mut bounded = io::Read::take(io::stdin().lock(), MAX_LINE as u64);
    bounded.read_line(line).is_ok_and(|bytes| bytes > 0)
}

/// Turns while something takes its time; only on a terminal.
pub(super) fn waiting(text: &'static str) -> Waiting {
    let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.set_message(text);
    bar.enable_steady_tick(Duration::from_millis(120));
    Waiting(bar)
}

/// Ends its turning when dropped.
pub(super) struct Waiting(ProgressBar);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const MAX_LINE: usize = 4096;
