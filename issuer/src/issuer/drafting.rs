//! What the department would publish by hand: a schema, a policy, a public document, as the public page would show it.
//!
//! Nothing is signed, sent or kept here. Whoever holds the department's key publishes with `ledger publish`.

use ledger::canonical;
use ledger::digest::Digest;
use ledger::record::{Record, RecordKind};
use ledger::rehearsal::Rehearsal;
use ledger_words::pasted::{self, NotJson};
use ledger_words::{Fact, Reader, Refusal, Told, refusal, shape};
use serde_json::Value;
use service::web::Language;

use super::Issuer;

/// A record that somebody wrote, before it is published.
pub(crate) struct Draft {
    /// As the public page would show it; empty where the text is no record.
    pub(crate) told: Told,
    /// Why the ledger would refuse it.
    pub(crate) refused: Option<DraftRefused>,
}

/// Why a draft would not be taken.
pub(crate) struct DraftRefused {
    /// The word.
    pub(crate) code: &'static str,
    /// In the reader's language.
    pub(crate) words: Refusal,
    /// Where and what, in English.
    pub(crate) detail: String,
}

impl Issuer {
    /// Judges what was pasted by the ledger as it is now, as if this department signed it: one record, or several in an array,
    /// each after those before it.
    pub(crate) fn drafts(&self, text: &str, language: Language) -> Result<Vec<Draft>, NotJson> {
        let bodies = pasted::bodies(text.as_bytes())?;
        self.catch_up();
        let mut rehearsal = self.rehearsal();
        Ok(bodies.into_iter().take(MAX_DRAFTS).map(|body| draft(&mut rehearsal, body, language)).collect())
    }
    /// An example of a kind with this department in it.
    pub(crate) fn example(&self, kind: RecordKind) -> String {
        let text = ledger_words::example(kind, self.now());
        text.replace(EXAMPLES_DEPARTMENT, self.config.department.as_str())
    }
}

fn draft(rehearsal: &mut Rehearsal, body: Value, language: Language) -> Draft {
    let refused = |code, detail| Some(DraftRefused { code, words: refusal(code, language), detail });
    let nothing = Told { kind: String::new(), title: String::new(), facts: Vec::<Fact>::new() };
    match shape::record(identified(body)) {
        Err(error) => Draft { told: nothing, refused: refused("malformed", error.to_string()) },
        Ok(record) if !is_by_hand(&record) => {
            Draft { told: nothing, refused: refused("malformed", OTHER_KIND.to_owned()) }
        }
        Ok(record) => {
            let judged = rehearsal.judge(&record);
            let told = Reader::new(rehearsal.registry(), language).told(&record);
            let refused = judged.err().and_then(|error| refused(error.code(), error.to_string()));
            Draft { told, refused }
        }
    }
}

/// Without an id it has the one that `ledger publish` would give it.
fn identified(mut body: Value) -> Value {
    let digest = canonical::to_vec(&body).map(|bytes| Digest::of(&bytes).to_string());
    if let (Some(members), Ok(digest)) = (body.as_object_mut(), digest) {
        members.entry("id").or_insert(digest.into());
    }
    body
}

/// What a department writes by itself and by hand. Everything else has a page or a command of its own.
fn is_by_hand(record: &Record) -> bool {
    match record {
        Record::Schema(_) | Record::Policy(_) | Record::Disclosure(_) => true,
        Record::Admit(_)
        | Record::Rotate(_)
        | Record::Suspend(_)
        | Record::Reinstate(_)
        | Record::Model(_)
        | Record::Key(_)
        | Record::Retire(_)
        | Record::Commit(_)
        | Record::Status(_)
        | Record::Withdraw(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Recovery(_)
        | Record::Root(_) => false,
    }
}

/// The department in the examples.
const EXAMPLES_DEPARTMENT: &str = "credit.nanning";
/// Records of one text that are looked at.
const MAX_DRAFTS: usize = 50;
const OTHER_KIND: &str = "this page is for `schema.publish`, `policy.publish` and `disclosure.publish`; try others with `ledger check`";
