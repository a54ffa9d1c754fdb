//! The consent screen: everything the owner must know to decide, and nothing ticked in advance.

use askama::Template;
use circuits::policy::CredentialQuery;
use circuits::schema::{Localized, Value};
use service::civil_time::minute;
use url::Url;

use crate::app::error::PageError;
use crate::app::page::Page;
use crate::app::session::ScreenId;
use crate::names;
use crate::present::{
    AskedScore, Counted, FailedScore, Lack, Linkability, Missing, Screen, Selection, Vouched, Way, printable,
};
use crate::uses::Left;

/// The page. Holds values to be handed over: for the owner's eyes only.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage {
    page: Page,
    /// Why an earlier decision was not taken.
    error: Option<PageError>,
    /// Names the decision; part of the forms.
    id: String,
    /// Where the decision goes: `/present` or `/offline`.
    way: &'static str,
    name: Option<String>,
    /// Who registered the counter; `None` where the name is only claimed.
    vouched: Option<VouchedFor>,
    /// What the counter shows too, if it waits over a network.
    code: Option<String>,
    matter: String,
    policy: String,
    publisher: String,
    purpose: String,
    basis: String,
    retention_days: u32,
    complaint: Option<String>,
    credentials: Vec<WantedCredential>,
    /// What is proved of several credentials together, one sentence each.
    together: Vec<String>,
    scores: Vec<WantedScore>,
    /// What links answers to each other, as a sentence; `None` where nothing does.
    linked: Option<String>,
    /// That this was answered as often as is accepted, as a sentence.
    answered: Option<String>,
    /// What is missing, for the owner alone; empty where the wallet can answer.
    missing: Vec<MissingPart>,
}

/// What is asked of one credential.
struct WantedCredential {
    title: String,
    /// All that is learnt from the proof, one sentence each.
    conditions: Vec<String>,
    /// What is handed over: title and value, `None` where there is none.
    revealed: Vec<(String, Option<String>)>,
}

/// A score that is proved, and by which model.
struct WantedScore {
    title: String,
    condition: String,
    meaning: String,
    model: String,
}

struct MissingPart {
    title: String,
    /// Names the words `lack-…`.
    lack: &'static str,
    /// Which conditions, or which attributes cost points.
    details: Vec<String>,
}

/// What a department says of the verifier that it vouches for.
struct VouchedFor {
    by: String,
    address: String,
    complaints: String,
}

impl ConsentPage {
    /// The screen in the reader's language.
    pub(super) fn new(screen: &Screen<'_>, id: &ScreenId, page: Page, error: Option<PageError>) -> Self {
        let request = screen.request();
        let policy = screen.policy();
        let relying_party = request.relying_party();
        let publisher = &request.policy().publisher;
        let department = screen.department(publisher);
        Self {
            id: id.as_str().to_owned(),
            way: match request.way() {
                Way::Online => "/present",
                Way::Offline => "/offline",
            },
            name: relying_party.name.as_ref().map(|name| page.text(name)),
            vouched: match &relying_party.vouched {
                Vouched::By { title, address, complaints, .. } => Some(VouchedFor {
                    by: page.text(title),
                    address: page.text(address),
                    complaints: printable(complaints.as_str()),
                }),
                Vouched::OnlyClaimed => None,
            },
            code: (request.way() == Way::Online).then(|| request.match_code()),
            matter: page.text(&policy.title),
            policy: policy.policy.to_string(),
            publisher: department.map_or_else(|| publisher.to_string(), |title| page.text(title)),
            purpose: page.text(&policy.purpose),
            basis: printable(policy.legal_basis.text(page.tag())),
            retention_days: policy.retention_days,
            complaint: request.matter().map(|matter| page.text(&matter.complaint)),
            credentials: policy
                .credentials
                .iter()
                .map(|query| WantedCredential::new(screen, query, &page))
                .collect(),
            together: screen
                .across(page.content_tag())
                .iter()
                .map(|condition| printable(condition))
                .collect(),
            scores: screen
                .scores(page.content_tag())
                .iter()
                .map(|score| WantedScore::new(score, &page))
                .collect(),
            linked: match screen.linkability() {
                Linkability::None => None,
                Linkability::Within { uses, counted, .. } => {
                    let scope = ("scope", &page.text(&policy.title));
                    let uses = ("uses", &uses);
                    Some(match counted {
                        Counted::ByEach => page.t().say2("consent-linked", scope, uses),
                        Counted::HereAlone => page.t().say2("consent-linked-register", scope, uses),
                    })
                }
                Linkability::Uses { uses, left, .. } => {
                    Some(uses_text(&page, &page.text(&policy.title), uses, left))
                }
            },
            answered: screen.answered_at().map(|time| {
                let when = ("when", minute(time));
                page.t().say2("consent-answered", ("matter", page.text(&policy.title)), when)
            }),
            missing: missing(screen, &page),
            page,
            error,
        }
    }
}

