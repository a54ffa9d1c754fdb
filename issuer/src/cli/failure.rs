//! How a command ends badly: what went wrong, and what to do about it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use service::staff::RosterError;

use super::Talk;
use crate::client::IssuerClientError;
use crate::config::ConfigError;
use crate::rows::RowsError;
use crate::serve::ServeError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Config(ConfigError),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    #[error(transparent)]
    Serve(ServeError),
    #[error("cannot read the staff token `{0}`: {1}")]
    Token(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    IssuerClient(#[from] IssuerClientError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error("cannot write the report `{0}`: {1}")]
    Report(PathBuf, #[source] std::io::Error),
    #[error("{0}")]
    Clerks(RosterError),
    #[error("the configuration `{0}` names no password file")]
    NoClerks(PathBuf),
    #[error("nobody is called `{0}`")]
    NoSuchClerk(String),
    #[error("no password: {0}")]
    Password(String),
    #[error("{0}")]
    Usage(String),
}

/// Says it and gives the exit code: 1 where the desk refused, else 2.
pub(super) fn tell(failure: &Failure, talk: Talk) -> ExitCode {
    let (error, remedy) = (failure.code(), failure.remedy());
    match talk {
        Talk::People => eprintln!("Error: {failure}.\n{remedy}"),
        Talk::Machine => {
            eprintln!("{}", json!({"error": error, "message": failure.to_string(), "remedy": remedy}));
        }
    }
    match failure {
        Failure::IssuerClient(IssuerClientError::Refused { .. }) => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}

/// Help and version go to stdout; a usage error is an error like any other.
pub(super) fn usage(e: &clap::Error) -> ExitCode {
    if !e.use_stderr() || !std::env::args().any(|a| a == "--json") {
        e.print().ok();
        return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
    }
    tell(&Failure::Usage(e.kind().to_string()), Talk::Machine)
}

impl Failure {
    fn code(&self) -> String {
        let word = match self {
            Self::Config(_) => "bad_config",
            Self::Listen(..) => "cannot_listen",
            Self::Serve(_) => "cannot_serve",
            Self::Token(..) => "no_token",
            Self::IssuerClient(IssuerClientError::Refused { code, .. }) => return code.clone(),
            Self::IssuerClient(IssuerClientError::Busy(_)) => "desk_busy",
            Self::IssuerClient(IssuerClientError::Unreachable(_)) => "desk_unreachable",
            Self::IssuerClient(IssuerClientError::Malformed(_)) => "not_a_desk",
            Self::Rows(_) => "bad_list",
            Self::Report(..) => "no_report",
            Self::Clerks(_) => "bad_clerks",
            Self::NoClerks(_) => "no_clerks",
            Self::NoSuchClerk(_) => "no_such_clerk",
            Self::Password(_) => "no_password",
            Self::Usage(_) => "usage",
        };
        word.to_owned()
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Config(_) => {
                "Correct the file, or give another with --config; `issuer serve --help` shows one."
            }
            Self::Listen(..) => "End what listens there, or choose another address with --listen.",
            Self::Serve(_) => "Check the paths in the configuration and who may read them.",
            Self::Token(..) => "Check --token-file.",
            Self::IssuerClient(IssuerClientError::Refused { code, .. }) => refusal_remedy(code),
            Self::IssuerClient(IssuerClientError::Busy(_)) => "Try again shortly; nothing is done twice.",
            Self::IssuerClient(IssuerClientError::Unreachable(_)) => {
                "Start the desk (`issuer serve`), or give its address with --desk."
            }
            Self::IssuerClient(IssuerClientError::Malformed(_)) => {
                "Check --desk, and that both programs have the same version."
            }
            Self::Rows(_) => "Correct the file and run the command again.",
            Self::Report(..) => "Choose another file with --report.",
            Self::Clerks(_) => "Correct the file, or begin another with `issuer clerk add`.",
            Self::NoClerks(_) => {
                "Write `clerks = \"clerks.txt\"` under `[staff]` in it, or name the file with --clerks."
            }
            Self::NoSuchClerk(_) => "See `issuer clerk list`.",
            Self::Password(_) => "Type at least 10 characters, twice the same; or set YONG_CLERK_PASSWORD.",
            Self::Usage(_) => "See `issuer --help`.",
        }
    }
}

fn refusal_remedy(code: &str) -> &'static str {
    match code {
        "unknown_person" => "Import a record first (`issuer records import`), and check the number.",
        "not_granted" => "Check --schema, --desk, and the desk's configuration.",
        "not_held" => "Check --schema and --person; offer the credential first.",
        "suspended" => "Restore or revoke the credential first.",
        "final" | "withdrawn" => "Make a new offer (`issuer offer`).",
        "bad_reason" => "Use a short code, such as `moved` or `court.order`.",
        "bad_value" => "Give a value that fits the schema.",
        "unauthorized" => "Give the staff token with --token-file.",
        _ => "See the reason above; nothing was changed.",
    }
}
