//! Data on stdout, talk on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use super::failure::Failure;

/// How this run talks.
pub(super) struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// The result: a JSON document, or text for people.
    pub(super) fn result(&self, json: &Value, text: &str) {
        let mut out = std::io::stdout().lock();
        // A reader that went away has what it wanted.
        let _ = if self.json { writeln!(out, "{json}") } else { write!(out, "{text}") };
    }

    pub(super) fn failure(&self, failure: &Failure) {
        if self.json {
            eprintln!("{}", failure.to_json());
        } else {
            eprintln!("{} {}", failure.message, failure.remedy);
        }
    }
}

/// Talk.
pub(super) fn say(text: &str) {
    eprintln!("{text}");
}

/// Turns while something takes its time; only on a terminal.
pub(super) fn waiting(text: &'static str) -> Waiting {
    let bar =
        if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
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

/// A wrong command line, as an error like any other.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || !std::env::args().any(|arg| arg == "--json") {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let first = error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Output::new(true).failure(&Failure::new("usage", first, "See `wallet --help`."));
    ExitCode::from(2)
}

/// A time for people, in Nanning's civil time.
pub(crate) fn civil(unix: u64) -> String {
    let nanning = TimeZone::fixed(Offset::constant(8));
    i64::try_from(unix)
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok())
        .map_or_else(|| "—".to_owned(), |t| t.to_zoned(nanning).strftime("%Y-%m-%d %H:%M").to_string())
}
