//! What is asked and who asks, whichever way the question came.

use circuits::Fr;
use circuits::credential::{DepartmentId, Scope};
use circuits::schema::Localized;
use ledger::record::{Disclosed, DisclosurePublish};
use ledger::registry::{Published, PublishedPolicy, Registry};
use openid4vc::vp::{self, Matter};
use serde::Deserialize;

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
    /// A department registered the certificate on the ledger under this name.
    By {
        /// Which.
        department: DepartmentId,
        /// What people read.
        title: Localized,
    },
    /// Nobody: the verifier calls itself so.
    OnlyClaimed,
}

/// `document` of a `disclosure.publish` of category `counter`.
#[derive(Deserialize)]
struct Registration {
    client_id: String,
    name: Localized,
}

impl RelyingParty {
    /// The name registered on the ledger, else the one that the verifier claims.
    pub(super) fn new(client_id: &str, matter: Option<&Matter>, registry: &Registry) -> Self {
        let registered = registry.disclosures().filter_map(|published| {
            let registration = registration(published)?;
            let department = registry.department(&published.publisher)?;
            (registration.client_id == client_id).then_some((registration.name, department))
        });
        match registered.last() {
            Some((name, department)) => Self {
                client_id: client_id.to_owned(),
                name: Some(name),
                vouched: Vouched::By { department: department.id.clone(), title: department.title.clone() },
            },
            None => Self {
                client_id: client_id.to_owned(),
                name: matter.map(|m| m.name.clone()),
                vouched: Vouched::OnlyClaimed,
            },
        }
    }
}

fn registration(published: &Published<DisclosurePublish>) -> Option<Registration> {
    match &published.item.content {
        Disclosed::Inline(document) if published.item.category.as_str() == "counter" => {
            serde_json::from_value(document.clone()).ok()
        }
        _ => None,
    }
}
