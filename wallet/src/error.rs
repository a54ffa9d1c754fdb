//! What went wrong, for people and programs: an error's words are its `Display`; its code and what to do about it
//! stand in one table per enum.

use ledger::follow::FollowError;
use ledger::registry::KeyUseError;
use ledger::source::FetchError;
use service::clock::BeforeEpoch;

use crate::contents::ContentsError;
use crate::followed::ResumeError;
use crate::http::HttpError;
use crate::keys::KeyFetchError;
use crate::pair::{MessageError, PairError};
use crate::phrase::PhraseError;
use crate::present::{AnswerError, ClockGap, PresentError, Reading, RequestError, WrongClock};
use crate::receive::{NoticeError, ReceiveError};
use crate::store::{SealError, StoreError};
use crate::trustees::{DealError, RecoverError};
use crate::wallet::NotEmpty;

/// Why the wallet does not do what its owner wants.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WalletError {
    /// The words are not a recovery phrase.
    #[error(transparent)]
    Phrase(#[from] PhraseError),
    /// The wallet on disk cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The genesis under the seal is not one.
    #[error("{0}")]
    Genesis(#[source] serde_json::Error),
    /// What was learned from the ledger cannot be continued.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The ledger cannot be followed, though it answers.
    #[error(transparent)]
    Follow(FollowError),
    /// The ledger does not answer.
    #[error("the ledger: {0}")]
    Fetch(#[from] FetchError),
    /// There is no proving key.
    #[error(transparent)]
    Key(#[from] KeyFetchError),
    /// No credential was received.
    #[error(transparent)]
    Receive(ReceiveError),
    /// A request came to no end.
    #[error(transparent)]
    Present(PresentError),
    /// A proof was sent, and how it ended could not be written down.
    #[error("{known}, and the wallet could not write that down: {source}")]
    NotWritten {
        /// What is known of its end.
        known: &'static str,
        /// What the disk says.
        source: StoreError,
    },
    /// Two wallets were not paired.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// What was given as a message of the other wallet is none.
    #[error(transparent)]
    PairMessage(#[from] MessageError),
    /// This wallet cannot take another one's person secret.
    #[error(transparent)]
    NotEmpty(#[from] NotEmpty),
    /// The person secret is not with trustees.
    #[error(transparent)]
    Deal(#[from] DealError),
    /// The person secret did not come back.
    #[error(transparent)]
    Recover(RecoverError),
    /// This machine's clock is of no use.
    #[error(transparent)]
    Clock(#[from] BeforeEpoch),
}

impl WalletError {
    /// The word for programs, which also names the sentences of the pages.
    pub(crate) fn code(&self) -> &'static str {
        self.advice().0
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> &'static str {
        self.advice().1
    }

    /// The clocks that differ, where they are why.
    pub(crate) fn clock_gap(&self) -> Option<ClockGap> {
        match self {
            Self::Present(PresentError::Request(RequestError::Clock(gap))) => Some(*gap),
            _ => None,
        }
    }

    /// How many wrong numbers the desk still takes, where one was wrong.
    pub(crate) fn tries_left(&self) -> Option<u32> {
        match self {
            Self::Receive(ReceiveError::WrongNumber { left }) => Some(*left),
            _ => None,
        }
    }

    fn advice(&self) -> Advice {
        match self {
            Self::Phrase(_) => ("bad_phrase", "Compare every word and their order with what you wrote down."),
            Self::Store(error) => store(error),
            Self::Genesis(_) => ("bad_genesis", "Restore a backup of the wallet."),
            Self::Resume(_) => ("ledger_state", FORGET_LEDGER),
            Self::Follow(error) => follow(error),
            Self::Fetch(_) => ("ledger_unreachable", "Check the network and --ledger, then try again."),
            Self::Key(error) => key(error),
            Self::Receive(error) => receive(error),
            Self::Present(error) => present(error),
            Self::NotWritten { .. } => (
                "not_written",
                "Free some space. The history has the request as begun; ask the counter before you present again.",
            ),
            Self::Pair(error) => pair(*error),
            Self::PairMessage(_) => {
                ("pair_message", "Copy the whole message of the other wallet, the newest that it shows.")
            }
            Self::NotEmpty(_) => (
                "not_empty",
                "Make a new wallet in another folder with --home, and pair or recover that one before it receives anything.",
            ),
            Self::Deal(error) => deal(error),
            Self::Recover(error) => recover(error),
            Self::Clock(_) => ("clock", "Set this machine's clock."),
        }
    }
}

/// Only what the log's key signed speaks against the ledger; the rest is of the network, of a copy, or of the address.
fn follow(error: &FollowError) -> Advice {
    match error {
        FollowError::Misbehaviour(_) => (
            "ledger_misbehaves",
            "Do not rely on this ledger; tell the departments, and keep the wallet's folder as evidence.",
        ),
        FollowError::Fetch(_) => ("ledger_unreachable", "Check the network and --ledger, then try again."),
        FollowError::Lags { .. } => ("ledger_lags", "Try again later, or give another copy with --ledger."),
        FollowError::NotThisLedger(_) => (
            "not_the_ledger",
            "Check --ledger, and whether the network wants you to sign in first; then try again.",
        ),
        FollowError::Damaged(_) => ("ledger_damaged", "Try again, or give another copy with --ledger."),
        FollowError::Unwitnessed(_) => {
            ("ledger_unwitnessed", "Try again later; if it stays so, tell the departments.")
        }
        FollowError::Clocks { .. } => CLOCKS,
        _ => ("ledger_moved", "Try again."),
    }
}

impl From<FollowError> for WalletError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Fetch(error) => error.into(),
            other => Self::Follow(other),
        }
    }
}

impl From<ReceiveError> for WalletError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Key(error) => error.into(),
            ReceiveError::Follow(error) => error.into(),
            other => Self::Receive(other),
        }
    }
}

