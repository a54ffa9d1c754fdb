//! How a command ends badly: what went wrong, and what to do about it.

use ledger::client::TrustError;
use service::cli::{Authority, CommandError, Explain, Language};
use service::durable::WriteError;
use service::staff::RosterError;
use service::tls::TlsError;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::client::ClientError;
use crate::following::FileError;
use crate::http::{OpenError, ServeError};
use crate::offline::{BundleError, DeviceError};
use crate::store::StoreError;
use verifier::receipt::ExportError;

/// Why a command ends badly.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error("{path} is not a configuration: {reason}")]
    Config { path: PathBuf, reason: String },
    #[error("{path} cannot be read: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0} is not a genesis file")]
    Genesis(PathBuf),
    #[error("certificate authorities: {0}")]
    Authority(TrustError),
    #[error(transparent)]
    Tls(TlsError),
    #[error("no genesis is trusted yet")]
    NoGenesis,
    #[error("the ledger cannot be reached: {0}")]
    Ledger(String),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("{0}")]
    Clerks(RosterError),
    #[error("the password file names nobody called `{0}`")]
    NoSuchClerk(String),
    #[error("the password cannot be used: {0}")]
    Password(String),
    #[error("there is no receipt `{0}`")]
    NoReceipt(String),
    #[error("of the receipt `{0}` nothing is kept that could be checked")]
    NoEvidence(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the state of following cannot be read: {0}")]
    Following(#[from] FileError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("{path} is no receipt that was exported: {reason}")]
    NotAReceipt { path: PathBuf, reason: String },
    #[error("{0}")]
    RevealedMissing(String),
    #[error("the data directory is not one of a service that has followed its ledger")]
    NoService,
    #[error("{0} is not there: nothing was accepted")]
    NothingKept(PathBuf),
    #[error(transparent)]
    Offline(#[from] DeviceError),
    #[error("{}", .0.message(Language::English))]
    Answer(CommandError),
    #[error("the samples do not check: {0}")]
    Samples(String),
}

impl From<CommandError> for CliError {
    fn from(error: CommandError) -> Self {
        Self::Answer(error)
    }
}

impl From<BundleError> for CliError {
    fn from(error: BundleError) -> Self {
        Self::Offline(error.into())
    }
}

impl Explain for CliError {
    fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Usage(_) => "usage",
            Self::Config { .. } => "bad_config",
            Self::File { .. } => "unreadable_file",
            Self::Genesis(_) => "bad_genesis",
            Self::NoGenesis => "no_genesis",
            Self::Ledger(_) => "ledger_unreachable",
            Self::Listen { .. } => "cannot_listen",
            Self::Authority(_) => "bad_ca",
            Self::Tls(error) => return error.code(),
            Self::Serve(ServeError::Open(OpenError::Store(StoreError::Older { .. }))) => "older_database",
            Self::Serve(_) => "cannot_serve",
            Self::Client(ClientError::Refused { error, .. }) => return Cow::Owned(error.clone()),
            Self::Client(ClientError::Unreachable { .. }) => "verifier_unreachable",
            Self::Client(_) => "not_a_verifier",
            Self::Clerks(_) => "bad_clerks",
            Self::NoSuchClerk(_) => "no_such_clerk",
            Self::Password(_) => "bad_password",
            Self::NoReceipt(_) => "no_receipt",
            Self::NoEvidence(_) => "no_evidence",
            Self::Store(_) | Self::Following(_) => "bad_data",
            Self::Export(ExportError::Follow(_)) => "ledger_not_followed",
            Self::Export(ExportError::Wiped) => "revealed_wiped",
            Self::Export(_) => "cannot_export",
            Self::Write(_) => "unwritable_file",
            Self::NotAReceipt { .. } => "not_a_receipt",
            Self::RevealedMissing(_) => "revealed_missing",
            Self::NoService => "no_service",
            Self::NothingKept(_) => "nothing_kept",
            Self::Offline(error) => offline_code(error),
            Self::Answer(error) => return Cow::Owned(error.code().to_owned()),
            Self::Samples(_) => "bad_samples",
        })
    }

    fn remedy(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Usage(_) => "See `verifier --help`.",
            Self::Config { .. } => "Correct the file; unknown keys are refused.",
            Self::File { .. } => "Check the path and who may read it.",
            Self::Genesis(_) => "Give the file that `ledger init` wrote.",
            Self::NoGenesis => {
                "Give --genesis FILE, or --trust-ledger-genesis to believe the ledger the first time."
            }
            Self::Ledger(_) => "Start the ledger (`ledger serve`), or give its address with --ledger.",
            Self::Authority(_) => Authority::REMEDY,
            Self::Tls(error) => return error.remedy(),
            Self::Listen { .. } => "End what listens there, or choose another address with --listen.",
            Self::Serve(ServeError::Open(error)) => open_remedy(error),
            Self::Serve(ServeError::Network(_)) => "Check the network of this machine and start again.",
            Self::Client(ClientError::Refused { error, .. }) => refused_remedy(error),
            Self::Client(ClientError::Unreachable { .. }) => {
                "Start the service (`verifier serve`), or give its address with --url."
            }
            Self::Client(_) => "Check --url, and that both programs have the same version.",
            Self::Clerks(_) => "Check the path, who may write there, and the line that is named.",
            Self::NoSuchClerk(_) => "See `verifier clerk list`.",
            Self::Password(_) => "Type it twice on a terminal, or give it in YONG_CLERK_PASSWORD.",
            Self::NoReceipt(_) => {
                "Check the identifier and --data; at the end of the policy's retention a receipt is deleted."
            }
            Self::NoEvidence(_) => "Only answers that passed can be exported.",
            Self::Store(_) | Self::Following(_) => "Check --data, its free space, and who may read there.",
            Self::Export(ExportError::Follow(_)) => {
                "Give the address of the ledger, or of a mirror of it, with --ledger."
            }
            Self::Export(ExportError::Wiped) => {
                "Export without --with-revealed; whoever checks gives the values with --revealed."
            }
            Self::Export(_) => "Check that --ledger is the ledger that the counter follows.",
            Self::Write(_) => "Choose a new file; none is written over.",
            Self::NotAReceipt { .. } => "Give the file as `verifier receipt export` wrote it.",
            Self::RevealedMissing(_) => "Give what the citizen handed over with --revealed FILE.",
            Self::NoService => "Give the directory of a service that ran (`verifier serve`) with --data.",
            Self::NothingKept(_) => "Give the file of what was accepted with --kept.",
            Self::Offline(error) => offline_remedy(error),
            Self::Answer(error) => return Cow::Owned(error.remedy(Language::English).to_owned()),
            Self::Samples(_) => "Give files that belong together: key, proof and public inputs.",
        })
    }
}

