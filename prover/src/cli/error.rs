//! What each error means to whoever typed the command: a code, what to do, and whether it is a no.

use std::borrow::Cow;

use service::cli::Explain;

use super::files::FileError;
use crate::OpenError;
use crate::bench::BenchError;
use crate::ceremony::CeremonyError;
use crate::key::{FromCeremonyError, KeyError};
use crate::setup::SetupError;

/// Code and remedy of an error.
type Row = (&'static str, &'static str);

/// Gives [`Explain`] to an enum whose variants `row` knows.
macro_rules! explain {
    ($error:ty, $row:path $(, refuses $refuses:path)?) => {
        impl Explain for $error {
            fn code(&self) -> Cow<'static, str> {
                $row(self).0.into()
            }

            fn remedy(&self) -> Cow<'static, str> {
                $row(self).1.into()
            }

            $(fn is_refusal(&self) -> bool {
                $refuses(self)
            })?
        }
    };
}

explain!(SetupError, setup);
explain!(FileError, file);
explain!(CeremonyError, ceremony, refuses ceremony_refuses);
explain!(FromCeremonyError, from_ceremony, refuses from_ceremony_refuses);
explain!(BenchError, bench);

fn setup(error: &SetupError) -> Row {
    match error {
        SetupError::Exists(_) => ("exists", "Choose another directory, or replace the keys with --force."),
        SetupError::Folder { .. } | SetupError::Write(_) => {
            ("cannot_write", "Choose a directory that can be written, with 20 MB free.")
        }
        SetupError::Develop(_) => ("internal", REPORT),
    }
}

fn file(error: &FileError) -> Row {
    match error {
        FileError::Read { .. } => ("cannot_read", "Name a file that can be read."),
        FileError::TooLarge { .. } => {
            ("too_large", "Name the right file; of powers of tau take one for fewer constraints.")
        }
        FileError::Format { .. } => BAD_FILE,
    }
}

fn ceremony(error: &CeremonyError) -> Row {
    match error {
        CeremonyError::Format(_) => BAD_FILE,
        CeremonyError::TooLarge => ("internal", REPORT),
        CeremonyError::Power { .. } => ("small_ptau", "Take powers of tau for more constraints."),
        CeremonyError::NotPrepared => {
            ("not_prepared", "Take the prepared file, or run `snarkjs powersoftau prepare phase2`.")
        }
        CeremonyError::Nobody => NOBODY,
        CeremonyError::Phase1(_)
        | CeremonyError::OtherInitialKey(_)
        | CeremonyError::Contribution { .. }
        | CeremonyError::OtherFinalKey(_) => {
            ("not_believed", "Do not use this key, and find out who passed the file on.")
        }
    }
}

/// Whether the ceremony was checked and is refused.
fn ceremony_refuses(error: &CeremonyError) -> bool {
    match error {
        CeremonyError::Format(_)
        | CeremonyError::TooLarge
        | CeremonyError::Power { .. }
        | CeremonyError::NotPrepared => false,
        CeremonyError::Nobody
        | CeremonyError::Phase1(_)
        | CeremonyError::OtherInitialKey(_)
        | CeremonyError::Contribution { .. }
        | CeremonyError::OtherFinalKey(_) => true,
    }
}

fn from_ceremony(error: &FromCeremonyError) -> Row {
    match error {
        FromCeremonyError::Nobody => NOBODY,
        FromCeremonyError::Unbound(_) => ("internal", REPORT),
    }
}

fn from_ceremony_refuses(error: &FromCeremonyError) -> bool {
    matches!(error, FromCeremonyError::Nobody)
}

fn bench(error: &BenchError) -> Row {
    match error {
        BenchError::Open(OpenError::Read { .. }) => {
            ("cannot_read", "Make keys with `prover setup --dev --out DIR`.")
        }
        BenchError::Open(OpenError::Key { source, .. }) => key(source),
        BenchError::Prove(_) | BenchError::Prepare(_) => ("internal", REPORT),
        BenchError::ColdStart(_) => ("cold_start", "Run the program from a place where it can start itself."),
    }
}

fn key(error: &KeyError) -> Row {
    match error {
        KeyError::OtherCircuit(_) | KeyError::OtherVersion(_) | KeyError::OtherMatrices => {
            ("other_key", "Use the keys that belong to this version of the program.")
        }
        KeyError::Magic
        | KeyError::Length { .. }
        | KeyError::Header
        | KeyError::UnknownOrigin
        | KeyError::Corrupt
        | KeyError::Matrices
        | KeyError::Point(_)
        | KeyError::VerifyingKey(_) => {
            ("bad_key", "Fetch the key again, or make development keys with `prover setup --dev --out DIR`.")
        }
    }
}

const BAD_FILE: Row = ("bad_file", "Fetch the file again, and compare its hash with its sender's.");
const NOBODY: Row = ("nobody", "Let at least one party contribute.");
const REPORT: &str = "This is a defect of the program: please report it.";

#[cfg(test)]
mod tests {
    use service::cli::{CommandError, Language};

    use super::*;

    #[test]
    fn errors_are_two_sentences() {
        let error = CommandError::from(SetupError::Exists("show-2.key".into()));
        assert_eq!(error.message(Language::English), "show-2.key exists already.");
        assert_eq!(
            error.remedy(Language::English),
            "Choose another directory, or replace the keys with --force."
        );
    }

    #[test]
    fn a_ceremony_that_was_checked_and_refused_is_a_no() {
        let refused = CommandError::from(CeremonyError::OtherFinalKey("delta"));
        assert_eq!((refused.code(), refused.exit_code()), ("not_believed", 1));
        let unprepared = CommandError::from(CeremonyError::NotPrepared);
        assert_eq!((unprepared.code(), unprepared.exit_code()), ("not_prepared", 2));
    }
}
