//! What is asked, whichever way the question came.

use circuits::Fr;
use circuits::credential::Scope;
use ledger::registry::PublishedPolicy;
use openid4vc::vp::{self, Matter};

use super::counter::Counter;

/// A question that may be answered: everything that the owner decides by and that a proof is made for.
pub trait Question {
    /// Whether the counter waits for the answer over a network.
    fn way(&self) -> Way;
    /// The policy on the ledger, with who published it.
    fn policy(&self) -> &PublishedPolicy;
    /// Who asks.
    fn counter(&self) -> &Counter;
    /// What the counter says about the matter, if it says anything; the policy on the ledger decides.
    fn matter(&self) -> Option<Matter>;
    /// The `now` row.
    fn now(&self) -> u64;
    /// What binds proofs to this question.
    fn context(&self) -> &Fr;
    /// The counter's name for the proof system that it accepts for a credential of the policy.
    fn system(&self, credential: &str) -> Option<&str>;

    /// What the pseudonym is for. Comes from the policy on the ledger, so it is a session's or a named scope's and never
    /// a department's enrolment.
    fn scope(&self) -> Scope {
        let policy = self.policy();
        policy.checked.scope(&policy.publisher, self.context())
    }
    /// Four digits that depend on the session; a counter that asks over a network shows them too.
    fn match_code(&self) -> String {
        vp::match_code(self.context())
    }
}

/// How an answer reaches the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is sent.
    Online,
    /// It is shown as a QR code, on a screen or on paper.
    Offline,
}
