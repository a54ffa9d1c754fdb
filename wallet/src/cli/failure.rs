//! What went wrong and what to do about it: two sentences and a word for programs.

use ledger::follow::FollowError;
use ledger::registry::KeyUseError;
use ledger::source::FetchError;
use serde_json::json;

use crate::followed::ResumeError;
use crate::keys::KeyFetchError;
use crate::phrase::PhraseError;
use crate::present::{AnswerError, PresentError, RequestError};
use crate::receive::ReceiveError;
use crate::store::{SealError, StoreError};

/// Why a command ends with exit code 2.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) word: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: &'static str,
}

impl Failure {
    pub(crate) fn new(word: &'static str, what: impl std::fmt::Display, remedy: &'static str) -> Self {
        Self { word, message: sentence(&what.to_string()), remedy }
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        json!({"error": self.word, "message": self.message, "remedy": self.remedy})
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '。']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

impl From<PhraseError> for Failure {
    fn from(error: PhraseError) -> Self {
        Self::new("bad_phrase", error, "Compare every word and their order with what you wrote down.")
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (word, remedy) = match &error {
            StoreError::NoWallet(_) => {
                ("no_wallet", "Make one with `wallet init`, or name its folder with --home.")
            }
            StoreError::AlreadyThere(_) => {
                ("wallet_exists", "Choose another folder with --home; a wallet is never overwritten.")
            }
            StoreError::Busy(_) => ("wallet_busy", "Wait until the other process is done."),
            StoreError::TargetExists(_) => {
                ("file_exists", "Choose a new file name; a backup is never overwritten.")
            }
            StoreError::Sealed { source, .. } => sealed(*source),
            StoreError::Contents { .. } => {
                ("unreadable_contents", "Use the version of this program that wrote it, or a backup.")
            }
            _ => ("disk", "Check the folder, its free space and who may write there."),
        };
        Self::new(word, error, remedy)
    }
}

fn sealed(error: SealError) -> (&'static str, &'static str) {
    match error {
        SealError::WrongPassphrase => {
            ("wrong_passphrase", "Try again; without it only the recovery phrase helps.")
        }
        SealError::Truncated => ("truncated", RESTORE),
        SealError::HeaderAltered | SealError::Cost => ("header_altered", RESTORE),
        SealError::BodyAltered | SealError::Trailing(_) => ("contents_altered", RESTORE),
        SealError::OtherVersion(_) => {
            ("other_version", "Use the version of this program that wrote the file.")
        }
        SealError::OtherWallet => (
            "other_wallet",
            "Delete ledger.yong in the wallet's folder and run `wallet sync`; it holds only public data.",
        ),
        _ => ("not_a_wallet", "Check the file's name."),
    }
}

const RESTORE: &str =
    "Restore a backup with `wallet restore FILE --home NEW-FOLDER`, or start from the recovery phrase.";

impl From<ResumeError> for Failure {
    fn from(error: ResumeError) -> Self {
        Self::new(
            "ledger_state",
            error,
            "Delete ledger.yong in the wallet's folder and run `wallet sync`; it holds only public data.",
        )
    }
}

impl From<FollowError> for Failure {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Misbehaviour(_) => Self::new(
                "ledger_misbehaves",
                error,
                "Do not rely on this ledger; tell the departments, and keep the wallet's folder as evidence.",
            ),
            FollowError::Fetch(error) => error.into(),
            other => Self::new("ledger_moved", other, "Try again."),
        }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::new(
            "ledger_unreachable",
            format!("the ledger: {error}"),
            "Check the network and --ledger, then try again.",
        )
    }
}

