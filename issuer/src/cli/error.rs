//! How a command ends badly: what went wrong, and what to do about it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;

use ledger::client::TrustError;
use service::cli::{Authority, Explain};
use service::durable::WriteError;
use service::http::PlainPublicUrl;
use service::staff::RosterError;
use service::tls::TlsError;

use crate::client::IssuerClientError;
use crate::config::ConfigError;
use crate::issuer::{OpenError, ReconcileError};
use crate::rows::RowsError;
use crate::serve::ServeError;
use crate::store::StoreError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Config(ConfigError),
    #[error("certificate authorities: {0}")]
    Authority(TrustError),
    #[error(transparent)]
    Tls(TlsError),
    #[error(transparent)]
    PlainPublicUrl(PlainPublicUrl),
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
    #[error("cannot read the proposal `{0}`: {1}")]
    NoProposal(PathBuf, #[source] std::io::Error),
    #[error("`{0}` is not a request for a recovery: {1}")]
    BadProposal(PathBuf, String),
    #[error("cannot write the proposal: {0}")]
    ProposalNotWritten(#[source] WriteError),
    #[error(transparent)]
    Reconcile(#[from] ReconcileError),
}

impl Explain for CliError {
    fn code(&self) -> Cow<'static, str> {
        let word = match self {
            Self::Config(_) | Self::PlainPublicUrl(_) | Self::Serve(ServeError::Binding(_)) => "bad_config",
            Self::Authority(_) => "bad_ca",
            Self::Tls(error) => return error.code(),
            Self::Listen(..) => "cannot_listen",
            Self::Serve(_) => "cannot_serve",
            Self::Token(..) => "no_token",
            Self::IssuerClient(IssuerClientError::Refused { code, .. }) => return code.clone().into(),
            Self::IssuerClient(IssuerClientError::Waits(_)) => "waits",
            Self::IssuerClient(IssuerClientError::Busy(_)) => "desk_busy",
            Self::IssuerClient(IssuerClientError::Unreachable(_)) => "desk_unreachable",
            Self::IssuerClient(IssuerClientError::Malformed(_)) => "not_a_desk",
            Self::Rows(_) => "bad_list",
            Self::Report(..) => "no_report",
            Self::Clerks(_) => "bad_clerks",
            Self::NoClerks(_) => "no_clerks",
            Self::NoSuchClerk(_) => "no_such_clerk",
            Self::Password(_) => "no_password",
            Self::NoProposal(..) => "no_proposal",
            Self::BadProposal(..) => "bad_proposal",
            Self::ProposalNotWritten(_) => "not_written",
            Self::Reconcile(_) => "not_reconciled",
        };
        word.into()
    }

    fn remedy(&self) -> Cow<'static, str> {
        let remedy = match self {
            Self::Config(_) => {
                "Correct the file, or give another with --config; `issuer serve --help` shows one."
            }
            Self::Authority(_) => Authority::REMEDY,
            Self::Tls(error) => return error.remedy(),
            Self::PlainPublicUrl(_) => {
                "Correct `public_url`, and the department's `desk` on the ledger with it."
            }
            Self::Listen(..) => {
                "End what listens there, or change `listen` in the configuration, and `public_url` and the department's \
                 `desk` on the ledger with it: wallets come to that address."
            }
            Self::Serve(ServeError::Open(OpenError::Store(StoreError::Newer { .. }))) => {
                "Start the newer program that wrote the database."
            }
            Self::Serve(ServeError::Binding(_)) => {
                "Write into `binding` what the schema says, or publish a new version of the schema that says it and grant \
                 that one."
            }
            Self::Serve(_) => "Check the paths in the configuration and who may read them.",
            Self::Token(..) => "Check --token-file.",
            Self::IssuerClient(IssuerClientError::Refused { code, .. }) => refusal_remedy(code),
            Self::IssuerClient(IssuerClientError::Waits(_)) => {
                "Ask another clerk to look at it, under `待复核事项` of the desk's page."
            }
            Self::IssuerClient(IssuerClientError::Busy(_)) => "Try again shortly; nothing is done twice.",
            Self::IssuerClient(IssuerClientError::Unreachable(_)) => {
                "Start the desk (`issuer serve`), or give its address with --desk."
            }
            Self::IssuerClient(IssuerClientError::Malformed(_)) => {
                "Check --desk, and that both programs have the same version."
            }
            Self::Rows(RowsError::Ambiguous { .. }) => {
                "Say which is right with --encoding utf-8 or --encoding gb18030, or save the list as “CSV UTF-8”."
            }
            Self::Rows(RowsError::NoText { .. }) => {
                "Save the list as “CSV UTF-8”, or say its encoding with --encoding."
            }
            Self::Rows(_) => "Correct the file and run the command again.",
            Self::Report(..) => "Choose another file with --report.",
            Self::Clerks(_) => "Correct the file, or begin another with `issuer clerk add`.",
            Self::NoClerks(_) => {
                "Write `clerks = \"clerks.txt\"` under `[staff]` in it, or name the file with --clerks."
            }
            Self::NoSuchClerk(_) => "See `issuer clerk list`.",
            Self::NoProposal(..) => "Give a file that you may read.",
            Self::BadProposal(..) => {
                "Give the file that `issuer recover` or the page of the other desk gave."
            }
            Self::ProposalNotWritten(_) => "Choose a new file in a folder that you may write to.",
            Self::Reconcile(_) => "Check `ledger` in the configuration, and that the ledger answers.",
            Self::Password(_) => "Type at least 10 characters, twice the same; or set YONG_CLERK_PASSWORD.",
        };
        remedy.into()
    }

    fn is_refusal(&self) -> bool {
        matches!(self, Self::IssuerClient(IssuerClientError::Refused { .. } | IssuerClientError::Waits(_)))
    }
}

fn refusal_remedy(code: &str) -> &'static str {
    match code {
        "unknown_person" => "Import a record first (`issuer records import`), and check the number.",
        "department_suspended" => "Ask the departments to reinstate this one (`ledger propose`).",
        "not_granted" => "Check --schema, --desk, and the desk's configuration.",
        "not_held" => "Check --schema and --person; offer the credential first.",
        "suspended" => "Restore or revoke the credential first.",
        "final" | "withdrawn" => "Make a new offer (`issuer offer`).",
        "bad_reason" => "Use a short code, such as `moved` or `court.order`.",
        "needs_approval" => "Do it at the desk's page, where another clerk approves it.",
        "no_bundle" | "recovery_requested" => "Reset the person (`issuer reset`).",
        "not_approved" | "own_recovery" => "Have another department approve it (`issuer approve-recovery`).",
        "proposal_ended" | "not_open" => "Have it proposed anew (`issuer recover`).",
        "bad_value" => "Give a value that fits the schema.",
        "unauthorized" => "Give the staff token with --token-file.",
        _ => "See the reason above; nothing was changed.",
    }
}
