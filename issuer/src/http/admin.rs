//! The staff interface.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use circuits::schema::SchemaId;
use circuits::tree::Position;

use super::body::Json;
use super::problem::ApiError;
use super::{Service, blocking};
use crate::admin::{
    Change, CorrectionRequest, Done, MAX_ROWS, OfferRequest, Offered, ProposalText, RecoverRequest,
    RecoveryProposed, ResetRequest, Row, RowList, RowOutcome, Rows, StatusRequest, Waiting, Waits,
};
use crate::issuer::{API, ActError, Acted, Basis, Changed, Issuer, PersonAct};
use crate::person::PersonId;
use crate::store::audit::AuditEvent;

type Shared = State<Arc<Service>>;

/// `POST /admin/offers`
pub(super) async fn offer(
    State(service): Shared,
    Json(request): Json<OfferRequest>,
) -> Result<Answer<Offered>, ApiError> {
    blocking(&service, move |s| {
        let OfferRequest { schema, person, enrolment } = &request;
        let event = event("offer", schema, person).detail(enrolment.as_str());
        let basis = Basis::Present;
        let offered =
            s.issuer.recorded(&event, || s.issuer.offer_on(API, schema, person, *enrolment, &basis))?;
        s.metrics.offers.increment(1);
        Ok(Answer(offered))
    })
    .await
}

/// `POST /admin/issue`
pub(super) async fn issue(
    State(service): Shared,
    Json(list): Json<RowList>,
) -> Result<Answer<Rows>, ApiError> {
    run_list(service, list, "issue", Issuer::grant_for_program).await
}

/// `POST /admin/records`
pub(super) async fn records(
    State(service): Shared,
    Json(list): Json<RowList>,
) -> Result<Answer<Rows>, ApiError> {
    run_list(service, list, "records", Issuer::import_records).await
}

/// `POST /admin/enrolments`
pub(super) async fn enrolments(
    State(service): Shared,
    Json(list): Json<RowList>,
) -> Result<Answer<Rows>, ApiError> {
    run_list(service, list, "enrolments", Issuer::import_enrolments).await
}

/// `POST /admin/status`
pub(super) async fn status(
    State(service): Shared,
    Json(request): Json<StatusRequest>,
) -> Result<Response, ApiError> {
    let StatusRequest { schema, person, act, reason } = request;
    act_on(service, schema, person, PersonAct::Status(act), reason).await
}

/// `POST /admin/resets`
pub(super) async fn reset(
    State(service): Shared,
    Json(request): Json<ResetRequest>,
) -> Result<Response, ApiError> {
    let ResetRequest { schema, person, reason } = request;
    act_on(service, schema, person, PersonAct::Reset, reason).await
}

/// `POST /admin/corrections`
pub(super) async fn correct(
    State(service): Shared,
    Json(request): Json<CorrectionRequest>,
) -> Result<Response, ApiError> {
    let CorrectionRequest { schema, person, set, reason } = request;
    act_on(service, schema, person, PersonAct::Correct(set), reason).await
}

/// `POST /admin/recoveries`. A second department agrees before anything is on the ledger, so no second clerk does.
pub(super) async fn recover(
    State(service): Shared,
    Json(request): Json<RecoverRequest>,
) -> Result<Answer<RecoveryProposed>, ApiError> {
    blocking(&service, move |s| {
        let RecoverRequest { schema, person, key } = &request;
        let recovery = s.issuer.propose_recovery(API, schema, person, key)?;
        let key_digest = recovery.request.key_digest;
        Ok(Answer(RecoveryProposed { key_digest, proposal: recovery.stored.proposal }))
    })
    .await
}

/// `POST /admin/recoveries/complete`
pub(super) async fn complete_recovery(
    State(service): Shared,
    Json(request): Json<ProposalText>,
) -> Result<Answer<Done>, ApiError> {
    blocking(&service, move |s| {
        let changed = s.issuer.complete_recovery(API, &request.proposal, None)?;
        Ok(Answer(done(&changed)))
    })
    .await
}

/// `POST /admin/recovery-approvals`
pub(super) async fn approve_recovery(
    State(service): Shared,
    Json(request): Json<ProposalText>,
) -> Result<Answer<ProposalText>, ApiError> {
    blocking(&service, move |s| {
        let proposal = s.issuer.approve_foreign_recovery(API, &request.proposal)?;
        Ok(Answer(ProposalText { proposal }))
    })
    .await
}

type ListWork = fn(&Issuer, &SchemaId, &[Row]) -> Result<Vec<RowOutcome>, ActError>;

/// What programs at this interface do is written down as done by `api`.
fn event(act: &'static str, schema: &SchemaId, person: &PersonId) -> AuditEvent {
    AuditEvent::new(API, act).schema(schema).person(person)
}

async fn run_list(
    service: Arc<Service>,
    list: RowList,
    act: &'static str,
    work: ListWork,
) -> Result<Answer<Rows>, ApiError> {
    if list.rows.len() > MAX_ROWS {
        return Err(ApiError::TooManyRows);
    }
    blocking(&service, move |s| {
        let schema = schema_of(&s.issuer, list.schema)?;
        let event = AuditEvent::new(API, act).schema(&schema).detail(list.rows.len().to_string());
        let rows = s.issuer.recorded(&event, || work(&s.issuer, &schema, &list.rows))?;
        count(s, &rows);
        Ok(Answer(Rows { rows }))
    })
    .await
}

fn schema_of(issuer: &Issuer, given: Option<SchemaId>) -> Result<SchemaId, ApiError> {
    match (given, issuer.config().schemas.as_slice()) {
        (Some(schema), _) => Ok(schema),
        (None, [only]) => Ok(only.schema.clone()),
        (None, _) => Err(ApiError::NoSchema),
    }
}

fn count(service: &Service, rows: &[RowOutcome]) {
    for row in rows {
        match row {
            RowOutcome::Issued | RowOutcome::Written => &service.metrics.rows_issued,
            RowOutcome::Unchanged => &service.metrics.rows_unchanged,
            RowOutcome::Refused(_) => &service.metrics.rows_refused,
        }
        .increment(1);
    }
}

/// What waits for a second clerk is answered 202: nothing is on the ledger yet.
async fn act_on(
    service: Arc<Service>,
    schema: SchemaId,
    person: PersonId,
    act: PersonAct,
    reason: String,
) -> Result<Response, ApiError> {
    blocking(&service, move |s| {
        Ok(match s.issuer.act_for_program(&schema, &person, &act, &reason)? {
            Acted::Done(changed) => {
                s.metrics.status_changes.increment(u64::from(changed.done));
                Answer(done(&changed)).into_response()
            }
            Acted::Proposed(id) => {
                let waits = Waits { outcome: Waiting::Proposed, proposal: id.0 };
                (StatusCode::ACCEPTED, Answer(waits)).into_response()
            }
        })
    })
    .await
}

fn done(changed: &Changed) -> Done {
    let outcome = if changed.done { Change::Changed } else { Change::Unchanged };
    Done { outcome, position: changed.position.map(Position::get) }
}