impl From<RecoverError> for WalletError {
    fn from(error: RecoverError) -> Self {
        match error {
            RecoverError::NotEmpty(error) => error.into(),
            other => Self::Recover(other),
        }
    }
}

impl From<PresentError> for WalletError {
    fn from(error: PresentError) -> Self {
        match error {
            PresentError::Key(error) => error.into(),
            other => Self::Present(other),
        }
    }
}

impl From<RequestError> for WalletError {
    fn from(error: RequestError) -> Self {
        Self::Present(error.into())
    }
}

/// A code, and what to do.
type Advice = (&'static str, &'static str);

fn pair(error: PairError) -> Advice {
    match error {
        PairError::OtherNumber => (
            "other_number",
            "Nothing was given. Stop on both wallets; if nobody mistyped, somebody is between them: pair them elsewhere.",
        ),
        PairError::Altered => ("pair_altered", "Stop on both wallets, and begin again with a new offer."),
        PairError::NotOpened | PairError::NotASecret => {
            ("pair_not_opened", "Nothing was taken. Stop on both wallets, and begin again with a new offer.")
        }
    }
}

fn deal(error: &DealError) -> Advice {
    match error {
        DealError::NoAuthority | DealError::TooFew(_) => (
            "no_trustees",
            "Keep the recovery phrase on paper: by this ledger nothing else brings the wallet back.",
        ),
        DealError::Paired => ("deal_paired", "Run `wallet trustees` on the first device."),
        DealError::NoIdentity(_) => {
            ("deal_no_identity", "Receive the identity credential first, then run `wallet trustees`.")
        }
        DealError::Bundle(_) => {
            ("deal_bundle", "Run `wallet sync`, then `wallet trustees`; if it stays so, report it.")
        }
        DealError::NotKept(_) => {
            ("not_kept", "Run `wallet trustees` later: it shares anew among all of them.")
        }
        DealError::Notice(NoticeError::NoDesk(_) | NoticeError::NotKept(_)) => {
            ("desk_keeps_none", "Ask the desk when it takes part, then run `wallet trustees`.")
        }
        DealError::Notice(NoticeError::Desk(error)) => notice(error),
    }
}

/// What of receiving can happen to a notice too has other remedies here.
fn notice(error: &ReceiveError) -> Advice {
    match error {
        ReceiveError::Key(error) => key(error),
        ReceiveError::Prove(_) => ("not_proved", "This is a defect of the program; please report it."),
        ReceiveError::Link(_)
        | ReceiveError::UnknownIssuer
        | ReceiveError::Suspended(_)
        | ReceiveError::NotBinding(_)
        | ReceiveError::Declined
        | ReceiveError::Http(_)
        | ReceiveError::Refused { .. }
        | ReceiveError::WrongNumber { .. }
        | ReceiveError::UsedUp
        | ReceiveError::Malformed(_)
        | ReceiveError::NotOne(_)
        | ReceiveError::NoTxCode(_)
        | ReceiveError::UnknownSchema(_)
        | ReceiveError::Identity(_)
        | ReceiveError::OtherCredential
        | ReceiveError::Credential(_)
        | ReceiveError::Follow(_)
        | ReceiveError::NotInTree => {
            ("desk_not_told", "Run `wallet trustees` later: it shares anew, and tells the desk.")
        }
    }
}