fn offline_code(error: &DeviceError) -> &'static str {
    match error {
        DeviceError::Bundle(BundleError::NotNow { .. }) => "bundle_too_old",
        DeviceError::Bundle(BundleError::NotFresh(_)) => "ledger_answers_old",
        DeviceError::Bundle(BundleError::Key(_)) => "no_key",
        DeviceError::Bundle(_) => "bad_bundle",
        DeviceError::Store(_) => "bad_store",
    }
}

fn offline_remedy(error: &DeviceError) -> &'static str {
    match error {
        DeviceError::Bundle(BundleError::NotNow { .. }) => {
            "Fetch a new one with `verifier bundle`, and check this machine's clock."
        }
        DeviceError::Bundle(BundleError::NotFresh(_)) => {
            "Look at this machine's clock, then at the ledger; fetch the bundle when it states something new."
        }
        DeviceError::Bundle(BundleError::Key(_)) => {
            "Give --development to `verifier bundle` if development keys are to be accepted."
        }
        DeviceError::Bundle(_) => "Give the file that `verifier bundle` wrote with --bundle.",
        DeviceError::Store(_) => {
            "Check the file of what was accepted, its free space, and who may write there."
        }
    }
}

fn open_remedy(error: &OpenError) -> &'static str {
    match error {
        OpenError::NotPrivate(_) => {
            "Give a --public-url with https, or one on loopback, such as http://127.0.0.1:7003."
        }
        OpenError::TokenNeeded(_) => "Give --token-file; or listen on loopback without a public address.",
        OpenError::ClerksNeeded(_) => {
            "Listen on loopback, or make a password file with `verifier clerk add`."
        }
        OpenError::Clerks(_) => "Make it with `verifier clerk add`, or give another with --clerks.",
        OpenError::Store(StoreError::Older { .. }) => {
            "Restore a newer copy; or, if there is none, go on with `verifier accept-restore`, which takes the same \
             --config, --data and --marker as the service."
        }
        OpenError::Store(StoreError::File { .. }) => {
            "Check --data, and --marker, which is a file beside --data unless you name another; their free space, and who \
             may write there."
        }
        OpenError::Following(_) => "Remove following.json from the data directory, or choose another --data.",
        _ => "Check --data, its free space, and who may write there.",
    }
}

fn refused_remedy(error: &str) -> &'static str {
    match error {
        "unknown_policy" => "See `verifier policies` for what can be asked.",
        "not_started" => "Ask on the first day of the matter, which the detail names.",
        "other_register" => {
            "Ask at the counter that is the register, or have the department of that name register this one as it."
        }
        "unauthorized" => "Give the counter's token with --token-file.",
        "not_ready" => "See /readyz of the service for the reason, and try again later.",
        _ => "See the reason above.",
    }
}
