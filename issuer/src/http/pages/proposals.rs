//! What waits for a second person.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::response::{IntoResponse, Redirect, Response};
use circuits::policy::Catalogue as _;
use serde::Deserialize;
use service::civil_time;
use service::web::{Layout, render};
use zeroize::Zeroizing;

use super::error::{PageError, PageErrorKind};
use super::offer::paper_page;
use super::person::FormFields;
use super::visit::{Permission, TopBar, Visit};
use super::words;
use crate::issuer::{ActError, Decision, IssuerError, paper_code};
use crate::store::proposals::{Proposal, ProposalId, ProposalState, Subject};

#[derive(Template)]
#[template(path = "proposals.html")]
struct ProposalsPage {
    page: Layout,
    bar: TopBar,
    named: bool,
    proposals: Vec<ProposalView>,
}

#[derive(Template)]
#[template(path = "proposal.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is one question of the template")]
struct ProposalPage {
    page: Layout,
    bar: TopBar,
    proposal: ProposalView,
    /// Whether people have names here, so that a second one can be told from the first.
    named: bool,
    may_approve: bool,
    may_decline: bool,
    may_repeat: bool,
    /// Whether this clerk prints an approved paper now.
    may_print: bool,
    /// Whether another clerk does.
    waits_for_printer: bool,
}

struct ProposalView {
    id: i64,
    at: String,
    clerk: String,
    act: String,
    schema: String,
    reason: String,
    state: &'static str,
    state_words: String,
    decided_by: String,
    outcome: String,
    /// Number, name (empty where the desk knows none) and identity number of whom it is about.
    person: Option<(i64, String, String)>,
    list: Option<i64>,
    /// Entry and position of the credential that was looked at.
    credential: Option<(u64, u64)>,
    /// What a correction sets.
    sets: Vec<(String, String)>,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct DecisionForm {
    decision: String,
}

type IdPath = Result<Path<i64>, PathRejection>;

/// `GET /proposals`
pub(super) async fn all(visit: Visit) -> Result<Response, PageError> {
    visit.allow(Permission::ReadProposals)?;
    let proposals = visit.work(|issuer, _| issuer.proposals(SHOWN)).await?;
    let (page, bar) = visit.framed();
    let views: Result<Vec<ProposalView>, ActError> =
        proposals.into_iter().map(|proposal| view(&visit, proposal, &page)).collect();
    let proposals = views.map_err(|e| visit.error(e))?;
    Ok(render(&ProposalsPage { named: visit.service().authenticator.knows_names(), proposals, page, bar }))
}

/// `GET /proposals/<id>`
pub(super) async fn one(visit: Visit, id: IdPath) -> Result<Response, PageError> {
    visit.allow(Permission::ReadProposals)?;
    let id = number(&visit, id)?;
    let proposal = visit.found(move |issuer, _| issuer.proposal(id)).await?;
    let (page, bar) = visit.framed();
    let serves = visit.allow(Permission::Serve).is_ok();
    let open = serves && proposal.state == ProposalState::Open;
    let view = ProposalPage {
        named: visit.service().authenticator.knows_names(),
        may_approve: open && visit.clerk.is_surely_another_than(&proposal.clerk),
        may_decline: open,
        may_repeat: serves && proposal.waits_for_ledger(),
        may_print: serves && proposal.waits_for_printer() && visit.clerk.name() == proposal.clerk,
        waits_for_printer: proposal.waits_for_printer(),
        proposal: view(&visit, proposal, &page).map_err(|e| visit.error(e))?,
        page,
        bar,
    };
    Ok(render(&view))
}

/// `POST /proposals/<id>/decide`: `decision` is `approve`, `decline`, or `again` for an approved act that the ledger
/// did not answer.
pub(super) async fn decide(
    visit: Visit,
    id: IdPath,
    form: Result<Form<DecisionForm>, FormRejection>,
) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let id = number(&visit, id)?;
    let Form(DecisionForm { decision }) = form.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    match decision.as_str() {
        "approve" => visit.found(move |o, clerk| o.decide_proposal(clerk, id, Decision::Approve)).await?,
        "decline" => visit.found(move |o, clerk| o.decide_proposal(clerk, id, Decision::Decline)).await?,
        "again" => visit.found(move |o, clerk| o.execute_approved(clerk, id)).await?,
        _ => return Err(visit.error(PageErrorKind::Malformed)),
    }
    visit.service().lists.notify_one();
    Ok(Redirect::to(&format!("/proposals/{}", id.0)).into_response())
}