impl From<KeyFetchError> for Failure {
    fn from(error: KeyFetchError) -> Self {
        let (word, remedy) = match &error {
            KeyFetchError::NotUsable { why: KeyUseError::Development, .. } => (
                "development_key_refused",
                "Wait for a key from a ceremony; to try things out, give --development.",
            ),
            KeyFetchError::NotUsable { .. } => (
                "no_key",
                "Run `wallet sync`; if that does not help, the departments have no key for this time.",
            ),
            KeyFetchError::Fetch(_) => ("key_unreachable", "Check the network and --ledger, then try again."),
            KeyFetchError::Disk(_) => ("disk", "Check the wallet's folder and its free space."),
            _ => ("bad_key", "Tell the ledger's operator; the wallet does not use another key."),
        };
        Self::new(word, error, remedy)
    }
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Self {
        let (word, remedy) = match error {
            ReceiveError::Key(error) => return error.into(),
            ReceiveError::Follow(error) => return error.into(),
            ReceiveError::Link(_) => ("bad_offer", "Copy the whole link from the desk."),
            ReceiveError::ForeignDesk => {
                ("foreign_desk", "Do not use this offer: its sender is not a department on your ledger.")
            }
            ReceiveError::Http(_) => {
                ("desk_unreachable", "Check the network, then ask the desk for a new offer.")
            }
            ReceiveError::Refused { .. } => {
                ("desk_refused", "Check the number from the clerk, or ask the desk for a new offer.")
            }
            ReceiveError::NoTxCode(_) => ("no_tx_code", "Give the clerk's number with --tx-code."),
            ReceiveError::Identity(_) => {
                ("no_identity", "Receive the identity credential first, then run `wallet sync`.")
            }
            ReceiveError::UnknownSchema(_) => ("unknown_schema", "Run `wallet sync` and try again."),
            ReceiveError::NotInTree => {
                ("not_on_ledger", "Nothing was kept; tell the desk, and try again with a new offer.")
            }
            ReceiveError::OtherCredential | ReceiveError::Credential(_) => {
                ("other_credential", "Nothing was kept; tell the desk.")
            }
            ReceiveError::Prove(_) => ("not_proved", "This is a defect of the program; please report it."),
            _ => ("not_a_desk", "Nothing was kept; ask the desk for a new offer."),
        };
        Self::new(word, error, remedy)
    }
}

impl From<PresentError> for Failure {
    fn from(error: PresentError) -> Self {
        let error = match error {
            PresentError::Key(error) => return error.into(),
            other => other,
        };
        let (word, remedy) = match &error {
            PresentError::Request(error) => request(error),
            PresentError::TooOld { .. } => ("sync_too_old", "Run `wallet sync`, then present again."),
            PresentError::NeverSynced => ("never_synced", "Run `wallet sync`, then present again."),
            PresentError::Answer(AnswerError::NotJudged(_)) => {
                ("counter_busy", "Ask the counter to try again.")
            }
            PresentError::Code(_) => ("too_long", "Present it over the network."),
            PresentError::Answer(_) => {
                ("counter_unreachable", "Ask the counter whether the answer arrived, before trying again.")
            }
            _ => ("not_proved", "This is a defect of the program or of the policy; please report it."),
        };
        Self::new(word, error, remedy)
    }
}

fn request(error: &RequestError) -> (&'static str, &'static str) {
    match error {
        RequestError::Link(_) | RequestError::ClientIdKind => {
            ("bad_link", "Copy the whole link from the counter.")
        }
        RequestError::Http(_) => {
            ("counter_unreachable", "Check the network, then ask the counter for a new request.")
        }
        RequestError::NotGiven(_) | RequestError::Expired(_) => {
            ("expired", "Ask the counter for a new request.")
        }
        RequestError::Clock(_) => ("clock", "Set this machine's clock, or tell the counter to set theirs."),
        RequestError::UnknownPolicy(_) => {
            ("unknown_policy", "Run `wallet sync`, then present again; if it stays unknown, do not answer.")
        }
        RequestError::TransactionData | RequestError::RedirectUri => {
            ("unsupported_request", "Tell the counter; it learnt only that its request was not accepted.")
        }
        RequestError::Encryption => ("encryption", "Tell the counter; its request cannot be answered."),
        _ => ("bad_request", "Do not answer: nothing was sent. Tell the counter."),
    }
}
