//! What is asked and who asks, whichever way the question came.

use circuits::Fr;
use circuits::credential::{DepartmentId, Scope};
use circuits::schema::Localized;
use ledger::registry::{PublishedPolicy, Registry};
use openid4vc::vp::{self, Matter};
use url::Url;

/// A question that may be answered: everything that the owner decides by and that a proof is made for.
pub trait Question {
    /// Whether the verifier waits for the answer over a network.
    fn way(&self) -> Way;
    /// The policy on the ledger, with who published it.
    fn policy(&self) -> &PublishedPolicy;
    /// Who asks.
    fn relying_party(&self) -> &RelyingParty;
    /// What the verifier says about the matter, if it says anything; the policy on the ledger decides.
    fn matter(&self) -> Option<Matter>;
    /// The `now` row.
    fn now(&self) -> u64;
    /// What binds proofs to this question.
    fn context(&self) -> &Fr;
    /// The verifier's name for the proof system that it accepts for a credential of the policy.
    fn system(&self, credential: &str) -> Option<&str>;

    /// What the pseudonym is for. Comes from the policy on the ledger, so it is a session's or a named scope's and
    /// never a department's enrolment.
    fn scope(&self) -> Scope {
        let policy = self.policy();
        policy.checked.scope(&policy.publisher, self.context())
    }
    /// Four digits that depend on the session; a verifier that asks over a network shows them too.
    fn match_code(&self) -> String {
        vp::match_code(self.context())
    }
}

/// How an answer reaches the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is sent.
    Online,
    /// It is shown as a QR code, on a screen or on paper.
    Offline,
}

/// The verifier that asks: its certificate, its name, and whoever vouches for that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// `x509_hash:…` of its certificate.
    pub client_id: String,
    /// What it is called.
    pub name: Option<Localized>,
    /// Who says so.
    pub vouched: Vouched,
}

/// Who stands behind a verifier's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// A department has registered the certificate on the ledger under this name, for a time that has not ended.
    By {
        /// Which.
        department: DepartmentId,
        /// What people read.
        title: Localized,
        /// Where the verifier is.
        address: Localized,
        /// Where people complain about it.
        complaints: Url,
    },
    /// Nobody: the verifier calls itself so.
    OnlyClaimed,
}

impl RelyingParty {
    /// The name for which a department vouches on the ledger at `now` (unix seconds), else the one that the verifier claims.
    pub(super) fn new(client_id: &str, matter: Option<&Matter>, registry: &Registry, now: u64) -> Self {
        let registered = registry.verifier(client_id, now).and_then(|registration| {
            let department = registry.department(&registration.published.publisher)?;
            Some((&registration.published.item, department))
        });
        let client_id = client_id.to_owned();
        match registered {
            Some((registered, department)) => Self {
                client_id,
                name: Some(registered.name.clone()),
                vouched: Vouched::By {
                    department: department.id.clone(),
                    title: department.title.clone(),
                    address: registered.address.clone(),
                    complaints: registered.complaints.url().clone(),
                },
            },
            None => Self { client_id, name: matter.map(|m| m.name.clone()), vouched: Vouched::OnlyClaimed },
        }
    }
}