/// `POST /proposals/<id>/print`: an approved paper, once, for whoever proposed it.
pub(super) async fn print(visit: Visit, id: IdPath, form: FormFields) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let id = number(&visit, id)?;
    let Form(mut form) = form.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    let chosen = Zeroizing::new(form.remove("code").unwrap_or_default());
    let printed = visit
        .found(move |issuer, clerk| {
            let Some(proposal) = issuer.proposal(id)? else { return Ok(None) };
            let Subject::Person(person) = &proposal.subject else { return Ok(None) };
            let code = match paper_code(&chosen, person) {
                Ok(code) => code,
                Err(refused) => return Ok(Some(Err(refused))),
            };
            let Some((proposal, printed)) = issuer.print_approved(clerk, id, code)? else { return Ok(None) };
            let Subject::Person(person) = &proposal.subject else { return Ok(None) };
            let no = issuer.number_of(person)?;
            Ok::<_, ActError>(Some(Ok((no, proposal, printed))))
        })
        .await?;
    let (no, proposal, printed) =
        printed.map_err(|refused| visit.error(PageErrorKind::PaperCode(refused)))?;
    paper_page(&visit, no, &proposal.schema, &printed)
}

fn number(visit: &Visit, id: IdPath) -> Result<ProposalId, PageError> {
    id.map(|Path(id)| ProposalId(id)).map_err(|_| visit.error(PageErrorKind::NotFound))
}

fn view(visit: &Visit, proposal: Proposal, page: &Layout) -> Result<ProposalView, ActError> {
    let outcome = proposal.outcome.as_deref();
    let outcome = outcome.map(|word| outcome_words(page, word)).unwrap_or_default();
    let registry = visit.service().issuer.registry();
    let schema = registry.schema(&proposal.schema);
    let title = |name: String| {
        let known = schema.and_then(|schema| schema.attribute(&name));
        known.map_or(name, |(_, attribute)| attribute.title.text(page.tag()).to_owned())
    };
    let sets = proposal.sets()?.into_iter().map(|(name, value)| (title(name), value)).collect();
    let credential = proposal.credential_place();
    let (person, list) = match proposal.subject {
        Subject::List(list) => (None, Some(list.0)),
        Subject::Person(person) => {
            let no = visit.service().issuer.number_of(&person)?;
            let name = visit.service().issuer.name_of(&person)?.unwrap_or_default();
            (Some((no.0, name, person.into())), None)
        }
    };
    Ok(ProposalView {
        id: proposal.id.0,
        at: civil_time::second(proposal.at),
        clerk: words::who(page, proposal.clerk),
        act: words::say(page, words::ACT, &proposal.act),
        schema: words::credential(page, &registry, proposal.schema.as_str()),
        reason: words::say(page, words::REASON, &proposal.reason.unwrap_or_default()),
        state: proposal.state.as_str(),
        state_words: words::say(page, words::PROPOSAL, proposal.state.as_str()),
        decided_by: proposal.decided_by.map(|name| words::who(page, name)).unwrap_or_default(),
        outcome,
        person,
        list,
        credential,
        sets,
    })
}

/// The words for how something ended: an outcome, or the code of a refusal.
pub(super) fn outcome_words(page: &Layout, word: &str) -> String {
    let words = words::say(page, words::OUTCOME, word);
    match IssuerError::row_of_code(word) {
        Some(row) if words == word => row.words(page.tag()).to_owned(),
        _ => words,
    }
}

/// Proposals on the page.
const SHOWN: u32 = 50;
