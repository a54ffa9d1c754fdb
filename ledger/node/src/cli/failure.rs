//! Errors for people and machines: what happened, and what to do.

use serde::Serialize;

/// Why a command ends with exit code 2, or with 1 when the ledger said no.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    #[serde(rename = "error")]
    pub(super) code: String,
    /// One sentence: what happened.
    pub(super) message: String,
    /// One sentence: what to do.
    pub(super) remedy: String,
    #[serde(skip)]
    pub(super) exit: u8,
}

impl Failure {
    pub(super) fn new(code: &str, message: impl std::fmt::Display, remedy: &str) -> Self {
        Self { code: code.into(), message: sentence(message), remedy: remedy.into(), exit: 2 }
    }
    /// The ledger was asked and said no.
    pub(super) fn refusal(code: &str, message: impl std::fmt::Display, remedy: &str) -> Self {
        Self { exit: 1, ..Self::new(code, message, remedy) }
    }
}

fn sentence(message: impl std::fmt::Display) -> String {
    let text = message.to_string();
    let mut characters = text.chars();
    let text: String = characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect();
    if text.ends_with('.') { text } else { format!("{text}.") }
}

/// Turns an error into a [`Failure`], with a code and a remedy.
pub(super) trait OrFail<T> {
    fn or_fail(self, code: &str, what: impl std::fmt::Display, remedy: &str) -> Result<T, Failure>;
}

impl<T, E: std::fmt::Display> OrFail<T> for Result<T, E> {
    fn or_fail(self, code: &str, what: impl std::fmt::Display, remedy: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(code, format!("{what}: {error}"), remedy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sentences() {
        let failure = Failure::new("x", "the key is missing", "Make one.");
        assert_eq!((failure.message.as_str(), failure.exit), ("The key is missing.", 2));
        assert_eq!(Failure::refusal("x", "no.", "").message, "No.");
    }
}