impl WantedCredential {
    fn new(screen: &Screen<'_>, query: &CredentialQuery, page: &Page) -> Self {
        let conditions = screen.conditions(query, page.content_tag());
        let revealed = screen.revealed(query).into_iter().map(|revealed| {
            let said = |value: &Value| names::value(&revealed.name, &value.to_json(), page.tag());
            (page.text(&revealed.title), revealed.value.as_ref().map(said))
        });
        Self {
            title: title(screen, query, page),
            conditions: conditions.iter().map(|condition| printable(condition)).collect(),
            revealed: revealed.collect(),
        }
    }
}

impl WantedScore {
    fn new(asked: &AskedScore<'_>, page: &Page) -> Self {
        Self {
            title: page.text(&asked.model.title),
            condition: printable(&asked.condition),
            meaning: page.text(&asked.model.meaning),
            model: asked.model.model.to_string(),
        }
    }
}

/// What is left of a scope whose uses cannot be linked.
fn uses_text(page: &Page, scope: &str, uses: u16, left: Left) -> String {
    match (left.fresh, uses) {
        (0, _) => page.t().say1("consent-shown-before", "scope", scope),
        (_, 1) => page.t().say1("consent-once", "scope", scope),
        (fresh, _) => {
            let all = page.t().say2("consent-uses", ("scope", scope), ("uses", &uses));
            format!("{all} {}", page.t().say1("consent-left", "left", fresh))
        }
    }
}

fn missing(screen: &Screen<'_>, page: &Page) -> Vec<MissingPart> {
    let Selection::Incomplete(missing) = screen.selection() else { return Vec::new() };
    let name = |id: &str| {
        let query = screen.policy().credentials.iter().find(|query| query.id == *id);
        query.map_or_else(|| printable(id), |query| title(screen, query, page))
    };
    let part = |missing: &Missing| {
        let (title, details) = match missing {
            Missing::Credential { id, lack } => (name(id), whom_to_ask(screen, id, *lack, page)),
            Missing::Across(failed) => (page.say("consent-together"), failed.conditions(page.content_tag())),
            Missing::Score(failed) => (failed.condition(page.content_tag()), score_details(failed, page)),
        };
        let details = details.iter().map(|detail| printable(detail)).collect();
        MissingPart { title: printable(&title), lack: missing.lack().as_str(), details }
    };
    missing.iter().map(part).collect()
}

/// Who issues a credential that is not there or is not good any more.
fn whom_to_ask(screen: &Screen<'_>, id: &str, lack: Lack, page: &Page) -> Vec<String> {
    match lack {
        Lack::NoCredential | Lack::Withdrawn | Lack::NotValid => {}
        Lack::NotSynced | Lack::Unprovable | Lack::NotSatisfied | Lack::UsedUp => return Vec::new(),
    }
    let queries = screen.policy().credentials.iter();
    let issuers = queries.filter(|query| query.id == *id).flat_map(|query| screen.issuers(query));
    let sentence = |(title, desk): (&Localized, Option<&Url>)| {
        let go = page.t().say1("lack-go", "department", page.text(title));
        let address = desk.map(|desk| page.t().say1("desk-address", "address", desk.as_str()));
        address.map_or_else(|| go.clone(), |address| format!("{go} {address}"))
    };
    issuers.map(sentence).collect()
}

/// The score, and which attribute cost how many points.
fn score_details(failed: &FailedScore, page: &Page) -> Vec<String> {
    let reached = failed.reached().map(|points| page.t().say1("lack-score", "points", points));
    let costs = failed.costs().iter().map(|cost| {
        let attribute = page.text(&cost.attribute);
        page.t().say2("lack-cost", ("attribute", attribute), ("points", cost.points))
    });
    reached.into_iter().chain(costs).collect()
}

fn title(screen: &Screen<'_>, query: &CredentialQuery, page: &Page) -> String {
    screen.schema(query).map_or_else(|| query.schema.to_string(), |schema| page.text(&schema.title))
}
