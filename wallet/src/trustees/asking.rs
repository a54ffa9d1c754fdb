//! What goes over the network: a share to each trustee, and a question to each.
//!
//! Trustees are asked side by side, so that one that does not answer costs a wallet one wait and not as many as there are.

use circuits::credential::DepartmentId;
use openid4vc::json;
use openid4vc::vp::MAX_MESSAGE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use trustee::wire::{Answer, Deposit, Deposited, Question};
use url::Url;

use crate::http::{Http, HttpAnswer, HttpError};
use crate::present::printable;

/// A trustee's address on the ledger.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) department: DepartmentId,
    pub(super) url: Url,
}

/// Why a trustee did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// No usable answer.
    #[error("it does not answer: {0}")]
    Http(#[from] HttpError),
    /// It says no.
    #[error("it refuses ({word}, status {status})")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its word for why.
        word: String,
    },
    /// What it says is not what the protocol says.
    #[error("its answer is malformed")]
    Malformed,
    /// It speaks of another bundle than it was asked about: it lies, or what it keeps is damaged.
    #[error("it answers with another bundle than it was asked for")]
    OtherBundle,
}

/// Does the same at every trustee, a few at a time; in their order.
pub(super) fn at_each<A: Sync, T: Send>(asked: &[A], act: impl Fn(&A) -> T + Sync) -> Vec<T> {
    let mut done = Vec::with_capacity(asked.len());
    for some in asked.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let running: Vec<_> = some.iter().map(|one| scope.spawn(|| act(one))).collect();
            for one in running {
                match one.join() {
                    Ok(found) => done.push(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
    done
}

/// Brings a trustee its share.
pub(super) fn deposit(http: &Http, url: &Url, deposit: &Deposit) -> Result<(), Reason> {
    let taken: Deposited = read(&http.post_json(&endpoint(url, "shares"), None, deposit)?)?;
    if taken.bundle == deposit.bundle.id() { Ok(()) } else { Err(Reason::OtherBundle) }
}

/// Asks a trustee for its share. The bundle that it answers with is the one that was asked for.
pub(super) fn ask(http: &Http, url: &Url, question: &Question) -> Result<Answer, Reason> {
    let answer: Answer = read(&http.post_json(&endpoint(url, "answers"), None, question)?)?;
    if answer.bundle.id() == question.bundle { Ok(answer) } else { Err(Reason::OtherBundle) }
}

/// A path of a trustee's service, below its address whether or not that ends with a slash.
fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    let folder = base.path().trim_end_matches('/');
    url.set_path(&format!("{folder}/{path}"));
    url
}

fn read<T: DeserializeOwned>(answer: &HttpAnswer) -> Result<T, Reason> {
    if answer.status != 200 {
        return Err(Reason::Refused { status: answer.status, word: word(&answer.body) });
    }
    json::from_slice(&answer.body, MAX_MESSAGE).map_err(|_| Reason::Malformed)
}

/// The code of an error, if it looks like one: it stands on the owner's screen.
fn word(body: &[u8]) -> String {
    let said = json::from_slice::<Problem>(body, MAX_MESSAGE).map(|problem| problem.error);
    said.ok()
        .filter(|word| word.len() <= LONGEST_WORD)
        .map_or_else(|| "no reason".to_owned(), |w| printable(&w))
}

/// What of a problem document names the problem.
#[derive(Deserialize)]
struct Problem {
    error: String,
}

/// Trustees that are asked side by side.
const AT_ONCE: usize = 16;
/// Bytes of an error's code.
const LONGEST_WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_the_address() {
        for (base, shares) in [
            ("https://tax.example", "https://tax.example/shares"),
            ("https://tax.example/", "https://tax.example/shares"),
            ("https://tax.example/trustee", "https://tax.example/trustee/shares"),
            ("https://tax.example/trustee/?a#b", "https://tax.example/trustee/shares"),
        ] {
            assert_eq!(endpoint(&base.parse().unwrap(), "shares").as_str(), shares);
        }
    }

    #[test]
    fn what_a_trustee_calls_its_problem_is_short() {
        assert_eq!(word(br#"{"error": "unopened", "more": 1}"#), "unopened");
        assert_eq!(word(format!("{{\"error\": \"{}\"}}", "x".repeat(65)).as_bytes()), "no reason");
        assert_eq!(word(b"<html>"), "no reason");
    }

    #[test]
    fn all_are_asked_and_the_order_stays() {
        let many: Vec<usize> = (0..40).collect();
        assert_eq!(at_each(&many, |n| n * 2), many.iter().map(|n| n * 2).collect::<Vec<_>>());
        assert!(at_each(&[0_usize; 0], |n| *n).is_empty());
    }
}
