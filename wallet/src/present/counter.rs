//! Who asks: a name, and who vouches for it.

use circuits::credential::DepartmentId;
use circuits::schema::Localized;
use ledger::record::Disclosed;
use ledger::registry::Registry;
use openid4vc::vp::Matter;
use serde::Deserialize;

/// The counter that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// `x509_hash:…` of its certificate.
    pub client_id: String,
    /// What it is called.
    pub name: Option<Localized>,
    /// Who says so.
    pub vouched: Vouched,
}

/// Who stands behind a counter's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// A department registered the certificate on the ledger under this name.
    By {
        /// Which.
        department: DepartmentId,
        /// What people read.
        title: Localized,
    },
    /// Nobody: the counter calls itself so.
    OnlyClaimed,
}

/// `document` of a `disclosure.publish` of category `counter`.
#[derive(Deserialize)]
struct Registration {
    client_id: String,
    name: Localized,
}

impl Counter {
    /// The name registered on the ledger, else the one that the counter claims.
    pub(super) fn of(client_id: &str, matter: Option<&Matter>, registry: &Registry) -> Self {
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

fn registration(
    published: &ledger::registry::Published<ledger::record::DisclosurePublish>,
) -> Option<Registration> {
    match &published.item.content {
        Disclosed::Inline(document) if published.item.category.as_str() == "counter" => {
            serde_json::from_value(document.clone()).ok()
        }
        _ => None,
    }
}
