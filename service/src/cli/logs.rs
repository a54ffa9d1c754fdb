//! What a program says beside its answer, on standard error: lines for people, or JSON for what collects logs.

use std::io::{self, IsTerminal as _};
use std::panic::{self, PanicHookInfo};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// How a service writes its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people, in colour on a terminal.
    #[default]
    Text,
    /// One JSON object a line, what the program says to people and its errors included.
    Json,
}

impl LogFormat {
    /// What the environment says, for a program whose arguments are wrong.
    pub(super) fn of_the_environment() -> Self {
        std::env::var(VARIABLE).ok().and_then(|name| Self::from_str(&name, false).ok()).unwrap_or_default()
    }

    /// `YONG_LOG` chooses how much, such as `debug` or `issuer=debug,info`, else `default`. Colours are for terminals only,
    /// and for nobody who set `NO_COLOR`.
    pub(super) fn start(self, default: LevelFilter) {
        let logs = tracing_subscriber::fmt().with_env_filter(filter(default)).with_writer(io::stderr);
        // Where a test has set up logs already, those stay.
        match self {
            Self::Text => logs.with_ansi(colours()).try_init().ok(),
            Self::Json => {
                panic::set_hook(Box::new(panicked));
                logs.json().with_current_span(false).try_init().ok()
            }
        };
    }
}

/// Runs what writes an event, which becomes a line of JSON whatever `YONG_LOG` says and whether or not the log has begun.
pub(super) fn in_json(event: impl FnOnce()) {
    let lines = tracing_subscriber::fmt().with_writer(io::stderr).json().with_current_span(false).finish();
    tracing::subscriber::with_default(lines, event);
}

/// A panic in one line, not in several beside the log.
fn panicked(panic: &PanicHookInfo<'_>) {
    in_json(|| tracing::error!("{panic}"));
}

fn filter(default: LevelFilter) -> EnvFilter {
    let filter = EnvFilter::builder().with_default_directive(default.into());
    let filter = filter.with_env_var("YONG_LOG").from_env_lossy();
    // Whatever is chosen: arkworks opens a span for each operation of a constraint system, millions of them, and notes
    // down its operands, which may be secret.
    let off = |filter: EnvFilter, target| {
        filter.add_directive(format!("{target}=off").parse().expect("a directive"))
    };
    ["r1cs", "gr1cs"].into_iter().fold(filter, off)
}

fn colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty())
}

/// The environment's variable for the format.
pub(super) const VARIABLE: &str = "YONG_LOG_FORMAT";
