//! Why a record is refused and what to do, for people.

use service::web::Language;

use crate::WORDS;

/// The two sentences of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub meaning: String,
    /// What to do.
    pub remedy: String,
}

/// The sentences for a code that [`ledger::state::StateError::code`] gives.
pub fn refusal(code: &str, language: Language) -> Refusal {
    let words = WORDS.spoken(language);
    Refusal {
        meaning: words.say(&format!("refused-{code}")),
        remedy: words.say(&format!("refused-{code}-do")),
    }
}

/// Whether there are sentences for the code.
pub fn has_refusal(code: &str) -> bool {
    WORDS.knows(&format!("refused-{code}")) && WORDS.knows(&format!("refused-{code}-do"))
}