fn recover(error: &RecoverError) -> Advice {
    match error {
        RecoverError::NotEmpty(_) => (
            "not_empty",
            "Make a new wallet in another folder with --home, and recover that one before it receives anything.",
        ),
        RecoverError::NotBegun => ("not_begun", "Run `wallet recover`, and show its key at the desk."),
        RecoverError::NotRequested => (
            "not_requested",
            "Go to the desk with your document and this wallet's key; after both departments have agreed, try again.",
        ),
        RecoverError::NoneAnswered(_) | RecoverError::TooFew { .. } => (
            "too_few_shares",
            "Try again later: the departments give the same answer again. If it stays so, tell the desk who did not answer.",
        ),
    }
}

fn store(error: &StoreError) -> Advice {
    match error {
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
        StoreError::Sealed { source, .. } => seal(*source),
        StoreError::Contents { source: ContentsError::Earlier, .. } => (
            "earlier_wallet",
            "Bring it back from its recovery phrase with `wallet restore`, and collect the credentials anew.",
        ),
        StoreError::Contents { source: ContentsError::Unreadable | ContentsError::Credential(_), .. } => {
            ("unreadable_contents", "Use the version of this program that wrote it, or a backup.")
        }
        StoreError::Disk { .. } | StoreError::Write(_) => {
            ("disk", "Check the folder, its free space and who may write there.")
        }
    }
}

fn seal(error: SealError) -> Advice {
    match error {
        SealError::NotSealed => ("not_a_wallet", "Check the file's name."),
        SealError::OtherVersion(_) => {
            ("other_version", "Use the version of this program that wrote the file.")
        }
        SealError::HeaderAltered | SealError::Cost => ("header_altered", RESTORE),
        SealError::Truncated => ("truncated", RESTORE),
        SealError::WrongPassphrase => {
            ("wrong_passphrase", "Try again; without it only the recovery phrase helps.")
        }
        SealError::OtherWallet => ("other_wallet", FORGET_LEDGER),
        SealError::BodyAltered | SealError::Trailing(_) => ("contents_altered", RESTORE),
    }
}

fn key(error: &KeyFetchError) -> Advice {
    match error {
        KeyFetchError::NotUsable { why: KeyUseError::Development, .. } => (
            "development_key_refused",
            "Wait for a key from a ceremony; to try things out, give --development.",
        ),
        KeyFetchError::NotUsable { .. } => {
            ("no_key", "Run `wallet sync`; if that does not help, the departments have no key for this time.")
        }
        KeyFetchError::Fetch(_) => ("key_unreachable", "Check the network and --ledger, then try again."),
        KeyFetchError::OtherFile(_) | KeyFetchError::Key(_) | KeyFetchError::OtherVerifyingKey => {
            ("bad_key", "Tell the ledger's operator; the wallet does not use another key.")
        }
        KeyFetchError::Disk(_) => ("disk", "Check the wallet's folder and its free space."),
    }
}

fn receive(error: &ReceiveError) -> Advice {
    match error {
        ReceiveError::Link(_) => ("bad_offer", "Copy the whole link from the desk."),
        ReceiveError::UnknownIssuer => {
            ("foreign_desk", "Do not use this offer: its sender is not a department on your ledger.")
        }
        ReceiveError::Suspended(_) => (
            "desk_suspended",
            "Do not use this offer; ask the department, or try again when it is reinstated.",
        ),
        ReceiveError::NotBinding(_) => (
            "not_binding",
            "Nothing was shown; tell the department to say on the ledger that the credential hangs on an identity.",
        ),
        ReceiveError::Declined => ("declined", "Nothing was sent; open the offer again if you want it."),
        ReceiveError::Http(HttpError::Local(_)) => ("local_address", LOCAL),
        ReceiveError::Http(_) => {
            ("desk_unreachable", "Check the network, then ask the desk for a new offer.")
        }
        ReceiveError::Refused { .. } => {
            ("desk_refused", "Check the number from the clerk, or ask the desk for a new offer.")
        }
        ReceiveError::WrongNumber { .. } => {
            ("wrong_number", "Compare the number with what the clerk told you, and try again.")
        }
        ReceiveError::UsedUp => ("offer_used_up", "Ask the clerk to make a new offer, and scan that."),
        ReceiveError::Malformed(_) | ReceiveError::NotOne(_) => {
            ("not_a_desk", "Nothing was kept; ask the desk for a new offer.")
        }
        ReceiveError::NoTxCode(_) => ("no_tx_code", "Give the clerk's number with --tx-code."),
        ReceiveError::UnknownSchema(_) => ("unknown_schema", "Run `wallet sync` and try again."),
        ReceiveError::Identity(_) => {
            ("no_identity", "Receive the identity credential first, then run `wallet sync`.")
        }
        ReceiveError::Key(error) => key(error),
        ReceiveError::Prove(_) => ("not_proved", "This is a defect of the program; please report it."),
        ReceiveError::OtherCredential | ReceiveError::Credential(_) => {
            ("other_credential", "Nothing was kept; tell the desk.")
        }
        ReceiveError::Follow(error) => follow(error),
        ReceiveError::NotInTree => {
            ("not_on_ledger", "Nothing was kept; tell the desk, and try again with a new offer.")
        }
    }
}

