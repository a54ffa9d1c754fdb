//! What is told on a page when something does not work.

use crate::error::WalletError;
use crate::qr::PictureError;
use crate::store::Guessed;

/// An error as a page tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageError {
    /// Names the sentence `failure-…`.
    pub(super) code: &'static str,
    /// For whoever helps the owner.
    pub(super) detail: Option<String>,
    /// By how much two clocks differ, where that is why.
    pub(super) minutes: Option<u64>,
    /// How many wrong numbers the desk still takes, where one was wrong.
    pub(super) tries: Option<u32>,
}

impl From<FormError> for PageError {
    fn from(error: FormError) -> Self {
        Self { code: error.code(), detail: None, minutes: None, tries: None }
    }
}

impl PageError {
    pub(super) fn new(error: &WalletError) -> Self {
        let minutes = error.clock_gap().map(|gap| gap.minutes());
        Self { code: error.code(), detail: Some(error.to_string()), minutes, tries: error.tries_left() }
    }

    /// Something happened, and could not be written down.
    pub(super) fn unwritten(error: &WalletError) -> Self {
        Self { code: "not_written", ..Self::new(error) }
    }
}

impl<E: Into<WalletError>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self::new(&error.into())
    }
}

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    EmptyPassphrase,
    PassphrasesDiffer,
    PassphraseShort,
    /// Whoever finds the file tries it first.
    PassphraseGuessed(Guessed),
    /// The words are not those of the recovery phrase that were asked for.
    OtherWords,
    /// What hangs at a counter reads otherwise.
    CounterCode,
    NoLink,
    /// What was typed is not the six digits of the other screen.
    NoNumber,
    NoFile,
    FileTooLarge,
    BadForm,
    /// Something that cannot be undone was not confirmed.
    NotSure,
    /// The form was made from something that is not shown any more.
    Changed,
    /// The ledger's genesis cannot be kept.
    BadGenesis,
    Picture(PictureError),
    /// The program failed.
    Defect,
}

impl FormError {
    /// Its code, which names its sentence on the pages.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::EmptyPassphrase => "empty_passphrase",
            Self::PassphrasesDiffer => "passphrases_differ",
            Self::PassphraseShort => "passphrase_short",
            Self::PassphraseGuessed(Guessed::Digits) => "passphrase_digits",
            Self::PassphraseGuessed(Guessed::Pattern) => "passphrase_pattern",
            Self::PassphraseGuessed(Guessed::Common) => "passphrase_common",
            Self::OtherWords => "other_words",
            Self::CounterCode => "counter_code",
            Self::NoLink => "no_link",
            Self::NoNumber => "no_number",
            Self::NoFile => "no_file",
            Self::FileTooLarge => "file_too_large",
            Self::BadForm => "bad_form",
            Self::NotSure => "not_sure",
            Self::Changed => "changed",
            Self::BadGenesis => "bad_genesis",
            Self::Picture(error) => error.code(),
            Self::Defect => "defect",
        }
    }
}

impl From<PictureError> for FormError {
    fn from(error: PictureError) -> Self {
        Self::Picture(error)
    }
}
