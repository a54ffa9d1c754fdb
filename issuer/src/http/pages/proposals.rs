//! What waits for a second pair of eyes.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::web::{Layout, render};

use super::bar::Bar;
use super::failure::{Kind, PageFailure};
use super::right::Right;
use super::visit::Visit;
use super::{keys, times};
use crate::issuer::{ActError, Decision};
use crate::store::proposals::{Proposal, ProposalId, ProposalState, Subject};

#[derive(Template)]
#[template(path = "proposals.html")]
struct ProposalsPage {
    page: Layout,
    bar: Bar,
    named: bool,
    proposals: Vec<View>,
}

#[derive(Template)]
#[template(path = "proposal.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is one question of the template")]
struct ProposalPage {
    page: Layout,
    bar: Bar,
    proposal: View,
    /// Whether people have names here, so that a second one can be told from the first.
    named: bool,
    may_approve: bool,
    may_decline: bool,
    may_repeat: bool,
}

struct View {
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
    /// Number and identity number of whom it is about.
    person: Option<(i64, String)>,
    list: Option<i64>,
    /// What a correction sets.
    sets: Vec<(String, String)>,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Decided {
    decision: String,
}

type Id = Result<Path<i64>, PathRejection>;

/// `GET /proposals`
pub(super) async fn all(visit: Visit) -> Result<Response, PageFailure> {
    visit.allow(Right::ReadProposals)?;
    let proposals = visit.work(|office, _| office.proposals(SHOWN)).await?;
    let (page, bar) = visit.framed();
    let views: Result<Vec<View>, ActError> =
        proposals.into_iter().map(|proposal| view(&visit, proposal, &page)).collect();
    let proposals = views.map_err(|e| visit.fails(e))?;
    Ok(render(&ProposalsPage { named: visit.service().door.knows_names(), proposals, page, bar }))
}

/// `GET /proposals/<id>`
pub(super) async fn one(visit: Visit, id: Id) -> Result<Response, PageFailure> {
    visit.allow(Right::ReadProposals)?;
    let id = number(&visit, id)?;
    let proposal = visit.found(move |office, _| office.proposal(id)).await?;
    let (page, bar) = visit.framed();
    let serves = visit.allow(Right::Serve).is_ok();
    let open = serves && proposal.state == ProposalState::Open;
    let view = ProposalPage {
        named: visit.service().door.knows_names(),
        may_approve: open && visit.clerk.is_surely_another_than(&proposal.clerk),
        may_decline: open,
        may_repeat: serves && proposal.waits_for_ledger(),
        proposal: view(&visit, proposal, &page).map_err(|e| visit.fails(e))?,
        page,
        bar,
    };
    Ok(render(&view))
}

/// `POST /proposals/<id>/decide`: `decision` is `approve`, `decline`, or `again` for an approved act that the ledger
/// did not answer.
pub(super) async fn decide(
    visit: Visit,
    id: Id,
    form: Result<Form<Decided>, FormRejection>,
) -> Result<Response, PageFailure> {
    visit.allow(Right::Serve)?;
    let id = number(&visit, id)?;
    let Form(Decided { decision }) = form.map_err(|_| visit.fails(Kind::Malformed))?;
    match decision.as_str() {
        "approve" => visit.found(move |o, clerk| o.decide_proposal(clerk, id, Decision::Approve)).await?,
        "decline" => visit.found(move |o, clerk| o.decide_proposal(clerk, id, Decision::Decline)).await?,
        "again" => visit.found(move |o, clerk| o.carry_out(clerk, id)).await?,
        _ => return Err(visit.fails(Kind::Malformed)),
    }
    visit.service().lists.notify_one();
    Ok(Redirect::to(&format!("/proposals/{}", id.0)).into_response())
}

fn number(visit: &Visit, id: Id) -> Result<ProposalId, PageFailure> {
    id.map(|Path(id)| ProposalId(id)).map_err(|_| visit.fails(Kind::NotFound))
}

fn view(visit: &Visit, proposal: Proposal, page: &Layout) -> Result<View, ActError> {
    let outcome = proposal.outcome.as_deref();
    let outcome = outcome.map(|word| outcome_words(page, word)).unwrap_or_default();
    let sets = proposal.sets()?.into_iter().collect();
    let (person, list) = match proposal.subject {
        Subject::List(list) => (None, Some(list.0)),
        Subject::Person(person) => {
            let no = visit.service().office.number_of(&person)?;
            (Some((no.0, person.into())), None)
        }
    };
    Ok(View {
        id: proposal.id.0,
        at: times::moment(proposal.at),
        clerk: proposal.clerk,
        act: keys::say(page, keys::ACT, &proposal.act),
        schema: proposal.schema.to_string(),
        reason: keys::say(page, keys::REASON, &proposal.reason.unwrap_or_default()),
        state: proposal.state.word(),
        state_words: keys::say(page, keys::PROPOSAL, proposal.state.word()),
        decided_by: proposal.decided_by.unwrap_or_default(),
        outcome,
        person,
        list,
        sets,
    })
}

/// The words for how something ended: an outcome, or the code of a refusal.
pub(super) fn outcome_words(page: &Layout, word: &str) -> String {
    let words = keys::say(page, keys::OUTCOME, word);
    if words == word { keys::say(page, keys::REFUSAL, word) } else { words }
}

/// Proposals on the page.
const SHOWN: u32 = 50;