fn present(error: &PresentError) -> Advice {
    match error {
        PresentError::Request(error) => request(error),
        PresentError::TooOld { .. } => (
            "sync_too_old",
            "Run `wallet sync`, then present again. If that does not help, see whether this machine's clock is right: then \
             the ledger, or what is on the way to it, shows old answers.",
        ),
        PresentError::Clocks { .. } => CLOCKS,
        PresentError::NeverSynced => ("never_synced", "Run `wallet sync`, then present again."),
        PresentError::Policy(_) | PresentError::Make(_) => {
            ("not_proved", "This is a defect of the program or of the policy; please report it.")
        }
        PresentError::Code(_) => ("too_long", "Present it over the network."),
        PresentError::Key(error) => key(error),
        PresentError::TakenMeanwhile(_) => ("taken_meanwhile", "Present again: another use is taken then."),
        PresentError::Answer(AnswerError::NotJudged(_)) => ("counter_busy", "Ask the counter to try again."),
        PresentError::Answer(AnswerError::Http(_)) => {
            ("counter_unreachable", "Ask the counter whether the answer arrived, before trying again.")
        }
    }
}

fn request(error: &RequestError) -> Advice {
    match error {
        RequestError::Link(_) | RequestError::ClientIdKind => {
            ("bad_link", "Copy the whole link from the counter.")
        }
        RequestError::Http(HttpError::Local(_)) => ("local_address", LOCAL),
        RequestError::Http(_) => {
            ("counter_unreachable", "Check the network, then ask the counter for a new request.")
        }
        RequestError::NotGiven(_) | RequestError::Expired(_) => {
            ("expired", "Ask the counter for a new request.")
        }
        RequestError::Clock(gap) => clock(*gap),
        RequestError::UnknownPolicy(_) => {
            ("unknown_policy", "Run `wallet sync`, then present again; if it stays unknown, do not answer.")
        }
        RequestError::NotOffline(_) => ("not_offline", "Present it over the network."),
        RequestError::NotStarted(_) => (
            "not_started",
            "Nothing was sent. Present it on that day; see whether this machine's clock is right.",
        ),
        RequestError::OtherRegister(_) => (
            "other_register",
            "Nothing was sent. Go to the counter that counts this matter, or run `wallet sync` if it has just become this one.",
        ),
        RequestError::TransactionData | RequestError::RedirectUri => {
            ("unsupported_request", "Tell the counter; it learnt only that its request was not accepted.")
        }
        RequestError::Encryption => ("encryption", "Tell the counter; its request cannot be answered."),
        RequestError::Jws(_)
        | RequestError::OtherCertificate
        | RequestError::Claims(_)
        | RequestError::OtherClientId
        | RequestError::WalletNonce
        | RequestError::LongLived
        | RequestError::ResponseUri
        | RequestError::OtherPolicy(_)
        | RequestError::OtherQuery(_) => {
            ("bad_request", "Do not answer: nothing was sent. Tell the counter.")
        }
    }
}

fn clock(gap: ClockGap) -> Advice {
    match (gap.wrong, gap.ours) {
        (WrongClock::Ours, Reading::Ahead) => ("clock_fast", OUR_CLOCK),
        (WrongClock::Ours, Reading::Behind) => ("clock_slow", OUR_CLOCK),
        (WrongClock::Counters, Reading::Ahead) => ("clock_counter_slow", COUNTERS_CLOCK),
        (WrongClock::Counters, Reading::Behind) => ("clock_counter_fast", COUNTERS_CLOCK),
        (WrongClock::Either, _) => (
            "clock_either",
            "Compare this machine's clock with another one, and set it or tell the counter; another request would not help.",
        ),
    }
}

const OUR_CLOCK: &str =
    "Set this machine's clock, then present again; another request would not help before.";
const COUNTERS_CLOCK: &str = "Tell the counter to set its clock; another request would not help before.";
const LOCAL: &str = "Do not follow it; to try things out with services of this machine, give --development.";
const CLOCKS: Advice = (
    "clocks_differ",
    "Set this machine's clock and try again. If it is right, the ledger's clock is wrong: tell the departments.",
);
const RESTORE: &str =
    "Restore a backup with `wallet restore FILE --home NEW-FOLDER`, or start from the recovery phrase.";
const FORGET_LEDGER: &str =
    "Delete ledger.yong in the wallet's folder and run `wallet sync`; it holds only public data.";
