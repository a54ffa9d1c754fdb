//! Errors for people and machines: what happened, and what to do.

use serde::Serialize;

use super::files::FileError;
use crate::OpenError;
use crate::bench::BenchError;
use crate::ceremony::CeremonyError;
use crate::key::{FromCeremonyError, KeyError};
use crate::setup::SetupError;

/// Why a command ends with exit code 2.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    /// 1 where the answer is no, 2 where there is none.
    #[serde(skip)]
    pub(super) exit: u8,
    /// For programs.
    #[serde(rename = "error")]
    pub(super) code: &'static str,
    /// One sentence: what happened.
    pub(super) message: String,
    /// One sentence: what to do.
    pub(super) remedy: String,
}

impl Failure {
    pub(super) fn print(&self, json: bool) {
        if json {
            eprintln!("{}", serde_json::to_string(self).expect("strings always serialise"));
        } else {
            eprintln!("Error: {}\n{}", self.message, self.remedy);
        }
    }

    pub(super) fn new(code: &'static str, error: &impl std::fmt::Display, remedy: &str) -> Self {
        Self { exit: 2, code, message: sentence(&error.to_string()), remedy: remedy.to_owned() }
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        let (code, remedy) = match &error {
            SetupError::Exists(_) => {
                ("exists", "Choose another directory, or replace the keys with --force.")
            }
            SetupError::Write { .. } => {
                ("cannot_write", "Choose a directory that can be written, with 20 MB free.")
            }
            SetupError::Develop(_) => ("internal", REPORT),
        };
        Self::new(code, &error, remedy)
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let (code, remedy) = match &error {
            FileError::Read { .. } => ("cannot_read", "Name a file that can be read."),
            FileError::TooLarge { .. } => {
                ("too_large", "Name the right file; of powers of tau take one for fewer constraints.")
            }
            FileError::Format { .. } => {
                ("bad_file", "Fetch the file again, and compare its hash with its sender's.")
            }
        };
        Self::new(code, &error, remedy)
    }
}

impl From<CeremonyError> for Failure {
    fn from(error: CeremonyError) -> Self {
        let (exit, code, remedy) = match &error {
            CeremonyError::Format(_) => {
                (2, "bad_file", "Fetch the file again, and compare its hash with its sender's.")
            }
            CeremonyError::TooLarge => (2, "internal", REPORT),
            CeremonyError::Power { .. } => (2, "small_ptau", "Take powers of tau for more constraints."),
            CeremonyError::NotPrepared => {
                (2, "not_prepared", "Take the prepared file, or run `snarkjs powersoftau prepare phase2`.")
            }
            CeremonyError::Nobody => (1, "nobody", "Let at least one party contribute."),
            _ => (1, "not_believed", "Do not use this key, and find out who passed the file on."),
        };
        Self { exit, ..Self::new(code, &error, remedy) }
    }
}

impl From<FromCeremonyError> for Failure {
    fn from(error: FromCeremonyError) -> Self {
        let (exit, code, remedy) = match &error {
            FromCeremonyError::Nobody => (1, "nobody", "Let at least one party contribute."),
            FromCeremonyError::Unbound(_) => (2, "internal", REPORT),
        };
        Self { exit, ..Self::new(code, &error, remedy) }
    }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        let (code, remedy) = match &error {
            BenchError::Open(OpenError::Read { .. }) => {
                ("cannot_read", "Make keys with `prover setup --dev --out DIR`.")
            }
            BenchError::Open(OpenError::Key { source, .. }) => key_remedy(source),
            BenchError::Prove(_) => ("internal", REPORT),
            BenchError::ColdStart(_) => {
                ("cold_start", "Run the program from a place where it can start itself.")
            }
        };
        Self::new(code, &error, remedy)
    }
}

fn key_remedy(error: &KeyError) -> (&'static str, &'static str) {
    match error {
        KeyError::OtherCircuit(_) | KeyError::OtherVersion(_) | KeyError::OtherMatrices => {
            ("other_key", "Use the keys that belong to this version of the program.")
        }
        _ => {
            ("bad_key", "Fetch the key again, or make development keys with `prover setup --dev --out DIR`.")
        }
    }
}

/// An error's text as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let text: String = first.chain(characters).collect();
    if text.ends_with('.') { text } else { text + "." }
}

const REPORT: &str = "This is a defect of the program: please report it.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_two_sentences() {
        let failure = Failure::from(SetupError::Exists("show-1.key".into()));
        assert_eq!(failure.message, "Show-1.key exists already.");
        assert_eq!(failure.remedy, "Choose another directory, or replace the keys with --force.");
    }
}
