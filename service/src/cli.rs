//! A command: its arguments, its answer, how it ends badly, and what it says meanwhile.
//!
//! Data goes to standard output and talk to standard error. The exit code is 0 for yes, 1 for no and 2 for
//! an error. An error is a sentence about what happened and one about what to do; with `--json` it is one
//! line of JSON with the members `error` (a word for programs), `message` and `remedy`, whether the
//! arguments or the work were wrong.

mod authority;
mod error;
mod language;
mod logs;
mod shell;

pub use authority::Authority;
pub use error::{CommandError, Explain, OrFail};
pub use language::Language;
pub use logs::LogFormat;
pub use shell::{Command, Options, Shell, Verdict, run};

/// A count and its noun in English: `1 day`, `2 days`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
