//! A command: its arguments, its answer, how it ends badly, and what it says meanwhile.
//!
//! Data goes to standard output and talk to standard error. The exit code is 0 for yes, 1 for no and 2 for
//! an error. An error is a sentence about what happened and one about what to do; with `--json` it is one
//! line of JSON with the members `error` (a word for programs), `message` and `remedy`, whether the
//! arguments or the work were wrong.

mod authority;
mod error;
mod language;
mod shell;

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub use authority::Authority;
pub use error::{CommandError, Explain, OrFail};
pub use language::Language;
pub use shell::{Command, Options, Shell, Verdict, run};

/// A count and its noun in English: `1 day`, `2 days`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Logs go to standard error; `YONG_LOG` chooses how much, such as `debug` or `issuer=debug,info`, else
/// `default`. Colours are for terminals only, and for nobody who set `NO_COLOR`.
pub fn log(default: LevelFilter) {
    let filter = EnvFilter::builder().with_default_directive(default.into());
    let filter = filter.with_env_var("YONG_LOG").from_env_lossy();
    // Whatever is chosen: arkworks opens a span for each operation of a constraint system, millions of them, and notes
    // down its operands, which may be secret.
    let off = |filter: EnvFilter, target| {
        filter.add_directive(format!("{target}=off").parse().expect("a directive"))
    };
    let filter = ["r1cs", "gr1cs"].into_iter().fold(filter, off);
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colours);
    // Where a test has set up logs already, those stay.
    logs.try_init().ok();
}
