//! A matter (事项) in words: what is asked, and what the verifier learns; and the page with codes on paper: the matters',
//! for counters that scan instead of choosing, and the counter's own, for wallets without a network.

use askama::Template;
use axum::response::Response;
use circuits::policy::{CheckedPolicy, CredentialQuery, Pseudonym};
use circuits::schema::SchemaId;
use ledger::registry::PublishedPolicy;
use service::web::{Layout, qr_svg, render};

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::scan::CANCEL;
use super::visit::{Right, Visit};
use crate::store::AuditAction;

/// A policy, in one language.
pub(super) struct Matter {
    pub(super) policy: String,
    pub(super) title: String,
    pub(super) purpose: String,
    pub(super) legal_basis: String,
    pub(super) retention_days: u32,
    pub(super) asked: Vec<AskedCredential>,
    /// The condition across credentials; empty if there is none.
    pub(super) together: Vec<String>,
    /// The conditions on scores under published models.
    pub(super) scores: Vec<String>,
    /// The titles of what is handed over.
    pub(super) handed_over: Vec<String>,
    /// What a pseudonym tells.
    pub(super) pseudonym: SeenAs,
}

/// What the pseudonyms of a matter tell of two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeenAs {
    /// Nothing.
    Anybody,
    /// Whether they are one citizen's.
    OneCitizen,
    /// That each is a use which nobody has used; not whose.
    OneUse,
}

impl SeenAs {
    /// All of them.
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [Self::Anybody, Self::OneCitizen, Self::OneUse];

    fn new(pseudonym: &Pseudonym) -> Self {
        match pseudonym {
            Pseudonym::Session(_) => Self::Anybody,
            Pseudonym::Named { uses: 2.., linkable: false, .. } => Self::OneUse,
            Pseudonym::Named { .. } => Self::OneCitizen,
        }
    }

    /// The sentence's key; nothing is said where nothing is told.
    pub(super) const fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Anybody => None,
            Self::OneCitizen => Some("learns-linked"),
            Self::OneUse => Some("learns-use"),
        }
    }

    /// The same for lists.
    pub(super) const fn short(self) -> Option<&'static str> {
        match self {
            Self::Anybody => None,
            Self::OneCitizen => Some("learns-linked-short"),
            Self::OneUse => Some("learns-use-short"),
        }
    }
}

/// What one credential must say.
pub(super) struct AskedCredential {
    pub(super) title: String,
    pub(super) conditions: Vec<String>,
}

impl Matter {
    /// All matters of the ledger, by identifier.
    pub(super) fn all(visit: &Visit) -> Vec<Self> {
        let snapshot = visit.state().relying_party().following().snapshot();
        snapshot.registry().policies().map(|published| Self::new(published, visit)).collect()
    }

    /// One matter; `None` if the ledger has none of that name.
    pub(super) fn find(policy: &SchemaId, visit: &Visit) -> Option<Self> {
        let snapshot = visit.state().relying_party().following().snapshot();
        snapshot.registry().policy(policy).map(|published| Self::new(published, visit))
    }

    fn new(published: &PublishedPolicy, visit: &Visit) -> Self {
        let policy = published.checked.policy();
        let language = visit.language();
        let now = visit.state().relying_party().now();
        let asked = |query: &CredentialQuery| AskedCredential {
            title: schema_title(&published.checked, &query.id, language),
            conditions: published.checked.in_words(&query.id, now, language),
        };
        Self {
            policy: policy.policy.as_str().to_owned(),
            title: policy.title.text(language).to_owned(),
            purpose: policy.purpose.text(language).to_owned(),
            legal_basis: policy.legal_basis.text(language).to_owned(),
            retention_days: policy.retention_days,
            asked: policy.credentials.iter().map(asked).collect(),
            together: published.checked.across_in_words(now, language),
            scores: published.checked.scores_in_words(language),
            handed_over: handed_over(&published.checked, language),
            pseudonym: SeenAs::new(&policy.pseudonym),
        }
    }

    /// The identifier without its version.
    pub(super) fn name(&self) -> &str {
        self.policy.split_once('/').map_or(self.policy.as_str(), |(name, _)| name)
    }
    /// The version in the identifier.
    pub(super) fn version(&self) -> u32 {
        self.policy.split_once('/').and_then(|(_, version)| version.parse().ok()).unwrap_or_default()
    }

    /// The names of what is handed over, as a list in a sentence.
    pub(super) fn list(&self) -> String {
        self.handed_over.join("、")
    }
}

fn handed_over(policy: &CheckedPolicy, language: &str) -> Vec<String> {
    let of = |query: &CredentialQuery| {
        query.reveal.iter().map(|name| attribute_title(policy, &query.id, name, language)).collect::<Vec<_>>()
    };
    policy.policy().credentials.iter().flat_map(of).collect()
}

/// The title of a credential's schema; its own name if the policy does not have it.
pub(super) fn schema_title(policy: &CheckedPolicy, credential: &str, language: &str) -> String {
    policy.schema(credential).map_or(credential, |schema| schema.title.text(language)).to_owned()
}

/// The title of an attribute; its own name if the schema does not have it.
pub(super) fn attribute_title(
    policy: &CheckedPolicy,
    credential: &str,
    name: &str,
    language: &str,
) -> String {
    let attribute = policy.schema(credential).and_then(|schema| schema.attribute(name));
    attribute.map_or(name, |(_, attribute)| attribute.title.text(language)).to_owned()
}

#[derive(Template)]
#[template(path = "codes.html")]
struct Codes {
    page: Layout,
    banner: Banner,
    printed: Vec<(Matter, String)>,
    /// What a scanner takes a request back with.
    cancel: String,
    /// What a wallet without a network scans, and its text.
    offline: (String, String),
}

/// `GET /codes`.
pub(super) async fn codes(visit: Visit) -> Result<Response, PageError> {
    visit.allow(Right::Ask)?;
    visit.work(|relying_party, who| relying_party.did(who, AuditAction::OpenedCodes)).await?;
    let code = |matter: Matter| qr_svg(&matter.policy).map(|qr| (matter, qr));
    let printed: Result<Vec<_>, _> = Matter::all(&visit).into_iter().map(code).collect();
    let printed = printed.map_err(|_| visit.fails(PageErrorKind::Internal))?;
    let own = visit.state().relying_party().own_id().printed();
    let offline = (qr_svg(&own).map_err(|_| visit.fails(PageErrorKind::Internal))?, own);
    let page = visit.layout();
    let cancel = qr_svg(CANCEL).map_err(|_| visit.fails(PageErrorKind::Internal))?;
    Ok(render(&Codes { banner: Banner::new(&visit, &page), printed, cancel, offline, page }))
}
